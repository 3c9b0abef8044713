import CLinux
import Dispatch
import Glibc
import LogonInterface
import Synchronization

/// A command of a session, from its start until nothing of its process group is left.
///
/// The leader is reaped only when the group has no other member, or has been killed: until then its number cannot become another
/// process's, and signals to the group hit nobody else.
final class RunningProcess: Sendable {
  private struct State {
    var status: ExitStatus?
    var isReaped = false
    /// The session ends: ``end(grace:)`` reaps.
    var isEnding = false
    var waiters: [UInt64: CheckedContinuation<ExitStatus?, Never>] = [:]
    var nextWaiter: UInt64 = 0
  }

  let id = ProcessID.random()
  let pid: pid_t
  private let state = Mutex(State())
  private let onExit: @Sendable (ExitStatus) -> Void

  /// - Parameters:
  ///   - exit: the process descriptor; it is closed when the process has ended.
  ///   - onExit: called once, when the leader has ended.
  init(pid: pid_t, exit: CInt, onExit: @escaping @Sendable (ExitStatus) -> Void) {
    self.pid = pid
    self.onExit = onExit
    let source = DispatchSource.makeReadSource(fileDescriptor: exit, queue: BlockingWork.queue)
    source.setEventHandler { [self] in  // keeps the process known until it has ended; the cancellation lets go
      guard leaderMayHaveEnded() else { return }
      source.cancel()
    }
    source.setCancelHandler { close(exit) }
    source.activate()
  }

  /// Whether the leader still runs.
  var isRunning: Bool { state.withLock { $0.status == nil } }
  /// Whether anybody waits for its end.
  var isAwaited: Bool { state.withLock { !$0.waiters.isEmpty } }
  /// Whether the leader has ended and others of its group had not, when one last looked.
  var isLingering: Bool { state.withLock { $0.status != nil && !$0.isReaped } }
  /// Whether nothing is left to do.
  var isGone: Bool { state.withLock { $0.isReaped } }

  /// Reaps those lingering leaders whose groups have emptied since. Blocks.
  static func reapEmpty(_ lingering: [RunningProcess]) {
    let occupied = ProcessGroup.withFollowers(Set(lingering.map(\.pid)))
    for process in lingering where !occupied.contains(process.pid) { process.reapIfEnded() }
  }

  /// How the leader ended; waits for it.
  ///
  /// - Throws: `LogonFailure` with `cancelled` when the task is cancelled.
  func waitForExit() async throws(LogonFailure) -> ExitStatus {
    guard let status = await wait() else { throw LogonFailure(.cancelled, "the wait for the command was cancelled") }
    return status
  }

  /// Sends a signal to the group, if there is anything left of it.
  func signal(_ number: CInt) {
    state.withLock { state in
      guard !state.isReaped else { return }
      kill(-pid, number)
    }
  }

  /// SIGTERM now, SIGKILL after `grace` for what is left.
  func terminate(grace: Duration) {
    signal(SIGTERM)
    signal(SIGCONT)
    BlockingWork.queue.asyncAfter(deadline: .now() + grace.dispatchInterval) { [self] in
      signal(SIGKILL)
      reapIfEnded()
    }
  }

  /// Ends the group and returns when nothing of it is left: SIGTERM, and SIGKILL after `grace`. What even SIGKILL cannot end within five
  /// seconds, such as a process that waits for a dead disk, is left to end later.
  func end(grace: Duration) async {
    state.withLock { $0.isEnding = true }
    signal(SIGTERM)
    signal(SIGCONT)
    await waitUntilEmpty(atMost: grace)
    signal(SIGKILL)
    await waitUntilEmpty(atMost: .seconds(5))
    state.withLock { $0.isEnding = false }
    reapIfEnded()
  }

  private func waitUntilEmpty(atMost limit: Duration) async {
    let deadline = ContinuousClock.now + limit
    var step = Duration.milliseconds(1)
    while await BlockingWork.run({ [self] in isRunning || (!isGone && ProcessGroup.hasFollowers(of: pid)) }), .now < deadline {
      await BlockingWork.pause(step)
      step = min(step * 2, .milliseconds(20))
    }
  }

  // MARK: -

  private func wait() async -> ExitStatus? {
    let number = state.withLock { state in
      state.nextWaiter += 1
      return state.nextWaiter
    }
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let status: ExitStatus?? = state.withLock { state in
          if let status = state.status { return .some(status) }
          if Task.isCancelled { return .some(nil) }
          state.waiters[number] = continuation
          return .none
        }
        if let status { continuation.resume(returning: status) }
      }
    } onCancel: {
      state.withLock { $0.waiters.removeValue(forKey: number) }?.resume(returning: nil)
    }
  }

  /// Runs when the process descriptor became readable. `false`: not yet, after all.
  private func leaderMayHaveEnded() -> Bool {
    var (code, value): (CInt, CInt) = (0, 0)
    switch winrm_peek_exit(pid, &code, &value) {
    case 0: return false
    case 1: finish(code == winrm_exited_normally ? .exited(code: value) : .signaled(value))
    default: finish(.exited(code: 255))  // somebody else has reaped it
    }
    if !state.withLock({ $0.isEnding }), !ProcessGroup.hasFollowers(of: pid) { reapIfEnded() }
    return true
  }

  private func finish(_ status: ExitStatus) {
    let waiters: [CheckedContinuation<ExitStatus?, Never>] = state.withLock { state in
      guard state.status == nil else { return [] }
      state.status = status
      return Array(exchange(&state.waiters, with: [:]).values)
    }
    onExit(status)
    for waiter in waiters { waiter.resume(returning: status) }
  }

  private func reapIfEnded() {
    state.withLock { state in
      guard state.status != nil, !state.isEnding, !state.isReaped else { return }
      state.isReaped = true
      while waitpid(pid, nil, WNOHANG) < 0 && errno == EINTR {}
    }
  }
}

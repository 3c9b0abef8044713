import Dispatch
import Synchronization
import WinRM

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// What Ctrl-C and the other signals mean while there is, or may soon be, a shell on the server.
///
/// Ctrl-C goes to the remote command. Where there is none, or when it is pressed again and the command shows no reaction, it ends the run:
/// the shell is deleted, because the command, and the user's credentials, would otherwise stay there, and that may take two seconds.
/// Pressed once more it ends the process at once. SIGQUIT, SIGTERM and SIGHUP end the run as that Ctrl-C does.
final class SignalForwarder: Sendable {
  /// How long the end of a run may take.
  static let patience = DispatchTimeInterval.seconds(2)

  private struct State {
    var sources: [SignalSource] = []
    var interrupts = InterruptCount()
    var running: RunningCommand?
    /// The first signal that ended the run.
    var ending: CInt?
  }
  private let state = Mutex(State())
  private let queue = DispatchQueue(label: "winrm.signals")
  private let cancel: @Sendable () -> Void
  private let lastAct: @Sendable () -> Void

  /// - Parameters:
  ///   - cancel: ends the run in an orderly way.
  ///   - lastAct: what is still to be done when the process ends at once.
  private init(cancel: @escaping @Sendable () -> Void, lastAct: @escaping @Sendable () -> Void) {
    self.cancel = cancel
    self.lastAct = lastAct
  }

  /// The signal that ended the run; `nil` when none did.
  var endingSignal: CInt? { state.withLock { $0.ending } }

  /// Runs `body`, and cancels it when a signal ends the run.
  ///
  /// - Throws: ``EndedBySignal``, or what `body` throws.
  static func endingBySignals<R: Sendable>(
    lastAct: @escaping @Sendable () -> Void = {}, _ body: @escaping @Sendable (SignalForwarder) async throws -> R
  ) async throws -> R {
    let holder = TaskHolder()
    let signals = SignalForwarder(cancel: { holder.cancel() }, lastAct: lastAct)
    signals.start()
    defer { signals.stop() }
    let work = Task { try await body(signals) }
    holder.hold { work.cancel() }
    let result = await work.result
    // What was interrupted may have called it a failure of its own, and have returned.
    if let number = signals.endingSignal { throw EndedBySignal(number: number) }
    return try result.get()
  }

  /// Takes the signals over.
  private func start() {
    var sources = [SIGINT, SIGTERM, SIGQUIT].map { source($0) }
    // Who ignores it already (nohup) wants the command to go on without the terminal.
    if !Self.isIgnored(SIGHUP) { sources.append(source(SIGHUP)) }
    state.withLock { $0.sources = sources }
  }

  /// Gives the signals their ordinary meaning again.
  private func stop() {
    let sources = state.withLock { state in
      defer { state.sources = [] }
      return state.sources
    }
    for source in sources {
      source.source.cancel()
      signal(source.number, SIG_DFL)
    }
  }

  /// From now on Ctrl-C goes to `running`.
  func attach(_ running: RunningCommand) { state.withLock { $0.running = running } }

  /// The command has ended.
  func detach() { state.withLock { $0.running = nil } }

  /// The command has written something: it lives, and the next Ctrl-C is meant for it.
  func outputCame() { state.withLock { $0.interrupts.outputCame() } }

  private func source(_ number: CInt) -> SignalSource {
    signal(number, SIG_IGN)
    let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
    source.setEventHandler { [weak self] in self?.came(number) }
    source.resume()
    return SignalSource(number: number, source: source)
  }

  private func came(_ number: CInt) {
    let (reaction, running) = state.withLock { state in
      var reaction = state.interrupts.react(isInterrupt: number == SIGINT && state.running != nil, at: .now)
      if state.ending != nil, reaction != .endNow { reaction = .endNow }
      if reaction == .endRun { state.ending = number }
      return (reaction, state.running)
    }
    switch reaction {
    case .forward: Task { try? await running?.signal(.controlC) }
    case .endRun:
      cancel()
      queue.asyncAfter(deadline: .now() + Self.patience) { [weak self] in self?.endProcess(number) }
    case .endNow: endProcess(number)
    }
  }

  /// Ends the process by the signal. It goes to the process, because the queue's own thread may have it blocked.
  private func endProcess(_ number: CInt) -> Never {
    lastAct()
    signal(number, SIG_DFL)
    kill(getpid(), number)
    usleep(100_000)
    _exit(128 + number)
  }

  private static func isIgnored(_ number: CInt) -> Bool {
    var current = sigaction()
    guard sigaction(number, nil, &current) == 0 else { return false }
    #if canImport(Glibc)
      let handler = current.__sigaction_handler.sa_handler
    #elseif canImport(Musl)
      let handler = current.__sa_handler.sa_handler
    #else
      let handler = current.__sigaction_u.__sa_handler
    #endif
    return unsafeBitCast(handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
  }
}

private struct SignalSource: @unchecked Sendable {  // sources of Dispatch can be used from every thread
  var number: CInt
  var source: any DispatchSourceSignal
}

/// Lets a signal cancel a task that was made after it could come.
private final class TaskHolder: Sendable {
  private struct State {
    var cancel: (@Sendable () -> Void)?
    var isCancelled = false
  }
  private let state = Mutex(State())

  func hold(_ cancel: @escaping @Sendable () -> Void) {
    let isCancelled = state.withLock { state in
      state.cancel = cancel
      return state.isCancelled
    }
    if isCancelled { cancel() }
  }

  func cancel() {
    let cancel = state.withLock { state in
      state.isCancelled = true
      return state.cancel
    }
    cancel?()
  }
}

/// Counts how often Ctrl-C was pressed without an effect.
struct InterruptCount: Sendable {
  enum Reaction: Sendable, Equatable {
    /// The remote command gets it.
    case forward
    /// The run ends in an orderly way.
    case endRun
    /// The process ends.
    case endNow
  }

  /// How long a command may take to show that a Ctrl-C reached it; after that the next one is a first one.
  static let memory = Duration.seconds(5)

  private var last: ContinuousClock.Instant?
  private var isEnding = false

  /// - Parameter isInterrupt: whether it is Ctrl-C, and there is a command that could get it.
  mutating func react(isInterrupt: Bool, at now: ContinuousClock.Instant) -> Reaction {
    if isEnding { return .endNow }
    let isFirst = last.map { $0.duration(to: now) > Self.memory } ?? true
    last = now
    if isInterrupt, isFirst { return .forward }
    isEnding = true
    return .endRun
  }

  mutating func outputCame() { last = nil }
}

/// A signal ended the run; the shell on the server is deleted.
struct EndedBySignal: Error, Equatable {
  var number: CInt
}

import Synchronization

/// Why a ``BlockingPool`` gave no result. What the call itself threw is passed on as it is.
public enum BlockingPoolError: Error, Sendable, Equatable {
  /// All slots are taken, most likely by calls that were abandoned.
  case full
  /// The system gave no thread.
  case noThread
  /// No answer within the caller's deadline. The call may still be running.
  case timeout(Duration)
}

/// Threads for calls into libraries that block, on a network or another process, and cannot be cancelled.
///
/// A caller waits until its deadline and no longer. The call itself goes on in its thread and keeps its slot until the library returns, so
/// that a silent server costs at most as many threads as there are slots. When all are taken, a new call is refused at once: it would only
/// wait for the same server.
public final class BlockingPool: Sendable {
  /// The number of slots.
  public let slots: Int
  /// How long a caller waits.
  public let deadline: Duration
  private let clock: any Clock<Duration>
  private let taken = Mutex(0)

  /// - Parameters:
  ///   - slots: how many calls may run at once, at least 1.
  ///   - deadline: how long a caller waits.
  ///   - clock: measures the deadline; tests bring their own.
  public init(slots: Int, deadline: Duration, clock: any Clock<Duration> = ContinuousClock()) {
    self.slots = max(1, slots)
    self.deadline = deadline
    self.clock = clock
  }

  /// How many slots are taken now, abandoned calls included.
  public var slotsTaken: Int { taken.withLock { $0 } }

  /// Runs `operation` on a thread of its own.
  ///
  /// Whatever `operation` captures must stand being abandoned: after a deadline or a cancellation it still runs.
  ///
  /// - Throws: ``BlockingPoolError``; `CancellationError`; what `operation` throws.
  public func run<R: Sendable>(_ operation: @escaping @Sendable () throws -> R) async throws -> R {
    try Task.checkCancellation()
    guard takeSlot() else { throw BlockingPoolError.full }
    let outcome = FirstOutcome<R>()
    let hasStarted = BlockingThread.start {
      // The slot is free before the caller goes on: one that waits for its answer and calls again never finds its own slot taken.
      let result = Result { try operation() }
      self.releaseSlot()
      outcome.offer(result)
    }
    guard hasStarted else {
      releaseSlot()
      throw BlockingPoolError.noThread
    }
    let timer = Task { [clock, deadline] in
      do { try await Self.sleep(for: deadline, on: clock) } catch { return }
      outcome.offer(.failure(BlockingPoolError.timeout(deadline)))
    }
    defer { timer.cancel() }
    return try await withTaskCancellationHandler {
      try await outcome.value()
    } onCancel: {
      outcome.offer(.failure(CancellationError()))
    }
  }

  /// Runs `operation` on a thread of its own and waits for its end, whatever the deadline says and also when the asking task is cancelled:
  /// for calls that are known to end, and whose result must not be lost. The thread is none of Dispatch's and none of the cooperative pool's,
  /// so `operation` may itself wait for a task.
  ///
  /// - Throws: ``BlockingPoolError/full``, ``BlockingPoolError/noThread``.
  public func runToEnd<R: Sendable>(_ operation: @escaping @Sendable () -> R) async throws(BlockingPoolError) -> R {
    guard takeSlot() else { throw .full }
    let result: R? = await withCheckedContinuation { continuation in
      let hasStarted = BlockingThread.start {
        let result = operation()
        self.releaseSlot()
        continuation.resume(returning: result)
      }
      guard !hasStarted else { return }
      releaseSlot()
      continuation.resume(returning: nil)
    }
    guard let result else { throw .noThread }
    return result
  }

  private static func sleep<C: Clock>(for duration: Duration, on clock: C) async throws where C.Duration == Duration {
    try await clock.sleep(until: clock.now.advanced(by: duration), tolerance: nil)
  }

  func takeSlot() -> Bool {
    taken.withLock { taken in
      guard taken < slots else { return false }
      taken += 1
      return true
    }
  }

  func releaseSlot() { taken.withLock { $0 -= 1 } }
}

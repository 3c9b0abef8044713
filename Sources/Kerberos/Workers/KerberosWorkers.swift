import Synchronization

/// Threads for calls that block on a KDC and cannot be cancelled.
///
/// A caller waits until its deadline and no longer. The call itself goes on in its thread and keeps its slot until the library returns, so
/// that a silent KDC costs at most as many threads as there are slots. When all are taken, a new call is refused at once: it would only
/// wait for the same KDC.
public final class KerberosWorkers: Sendable {
  /// The pool of this process: 16 slots, 5 seconds.
  public static let shared = KerberosWorkers()

  /// The number of slots.
  public let slots: Int
  /// How long a caller waits.
  public let deadline: Duration
  private let clock: any Clock<Duration>
  private let taken = Mutex(0)

  /// - Parameters:
  ///   - slots: how many calls may run at once, at least 1. Default 16.
  ///   - deadline: how long a caller waits. Default 5 seconds.
  ///   - clock: measures the deadline; tests bring their own.
  public init(slots: Int = 16, deadline: Duration = .seconds(5), clock: any Clock<Duration> = ContinuousClock()) {
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
  /// - Throws: ``KerberosError`` with `busy` when no slot is free and `timeout` at the deadline; `CancellationError`; what `operation` throws.
  public func run<R: Sendable>(_ operation: @escaping @Sendable () throws -> R) async throws -> R {
    try Task.checkCancellation()
    guard takeSlot() else { throw KerberosError(.busy) }
    let outcome = FirstOutcome<R>()
    do {
      try BlockingThread.start {
        // The slot is free before the caller goes on: one that waits for its answer and calls again never finds its own slot taken.
        let result = Result { try operation() }
        self.releaseSlot()
        outcome.offer(result)
      }
    } catch {
      releaseSlot()
      throw error
    }
    let timer = Task { [clock, deadline] in
      do { try await Self.sleep(for: deadline, on: clock) } catch { return }
      outcome.offer(.failure(KerberosError(.timeout, "Kerberos gave no answer within \(deadline)")))
    }
    defer { timer.cancel() }
    return try await withTaskCancellationHandler {
      try await outcome.value()
    } onCancel: {
      outcome.offer(.failure(CancellationError()))
    }
  }

  private static func sleep<C: Clock>(for duration: Duration, on clock: C) async throws where C.Duration == Duration {
    try await clock.sleep(until: clock.now.advanced(by: duration), tolerance: nil)
  }

  private func takeSlot() -> Bool {
    taken.withLock { taken in
      guard taken < slots else { return false }
      taken += 1
      return true
    }
  }

  private func releaseSlot() { taken.withLock { $0 -= 1 } }
}

/// The first of several results, for one waiter.
private final class FirstOutcome<R: Sendable>: Sendable {
  private enum State {
    case open
    case awaited(CheckedContinuation<R, any Error>)
    case decided(Result<R, any Error>)
    case delivered
  }
  private let state = Mutex(State.open)

  /// Offers a result; all but the first are dropped.
  func offer(_ result: Result<R, any Error>) {
    let waiter = state.withLock { state -> CheckedContinuation<R, any Error>? in
      switch state {
      case .open:
        state = .decided(result)
        return nil
      case .awaited(let continuation):
        state = .delivered
        return continuation
      case .decided, .delivered: return nil
      }
    }
    waiter?.resume(with: result)
  }

  /// Waits for the result. To be called once.
  func value() async throws -> R {
    try await withCheckedThrowingContinuation { continuation in
      let early = state.withLock { state -> Result<R, any Error>? in
        switch state {
        case .open:
          state = .awaited(continuation)
          return nil
        case .decided(let result):
          state = .delivered
          return result
        case .awaited, .delivered: return .failure(KerberosError(.outOfSequence))
        }
      }
      if let early { continuation.resume(with: early) }
    }
  }
}

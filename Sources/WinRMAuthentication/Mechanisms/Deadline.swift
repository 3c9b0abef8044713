import Synchronization

/// The operation did not answer within its time. It may still run; nobody waits for it any more.
public struct DeadlineExceeded: Error, Sendable, Equatable {
  /// The time that was granted.
  public var granted: Duration

  public init(granted: Duration) { self.granted = granted }
}

extension DeadlineExceeded: CustomStringConvertible {
  public var description: String { "no answer within \(granted)" }
}

/// Runs `operation` and returns its result, or throws ``DeadlineExceeded`` when `duration` has passed, even if the operation never
/// answers and ignores cancellation.
///
/// A task group would wait for its children, however long they take; so the operation runs in a task of its own, which is cancelled and
/// left behind at the deadline. Whatever it captures must stand being abandoned.
///
/// - Parameters:
///   - duration: how long to wait, measured by `clock`.
///   - clock: the clock to sleep on; tests bring their own.
///   - late: gets a result that nobody waits for any more, to give back what it stands for. Exactly one of caller and `late` gets a result.
/// - Throws: ``DeadlineExceeded``, `CancellationError` when the calling task is cancelled, or whatever `operation` throws.
public func withDeadline<R: Sendable, C: Clock>(
  _ duration: C.Duration, clock: C, late: @escaping @Sendable (R) async -> Void = { _ in },
  operation: @escaping @Sendable () async throws -> R
) async throws -> R where C.Duration == Duration {
  let race = Race<R>()
  let work = Task {
    do {
      let result = try await operation()
      if !race.finish(.success(result)) { await late(result) }
    } catch { race.finish(.failure(error)) }
  }
  let timer = Task {
    do { try await clock.sleep(until: clock.now.advanced(by: duration), tolerance: nil) } catch { return }
    race.finish(.failure(DeadlineExceeded(granted: duration)))
  }
  defer {
    work.cancel()
    timer.cancel()
  }
  return try await withTaskCancellationHandler {
    try await race.result()
  } onCancel: {
    race.finish(.failure(CancellationError()))
  }
}

/// ``withDeadline(_:clock:operation:)`` on the continuous clock.
public func withDeadline<R: Sendable>(_ duration: Duration, operation: @escaping @Sendable () async throws -> R) async throws -> R {
  try await withDeadline(duration, clock: ContinuousClock(), operation: operation)
}

/// Takes the first of several results and gives it to the one waiter.
private final class Race<R: Sendable>: Sendable {
  private enum State {
    case running
    case awaited(CheckedContinuation<R, any Error>)
    case decided(Result<R, any Error>)
    case delivered
  }
  private let state = Mutex(State.running)

  /// Offers a result; all but the first are dropped. Whether this was the first.
  @discardableResult
  func finish(_ result: Result<R, any Error>) -> Bool {
    let (isFirst, waiter): (Bool, CheckedContinuation<R, any Error>?) = state.withLock { state in
      switch state {
      case .running:
        state = .decided(result)
        return (true, nil)
      case .awaited(let continuation):
        state = .delivered
        return (true, continuation)
      case .decided, .delivered:
        return (false, nil)
      }
    }
    waiter?.resume(with: result)
    return isFirst
  }

  /// Waits for the first result. To be called once.
  func result() async throws -> R {
    try await withCheckedThrowingContinuation { continuation in
      let early: Result<R, any Error>? = state.withLock { state in
        switch state {
        case .running:
          state = .awaited(continuation)
          return nil
        case .decided(let result):
          state = .delivered
          return result
        case .awaited, .delivered:
          return .failure(CancellationError())
        }
      }
      if let early { continuation.resume(with: early) }
    }
  }
}

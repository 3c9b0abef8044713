import Synchronization

/// The first of several results, for one waiter.
final class FirstOutcome<R: Sendable>: Sendable {
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
        case .awaited, .delivered: preconditionFailure("two wait for one outcome")
        }
      }
      if let early { continuation.resume(with: early) }
    }
  }
}

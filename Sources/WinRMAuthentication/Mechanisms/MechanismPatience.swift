/// How long the driver waits for one answer of whoever holds a mechanism, and on which clock.
public struct MechanismPatience: Sendable {
  /// The time for one call. Default 30 seconds.
  public var limit: Duration
  /// The clock that measures it. Tests bring their own.
  public var clock: any Clock<Duration>

  public init(limit: Duration = .seconds(30), clock: any Clock<Duration> = ContinuousClock()) {
    self.limit = limit
    self.clock = clock
  }

  /// Runs one call within the limit. `late` gets an answer that came too late.
  ///
  /// - Throws: ``AuthenticationError`` with `timeout` when there was no answer, otherwise the call's own error.
  func bound<R: Sendable>(
    late: @escaping @Sendable (R) async -> Void = { _ in }, _ call: @escaping @Sendable () async throws -> R
  ) async throws -> R {
    do {
      return try await withDeadline(limit, clock: clock, late: late, operation: call)
    } catch let error as DeadlineExceeded {
      throw AuthenticationError(.timeout, "the holder of the security mechanism gave \(error)", cause: error)
    }
  }
}

/// The clock of the service, as two functions, so that tests can bring their own.
struct TimeSource: Sendable {
  /// The time since some fixed moment. It never goes back.
  var now: @Sendable () -> Duration
  /// Returns after the duration; throws when the task is cancelled.
  var sleep: @Sendable (Duration) async throws -> Void

  /// The machine's clock, which goes on while the machine sleeps.
  static let continuous: TimeSource = {
    let start = ContinuousClock.now
    return TimeSource(now: { ContinuousClock.now - start }, sleep: { try await Task.sleep(for: $0) })
  }()
}

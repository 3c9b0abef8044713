/// Counts failed logons per source, per account and per both, in a sliding window. Whoever has failed too often is refused unseen, with
/// the same answer as for a wrong password.
struct FailureLimiter {
  private enum Key: Hashable {
    case pair(source: String, account: String)
    case source(String)
    case account(String)
  }

  /// The largest number of counted keys. Beyond it, the oldest are forgotten.
  static let maximumKeys = 10_000

  private let limits: LogonConfiguration.Limits
  private var failures: [Key: [ContinuousClock.Instant]] = [:]

  init(limits: LogonConfiguration.Limits) { self.limits = limits }

  /// Whether a logon may be looked at now.
  func admits(source: String, account: String, now: ContinuousClock.Instant) -> Bool {
    keys(source, account).allSatisfy { key, limit in recent(key, now).count < limit }
  }

  mutating func recordFailure(source: String, account: String, now: ContinuousClock.Instant) {
    for (key, limit) in keys(source, account) {
      let times = recent(key, now).suffix(limit - 1) + [now]
      failures[key] = Array(times)
    }
    if failures.count > Self.maximumKeys { prune(now) }
  }

  /// A proven password clears what was counted for this source and account together, and nothing else.
  mutating func recordSuccess(source: String, account: String) {
    failures[.pair(source: source, account: account)] = nil
  }

  private func keys(_ source: String, _ account: String) -> [(Key, Int)] {
    [
      (.pair(source: source, account: account), max(1, limits.failuresPerSourceAndAccount)),
      (.source(source), max(1, limits.failuresPerSource)), (.account(account), max(1, limits.failuresPerAccount)),
    ]
  }

  private func recent(_ key: Key, _ now: ContinuousClock.Instant) -> [ContinuousClock.Instant] {
    failures[key, default: []].filter { now - $0 < limits.failureWindow }
  }

  private mutating func prune(_ now: ContinuousClock.Instant) {
    failures = failures.filter { _, times in times.last.map { now - $0 < limits.failureWindow } ?? false }
    guard failures.count > Self.maximumKeys else { return }
    let newestFirst = failures.sorted { ($0.value.last ?? now) > ($1.value.last ?? now) }
    failures = Dictionary(uniqueKeysWithValues: newestFirst.prefix(Self.maximumKeys * 3 / 4).map { ($0.key, $0.value) })
  }
}

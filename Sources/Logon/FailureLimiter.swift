import Glibc

/// Counts failed logons per source, per account and per both, in a sliding window. Whoever has failed too often is refused unseen, with
/// the same answer as for a wrong password.
///
/// The limit must not become a weapon. What is refused unseen is not counted, so that nobody is kept out for longer than the window by
/// attempts that had no chance; and a source from which an account has logged on lately is bound by their common limit alone, so that
/// strangers who guess at the account, or at others from behind the same address, do not keep its owner out.
struct FailureLimiter {
  private struct Pair: Hashable {
    var source: String
    var account: String
  }

  private enum Key: Hashable {
    case pair(Pair)
    case source(String)
    case account(String)
  }

  /// The largest number of counted keys, and of known pairs. Beyond it, the oldest are forgotten.
  static let maximumKeys = 10_000
  /// How long a source stays known to an account after a logon.
  static let knownFor = Duration.seconds(7 * 24 * 3600)

  private let limits: LogonConfiguration.Limits
  private var failures: [Key: [ContinuousClock.Instant]] = [:]
  private var known: [Pair: ContinuousClock.Instant] = [:]

  init(limits: LogonConfiguration.Limits) { self.limits = limits }

  /// Whether a logon may be looked at now.
  func admits(source: String, account: String, now: ContinuousClock.Instant) -> Bool {
    let pair = Pair(source: Self.network(of: source), account: account)
    guard isWithin(limits.failuresPerSourceAndAccount, .pair(pair), now) else { return false }
    if let last = known[pair], now - last < Self.knownFor { return true }
    return isWithin(limits.failuresPerSource, .source(pair.source), now) && isWithin(limits.failuresPerAccount, .account(account), now)
  }

  /// Counts a failure of a logon that was looked at.
  mutating func recordFailure(source: String, account: String, now: ContinuousClock.Instant) {
    let pair = Pair(source: Self.network(of: source), account: account)
    count(.pair(pair), upTo: limits.failuresPerSourceAndAccount, now)
    count(.source(pair.source), upTo: limits.failuresPerSource, now)
    count(.account(account), upTo: limits.failuresPerAccount, now)
    if failures.count > Self.maximumKeys { prune(now) }
  }

  /// A proven password clears what was counted for this source and account together, and makes the source known to the account.
  mutating func recordSuccess(source: String, account: String, now: ContinuousClock.Instant) {
    let pair = Pair(source: Self.network(of: source), account: account)
    failures[.pair(pair)] = nil
    known[pair] = now
    guard known.count > Self.maximumKeys else { return }
    let oldest = known.sorted { $0.value < $1.value }.prefix(Self.maximumKeys / 4)
    for (pair, _) in oldest { known[pair] = nil }
  }

  private func isWithin(_ limit: Int, _ key: Key, _ now: ContinuousClock.Instant) -> Bool { recent(key, now).count < max(1, limit) }

  private mutating func count(_ key: Key, upTo limit: Int, _ now: ContinuousClock.Instant) {
    failures[key] = recent(key, now).suffix(max(1, limit) - 1) + [now]
  }

  private func recent(_ key: Key, _ now: ContinuousClock.Instant) -> [ContinuousClock.Instant] {
    failures[key, default: []].filter { now - $0 < limits.failureWindow }
  }

  private mutating func prune(_ now: ContinuousClock.Instant) {
    failures = failures.filter { _, times in times.last.map { now - $0 < limits.failureWindow } ?? false }
    guard failures.count > Self.maximumKeys else { return }
    let oldest = failures.sorted { ($0.value.last ?? now) < ($1.value.last ?? now) }.prefix(failures.count - Self.maximumKeys * 3 / 4)
    for (key, _) in oldest { failures[key] = nil }
  }

  /// What counts as one source: an IPv4 address, or the 64 bits of an IPv6 address that name a network. Whoever has one address of such a
  /// network has all of them.
  static func network(of host: String) -> String {
    var bytes = [UInt8](repeating: 0, count: 16)
    guard inet_pton(AF_INET6, host, &bytes) == 1 else { return host }
    if bytes.prefix(12) == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF] { return bytes.suffix(4).map { String($0) }.joined(separator: ".") }
    return bytes.prefix(8).map { String($0, radix: 16) }.joined(separator: ":")
  }
}

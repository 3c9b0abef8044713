import Kerberos
import SecuritySupport
import Synchronization

/// A ticket-granting ticket that came with a logon, in this process's memory alone. It goes with the last reference.
///
/// All methods block, and those that fetch or renew block on the KDC: call them on ``KerberosWorkers``.
final class DelegatedTicket: Sendable {
  let principal: KerberosPrincipal
  /// Held as long as it takes to copy the tickets, and never while the KDC is asked: a session that begins or ends does not wait for it.
  private let cache: Mutex<KerberosTicketCache>
  /// Held while the KDC is asked: one renewal at a time.
  private let renewal = Mutex(())
  /// Held for a moment only.
  private let lifetimeNow: Mutex<KerberosTicketCache.Lifetime>

  private init(cache: KerberosTicketCache) throws(KerberosError) {
    self.cache = Mutex(cache)
    do throws(KerberosError) {
      principal = try cache.principal()
      lifetimeNow = Mutex(try cache.lifetime())
    } catch {
      try? cache.destroy()
      throw error
    }
  }

  deinit { cache.withLock { try? $0.destroy() } }

  /// The ticket that a client sent along.
  convenience init(_ credential: KerberosDelegatedCredential) throws(KerberosError) {
    let cache = Self.emptyCache()
    try credential.store(into: cache)
    try self.init(cache: cache)
  }

  /// Fetches a ticket with a password.
  ///
  /// - Parameters:
  ///   - password: UTF-8. It is not kept.
  ///   - principal: whose it is. No other name is tried.
  convenience init(password: SecretBytes, of principal: KerberosPrincipal) throws(KerberosError) {
    guard let user = principal.userName else { throw KerberosError(.local, "a password belongs to a user") }
    let cache = Self.emptyCache()
    let credential = Credential(name: AccountName(domain: principal.realm, user: user), password: password)
    try cache.fill(from: .password(credential, realms: KerberosRealms(byDomain: [principal.realm: principal.realm], isExact: true)))
    try self.init(cache: cache)
  }

  /// A name that nobody else uses.
  private static func emptyCache() -> KerberosTicketCache {
    var generator = SystemRandomNumberGenerator()
    return KerberosTicketCache(name: "MEMORY:winrm-logon-" + String(generator.next(), radix: 16) + String(generator.next(), radix: 16))
  }

  /// When the ticket ends. Does not block.
  var lifetime: KerberosTicketCache.Lifetime { lifetimeNow.withLock { $0 } }

  /// Renews the ticket; the old one stays when that fails.
  func renew() throws(KerberosError) {
    let result = renewal.withLock { _ in Result { () throws(KerberosError) in try replaceTicket() } }
    try result.get()
  }

  private func replaceTicket() throws(KerberosError) {
    let (old, fresh) = (cache.withLock { $0 }, Self.emptyCache())
    do throws(KerberosError) {
      try old.renew(into: fresh)
      let lifetime = try fresh.lifetime()
      cache.withLock { $0 = fresh }
      lifetimeNow.withLock { $0 = lifetime }
    } catch {
      try? fresh.destroy()
      throw error
    }
    try? old.destroy()
  }

  /// Writes the ticket over whatever a cache holds.
  func copy(into other: KerberosTicketCache) throws(KerberosError) {
    let result = cache.withLock { cache in Result { () throws(KerberosError) in try cache.copy(into: other) } }
    try result.get()
  }
}

import Kerberos
import SecuritySupport
import Synchronization

/// A ticket-granting ticket that came with a logon, in this process's memory alone. It goes with the last reference.
///
/// All methods block, and those that fetch or renew block on the KDC: call them on ``KerberosWorkers``.
final class DelegatedTicket: Sendable {
  let principal: KerberosPrincipal
  private let cache: KerberosTicketCache
  /// Held during each use, for as long as the KDC takes: a copy never sees half of a renewal.
  private let use = Mutex(())
  /// Held for a moment only.
  private let lifetimeNow: Mutex<KerberosTicketCache.Lifetime>

  private init(cache: KerberosTicketCache) throws(KerberosError) {
    self.cache = cache
    do throws(KerberosError) {
      principal = try cache.principal()
      lifetimeNow = Mutex(try cache.lifetime())
    } catch {
      try? cache.destroy()
      throw error
    }
  }

  deinit { try? cache.destroy() }

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
    try cache.fill(from: .password(credential, realms: KerberosRealms(byDomain: [principal.realm: principal.realm])))
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
    let result = use.withLock { _ in
      Result { () throws(KerberosError) in
        try cache.renew()
        return try cache.lifetime()
      }
    }
    let lifetime = try result.get()
    lifetimeNow.withLock { $0 = lifetime }
  }

  /// Writes the ticket over whatever a cache holds.
  func copy(into other: KerberosTicketCache) throws(KerberosError) {
    let result = use.withLock { _ in Result { () throws(KerberosError) in try cache.copy(into: other) } }
    try result.get()
  }
}

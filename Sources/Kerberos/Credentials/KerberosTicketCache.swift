import CGSSAPI

/// A ticket cache by its name, such as `FILE:/run/winrm/s1/krb5cc`: what other programs find through KRB5CCNAME.
///
/// All methods block; those that fetch or renew block on the KDC.
public struct KerberosTicketCache: Sendable, Hashable {
  /// The name with its type: `FILE:`, `MEMORY:`, `KEYRING:` …
  public var name: String

  public init(name: String) { self.name = name }

  /// Fetches a ticket for a password or a keytab's key, and fills the cache with it.
  ///
  /// - Returns: the canonical name, and when the ticket ends in seconds since 1970.
  @discardableResult
  public func fill(from source: KerberosSource) throws(KerberosError) -> (principal: KerberosPrincipal, expiry: Int64) {
    let fetched = try InitialTicket.fetch(source, into: name)
    return (fetched.principal, fetched.expiry)
  }

  /// Renews the ticket. Other tickets in the cache are dropped with the old one.
  ///
  /// - Returns: when the new ticket ends, in seconds since 1970.
  /// - Throws: `ticketExpired` when it has ended, `policy` when it is not renewable or no longer is.
  @discardableResult
  public func renew() throws(KerberosError) -> Int64 {
    let context = try KRB5Context()
    return try withCache(context) { cache throws(KerberosError) in
      var owner: krb5_principal?
      try context.check(krb5_cc_get_principal(context.raw, cache, &owner))
      defer { krb5_free_principal(context.raw, owner) }
      var credentials = krb5_creds()
      try context.check(krb5_get_renewed_creds(context.raw, &credentials, owner, cache, nil))
      defer { krb5_free_cred_contents(context.raw, &credentials) }
      try context.check(krb5_cc_initialize(context.raw, cache, owner))
      try context.check(krb5_cc_store_cred(context.raw, cache, &credentials))
      return Int64(UInt32(bitPattern: credentials.times.endtime))
    }
  }

  /// Whose tickets the cache holds.
  public func principal() throws(KerberosError) -> KerberosPrincipal {
    let context = try KRB5Context()
    return try withCache(context) { cache throws(KerberosError) in
      var owner: krb5_principal?
      try context.check(krb5_cc_get_principal(context.raw, cache, &owner))
      defer { krb5_free_principal(context.raw, owner) }
      return try InitialTicket.name(of: owner, context)
    }
  }

  /// Overwrites and removes the cache. A cache that does not exist is no error.
  public func destroy() throws(KerberosError) {
    let context = try KRB5Context()
    var cache: krb5_ccache?
    try context.check(krb5_cc_resolve(context.raw, name, &cache))
    let code = krb5_cc_destroy(context.raw, cache)
    let status = KerberosStatus(rawValue: code).name
    guard code == 0 || status == "KRB5_FCC_NOFILE" || status == "KRB5_CC_NOTFOUND" else { throw KerberosError(krb5: code, in: context.raw) }
  }

  /// For destructors, which cannot tell anybody.
  func destroyQuietly() { try? destroy() }

  private func withCache<R>(_ context: KRB5Context, _ body: (krb5_ccache) throws(KerberosError) -> R) throws(KerberosError) -> R {
    guard !name.utf8.contains(0) else { throw KerberosError(.local, "a cache name has a zero byte") }
    var cache: krb5_ccache?
    try context.check(krb5_cc_resolve(context.raw, name, &cache))
    guard let cache else { throw KerberosError(.noCredentials) }
    defer { krb5_cc_close(context.raw, cache) }
    return try body(cache)
  }
}

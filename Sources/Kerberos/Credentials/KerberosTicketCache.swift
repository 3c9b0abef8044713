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
  /// - Parameter other: gets the new ticket, over whatever it holds; this cache then stays as it is.
  /// - Returns: when the new ticket ends, in seconds since 1970.
  /// - Throws: `ticketExpired` when it has ended, `policy` when it is not renewable or no longer is.
  @discardableResult
  public func renew(into other: KerberosTicketCache? = nil) throws(KerberosError) -> Int64 {
    let context = try KRB5Context()
    return try withCache(context) { cache throws(KerberosError) in
      var owner: krb5_principal?
      try context.check(krb5_cc_get_principal(context.raw, cache, &owner))
      defer { krb5_free_principal(context.raw, owner) }
      var credentials = krb5_creds()
      try context.check(krb5_get_renewed_creds(context.raw, &credentials, owner, cache, nil))
      defer { krb5_free_cred_contents(context.raw, &credentials) }
      try (other ?? self).withCache(context) { target throws(KerberosError) in
        try context.check(krb5_cc_initialize(context.raw, target, owner))
        try context.check(krb5_cc_store_cred(context.raw, target, &credentials))
      }
      return Int64(UInt32(bitPattern: credentials.times.endtime))
    }
  }

  /// The times of the ticket-granting ticket, in seconds since 1970.
  public struct Lifetime: Sendable, Hashable {
    public var start: Int64
    public var expiry: Int64
    /// Until when it can be renewed; `nil` when it cannot.
    public var renewableUntil: Int64?

    public init(start: Int64, expiry: Int64, renewableUntil: Int64?) {
      self.start = start
      self.expiry = expiry
      self.renewableUntil = renewableUntil
    }
  }

  /// The times of the ticket-granting ticket in the cache.
  ///
  /// - Throws: `noCredentials` when there is none.
  public func lifetime() throws(KerberosError) -> Lifetime {
    let context = try KRB5Context()
    return try withCache(context) { cache throws(KerberosError) in
      var cursor: krb5_cc_cursor?
      try context.check(krb5_cc_start_seq_get(context.raw, cache, &cursor))
      defer { krb5_cc_end_seq_get(context.raw, cache, &cursor) }
      var entry = krb5_creds()
      while krb5_cc_next_cred(context.raw, cache, &cursor, &entry) == 0 {
        defer { krb5_free_cred_contents(context.raw, &entry) }
        guard krb5_is_config_principal(context.raw, entry.server) == 0 else { continue }
        guard try InitialTicket.name(of: entry.server, context).components.first == "krbtgt" else { continue }
        let times = entry.times
        let start = times.starttime == 0 ? times.authtime : times.starttime
        let isRenewable = entry.ticket_flags & TKT_FLG_RENEWABLE != 0
        return Lifetime(
          start: Int64(UInt32(bitPattern: start)), expiry: Int64(UInt32(bitPattern: times.endtime)),
          renewableUntil: isRenewable ? Int64(UInt32(bitPattern: times.renew_till)) : nil)
      }
      throw KerberosError(.noCredentials, "the cache has no ticket-granting ticket")
    }
  }

  /// Writes all tickets over whatever `other` holds. A cache in a file is made for the owner of this process alone (0600).
  public func copy(into other: KerberosTicketCache) throws(KerberosError) {
    guard !other.name.utf8.contains(0) else { throw KerberosError(.local, "a cache name has a zero byte") }
    let context = try KRB5Context()
    try withCache(context) { cache throws(KerberosError) in
      var owner: krb5_principal?
      try context.check(krb5_cc_get_principal(context.raw, cache, &owner))
      defer { krb5_free_principal(context.raw, owner) }
      var target: krb5_ccache?
      try context.check(krb5_cc_resolve(context.raw, other.name, &target))
      guard let target else { throw KerberosError(.noCredentials) }
      defer { krb5_cc_close(context.raw, target) }
      try context.check(krb5_cc_initialize(context.raw, target, owner))
      try context.check(krb5_cc_copy_creds(context.raw, cache, target))
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

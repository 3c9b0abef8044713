import CGSSAPI
import SecuritySupport

/// The authentication service exchange (RFC 4120 §3.1): a password or key for a ticket-granting ticket.
enum InitialTicket {
  struct Fetched {
    var principal: KerberosPrincipal
    /// In seconds since 1970.
    var expiry: Int64
  }

  /// For how long a ticket shall be renewable, in seconds: a week, which the KDC shortens to what it permits.
  private static let renewLife: krb5_deltat = 7 * 24 * 3600

  /// Fetches a ticket and fills the cache with it. Blocks on the KDC.
  static func fetch(_ source: KerberosSource, into cacheName: String) throws(KerberosError) -> Fetched {
    let context = try KRB5Context()
    switch source {
    case .cache: throw KerberosError(.local, "a ticket cache has its ticket already")
    case .keytab(let path, let principal):
      return try fromKeytab(path, principal: principal, into: cacheName, context)
    case .password(let credential, let realms):
      return try fromPassword(credential, realms, into: cacheName, context)
    }
  }

  private static func fromPassword(
    _ credential: Credential, _ realms: KerberosRealms, into cacheName: String, _ context: KRB5Context
  ) throws(KerberosError) -> Fetched {
    guard !credential.password.withUnsafeBytes({ $0.contains(0) }) else {
      throw KerberosError(.local, "a password has a zero byte, where the library would cut it off")
    }
    let names = realms.candidates(for: credential.name, libraryDefault: context.defaultRealm)
    guard !names.isEmpty else { throw KerberosError(.configuration, "no realm is known for a name without one") }
    var first: KerberosError?
    for name in names {
      do throws(KerberosError) {
        let client = try context.principal(name)
        defer { krb5_free_principal(context.raw, client) }
        return try exchange(context, client: client, into: cacheName) { exchange in
          withCString(credential.password) { krb5_init_creds_set_password(context.raw, exchange, $0) }
        }
      } catch {
        guard error.code == .unknownPrincipal || (error.code == .unreachable && first != nil) else { throw error }
        first = first ?? error
      }
    }
    throw first ?? KerberosError(.unknownPrincipal)
  }

  private static func fromKeytab(
    _ path: String?, principal: String?, into cacheName: String, _ context: KRB5Context
  ) throws(KerberosError) -> Fetched {
    var keytab: krb5_keytab?
    try context.check(path.map { krb5_kt_resolve(context.raw, $0, &keytab) } ?? krb5_kt_default(context.raw, &keytab))
    guard let keytab else { throw KerberosError(.keytab) }
    defer { krb5_kt_close(context.raw, keytab) }
    let client: krb5_principal
    if let principal { client = try context.principal(.text(principal)) } else { client = try firstPrincipal(of: keytab, context) }
    defer { krb5_free_principal(context.raw, client) }
    do throws(KerberosError) {
      return try exchange(context, client: client, into: cacheName) { krb5_init_creds_set_keytab(context.raw, $0, keytab) }
    } catch {
      guard error.minor?.rawValue == 2 else { throw error }  // ENOENT
      throw KerberosError(.keytab, "the keytab does not exist", minor: error.minor, libraryText: error.libraryText)
    }
  }

  private static func firstPrincipal(of keytab: krb5_keytab, _ context: KRB5Context) throws(KerberosError) -> krb5_principal {
    var cursor: krb5_kt_cursor?
    guard krb5_kt_start_seq_get(context.raw, keytab, &cursor) == 0 else {
      throw KerberosError(.keytab, "the keytab is missing or unreadable")
    }
    defer { krb5_kt_end_seq_get(context.raw, keytab, &cursor) }
    var entry = krb5_keytab_entry()
    guard krb5_kt_next_entry(context.raw, keytab, &entry, &cursor) == 0 else { throw KerberosError(.keytab, "the keytab is empty") }
    defer { krb5_free_keytab_entry_contents(context.raw, &entry) }
    var copy: krb5_principal?
    try context.check(krb5_copy_principal(context.raw, entry.principal, &copy))
    guard let copy else { throw KerberosError(.library) }
    return copy
  }

  private static func exchange(
    _ context: KRB5Context, client: krb5_principal, into cacheName: String, secret: (krb5_init_creds_context) -> krb5_error_code
  ) throws(KerberosError) -> Fetched {
    var options: UnsafeMutablePointer<krb5_get_init_creds_opt>?
    try context.check(krb5_get_init_creds_opt_alloc(context.raw, &options))
    defer { krb5_get_init_creds_opt_free(context.raw, options) }
    // The reply then has the name as the realm spells it, and enterprise names are resolved.
    krb5_get_init_creds_opt_set_canonicalize(options, 1)
    krb5_get_init_creds_opt_set_forwardable(options, 1)
    krb5_get_init_creds_opt_set_renew_life(options, Self.renewLife)
    // With RC4 the password's NT hash would be the key.
    var types = KerberosEncryptionType.permitted.map(\.rawValue)
    krb5_get_init_creds_opt_set_etype_list(options, &types, Int32(types.count))

    var exchange: krb5_init_creds_context?
    try context.check(krb5_init_creds_init(context.raw, client, nil, nil, 0, options, &exchange))
    guard let exchange else { throw KerberosError(.library) }
    defer { krb5_init_creds_free(context.raw, exchange) }
    try context.check(secret(exchange))
    let code = krb5_init_creds_get(context.raw, exchange)
    guard code == 0 else { throw KerberosError(krb5: code, in: context.raw, kdcError: extendedError(of: exchange, context)) }

    var credentials = krb5_creds()
    try context.check(krb5_init_creds_get_creds(context.raw, exchange, &credentials))
    defer { krb5_free_cred_contents(context.raw, &credentials) }
    try store(&credentials, in: cacheName, context)
    return Fetched(
      principal: try name(of: credentials.client, context), expiry: Int64(UInt32(bitPattern: credentials.times.endtime)))
  }

  private static func extendedError(of exchange: krb5_init_creds_context, _ context: KRB5Context) -> NTStatus? {
    var error: UnsafeMutablePointer<krb5_error>?
    guard krb5_init_creds_get_error(context.raw, exchange, &error) == 0, let error else { return nil }
    defer { krb5_free_error(context.raw, error) }
    let data = winrm_krb5_error_data(error)
    guard let bytes = data.data, data.length > 0 else { return nil }
    return ExtendedKDCError.status(in: Array(UnsafeRawBufferPointer(start: bytes, count: Int(data.length))))
  }

  private static func store(_ credentials: inout krb5_creds, in cacheName: String, _ context: KRB5Context) throws(KerberosError) {
    var cache: krb5_ccache?
    try context.check(krb5_cc_resolve(context.raw, cacheName, &cache))
    guard let cache else { throw KerberosError(.noCredentials) }
    defer { krb5_cc_close(context.raw, cache) }
    try context.check(krb5_cc_initialize(context.raw, cache, credentials.client))
    try context.check(krb5_cc_store_cred(context.raw, cache, &credentials))
  }

  static func name(of principal: krb5_principal?, _ context: KRB5Context) throws(KerberosError) -> KerberosPrincipal {
    var text: UnsafeMutablePointer<CChar>?
    try context.check(krb5_unparse_name(context.raw, principal, &text))
    guard let text else { throw KerberosError(.library) }
    defer { krb5_free_unparsed_name(context.raw, text) }
    guard let name = KerberosPrincipal(parsing: String(cString: text)) else {
      throw KerberosError(.library, "the library wrote a name that cannot be read")
    }
    return name
  }

  /// The secret with a zero byte behind it, for the library, which keeps a copy of its own and clears it.
  private static func withCString<R>(_ secret: SecretBytes, _ body: (UnsafePointer<CChar>) -> R) -> R {
    let terminated = SecretBytes(count: secret.count + 1) { copy in
      secret.withUnsafeBytes { copy.copyMemory(from: $0) }
    }
    defer { terminated.wipe() }
    return terminated.withUnsafeBytes { bytes in
      bytes.withMemoryRebound(to: CChar.self) { text in
        text.baseAddress.map(body) ?? body("")
      }
    }
  }
}

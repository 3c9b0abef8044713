import CGSSAPI

/// A context of the krb5 library: its reading of krb5.conf. One for each use; it is not shared between threads.
final class KRB5Context {
  let raw: krb5_context

  init() throws(KerberosError) {
    var context: krb5_context?
    let code = krb5_init_context(&context)
    guard code == 0, let context else { throw KerberosError(krb5: code, in: nil) }
    raw = context
  }

  deinit { krb5_free_context(raw) }

  func check(_ code: krb5_error_code) throws(KerberosError) {
    guard code == 0 else { throw KerberosError(krb5: code, in: raw) }
  }

  /// The default realm; `nil` where krb5.conf has none.
  var defaultRealm: String? {
    var text: UnsafeMutablePointer<CChar>?
    guard krb5_get_default_realm(raw, &text) == 0, let text else { return nil }
    defer { krb5_free_default_realm(raw, text) }
    return String(cString: text)
  }

  /// Makes a principal, which the caller frees with `krb5_free_principal`.
  func principal(_ name: ClientName) throws(KerberosError) -> krb5_principal {
    let (text, flags): (String, Int32) =
      switch name {
      case .principal(let user, let realm): (KerberosPrincipal(components: [user], realm: realm).description, 0)
      // Behind a backslash, the sign belongs to the name; the realm is that of the KDC to ask.
      case .enterprise(let user, let realm):
        (KerberosPrincipal(components: [user], realm: realm).description, KRB5_PRINCIPAL_PARSE_ENTERPRISE)
      case .text(let text): (text, 0)
      }
    guard !text.utf8.contains(0) else { throw KerberosError(.local, "a name has a zero byte") }
    var principal: krb5_principal?
    try check(krb5_parse_name_flags(raw, text, flags, &principal))
    guard let principal else { throw KerberosError(.library) }
    return principal
  }
}

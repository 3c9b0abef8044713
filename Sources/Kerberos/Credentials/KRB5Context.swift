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
    var principal: krb5_principal?
    switch name {
    case .principal(let user, let realm):
      let text = KerberosPrincipal(components: [user], realm: realm).description
      try check(krb5_parse_name(raw, try withoutZero(text), &principal))
    case .enterprise(let user, let realm):
      try check(winrm_krb5_enterprise(raw, try withoutZero(user), try withoutZero(realm), &principal))
    case .text(let text): try check(krb5_parse_name(raw, try withoutZero(text), &principal))
    }
    guard let principal else { throw KerberosError(.library) }
    return principal
  }

  /// The library would cut a name off at a zero byte.
  private func withoutZero(_ text: String) throws(KerberosError) -> String {
    guard !text.utf8.contains(0) else { throw KerberosError(.local, "a name has a zero byte") }
    return text
  }
}

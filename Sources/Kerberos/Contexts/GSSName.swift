import CGSSAPI

/// A GSSAPI name handle, released with the last reference.
final class GSSName {
  private(set) var raw: gss_name_t?

  /// A service by its principal.
  init(_ service: KerberosServiceName) throws(KerberosError) {
    var name: gss_name_t?
    var minor: UInt32 = 0
    let major = gss_buffer_desc.with(Array(service.principalText.utf8)) { gss_import_name(&minor, $0, winrm_gss_principal_name(), &name) }
    try require(major, minor)
    raw = name
  }

  deinit {
    var ignored: UInt32 = 0
    if raw != nil { gss_release_name(&ignored, &raw) }
  }

  /// The principal of a name that the library made.
  static func principal(of name: gss_name_t?) throws(KerberosError) -> KerberosPrincipal {
    guard let name else { throw KerberosError(.unproven, "the peer has no name") }
    var text = gss_buffer_desc()
    var minor: UInt32 = 0
    try require(gss_display_name(&minor, name, &text, nil), minor)
    guard let principal = KerberosPrincipal(parsing: String(decoding: gss_buffer_desc.taking(&text), as: UTF8.self)) else {
      throw KerberosError(.unproven, "the peer has a name that cannot be read")
    }
    return principal
  }
}

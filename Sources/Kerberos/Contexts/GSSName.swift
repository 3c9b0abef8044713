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

  /// Whether the client's ticket has a PAC with the logon information of a Windows domain (MS-PAC §2.4).
  static func hasLogonInformation(_ name: gss_name_t?) -> Bool {
    attribute("urn:mspac:logon-info", of: name, isVerified: false, limit: .max) != nil
  }

  /// The PAC of the client's ticket (MS-PAC §2.3), whose signature the library has verified; `nil` when there is none, or one that is longer
  /// than `limit` bytes.
  static func pac(of name: gss_name_t?, limit: Int) -> [UInt8]? {
    attribute("urn:mspac:", of: name, isVerified: true, limit: limit)
  }

  /// - Parameter isVerified: whether the library must vouch for it.
  private static func attribute(_ attribute: String, of name: gss_name_t?, isVerified: Bool, limit: Int) -> [UInt8]? {
    var attribute = Array(attribute.utf8)
    var minor: UInt32 = 0
    var (isAuthenticated, isComplete, more): (Int32, Int32, Int32) = (0, 0, -1)
    var (value, display) = (gss_buffer_desc(), gss_buffer_desc())
    let major = attribute.withUnsafeMutableBytes { bytes in
      var buffer = gss_buffer_desc(length: bytes.count, value: bytes.baseAddress)
      return gss_get_name_attribute(&minor, name, &buffer, &isAuthenticated, &isComplete, &value, &display, &more)
    }
    defer {
      var ignored: UInt32 = 0
      gss_release_buffer(&ignored, &value)
      gss_release_buffer(&ignored, &display)
    }
    guard major == 0, isAuthenticated != 0 || !isVerified, value.length <= limit else { return nil }
    return Array(UnsafeRawBufferPointer(start: value.value, count: value.value == nil ? 0 : value.length))
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

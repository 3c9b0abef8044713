import WSMan
import WinRMHTTP

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// What the service says about itself in the answer to Identify (DSP0226 §11, MS-WSMV §3.1.4.1.23).
enum ServiceIdentity {
  /// For callers that nobody has proven: neither the system's version nor how one may log on.
  static func anonymous() -> IdentifyResponse { response("0.0.0", profiles: []) }

  /// For the others.
  ///
  /// - Parameters:
  ///   - schemes: those that the service offers. CredSSP has no profile.
  ///   - allowsUnencrypted: whether Basic is offered over HTTP.
  static func authenticated(schemes: [AuthenticationScheme], allowsUnencrypted: Bool = false) -> IdentifyResponse {
    let speaksSPNEGO = schemes.contains(.negotiate) || schemes.contains(.kerberos)
    let speaksBasic = schemes.contains(.basic)
    let base = "http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/"
    var profiles = speaksSPNEGO ? ["http/spnego-kerberos", "https/spnego-kerberos"] : []
    if speaksBasic { profiles += (allowsUnencrypted ? ["http/basic"] : []) + ["https/basic"] }
    if schemes.contains(.certificate) { profiles.append("https/mutual") }
    return response(systemRelease(), profiles: profiles.map { base + $0 })
  }

  private static func response(_ system: String, profiles: [String]) -> IdentifyResponse {
    IdentifyResponse(productVendor: "winrmd", productVersion: "OS: \(system) SP: 0.0 Stack: 3.0", securityProfiles: profiles)
  }

  /// The kernel's release up to the first character that is neither digit nor point, such as `6.1.0`.
  private static func systemRelease() -> String {
    var name = utsname()
    guard uname(&name) == 0 else { return "0.0.0" }
    let bytes = withUnsafeBytes(of: name.release) { $0.prefix { ($0 >= 0x30 && $0 <= 0x39) || $0 == 0x2E } }
    let text = String(decoding: bytes, as: UTF8.self)
    return text.isEmpty ? "0.0.0" : text
  }
}

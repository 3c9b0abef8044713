import WSMan

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// What the service says about itself in the answer to Identify (DSP0226 §11).
struct ServiceIdentity: Sendable {
  /// For callers that nobody has proven: the system's version stays hidden.
  let anonymous: IdentifyResponse
  /// For the others.
  let authenticated: IdentifyResponse

  init(usesTLS: Bool) {
    let profile = "http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/\(usesTLS ? "https" : "http")/spnego-kerberos"
    func response(_ system: String) -> IdentifyResponse {
      IdentifyResponse(productVendor: "winrmd", productVersion: "OS: \(system) SP: 0.0 Stack: 3.0", securityProfiles: [profile])
    }
    anonymous = response("0.0.0")
    authenticated = response(Self.systemRelease())
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

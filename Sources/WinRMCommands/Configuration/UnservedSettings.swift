import SecuritySupport
import WinRMConfiguration

/// Settings that Windows has and this version cannot live up to. They are refused where somebody makes them: accepted, they would be
/// without effect, or keep the service from starting.
enum UnservedSettings {
  /// Looks at values for a resource of settings.
  ///
  /// - Throws: ``WinrmFailure``.
  static func check(_ values: [(name: String, value: String?)]) throws(WinrmFailure) {
    for (name, value) in values {
      switch (name, value?.lowercased() ?? "") {
      case ("AllowUnencrypted", "true"), ("AllowUnencrypted", "1"):
        throw WinrmFailure(
          WinRMCode(rawValue: 0x8033_813F),
          "AllowUnencrypted stays false: this implementation never sends or accepts unencrypted messages. Nothing was changed.")
      case ("CertificateThumbprint", ""): continue
      case ("CertificateThumbprint", _): throw noCertificateStore
      default: continue
      }
    }
  }

  /// Looks at values for a listener. One that an earlier version let be made can still be switched off.
  static func check(_ values: [(name: String, value: String?)], of listener: ListenerSettings) throws(WinrmFailure) {
    try check(values)
    let isSwitchedOn = values.contains { $0.name == "Enabled" && ["true", "1"].contains($0.value?.lowercased()) }
    guard listener.transport == .http || !isSwitchedOn else { throw noHTTPS }
  }

  /// Looks at a listener that is to be made.
  static func check(_ listener: ListenerSettings) throws(WinrmFailure) {
    guard listener.transport == .http else { throw noHTTPS }
  }

  private static let unsupported = WinRMCode(rawValue: 0x8033_8042)

  private static let noHTTPS = WinrmFailure(
    unsupported,
    "HTTPS listeners are not supported yet: the service could not serve it. Nothing was changed. Over HTTP, messages are encrypted too.")

  private static let noCertificateStore = WinrmFailure(
    unsupported,
    "CertificateThumbprint is not supported yet: there is no store of certificates, so the service uses one that it makes itself. It can only be emptied. Nothing was changed."
  )
}

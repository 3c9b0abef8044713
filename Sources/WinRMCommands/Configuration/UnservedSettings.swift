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
      default: continue
      }
    }
  }
}

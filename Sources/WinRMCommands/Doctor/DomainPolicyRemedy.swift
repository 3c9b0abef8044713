import SecuritySupport
import WinRMConfiguration

extension ConfigurationError {
  /// What mends a policy of the domain that was read and means nothing; `nil` for what is wrong with a file of this machine.
  ///
  /// It is named without a file, or by the object's own on the domain: there is none here that could be repaired.
  var domainPolicyRemedy: String? {
    guard file?.hasPrefix(#"\\"#) ?? (winrmCode.rawValue == 0x8033_8088) else { return nil }
    return """
      have it corrected on the domain, then as root: winrm policy update   or, where this machine has left its domain: winrm policy forget
      """
  }
}

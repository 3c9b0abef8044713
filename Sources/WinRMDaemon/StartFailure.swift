import Accounts
import LogonInterface
import WinRMConfiguration
import WinRMService

/// Why the service does not start, in words for whoever started it.
struct StartFailure: Error {
  var message: String
  /// What the process ends with: ``configuration`` or ``temporary``.
  var exitCode = Self.configuration

  /// EX_CONFIG: starting it again will not help. The unit does not.
  static let configuration: Int32 = 78
  /// EX_TEMPFAIL: somebody else mends it, and this machine learns of it by itself. The unit goes on starting the service.
  static let temporary: Int32 = 75

  static func exitCode(of error: any Error) -> Int32 { (error as? StartFailure)?.exitCode ?? configuration }

  /// The settings cannot be read. Where the domain's policy alone is at fault, the next update can mend it, and nobody may be able to get at this
  /// machine before that otherwise.
  static func unreadable(_ error: any Error, paths: WinRMPaths) -> any Error {
    guard error is ConfigurationError, EffectivePolicy.isReadableWithoutDomain(paths: paths) else { return error }
    return StartFailure(
      message: """
        The policy of the domain cannot be used, and the service does not start without it: \(error)
        Once that is mended, and winrm policy update has read it, the service can be started; systemd does that.
        """, exitCode: temporary)
  }

  static func explanation(of error: any Error) -> String {
    switch error {
    case let failure as StartFailure: failure.message
    case let error as WinRMServiceError: error.message
    case let error as ConfigurationError: "The configuration cannot be used. \(error)"
    case let error as AccountsError: "The accounts cannot be used. \(error.message)"
    case let failure as LogonFailure: "The logon authority cannot start: \(failure)"
    default: "The service failed: \(error)"
    }
  }
}

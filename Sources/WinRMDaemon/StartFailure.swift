import Accounts
import LogonInterface
import WinRMConfiguration
import WinRMService

/// Why the service does not start, in words for whoever started it.
struct StartFailure: Error {
  var message: String

  /// EX_CONFIG: starting it again will not help.
  static let exitCode: Int32 = 78

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

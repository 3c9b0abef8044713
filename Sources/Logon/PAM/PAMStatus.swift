import CPAM
import LogonInterface
import SecuritySupport

/// A return value of PAM (`security/_pam_types.h`). Unknown values are kept.
struct PAMStatus: RawRepresentable, Hashable, Sendable {
  var rawValue: Int32

  static let success = Self(rawValue: PAM_SUCCESS)

  /// What the status means for a logon; `nil` for success.
  ///
  /// - Parameter mustChange: whether a password that is to be changed is one that the administrator wants changed, and not one that
  ///   became too old. PAM has one status for both.
  func failure(mustChange: Bool) -> LogonFailure? {
    switch rawValue {
    case PAM_SUCCESS: nil
    case PAM_ACCT_EXPIRED: refused(.accountExpired, "the account has expired")
    case PAM_NEW_AUTHTOK_REQD:
      mustChange
        ? refused(.passwordMustChange, "the password must be changed before the first logon")
        : refused(.passwordExpired, "the password has expired")
    case PAM_AUTHTOK_EXPIRED: refused(.passwordExpired, "the password expired so long ago that the account is closed")
    case PAM_PERM_DENIED, PAM_AUTH_ERR: refused(.accountRestriction, "a rule of PAM forbids the logon now or from there")
    case PAM_USER_UNKNOWN: refused(.accountRestriction, "PAM does not know the Unix user")
    case PAM_MAXTRIES: refused(.accountLockedOut, "too many failed logons")
    case PAM_CONV_ERR, PAM_CONV_AGAIN, PAM_INCOMPLETE:
      refused(.accountRestriction, "a module of PAM asked a question, and nobody is there to answer")
    default: LogonFailure(.unavailable, "the account phase of PAM failed: \(self)")
    }
  }

  private func refused(_ status: NTStatus, _ what: String) -> LogonFailure { LogonFailure(.refused(status), "\(what) (\(self))") }

  private static let names: [Int32: String] = [
    PAM_OPEN_ERR: "PAM_OPEN_ERR", PAM_SYMBOL_ERR: "PAM_SYMBOL_ERR", PAM_SERVICE_ERR: "PAM_SERVICE_ERR", PAM_SYSTEM_ERR: "PAM_SYSTEM_ERR",
    PAM_BUF_ERR: "PAM_BUF_ERR", PAM_PERM_DENIED: "PAM_PERM_DENIED", PAM_AUTH_ERR: "PAM_AUTH_ERR",
    PAM_CRED_INSUFFICIENT: "PAM_CRED_INSUFFICIENT", PAM_AUTHINFO_UNAVAIL: "PAM_AUTHINFO_UNAVAIL", PAM_USER_UNKNOWN: "PAM_USER_UNKNOWN",
    PAM_MAXTRIES: "PAM_MAXTRIES", PAM_NEW_AUTHTOK_REQD: "PAM_NEW_AUTHTOK_REQD", PAM_ACCT_EXPIRED: "PAM_ACCT_EXPIRED",
    PAM_CONV_ERR: "PAM_CONV_ERR", PAM_IGNORE: "PAM_IGNORE", PAM_ABORT: "PAM_ABORT", PAM_AUTHTOK_EXPIRED: "PAM_AUTHTOK_EXPIRED",
    PAM_MODULE_UNKNOWN: "PAM_MODULE_UNKNOWN", PAM_CONV_AGAIN: "PAM_CONV_AGAIN", PAM_INCOMPLETE: "PAM_INCOMPLETE",
  ]
}

extension PAMStatus: CustomStringConvertible {
  /// `PAM_ACCT_EXPIRED (13)`, or the number alone.
  var description: String { Self.names[rawValue].map { "\($0) (\(rawValue))" } ?? "PAM status \(rawValue)" }
}

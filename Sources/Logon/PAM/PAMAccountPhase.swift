import BlockingThreads
import CLinux
import CPAM
import Glibc
public import LogonInterface
import SecuritySupport

/// The account phase of PAM (`pam_acct_mgmt`), without a conversation: a module that asks something fails.
///
/// Only root can ask about other users. Modules may block, on a network too, so that each check has a thread of its own and a deadline.
public struct PAMAccountPhase: AccountPhase {
  /// The service's name: rules are in `/etc/pam.d/winrmd`, or those of `other` when there is no such file.
  public static let serviceName = "winrmd"

  private let service: String
  private let pool: BlockingPool

  /// - Parameter deadline: how long a check may take. Default: 5 seconds.
  public init(service: String = serviceName, deadline: Duration = .seconds(5)) {
    self.service = service
    pool = BlockingPool(slots: 16, deadline: deadline)
  }

  public func check(_ unixUser: String, from host: String) async throws(LogonFailure) {
    guard !unixUser.isEmpty, !unixUser.utf8.contains(0), !host.utf8.contains(0) else {
      throw LogonFailure(.refused(.accountRestriction), "the name is none that PAM can be asked about")
    }
    let service = service
    let outcome: (status: PAMStatus, mustChange: Bool)
    do {
      outcome = try await pool.run {
        let status = Self.status(of: unixUser, from: host, service: service)
        return (status, status.rawValue == PAM_NEW_AUTHTOK_REQD && Self.mustChange(unixUser))
      }
    } catch let error as BlockingPoolError {
      switch error {
      case .full, .noThread: throw LogonFailure(.unavailable, "PAM is busy: earlier checks have not returned")
      case .timeout(let deadline): throw LogonFailure(.unavailable, "PAM gave no answer within \(deadline)")
      }
    } catch is CancellationError {
      throw LogonFailure(.cancelled, "the logon was given up")
    } catch { throw LogonFailure(.unavailable, "PAM could not be asked") }
    if let failure = outcome.status.failure(mustChange: outcome.mustChange) { throw failure }
  }

  private static func status(of user: String, from host: String, service: String) -> PAMStatus {
    var handle: OpaquePointer?
    var conversation = PAMConversation.make()
    // The handle keeps a copy of the conversation, which has no state.
    let started = pam_start(service, user, &conversation, &handle)
    guard started == PAM_SUCCESS, let handle else { return PAMStatus(rawValue: started == PAM_SUCCESS ? PAM_ABORT : started) }
    var status = host.withCString { pam_set_item(handle, PAM_RHOST, $0) }
    if status == PAM_SUCCESS { status = service.withCString { pam_set_item(handle, PAM_TTY, $0) } }
    if status == PAM_SUCCESS { status = pam_acct_mgmt(handle, Int32(bitPattern: UInt32(PAM_SILENT))) }
    pam_end(handle, status)
    return PAMStatus(rawValue: status)
  }

  /// Whether an administrator wants the password changed: then the day of its last change is 0 (shadow(5)).
  private static func mustChange(_ user: String) -> Bool {
    var entry = spwd()
    var result: UnsafeMutablePointer<spwd>?
    var buffer = [CChar](repeating: 0, count: 16384)
    defer { buffer.withUnsafeMutableBytes { bytes in if let base = bytes.baseAddress { explicit_bzero(base, bytes.count) } } }
    let status = getspnam_r(user, &entry, &buffer, buffer.count, &result)
    // A user without an entry is one of a domain, whose controller reports an expired password at the logon.
    return status != 0 || result == nil || entry.sp_lstchg == 0
  }
}

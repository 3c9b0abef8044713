import LogonInterface
import SecuritySupport
import NTLM

/// A logon whose connection stands.
struct CompletedLogon: Sendable {
  var grant: LogonGrant
  var peer: PeerAddress
  /// The account, to ask again whether the logon is still good.
  var subject: LogonSubject
  /// What was delegated with it. Wiped when the logon is released; sessions have copies of their own.
  var delegated: DelegatedCredentials
}

/// What was delegated with a logon: enough to log on elsewhere, without the password.
struct DelegatedCredentials: Sendable {
  /// For NTLM.
  var ntlm: NTLMCredential?
  /// For Kerberos. It is shared with the sessions and goes with the last one.
  var ticket: DelegatedTicket?
  /// Why there is no ticket although there could be one, in words for the session's user.
  var ticketError: String?

  static let none = DelegatedCredentials()

  var isEmpty: Bool { ntlm == nil && ticket == nil }

  func wipe() { ntlm?.hash.bytes.wipe() }
}

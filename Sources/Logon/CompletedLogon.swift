import LogonInterface
import NTLM

/// A logon whose connection stands.
struct CompletedLogon: Sendable {
  var grant: LogonGrant
  var peer: PeerAddress
  /// The name that accounts are looked up by, to ask again whether the logon is still good.
  var account: String
  /// What was delegated with it: enough to log on elsewhere, without the password. Wiped when the logon is released; sessions have
  /// copies of their own.
  var credential: NTLMCredential?
}

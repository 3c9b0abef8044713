public import NTLM
import SecuritySupport

/// An account that the service keeps by itself.
public struct Account: Sendable {
  /// The name as the administrator wrote it. Names are compared without regard to case.
  public var name: String
  /// The Unix user that the account's commands run as.
  public var unixUser: String
  /// Whether the account may log on.
  public var isEnabled: Bool
  /// What an NTLM response is verified with. It is as good as the password itself towards NTLM.
  public var ntHash: NTHash
  /// What a clear-text password is verified with.
  public var verifier: PasswordVerifier

  public init(name: String, unixUser: String, isEnabled: Bool, ntHash: NTHash, verifier: PasswordVerifier) {
    self.name = name
    self.unixUser = unixUser
    self.isEnabled = isEnabled
    self.ntHash = ntHash
    self.verifier = verifier
  }

  /// The form of a name that is equal for all spellings in upper and lower case.
  public var key: String { Self.key(of: name) }

  /// ``key`` of a name that need not be an account's.
  public static func key(of name: String) -> String { name.lowercased() }
}

extension Account: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  public var description: String { "\(name) as \(unixUser)\(isEnabled ? "" : " (disabled)")" }
  public var debugDescription: String { description }
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}

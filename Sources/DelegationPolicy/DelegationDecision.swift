public import SecuritySupport

/// How the server that would receive the credentials was proven to be the one that the user named.
public enum ServerProof: Sendable, Equatable {
  /// By the certificate of the inner TLS of CredSSP. `how` is for people: "chain and name", "SHA-256 pin".
  case certificate(String)
  /// By Kerberos, as this principal.
  case kerberos(principal: String)
  /// By NTLM alone, which proves only that somebody knows the user's password or relays to one who does.
  case ntlmOnly
}

/// What policy says, and which rule says it.
public enum DelegationDecision: Sendable, Equatable {
  case allowed(because: String)
  /// The code is what WinRM reports: 0x803381A3 or 0x803381A4.
  case refused(WinRMCode, because: String)

  public var isAllowed: Bool {
    switch self {
    case .allowed: true
    case .refused: false
    }
  }

  /// The sentence for the person who reads the log or the error.
  public var reason: String {
    switch self {
    case .allowed(let reason), .refused(_, let reason): reason
    }
  }
}

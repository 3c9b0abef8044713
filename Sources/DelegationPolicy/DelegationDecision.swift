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

/// Which value of policy a rule is. It is compared, not read: texts about it are for people, and whoever names an object or a value has a part in
/// them.
public struct DelegationOrigin: Hashable, Sendable {
  /// The registry key, and the name of the value in it.
  public var key: String
  public var name: String
  /// Who wrote it.
  public var object: String
  /// The file that it is from; `nil` where the policy is that of one file.
  public var file: String?

  public init(key: String, name: String, object: String, file: String? = nil) {
    self.key = key
    self.name = name
    self.object = object
    self.file = file
  }
}

/// What policy says, and which rule says it.
public enum DelegationDecision: Sendable, Equatable {
  /// `by` is the rule that allows.
  case allowed(because: String, by: DelegationOrigin?)
  /// The code is what WinRM reports: 0x803381A3 or 0x803381A4. `by` is the rule that denies, or what makes an allow list smaller than it looks;
  /// `nil` where it is simply that nobody allows it.
  case refused(WinRMCode, because: String, by: DelegationOrigin?, isDenial: Bool)

  public var isAllowed: Bool {
    switch self {
    case .allowed: true
    case .refused: false
    }
  }

  /// The sentence for the person who reads the log or the error.
  public var reason: String {
    switch self {
    case .allowed(let reason, _), .refused(_, let reason, _, _): reason
    }
  }

  /// The value that decides, if one does.
  public var origin: DelegationOrigin? {
    switch self {
    case .allowed(_, let origin), .refused(_, _, let origin, _): origin
    }
  }

  /// Whether a rule denies, rather than none allowing.
  public var isDenial: Bool {
    switch self {
    case .allowed: false
    case .refused(_, _, _, let isDenial): isDenial
    }
  }
}

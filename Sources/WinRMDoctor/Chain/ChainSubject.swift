import DelegationPolicy
public import WinRM
public import WinRMConfiguration

/// What the doctor is asked about.
public struct ChainSubject: Sendable {
  /// What the client would prove itself with; never the secret itself.
  public enum CredentialKind: Sendable, Equatable {
    case explicit(String)
    case ambient(hasAgent: Bool)
    case none
  }

  /// As typed.
  public var target: String
  public var endpoint: WinRMEndpoint
  public var method: AuthenticationMethod
  public var credential: CredentialKind
  public var policy: ClientPolicy
  /// The host that delegation policy is asked about.
  public var delegationHost: String
  public var secondHop: SecondHopTarget?
  /// Where rules are written.
  public var sources: PolicySources

  public init(
    target: String, endpoint: WinRMEndpoint, method: AuthenticationMethod, credential: CredentialKind, policy: ClientPolicy,
    delegationHost: String? = nil, secondHop: SecondHopTarget? = nil, sources: PolicySources = PolicySources()
  ) {
    self.target = target
    self.endpoint = endpoint
    self.method = method
    self.credential = credential
    self.policy = policy
    self.delegationHost = delegationHost ?? endpoint.host
    self.secondHop = secondHop
    self.sources = sources
  }

  /// The method as people write it.
  var methodName: String {
    if method == .credSSP { return "CredSSP" }
    return method == .kerberos ? "Kerberos" : "Negotiate"
  }

  /// The flag of `winrm/config/client/auth`, and what it says.
  var isEnabled: Bool {
    if method == .credSSP { return policy.credSSPEnabled }
    return method == .kerberos ? policy.kerberosEnabled : policy.negotiateEnabled
  }

  /// Whether NTLM alone may prove a server to this client for this use.
  var acceptsNTLM: Bool {
    guard method == .credSSP else { return endpoint.scheme == .https || policy.trustedHosts.contains(endpoint.host) }
    return policy.delegation.decide(host: delegationHost, proof: .ntlmOnly).isAllowed
  }

  /// What reports are headed with.
  public var reportSubject: DoctorReport.Subject {
    var user: String?
    if case .explicit(let name) = credential { user = name }
    return DoctorReport.Subject(target: target, method: methodName, user: user, secondHop: secondHop?.text)
  }
}

/// Tells where a rule or a flag is written.
public struct PolicySources: Sendable {
  /// The source of the rule with which the reason of a decision begins.
  public var ofReason: @Sendable (String) -> String?
  /// The policy that decides a flag of `client/auth`; `nil` where the settings do.
  public var ofFlag: @Sendable (String) -> String?

  public init(
    ofReason: @escaping @Sendable (String) -> String? = { _ in nil }, ofFlag: @escaping @Sendable (String) -> String? = { _ in nil }
  ) {
    self.ofReason = ofReason
    self.ofFlag = ofFlag
  }
}

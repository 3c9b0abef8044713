import DelegationPolicy
import SecuritySupport
public import WinRM
public import WinRMConfiguration

/// What the doctor is asked about.
public struct ChainSubject: Sendable {
  /// What the client would prove itself with; never the secret itself.
  public enum CredentialKind: Sendable, Equatable {
    case explicit(String)
    case ambient(hasAgent: Bool)
    /// Its thumbprint.
    case certificate(String)
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
  /// Why what was given cannot be used, where that showed before any rule was asked.
  public var mistake: WinRMError?

  public init(
    target: String, endpoint: WinRMEndpoint, method: AuthenticationMethod, credential: CredentialKind, policy: ClientPolicy,
    delegationHost: String? = nil, secondHop: SecondHopTarget? = nil, sources: PolicySources = PolicySources(),
    mistake: WinRMError? = nil
  ) {
    self.target = target
    self.endpoint = endpoint
    self.method = method
    self.credential = credential
    self.policy = policy
    self.delegationHost = delegationHost ?? endpoint.host
    self.secondHop = secondHop
    self.sources = sources
    self.mistake = mistake
  }

  /// The method as people write it.
  var methodName: String { Self.name(of: method) }

  /// The name of a method, which is that of its flag in `winrm/config/client/auth` too.
  public static func name(of method: AuthenticationMethod) -> String {
    switch method {
    case .negotiate: "Negotiate"
    case .kerberos: "Kerberos"
    case .credSSP: "CredSSP"
    case .basic: "Basic"
    case .certificate: "Certificate"
    case .none: "None"
    }
  }

  /// What the flag of `winrm/config/client/auth` says, and the number for its no.
  var flag: (isOn: Bool, code: WinRMCode) {
    switch method {
    case .negotiate, .none: (policy.negotiateEnabled, .negotiateDisabled)
    case .kerberos: (policy.kerberosEnabled, .kerberosDisabled)
    case .credSSP: (policy.credSSPEnabled, .credSSPDisabledOnClient)
    case .basic: (policy.basicEnabled, .basicDisabled)
    case .certificate: (policy.certificateEnabled, .certificateDisabled)
    }
  }

  /// Whether the method has a mechanism inside, which may be Kerberos.
  var hasMechanism: Bool {
    switch method {
    case .negotiate, .kerberos, .credSSP: true
    case .basic, .certificate, .none: false
    }
  }

  /// What reports are headed with.
  public var reportSubject: DoctorReport.Subject {
    var user: String?
    if case .explicit(let name) = credential { user = name }
    return DoctorReport.Subject(target: target, method: methodName, user: user, secondHop: secondHop?.text)
  }
}

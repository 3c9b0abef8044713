public import Kerberos
public import SecuritySupport

/// How one connection was authenticated, for people and logs. It holds no secret.
public struct AuthenticationReport: Sendable, Hashable {
  /// Whether the user's credentials went to the server, for a second hop.
  public enum Delegation: Sendable, Hashable {
    /// Nobody asked for it.
    case notAsked
    /// Name and password, by CredSSP; and which rule allowed it.
    case password(because: String)
    /// A forwarded ticket-granting ticket, by Kerberos.
    case ticket
    /// It was asked for and did not come about: why.
    case none(because: String)
  }

  /// The server, `host:port`.
  public var peer: String
  public var method: AuthenticationMethod
  /// What proved the user: NTLM or Kerberos; `nil` for Basic and certificates, which have no mechanism.
  public var mechanism: MechanismIdentifier?
  /// The user as the KDC calls him; `nil` with NTLM.
  public var client: KerberosPrincipal?
  /// The service that Kerberos proved the server to be; `nil` with NTLM.
  public var service: KerberosServiceName?
  public var delegation: Delegation
  /// Why Kerberos was not used; `nil` where it was.
  public var kerberosObstacle: String?

  public init(
    peer: String, method: AuthenticationMethod, mechanism: MechanismIdentifier?, client: KerberosPrincipal? = nil,
    service: KerberosServiceName? = nil, delegation: Delegation = .notAsked, kerberosObstacle: String? = nil
  ) {
    self.peer = peer
    self.method = method
    self.mechanism = mechanism
    self.client = client
    self.service = service
    self.delegation = delegation
    self.kerberosObstacle = kerberosObstacle
  }

  /// The mechanism for people.
  public var mechanismName: String {
    switch mechanism {
    case .kerberos?: "Kerberos"
    case nil: method == .basic ? "Basic" : "certificate"
    default: "NTLM"
    }
  }
}

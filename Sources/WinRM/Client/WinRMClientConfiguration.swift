public import Certificates
public import Kerberos
public import Logging
public import SecuritySupport
package import WinRMAuthentication
public import WinRMConfiguration

/// Whose credentials the client uses.
public enum ClientCredential: Sendable {
  /// A name and a password given for this connection. CredSSP needs them.
  case explicit(Credential)
  /// The logon agent of the session that this process runs in (`WINRM_AGENT_SOCKET`), which does NTLM.
  case agent(socketPath: String)
  /// What this process has without asking: the tickets of the default cache (`KRB5CCNAME`), and in a remote session its logon agent.
  case ambient(agentSocketPath: String?)
  /// A certificate and its key, for ``AuthenticationMethod/certificate``.
  case certificate(ClientCertificate)
  /// None.
  case none
}

/// How the client proves who it is.
public enum AuthenticationMethod: Sendable, Hashable {
  /// SPNEGO, with Kerberos inside, or NTLM where Kerberos cannot be used and the rules of this machine let NTLM begin.
  case negotiate
  /// Kerberos and nothing else. The server proves itself, over HTTP too.
  case kerberos
  /// CredSSP: as Negotiate, and the password goes to the server for a second hop. Policy decides whether it may.
  case credSSP
  /// Name and password, which the server sees as they are. Over HTTP everybody in between does too, so that this needs
  /// ``WinRMClientConfiguration/sendsUnencrypted`` and a trusted host.
  case basic
  /// The certificate of the TLS handshake: HTTPS only.
  case certificate
  /// Not at all: for Identify.
  case none
}

/// How messages are written.
public enum MessageEncoding: String, Sendable, Hashable, CaseIterable {
  case utf8 = "UTF-8"
  /// With a byte order mark, low byte first. Answers may be in either.
  case utf16 = "UTF-16"
}

/// The remote session that this process runs inside of, as `winrmd` tells it in the environment. It explains a missing second hop.
public struct EnclosingSession: Sendable, Hashable {
  /// How the session was opened: `negotiate`, `kerberos` or `credssp`.
  public var scheme: String
  /// What was delegated to it: `none`, `agent`, `ticket` or `ticket+agent`; `nil` when the service does not say.
  public var credentials: String?
  /// Why the session has no ticket although it could have one.
  public var ticketError: String?

  public init(scheme: String, credentials: String? = nil, ticketError: String? = nil) {
    self.scheme = scheme
    self.credentials = credentials
    self.ticketError = ticketError
  }

  /// The variables that are read.
  public static let variables = ["WINRM_SESSION", "WINRM_CREDENTIALS", "WINRM_TICKET_ERROR"]

  /// From `WINRM_SESSION` and its companions; `nil` outside of a session.
  public init?(environment: [String: String]) {
    func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
    guard let scheme = value("WINRM_SESSION") else { return nil }
    self.init(scheme: scheme, credentials: value("WINRM_CREDENTIALS"), ticketError: value("WINRM_TICKET_ERROR"))
  }

  /// The scheme as people write it.
  var schemeName: String {
    switch scheme.lowercased() {
    case "credssp": "CredSSP"
    case "kerberos": "Kerberos"
    default: "Negotiate"
    }
  }

  var hasCredentials: Bool { credentials.map { $0 != "none" } ?? false }
}

/// What a client connects to, as whom, and under which rules.
public struct WinRMClientConfiguration: Sendable {
  public var endpoint: WinRMEndpoint
  /// Default Negotiate.
  public var method: AuthenticationMethod
  /// Default none.
  public var credential: ClientCredential
  /// The service that the server must prove to be, in place of `WSMAN`, `HTTP` or `HOST` on the host of ``endpoint``. Delegation policy is
  /// then matched against its host. Default `nil`.
  public var servicePrincipalName: KerberosServiceName?
  /// Whether the names of the service end in the port, as `HTTP/host:5985`. Without effect on ``servicePrincipalName``. Default no.
  public var namesServiceWithPort = false
  /// Whether Kerberos sends a ticket-granting ticket along where the KDC allows it, for a second hop. Where it does not, the connection
  /// comes about without, and ``onAuthentication`` is told why. CredSSP does not need it. Default no.
  public var delegatesTicket = false
  /// Whether the method is nobody's choice but the default: then other numbers say what cannot be done. Default no.
  public var isDefaultMethod = false
  /// Whether messages over HTTP go without encryption; authentication is as ever. The machine's AllowUnencrypted must allow it too, and
  /// CredSSP does not have it. Default no.
  ///
  /// - Warning: everybody between here and the server reads and changes the messages, and with Basic reads the password.
  public var sendsUnencrypted = false
  /// How messages are written. Default UTF-8.
  public var encoding = MessageEncoding.utf8
  /// What is not checked of the certificate of an HTTPS server. Default nothing. A host whose certificate is pinned is not affected, and
  /// CredSSP checks its own certificate in any case.
  ///
  /// - Warning: without `authority` or `name` nothing proves the server, unless Kerberos does.
  public var certificateExceptions: CertificateVerifier.Exceptions = []
  /// Whether NTLM with ``ClientCredential/ambient(agentSocketPath:)`` may begin over HTTPS although ``certificateExceptions`` leave the
  /// server unproven. Default no.
  public var allowsImplicitNegotiate = false
  /// The proxy. Default `nil`: servers are reached directly, whatever the environment says.
  public var proxy: ProxySettings?
  /// Told how a connection was authenticated, before its first request; with Basic and a certificate, which go along with the requests,
  /// after the first answer. A client opens several connections.
  public var onAuthentication: (@Sendable (AuthenticationReport) -> Void)?
  /// Told what CredSSP learns about the server, as it learns it.
  package var onCredSSP: (@Sendable (CredSSPObservation) -> Void)?
  /// The rules of this machine. `nil`, the default, loads them when the client starts; where they cannot be read, nothing is allowed.
  ///
  /// - Warning: a policy given here replaces the administrator's.
  public var policy: ClientPolicy?
  /// The time that the server may take for one operation, and the length of one wait for output. Default `nil`: what the machine's
  /// MaxTimeoutms says.
  public var operationTimeout: Duration?
  /// The time to open a TCP connection, and again for the outer TLS handshake. Default 5 seconds.
  public var connectTimeout: Duration
  /// The time for a whole authentication. Default 30 seconds.
  public var authenticationTimeout: Duration
  /// The certificates that prove servers, for HTTPS and for the inner TLS of CredSSP. Default the system's.
  public var roots: CertificateVerifier.Roots
  /// The largest answer accepted, in bytes of its envelope; also what `MaxEnvelopeSize` asks for. Default `nil`: what the machine's
  /// MaxEnvelopeSizekb says.
  public var maximumEnvelopeSize: Int?
  /// The session around this process, for explanations only.
  public var enclosingSession: EnclosingSession?
  /// Gets `debug` and `trace` messages; `nil` for none.
  public var logger: Logger?

  public init(
    endpoint: WinRMEndpoint, method: AuthenticationMethod = .negotiate, credential: ClientCredential = .none, policy: ClientPolicy? = nil,
    operationTimeout: Duration? = nil, connectTimeout: Duration = .seconds(5), authenticationTimeout: Duration = .seconds(30),
    roots: CertificateVerifier.Roots = .system, maximumEnvelopeSize: Int? = nil, enclosingSession: EnclosingSession? = nil,
    logger: Logger? = nil
  ) {
    self.endpoint = endpoint
    self.method = method
    self.credential = credential
    self.policy = policy
    self.operationTimeout = operationTimeout
    self.connectTimeout = connectTimeout
    self.authenticationTimeout = authenticationTimeout
    self.roots = roots
    self.maximumEnvelopeSize = maximumEnvelopeSize
    self.enclosingSession = enclosingSession
    self.logger = logger
  }
}

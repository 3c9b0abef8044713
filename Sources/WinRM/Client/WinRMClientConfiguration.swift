public import Certificates
public import Logging
public import SecuritySupport
public import WinRMConfiguration

/// Whose credentials the client uses.
public enum ClientCredential: Sendable {
  /// A name and a password given for this connection. CredSSP needs them.
  case explicit(Credential)
  /// The logon agent of the session that this process runs in (`WINRM_AGENT_SOCKET`).
  case agent(socketPath: String)
  /// None.
  case none
}

/// How the client proves who it is.
public enum AuthenticationMethod: Sendable, Hashable {
  /// SPNEGO, with NTLM inside.
  case negotiate
  /// CredSSP: as Negotiate, and the password goes to the server for a second hop. Policy decides whether it may.
  case credSSP
  /// Not at all: for Identify.
  case none
}

/// The remote session that this process runs inside of, as `winrmd` tells it in the environment. It explains a missing second hop.
public struct EnclosingSession: Sendable, Hashable {
  /// How the session was opened: `negotiate` or `credssp`.
  public var scheme: String

  public init(scheme: String) { self.scheme = scheme }

  /// From `WINRM_SESSION`; `nil` outside of a session.
  public init?(environment: [String: String]) {
    guard let scheme = environment["WINRM_SESSION"], !scheme.isEmpty else { return nil }
    self.init(scheme: scheme)
  }
}

/// What a client connects to, as whom, and under which rules.
public struct WinRMClientConfiguration: Sendable {
  public var endpoint: WinRMEndpoint
  /// Default Negotiate.
  public var method: AuthenticationMethod
  /// Default none.
  public var credential: ClientCredential
  /// The rules of this machine. `nil`, the default, loads them when the client starts; where they cannot be read, nothing is allowed.
  ///
  /// - Warning: a policy given here replaces the administrator's.
  public var policy: ClientPolicy?
  /// The time that the server may take for one operation, and the length of one wait for output. Default 60 seconds.
  public var operationTimeout: Duration
  /// The time to open a TCP connection, and again for the outer TLS handshake. Default 5 seconds.
  public var connectTimeout: Duration
  /// The time for a whole authentication. Default 30 seconds.
  public var authenticationTimeout: Duration
  /// The certificates that prove servers, for HTTPS and for the inner TLS of CredSSP. Default the system's.
  public var roots: CertificateVerifier.Roots
  /// The largest answer accepted, in bytes of its envelope; also what `MaxEnvelopeSize` asks for. Default 512 000.
  public var maximumEnvelopeSize: Int
  /// The session around this process, for explanations only.
  public var enclosingSession: EnclosingSession?
  /// Gets `debug` and `trace` messages; `nil` for none.
  public var logger: Logger?

  public init(
    endpoint: WinRMEndpoint, method: AuthenticationMethod = .negotiate, credential: ClientCredential = .none, policy: ClientPolicy? = nil,
    operationTimeout: Duration = .seconds(60), connectTimeout: Duration = .seconds(5), authenticationTimeout: Duration = .seconds(30),
    roots: CertificateVerifier.Roots = .system, maximumEnvelopeSize: Int = 512_000, enclosingSession: EnclosingSession? = nil,
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

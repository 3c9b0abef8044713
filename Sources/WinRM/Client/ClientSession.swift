import Certificates
import LogonAgent
import Logging
import MemoryTLS
import NIOHTTP1
import NTLM
import SecuritySupport
import Synchronization
import WSMan
import WinRMAuthentication
import WinRMConfiguration

/// What all connections of one client share: how to open and authenticate another one.
final class ClientSession: Sendable {
  let configuration: WinRMClientConfiguration
  let policy: ClientPolicy
  let sessionID = GUIDText.randomMessageID()
  /// The port that answered; the endpoint's own until another one did.
  private let port: Mutex<Int>

  init(configuration: WinRMClientConfiguration, policy: ClientPolicy) {
    self.configuration = configuration
    self.policy = policy
    port = Mutex(configuration.endpoint.port)
  }

  var endpoint: WinRMEndpoint { configuration.endpoint }
  var peer: String { endpoint.authority(port: port.withLock { $0 }) }
  var url: String { endpoint.url(port: port.withLock { $0 }) }

  /// How long to wait for the answer to a request of which the server was told `operationTimeout`.
  func readTimeout(operationTimeout: Duration) -> Duration { operationTimeout + policy.networkDelay }

  /// Opens and authenticates a connection.
  ///
  /// - Throws: ``WinRMError``, or `CancellationError`.
  func connect() async throws -> AuthenticatedConnection {
    let http: HTTPConnection
    do { http = try await open() } catch { throw failure(authenticating: error) }
    do {
      let protector = try await authenticate(http)
      // Over HTTPS the outer TLS protects the messages, whatever the authentication could do.
      return AuthenticatedConnection(
        http: http, protector: endpoint.scheme == .http ? protector : nil, headers: headers, path: endpoint.path)
    } catch {
      http.close()
      throw failure(authenticating: error)
    }
  }

  private func open() async throws -> HTTPConnection {
    let first = port.withLock { $0 }
    do {
      return try await open(port: first)
    } catch let error as ConnectionFailure {
      guard error == .refused, let second = endpoint.fallbackPort, second != first else { throw failure(connecting: error, to: [first]) }
      do {
        let connection = try await open(port: second)
        port.withLock { $0 = second }
        return connection
      } catch let error as ConnectionFailure {
        throw failure(connecting: error, to: [first, second])
      }
    }
  }

  private func open(port: Int) async throws -> HTTPConnection {
    let tls =
      endpoint.scheme == .https
      ? OuterTLS(host: endpoint.host, pins: policy.pins(for: endpoint.host), verifier: CertificateVerifier(roots: configuration.roots))
      : nil
    configuration.logger?.debug("opening a connection", metadata: ["host": "\(endpoint.host)", "port": "\(port)"])
    return try await HTTPConnection.open(host: endpoint.host, port: port, tls: tls, timeout: configuration.connectTimeout)
  }

  /// The headers of every request.
  private var headers: HTTPHeaders {
    [
      "Host": peer, "User-Agent": "WinRM client", "Connection": "Keep-Alive", "Accept-Encoding": "identity",
      "Content-Type": "application/soap+xml;charset=UTF-8",
    ]
  }
}

// MARK: Authentication

extension ClientSession {
  private func authenticate(_ http: HTTPConnection) async throws -> (any MessageProtector)? {
    guard let authentication = try makeAuthentication(http) else { return nil }
    let handshake = Handshake(
      connection: http, path: endpoint.path, headers: headers, timeout: configuration.authenticationTimeout)
    let protector = try await handshake.run(authentication)
    if let reason = (authentication as? CredSSPClientAuthentication)?.delegationReason {
      configuration.logger?.debug("credentials delegated", metadata: ["host": "\(endpoint.host)", "reason": "\(reason)"])
    }
    return protector
  }

  private func makeAuthentication(_ http: HTTPConnection) throws -> (any ClientAuthentication)? {
    let patience = MechanismPatience(limit: configuration.authenticationTimeout)
    switch configuration.method {
    case .none: return nil
    case .negotiate:
      let mechanism = try makeNTLM(channelBindings: try channelBindings(http))
      return NegotiateClientAuthentication(context: NegotiateContext(mechanisms: [mechanism], patience: patience))
    case .credSSP:
      guard case .explicit(let credential) = configuration.credential else {
        throw AuthenticationError(
          .policy, "CredSSP needs an explicit user name and password", winRMCode: .credSSPUserNameAndPasswordNeeded)
      }
      let gate = DelegationGate(
        host: endpoint.host, policy: policy.delegation, pins: policy.pins(for: endpoint.host),
        verifier: CertificateVerifier(roots: configuration.roots))
      return CredSSPClientAuthentication(
        tls: try MemoryTLS.client(), gate: gate, credential: credential, mechanisms: [try makeNTLM(channelBindings: nil)],
        patience: patience)
    }
  }

  /// The name that NTLM binds its answer to, so that it is worth nothing to another service (MS-NLMP §3.1.5.1.2).
  private var targetName: String { "HTTP/\(endpoint.host)" }

  private func makeNTLM(channelBindings: ChannelBindings?) throws -> any SecurityMechanism {
    switch configuration.credential {
    case .explicit(let credential):
      return NTLMMechanism(
        credential: NTLMCredential(name: credential.name, hash: try NTHash(password: credential.password)),
        configuration: NTLMInitiatorConfiguration(targetName: targetName, channelBindings: channelBindings))
    case .agent(let socketPath):
      return AgentMechanism(
        agent: LogonAgentClient(socketPath: socketPath), targetName: targetName, channelBindings: channelBindings)
    case .none:
      throw AuthenticationError(.policy, "there is no credential", winRMCode: WinRMCode(rawValue: 0x8009_030E))
    }
  }

  private func channelBindings(_ http: HTTPConnection) throws -> ChannelBindings? {
    guard let leaf = http.serverCertificates.first else { return nil }
    return ChannelBindings(serverEndPointHash: try CertificateHash.serverEndPoint(certificateDER: leaf))
  }
}

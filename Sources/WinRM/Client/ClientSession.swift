import Certificates
import Kerberos
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
import WinRMHTTP

/// What all connections of one client share: how to open and authenticate another one.
final class ClientSession: Sendable {
  let configuration: WinRMClientConfiguration
  let policy: ClientPolicy
  let sessionID = GUIDText.randomMessageID()
  /// The port that answered; the endpoint's own until another one did.
  private let port: Mutex<Int>
  /// Tickets, for all connections; `nil` without a credential for them.
  let kerberos: KerberosOfferSource?
  /// Why Kerberos was given up; other connections of this client do not ask again.
  private let obstacle = Mutex<KerberosObstacle?>(nil)
  /// Whether the server has said that it takes Basic: before, no password goes there.
  private let wasOfferedBasic = Mutex(false)

  init(configuration: WinRMClientConfiguration, policy: ClientPolicy) {
    self.configuration = configuration
    self.policy = policy
    port = Mutex(configuration.endpoint.port)
    kerberos = Self.kerberos(configuration, policy)
  }

  var rememberedObstacle: KerberosObstacle? { obstacle.withLock { $0 } }
  func remember(_ obstacle: KerberosObstacle) { self.obstacle.withLock { $0 = obstacle } }

  private static func kerberos(_ configuration: WinRMClientConfiguration, _ policy: ClientPolicy) -> KerberosOfferSource? {
    let source: KerberosSource
    switch configuration.credential {
    case .explicit(let credential): source = .password(credential, realms: KerberosRealms(byDomain: policy.kerberosRealms))
    case .ambient: source = .cache(nil)
    case .agent, .certificate, .none: return nil
    }
    return KerberosOfferSource(
      credential: KerberosCredential(source), services: configuration.serviceNames,
      delegation: configuration.delegatesTicket && configuration.method != .credSSP ? .whenTrusted : .none)
  }

  var endpoint: WinRMEndpoint { configuration.endpoint }
  var peer: String { endpoint.authority(port: port.withLock { $0 }) }
  var url: String { endpoint.url(port: port.withLock { $0 }) }
  var operationTimeout: Duration { configuration.operationTimeout ?? policy.maximumTimeout }
  var maximumEnvelopeSize: Int { configuration.maximumEnvelopeSize ?? policy.maximumEnvelopeSize }

  /// How long to wait for the answer to a request of which the server was told `operationTimeout`.
  func readTimeout(operationTimeout: Duration) -> Duration { operationTimeout + policy.networkDelay }

  /// Opens and authenticates a connection.
  ///
  /// - Throws: ``WinRMError``, or `CancellationError`.
  func connect() async throws -> AuthenticatedConnection {
    let plan = try await plan()
    let proxy = try configuration.proxy?.server(for: endpoint)
    let http: HTTPConnection
    do { http = try await open(proxy) } catch { throw failure(authenticating: error, plan) }
    let target = requestTarget(proxy)
    do {
      let (protector, authorization) = try await authenticate(http, plan, target: target)
      // Over HTTPS the outer TLS protects the messages, whatever the authentication could do.
      let protects = endpoint.scheme == .http && !configuration.sendsUnencrypted
      return AuthenticatedConnection(
        http: http, protector: protects ? protector : nil, authorization: authorization, headers: headers, target: target,
        encoding: configuration.encoding)
    } catch {
      http.close()
      throw failure(authenticating: error, plan)
    }
  }

  /// What a request names: the path, or the whole URL for a proxy of HTTP. One of HTTPS sees none.
  func requestTarget(_ proxy: ProxyServer?) -> String { proxy != nil && endpoint.scheme == .http ? url : endpoint.path }

  func open(_ proxy: ProxyServer?, proof: TLSProof = TLSProof()) async throws -> HTTPConnection {
    let first = port.withLock { $0 }
    do {
      return try await open(port: first, proxy, proof)
    } catch let error as ConnectionFailure {
      guard error.isRefusal, let second = endpoint.fallbackPort, second != first else { throw failure(connecting: error, to: [first]) }
      do {
        let connection = try await open(port: second, proxy, proof)
        port.withLock { $0 = second }
        return connection
      } catch let error as ConnectionFailure {
        throw failure(connecting: error, to: [first, second])
      }
    }
  }

  private func open(port: Int, _ proxy: ProxyServer?, _ proof: TLSProof) async throws -> HTTPConnection {
    configuration.logger?.debug(
      "opening a connection", metadata: ["host": "\(endpoint.host)", "port": "\(port)", "proxy": "\(proxy?.authority ?? "none")"])
    return try await HTTPConnection.open(
      host: endpoint.host, port: port, tls: endpoint.scheme == .https ? outerTLS : nil, proxy: proxy, timeout: configuration.connectTimeout,
      proof: proof)
  }

  private var outerTLS: OuterTLS {
    var tls = OuterTLS(
      host: endpoint.host, pins: policy.pins(for: endpoint.host), verifier: CertificateVerifier(roots: configuration.roots),
      exceptions: configuration.certificateExceptions)
    if configuration.method == .certificate, case .certificate(let certificate) = configuration.credential {
      tls.clientCertificate = certificate
    }
    return tls
  }

  /// The headers of every request.
  var headers: HTTPHeaders {
    [
      "Host": peer, "User-Agent": "WinRM client", "Connection": "Keep-Alive", "Accept-Encoding": "identity",
      "Content-Type": configuration.encoding.contentType,
    ]
  }
}

// MARK: Authentication

extension ClientSession {
  /// One authentication, and what is to be known about it afterwards.
  fileprivate struct Attempt {
    var authentication: any ClientAuthentication
    var kerberos: KerberosOffer?
  }

  /// Either the connection is authenticated afterwards, or its requests have to be.
  private func authenticate(
    _ http: HTTPConnection, _ plan: MechanismPlan, target: String
  ) async throws -> ((any MessageProtector)?, RequestAuthorization?) {
    let handshake = Handshake(connection: http, path: target, headers: headers, timeout: configuration.authenticationTimeout)
    switch (configuration.method, configuration.credential) {
    case (.basic, .explicit(let credential)):
      if !wasOfferedBasic.withLock({ $0 }) {
        try await handshake.askFor(.basic)
        wasOfferedBasic.withLock { $0 = true }
      }
      return (nil, .basic(configuration.basicCredential(credential)))
    case (.certificate, .certificate): return (nil, .certificate)
    default: break
    }
    guard let attempt = try await makeAttempt(http, plan) else { return (nil, nil) }
    let protector = try await handshake.run(attempt.authentication)
    tell(await report(attempt, plan))
    return (protector, nil)
  }

  /// The first answer to a request that brought its proof along.
  func requestWasAuthorized() {
    let reason = configuration.method == .basic ? "Basic hands no credentials on" : "a certificate cannot be handed on"
    tell(
      AuthenticationReport(
        peer: peer, method: configuration.method, mechanism: nil,
        delegation: configuration.delegatesTicket ? .none(because: reason) : .notAsked))
  }

  private func tell(_ report: AuthenticationReport) {
    configuration.logger?.debug(
      "authenticated", metadata: ["host": "\(endpoint.host)", "mechanism": "\(report.mechanismName)", "delegation": "\(report.delegation)"])
    configuration.onAuthentication?(report)
  }

  private func makeAttempt(_ http: HTTPConnection, _ plan: MechanismPlan) async throws -> Attempt? {
    let patience = MechanismPatience(limit: configuration.authenticationTimeout)
    switch configuration.method {
    case .none, .basic, .certificate: return nil
    case .kerberos:
      let offer = try await bound(plan.kerberos, to: try channelBindings(http))
      guard let offer else { throw AuthenticationError(.policy, "there is no credential", winRMCode: .noCredentials) }
      return Attempt(authentication: KerberosClientAuthentication(mechanism: offer.mechanism, patience: patience), kerberos: offer)
    case .negotiate:
      let bindings = try channelBindings(http)
      let offer = try await bound(plan.kerberos, to: bindings)
      var mechanisms: [any SecurityMechanism] = offer.map { [$0.mechanism] } ?? []
      if plan.offersNTLM { mechanisms.append(try makeNTLM(channelBindings: bindings)) }
      guard !mechanisms.isEmpty else { throw AuthenticationError(.policy, "there is no credential", winRMCode: .noCredentials) }
      return Attempt(
        authentication: NegotiateClientAuthentication(context: NegotiateContext(mechanisms: mechanisms, patience: patience)),
        kerberos: offer)
    case .credSSP:
      guard case .explicit(let credential) = configuration.credential else {
        throw AuthenticationError(
          .policy, "CredSSP needs an explicit user name and password", winRMCode: .credSSPUserNameAndPasswordNeeded)
      }
      // CredSSP binds its inner mechanism to the inner TLS by itself.
      var mechanisms: [any SecurityMechanism] = plan.kerberos.map { [$0.mechanism] } ?? []
      if plan.offersNTLM { mechanisms.append(try makeNTLM(channelBindings: nil)) }
      return Attempt(
        authentication: CredSSPClientAuthentication(
          tls: try MemoryTLS.client(), gate: gate, credential: credential, mechanisms: mechanisms,
          kerberosObstacle: plan.obstacle?.reason, patience: patience, observe: configuration.onCredSSP),
        kerberos: plan.kerberos)
    }
  }

  private var gate: DelegationGate {
    let host = configuration.delegationHost
    return DelegationGate(
      host: host, typedHost: endpoint.host, policy: policy.delegation, pins: policy.pins(for: host),
      verifier: CertificateVerifier(roots: configuration.roots))
  }

  /// The offer for a connection with these bindings: the tickets are there, so another first token is quickly made.
  private func bound(_ offer: KerberosOffer?, to bindings: ChannelBindings?) async throws -> KerberosOffer? {
    guard offer != nil, bindings != nil else { return offer }
    return try await self.offer(channelBindings: bindings)
  }

  /// The name that NTLM binds its answer to, so that it is worth nothing to another service (MS-NLMP §3.1.5.1.2).
  private var targetName: String { configuration.servicePrincipalName?.description ?? "HTTP/\(endpoint.host)" }

  private func makeNTLM(channelBindings: ChannelBindings?) throws -> any SecurityMechanism {
    switch configuration.credential {
    case .explicit(let credential):
      return NTLMMechanism(
        credential: NTLMCredential(name: credential.name, hash: try NTHash(password: credential.password)),
        configuration: NTLMInitiatorConfiguration(targetName: targetName, channelBindings: channelBindings))
    case .agent(let socketPath), .ambient(let socketPath?):
      return AgentMechanism(
        agent: LogonAgentClient(socketPath: socketPath), targetName: targetName, channelBindings: channelBindings)
    case .ambient(nil), .certificate, .none:
      throw AuthenticationError(.policy, "there is no credential", winRMCode: .noCredentials)
    }
  }

  private func channelBindings(_ http: HTTPConnection) throws -> ChannelBindings? {
    guard let leaf = http.serverCertificates.first else { return nil }
    return ChannelBindings(serverEndPointHash: try CertificateHash.serverEndPoint(certificateDER: leaf))
  }
}

// MARK: What is told afterwards

extension ClientSession {
  private func report(_ attempt: Attempt, _ plan: MechanismPlan) async -> AuthenticationReport {
    let mechanism = attempt.mechanism ?? .ntlm
    let isKerberos = mechanism == .kerberos
    return AuthenticationReport(
      peer: peer, method: configuration.method, mechanism: mechanism, client: isKerberos ? attempt.kerberos?.client : nil,
      service: isKerberos ? await attempt.kerberos?.mechanism.provenService : nil,
      delegation: await delegation(attempt, isKerberos: isKerberos),
      kerberosObstacle: isKerberos ? nil : plan.obstacle?.reason ?? "the server chose NTLM")
  }

  private func delegation(_ attempt: Attempt, isKerberos: Bool) async -> AuthenticationReport.Delegation {
    if let credSSP = attempt.authentication as? CredSSPClientAuthentication {
      return .password(because: credSSP.delegationReason ?? "policy allowed it")
    }
    guard configuration.delegatesTicket else { return .notAsked }
    guard isKerberos, let mechanism = attempt.kerberos?.mechanism else { return .none(because: "NTLM hands no credentials on") }
    if await mechanism.flags?.contains(.delegation) == true { return .ticket }
    guard let service = await mechanism.provenService else { return .none(because: "the KDC did not allow it") }
    return switch await kerberos?.delegationObstacle(for: service) {
    case .ticketNotForwardable?:
      .none(because: "the ticket is not forwardable: the account may not be delegated, or kinit did not ask for it (kinit -f)")
    case .serviceNotTrusted?: .none(because: "the domain does not trust \(service) for delegation (its ticket is not ok-as-delegate)")
    case nil: .none(because: "the KDC did not give a ticket to forward")
    }
  }
}

extension ClientSession.Attempt {
  fileprivate var mechanism: MechanismIdentifier? {
    switch authentication {
    case let negotiate as NegotiateClientAuthentication: negotiate.mechanism
    case let credSSP as CredSSPClientAuthentication: credSSP.mechanism
    default: .kerberos
    }
  }
}

extension WinRMClientConfiguration {
  /// What Kerberos asks the KDC for, in order: the host as typed, never what DNS makes of it. The dot that ends a full DNS name is no part
  /// of a service's name.
  var serviceNames: [KerberosServiceName] {
    if let servicePrincipalName { return [servicePrincipalName] }
    let host = endpoint.host.hasSuffix(".") ? String(endpoint.host.dropLast()) : endpoint.host
    return KerberosServiceName.candidates(host: namesServiceWithPort ? "\(host):\(endpoint.port)" : host)
  }

  /// The host that delegation policy is asked about.
  var delegationHost: String {
    guard let name = servicePrincipalName else { return endpoint.host }
    return String(name.host.prefix { $0 != ":" })
  }
}

package import Kerberos
import NIOHTTP1
import WinRMAuthentication
package import WinRMConfiguration
import WinRMHTTP

/// The steps by which a client comes to a service, one at a time: for those who look for the one that fails. Each is the client's own.
package struct ServiceInspection: Sendable {
  private let session: ClientSession

  /// - Parameters:
  ///   - configuration: its `policy` is not looked at.
  ///   - policy: the rules that apply.
  package init(configuration: WinRMClientConfiguration, policy: ClientPolicy) {
    session = ClientSession(configuration: configuration, policy: policy)
  }

  private var rules: ClientRules { ClientRules(configuration: session.configuration, policy: session.policy) }

  /// What the rules of this machine say before anything goes to the network, each refusal by itself; empty when they let it begin.
  package func ruleFailures() -> [WinRMError] { rules.refusals }

  /// Why Kerberos cannot be used, where names alone say it.
  package var kerberosObstacle: String? { rules.kerberosObstacle?.reason }

  /// The proxy on the way, as its host and as `host:port`; `nil` where the server is reached directly.
  ///
  /// - Throws: ``WinRMError`` for a variable that names no proxy that could be used.
  package func proxy() throws(WinRMError) -> (host: String, authority: String)? {
    try session.configuration.proxy?.server(for: session.endpoint).map { ($0.host, $0.authority) }
  }

  /// What the KDC is asked for, in order.
  package var serviceNames: [KerberosServiceName] { session.configuration.serviceNames }

  /// The host that delegation policy is asked about.
  package var delegationHost: String { session.configuration.delegationHost }

  /// The server as `host:port`, with the port that answered.
  package var peer: String { session.peer }

  // MARK: The server, before anybody proves anything

  /// Opens a connection and sends one request without body and without authentication: what every client of HTTP could send. Where a rule
  /// of this machine refuses, nothing is opened.
  ///
  /// - Parameter chain: gets the certificates of an HTTPS server (DER, leaf first), also of one that is refused.
  /// - Throws: ``WinRMError`` at the stage that failed, `CancellationError`.
  package func greet(chain: (([[UInt8]]) -> Void)? = nil) async throws -> ServiceGreeting {
    try rules.check()
    let proxy = try session.configuration.proxy?.server(for: session.endpoint)
    let proof = TLSProof()
    let connection: HTTPConnection
    do {
      connection = try await session.open(proxy, proof: proof)
    } catch {
      if !proof.chain.isEmpty { chain?(proof.chain) }
      throw session.failure(authenticating: error, MechanismPlan())
    }
    defer { connection.close() }
    if !proof.chain.isEmpty { chain?(proof.chain) }
    var greeting = ServiceGreeting(peer: session.peer, address: connection.remoteAddress, certificates: connection.serverCertificates)
    var headers = session.headers
    headers.add(name: "Content-Length", value: "0")
    do {
      let response = try await connection.exchange(
        HTTPRequest(path: session.requestTarget(proxy), headers: headers, body: []), limit: Handshake.bodyLimit,
        timeout: session.configuration.connectTimeout)
      greeting.answer = session.proxyFailure(response.status).map { .failure($0) } ?? .success(ServiceGreeting.Answer(response))
    } catch {
      let failure = session.failure(authenticating: error, MechanismPlan(), waited: session.configuration.connectTimeout)
      guard let failure = failure as? WinRMError else { throw failure }
      greeting.answer = .failure(failure)
    }
    return greeting
  }

  // MARK: The KDC

  /// Asks the KDC, with the credentials, for what the server wants to see. What it said is remembered for ``withClient(_:)``.
  ///
  /// - Throws: ``WinRMError`` where the client would give up, `CancellationError`.
  package func askKerberos() async throws -> KerberosFinding {
    let plan = try await session.plan()
    if let offer = plan.kerberos { return .ticket(offer.client) }
    guard let obstacle = plan.obstacle else { return .notAsked }
    return .obstacle(reason: obstacle.reason, error: obstacle.error)
  }

  /// Why Kerberos was given up, where the library or the KDC gave a reason.
  package var rememberedKerberosError: KerberosError? { session.rememberedObstacle?.error }

  // MARK: The service

  /// Lends the client that these steps belong to: its first request authenticates.
  package func withClient<R>(_ body: (WinRMClient) async throws -> R) async throws -> R {
    let client = WinRMClient(session: session)
    do {
      let result = try await body(client)
      await client.close()
      return result
    } catch {
      await client.close()
      throw error
    }
  }
}

/// What the KDC had to say about a user and a service.
package enum KerberosFinding: Sendable {
  /// There is a ticket for the service.
  case ticket(KerberosPrincipal)
  /// There is none, and the client goes on without; the error where the library or the KDC gave one.
  case obstacle(reason: String, error: KerberosError?)
  case notAsked
}

/// What a server shows to everybody.
package struct ServiceGreeting: Sendable {
  package struct Answer: Sendable {
    /// The HTTP status.
    package var status: Int
    /// What `WWW-Authenticate` names.
    package var schemes: [String]
    package var date: String?
  }

  package var peer: String
  /// The address that was reached.
  package var address: String?
  /// Over HTTPS: DER, leaf first. They have been checked.
  package var certificates: [[UInt8]]
  /// `nil` before there is one.
  package var answer: Result<Answer, WinRMError>?
}

extension ServiceGreeting.Answer {
  fileprivate init(_ response: HTTPResponse) {
    let challenges = (try? Challenge.parse(wwwAuthenticate: response.headers["WWW-Authenticate"])) ?? []
    var names: [String] = []
    for name in challenges.map(\.scheme.rawValue) where !names.contains(name) { names.append(name) }
    self.init(status: Int(response.status.code), schemes: names, date: response.headers.first(name: "Date"))
  }
}

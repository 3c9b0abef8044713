import DelegationPolicy
import Foundation
import Kerberos
import NIOHTTP1
import SecuritySupport
import Synchronization
import TestRealm
import Testing
import WSMan
import WinRMAuthentication
import WinRMConfiguration
import WinRMHTTP

@testable import WinRM

/// A service of the scheme Kerberos with a key of the test realm. It answers Identify.
private actor KerberosService {
  private let acceptor: @Sendable () throws -> KerberosAcceptor
  private var protectors: [Int: NegotiateProtector] = [:]
  private(set) var clients: [KerberosClient] = []

  init(_ service: String = "WSMAN/\(LocalRealm.host)") throws {
    let keytab = try LocalRealm.shared.get().keytab
    let name = try #require(KerberosServiceName(parsing: service))
    acceptor = { KerberosAcceptor(configuration: .init(keytab: keytab, services: [name])) }
  }

  func react(to seen: SeenRequest) async -> Reaction {
    do {
      if let text = seen.head.headers.first(name: "Authorization") { return try authenticate(text, seen.connection) }
      guard let protector = protectors[seen.connection] else { return .reply(401, [("WWW-Authenticate", "Kerberos")], []) }
      let type = seen.head.headers.first(name: "Content-Type") ?? ""
      let request = try WSManRequest(decoding: try await protector.unprotect(contentType: type, body: seen.body, limit: 1 << 20))
      let answer = WSManResponse(to: request.header, body: .identify(identity)).encode()
      let (answerType, body) = try await protector.protect(answer)
      return .reply(200, [("Content-Type", answerType)], body)
    } catch {
      return .reply(401, [("WWW-Authenticate", "Kerberos")], [])
    }
  }

  private func authenticate(_ text: String, _ connection: Int) throws -> Reaction {
    guard let header = AuthorizationHeader(parsing: text), header.scheme == .kerberos, let token = header.token else {
      return .reply(401, [("WWW-Authenticate", "Kerberos")], [])
    }
    let acceptor = try acceptor()
    let (step, client) = try acceptor.receive(token)
    clients.append(client)
    protectors[connection] = NegotiateProtector(
      mechanism: KerberosMechanism(session: try acceptor.takeSession()), encryptionProtocol: .kerberos)
    return .reply(200, [("WWW-Authenticate", AuthorizationHeader.value(scheme: .kerberos, token: step.token ?? []))], [])
  }

  private let identity = IdentifyResponse(
    protocolVersion: "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd", productVendor: "test", productVersion: "1", securityProfiles: [])
}

private func login(_ user: String, _ password: String = LocalRealm.password) throws -> ClientCredential {
  .explicit(Credential(name: try #require(AccountName(parsing: user)), password: SecretBytes(Array(password.utf8))))
}

private func entries(_ patterns: String...) throws -> [DelegationPolicy.Entry] {
  try patterns.map { DelegationPolicy.Entry(pattern: try DelegationPattern(parsing: $0), source: "test") }
}

/// The client with Kerberos, against a KDC and a service of the test realm.
@Suite("The client with Kerberos", .serialized, .enabled(if: LocalRealm.isAvailable, LocalRealm.missing)) struct KerberosTests {
  /// A client that must fail without a byte to the server.
  private func refusal(
    _ endpoint: String = "http://\(LocalRealm.host)", _ credential: ClientCredential, method: AuthenticationMethod = .negotiate,
    spn: String? = nil, _ change: (inout ClientPolicy) throws -> Void = { _ in }
  ) async throws -> WinRMError {
    _ = try LocalRealm.shared.get()
    return try await ScriptedServer.run(script: { _ in .close }) { server in
      var policy = ClientPolicy()
      try change(&policy)
      var configuration = WinRMClientConfiguration(
        endpoint: try WinRMEndpoint(parsing: "\(endpoint):\(server.port)"), method: method, credential: credential, policy: policy)
      configuration.servicePrincipalName = spn.flatMap { KerberosServiceName(parsing: $0) }
      let before = ContinuousClock.now
      let error = await #expect(throws: WinRMError.self) {
        try await withWinRMClient(configuration) { _ = try await $0.identify() }
      }
      #expect(ContinuousClock.now - before < .seconds(5))
      #expect(server.connectionCount == 0)
      #expect(error.map { !$0.description.contains(LocalRealm.password) } ?? false)
      return try #require(error)
    }
  }

  @Test("The scheme Kerberos, over HTTP and without TrustedHosts") func scheme() async throws {
    let service = try KerberosService()
    try await ScriptedServer.run(script: { await service.react(to: $0) }) { server in
      let reports = Mutex<[AuthenticationReport]>([])
      var configuration = WinRMClientConfiguration(
        endpoint: try WinRMEndpoint(parsing: "http://127.0.0.1:\(server.port)"), method: .kerberos, credential: try login("alice"),
        policy: ClientPolicy())
      configuration.servicePrincipalName = KerberosServiceName(parsing: "WSMAN/\(LocalRealm.host)")
      configuration.delegatesTicket = true
      configuration.onAuthentication = { report in reports.withLock { $0.append(report) } }
      let vendor = try await withWinRMClient(configuration) { try await $0.identify().productVendor }
      #expect(vendor == "test")
      let report = try #require(reports.withLock { $0.first })
      #expect(report.mechanismName == "Kerberos" && report.client?.description == "alice@\(LocalRealm.name)")
      #expect(report.service?.description == "WSMAN/\(LocalRealm.host)" && report.delegation == .ticket && report.kerberosObstacle == nil)
      #expect(await service.clients.first?.delegated != nil)
      // Nothing that came says anything in clear but the scheme and tokens.
      #expect(server.bytes.firstRange(of: Array("Identify".utf8)) == nil)
    }
  }

  @Test("A ticket that cannot be forwarded: the connection comes about, and why there is no second hop is told")
  func notForwardable() async throws {
    let service = try KerberosService()
    try await ScriptedServer.run(script: { await service.react(to: $0) }) { server in
      let reports = Mutex<[AuthenticationReport]>([])
      var configuration = WinRMClientConfiguration(
        endpoint: try WinRMEndpoint(parsing: "http://127.0.0.1:\(server.port)"), method: .kerberos, credential: try login("sensitive"),
        policy: ClientPolicy())
      configuration.servicePrincipalName = KerberosServiceName(parsing: "WSMAN/\(LocalRealm.host)")
      configuration.delegatesTicket = true
      configuration.onAuthentication = { report in reports.withLock { $0.append(report) } }
      try await withWinRMClient(configuration) { _ = try await $0.identify() }
      let report = try #require(reports.withLock { $0.first })
      guard case .none(let reason) = report.delegation else {
        Issue.record("delegated")
        return
      }
      #expect(reason.contains("not forwardable"))
    }
  }

  @Test("A server with another key is an impostor") func impostor() async throws {
    _ = try LocalRealm.shared.get()
    // It says yes, with a token that is no proof.
    for token in [[], [0x60, 0x03, 0x06, 0x01, 0x2A], [UInt8](repeating: 0x60, count: 200)] as [[UInt8]] {
      let reply: [(String, String)] = [("WWW-Authenticate", AuthorizationHeader.value(scheme: .kerberos, token: token))]
      try await ScriptedServer.run(script: { _ in .reply(200, reply, []) }) { server in
        var configuration = WinRMClientConfiguration(
          endpoint: try WinRMEndpoint(parsing: "http://127.0.0.1:\(server.port)"), method: .kerberos, credential: try login("alice"),
          policy: ClientPolicy())
        configuration.servicePrincipalName = KerberosServiceName(parsing: "WSMAN/\(LocalRealm.host)")
        let error = await #expect(throws: WinRMError.self) { try await withWinRMClient(configuration) { _ = try await $0.identify() } }
        #expect(error?.stage == .authenticate)
        #expect(server.bytes.firstRange(of: Array("Identify".utf8)) == nil)
      }
    }
  }

  @Test(
    "The KDC's no has the last word, by name, and NTLM is not tried although it could be",
    arguments: [
      ("alice", "wrong", WinRMCode.logonFailure, "KRB5KDC_ERR_PREAUTH_FAILED (24)", "password"),
      ("nobody@\(LocalRealm.name)", LocalRealm.password, .logonFailure, "KRB5KDC_ERR_C_PRINCIPAL_UNKNOWN (6)", "no such user"),
      ("WINRM\\nobody", LocalRealm.password, .logonFailure, "KRB5KDC_ERR_C_PRINCIPAL_UNKNOWN (6)", "no such user"),
      ("expired", LocalRealm.password, .passwordExpired, "KRB5KDC_ERR_KEY_EXP (23)", "expired"),
      ("locked", LocalRealm.password, .accountDisabled, "KRB5KDC_ERR_CLIENT_REVOKED (18)", "disabled or locked out"),
      ("gone", LocalRealm.password, .accountExpired, "KRB5KDC_ERR_NAME_EXP (1)", "expired"),
    ] as [(String, String, WinRMCode, String, String)], [AuthenticationMethod.negotiate, .kerberos, .credSSP])
  func theKDCRefuses(_ row: (String, String, WinRMCode, String, String), method: AuthenticationMethod) async throws {
    let error = try await refusal("http://\(LocalRealm.host)", try login(row.0, row.1), method: method) {
      $0.trustedHosts = try TrustedHosts(parsing: "*")
      $0.credSSPEnabled = true
      $0.delegation.allowFresh = try entries("WSMAN/*")
      $0.delegation.allowFreshWhenNTLMOnly = try entries("WSMAN/*")
    }
    #expect(error.code == row.2 && error.stage == .kerberos)
    #expect(error.peerAnswer?.contains(row.3) == true && error.description.contains("Answer of the domain controller: \(row.3)"))
    #expect(error.cause.contains(row.4))
    #expect(!error.nextStep.isEmpty)
  }

  @Test(
    "Where Kerberos cannot be used and NTLM may not begin, E4 says both",
    arguments: [
      ("nobody", "KRB5KDC_ERR_C_PRINCIPAL_UNKNOWN (6)", LocalRealm.host), ("alice@CLOSED.TEST", "KRB5_KDC_UNREACH", LocalRealm.host),
      ("alice", "S_PRINCIPAL_UNKNOWN (7)", "unknown.winrm.test"), ("hop\\alice", "account of the server", LocalRealm.host),
      (".\\alice", "account of the server", LocalRealm.host), ("alice", "address", "192.0.2.1"), ("alice", "localhost", "localhost"),
      ("OTHER\\nobody", "KRB5KDC_ERR_C_PRINCIPAL_UNKNOWN (6)", LocalRealm.host),
    ])
  func fallbackIsNotAllowed(user: String, reason: String, host: String) async throws {
    let error = try await refusal("http://\(host)", try login(user)) { $0.kerberosRealms = ["closed.test": "CLOSED.TEST"] }
    #expect(error.code == .serverNotTrusted && error.stage == .policy)
    #expect(error.cause.contains("TrustedHosts") && error.cause.contains("could not be used") && error.cause.contains(reason), "\(error)")
  }

  @Test("A domain that nobody knows is not the default realm: alice of another domain is another alice")
  func unknownDomain() async throws {
    let error = try await refusal("http://\(LocalRealm.host)", try login("NOPE\\alice"))
    #expect(
      error.code == .serverNotTrusted && error.cause.hasPrefix("Kerberos could not be used: no domain NOPE is known here"), "\(error)")
    for part in ["KerberosRealms=\"NOPE=REALM\"", "USER@REALM"] { #expect(error.nextStep.contains(part), "\(error)") }
    let kerberos = try await refusal("http://\(LocalRealm.host)", try login("NOPE\\alice"), method: .kerberos)
    #expect(kerberos.code == .logonFailure && kerberos.cause == "no domain NOPE is known here", "\(kerberos)")
    #expect(kerberos.nextStep.contains("KerberosRealms"))
  }

  @Test("Without a name, the obstacle is told and not that there is no ticket") func ambientAtAnAddress() async throws {
    let error = try await refusal("http://192.0.2.1", .ambient(agentSocketPath: nil))
    #expect(error.code == .noCredentials && error.cause.contains("named by an address") && !error.cause.contains("neither"), "\(error)")
  }

  @Test("A dot at the end of the host is no part of the service's name") func trailingDot() throws {
    var configuration = WinRMClientConfiguration(
      endpoint: try WinRMEndpoint(parsing: "http://\(LocalRealm.host).:5985"), credential: try login("alice"))
    #expect(configuration.serviceNames.first?.description == "WSMAN/\(LocalRealm.host)")
    configuration.namesServiceWithPort = true
    #expect(configuration.serviceNames.first?.description == "WSMAN/\(LocalRealm.host):5985")
  }

  @Test("A silent KDC costs less than five seconds, and has a text of its own") func silence() async throws {
    let error = try await refusal("http://\(LocalRealm.host)", try login("alice@SILENT.TEST"), method: .kerberos)
    #expect(error.code == .noAuthenticatingAuthority && error.cause.contains("no domain controller answered in time"))
    let closed = try await refusal("http://\(LocalRealm.host)", try login("alice@CLOSED.TEST"), method: .kerberos) {
      $0.kerberosRealms = ["closed.test": "CLOSED.TEST"]
    }
    #expect(closed.code == .noAuthenticatingAuthority && closed.cause.contains("no domain controller of CLOSED.TEST can be reached"))
    #expect(closed.nextStep.contains("dig SRV _kerberos._udp.CLOSED.TEST"))
  }

  @Test("Where NTLM may begin, it does, and only then") func fallback() async throws {
    _ = try LocalRealm.shared.get()
    let service = try FakeService { _ in .body(.identify(IdentifyResponse(protocolVersion: "p", productVendor: "v", productVersion: "1"))) }
    try await ScriptedServer.run(script: { await service.react(to: $0) }) { server in
      let reports = Mutex<[AuthenticationReport]>([])
      var configuration = WinRMClientConfiguration(
        endpoint: try WinRMEndpoint(parsing: "http://127.0.0.1:\(server.port)"), credential: explicit(), policy: try trusting())
      // The name makes Kerberos possible, and the KDC does not know it.
      configuration.servicePrincipalName = KerberosServiceName(parsing: "WSMAN/unknown.winrm.test")
      configuration.credential = try login("nobody", FakeService.password)
      configuration.onAuthentication = { report in reports.withLock { $0.append(report) } }
      let error = await #expect(throws: WinRMError.self) { try await withWinRMClient(configuration) { _ = try await $0.identify() } }
      #expect(error?.code == .logonFailure && error?.cause.contains("Kerberos could not be used") == true)
      configuration.credential = try login(".\\alice", FakeService.password)
      try await withWinRMClient(configuration) { _ = try await $0.identify() }
      let report = try #require(reports.withLock { $0.first })
      #expect(report.mechanismName == "NTLM" && report.client == nil && report.service == nil)
      #expect(report.kerberosObstacle?.contains("account of the server") == true)
    }
  }

  @Test("Explicit Kerberos has rules of its own") func explicitKerberos() async throws {
    let alice = try login("alice")
    let address = try await refusal("http://192.0.2.1", alice, method: .kerberos)
    #expect(address.code == .kerberosToAddress)
    for host in ["localhost", "127.0.0.1", "[::1]"] {
      let error = try await refusal("http://\(host)", alice, method: .kerberos)
      #expect(error.code == .kerberosToLocalhost)
    }
    let disabled = try await refusal(credential: alice) { $0.kerberosEnabled = false }
    #expect(disabled.code == .kerberosDisabled)
    for credential in [ClientCredential.none, .agent(socketPath: "/nonexistent"), .ambient(agentSocketPath: nil)] {
      let error = try await refusal(credential: credential)
      #expect(error.code == .noCredentials)
    }
    let unknown = try await refusal("http://unknown.winrm.test", alice, method: .kerberos)
    #expect(unknown.code == .targetUnknown)
    #expect(unknown.cause.contains("WSMAN/unknown.winrm.test, HTTP/unknown.winrm.test, HOST/unknown.winrm.test"))
  }

  private func refusal(
    credential: ClientCredential, _ change: (inout ClientPolicy) throws -> Void = { _ in }
  ) async throws -> WinRMError {
    try await refusal("http://\(LocalRealm.host)", credential, method: .kerberos, change)
  }

  @Test("Without a name: neither tickets nor an agent") func nothingAmbient() async throws {
    let error = try await refusal("http://\(LocalRealm.host)", .ambient(agentSocketPath: nil))
    #expect(error.code == .noCredentials && error.cause.contains("neither a Kerberos ticket"))
    // An agent does NTLM, for which the host is not trusted.
    let agent = try await refusal("http://\(LocalRealm.host)", .ambient(agentSocketPath: "/nonexistent"))
    #expect(agent.code == .explicitCredentialsRequired && agent.cause.contains("could not be used"))
    let delegating = try await refusal("http://\(LocalRealm.host)", .ambient(agentSocketPath: "/nonexistent"), method: .credSSP) {
      $0.credSSPEnabled = true
    }
    #expect(delegating.code == .credSSPUserNameAndPasswordNeeded)
  }

  @Test("With a service name in place of the host, A3 asks for its host") func override() async throws {
    let allowed = try entries("WSMAN/\(LocalRealm.host)")
    let error = try await refusal("http://typed.example.com", try login("alice"), method: .credSSP, spn: "HTTP/other.example.com") {
      $0.credSSPEnabled = true
      $0.delegation.allowFresh = allowed
    }
    #expect(error.code == .freshCredentialsNotAllowed && error.cause.contains("WSMAN/other.example.com"))
    let typed = try await refusal("http://\(LocalRealm.host)", try login("alice"), method: .credSSP, spn: "HTTP/other.example.com") {
      $0.credSSPEnabled = true
      $0.delegation.allowFresh = allowed
    }
    #expect(typed.code == .freshCredentialsNotAllowed)
  }

  @Test("Configured realms come first") func realms() async throws {
    let error = try await refusal("http://\(LocalRealm.host)", try login("Corp\\alice", "wrong")) {
      $0.kerberosRealms = ["corp": LocalRealm.name]
    }
    #expect(error.code == .logonFailure && error.stage == .kerberos)
    let closed = try await refusal("http://\(LocalRealm.host)", try login("Corp\\alice", "wrong"), method: .kerberos) {
      $0.kerberosRealms = ["corp": "CLOSED.TEST"]
    }
    #expect(closed.code == .noAuthenticatingAuthority)
  }
}

@Suite struct EndpointKindTests {
  @Test(arguments: ["10.0.0.1", "[::1]", "127.1", "0x7f.1", "1", "10.0.0.0x10"]) func addresses(_ text: String) throws {
    #expect(try WinRMEndpoint(parsing: text).isAddress)
  }
  @Test(arguments: ["a", "10.0.0.1.example.com", "1a", "0xg", "h.example.", "x0"]) func names(_ text: String) throws {
    #expect(try !WinRMEndpoint(parsing: text).isAddress)
  }
}

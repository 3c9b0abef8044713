import DelegationPolicy
import NIOHTTP1
import SecuritySupport
import Testing
import WinRMConfiguration

@testable import WinRM

@Suite("The steps of a connection, one at a time") struct InspectionTests {
  private static let local = ClientCredential.explicit(
    Credential(name: AccountName(domain: ".", user: "alice"), password: SecretBytes(Array(FakeService.password.utf8))))

  private func inspection(
    _ endpoint: String, _ method: AuthenticationMethod = .negotiate, proxy: Int? = nil, policy: ClientPolicy
  ) throws -> ServiceInspection {
    var made = WinRMClientConfiguration(
      endpoint: try WinRMEndpoint(parsing: endpoint), method: method, credential: Self.local, connectTimeout: .seconds(2))
    if let proxy {
      made.proxy = ProxySettings(environment: ["http_proxy": "http://127.0.0.1:\(proxy)", "https_proxy": "127.0.0.1:\(proxy)"])
    }
    return ServiceInspection(configuration: made, policy: policy)
  }

  @Test("Where a rule refuses, neither the server nor the proxy sees a connection") func nothingIsOpened() async throws {
    try await ScriptedServer.run(script: { _ in .reply(401, [], []) }) { server in
      var open = try trusting()
      open.credSSPEnabled = true
      open.delegation = DelegationPolicy(
        allowFresh: [DelegationPolicy.Entry(pattern: try DelegationPattern(parsing: "WSMAN/*"), source: "test")])
      let refused: [(ServiceInspection, WinRMCode)] = [
        (try inspection("http://127.0.0.1:\(server.port)", policy: ClientPolicy()), .serverNotTrusted),
        (try inspection("http://127.0.0.1:\(server.port)", .credSSP, policy: ClientPolicy()), .credSSPDisabledOnClient),
        (try inspection("https://server.invalid:5986", .credSSP, proxy: server.port, policy: open), .proxyWithCredSSP),
        (try inspection("http://server.invalid:5985", .credSSP, proxy: server.port, policy: open), .proxyWithCredSSP),
        (try inspection("https://server.invalid:5986", .kerberos, proxy: server.port, policy: open), .proxyWithKerberos),
        (try inspection("http://127.0.0.1:\(server.port)", .none, proxy: server.port, policy: open), .credentialsWithNoAuthentication),
      ]
      for (inspection, code) in refused {
        let error = await #expect(throws: WinRMError.self) { try await inspection.greet() }
        #expect(error?.code == code || code == .credentialsWithNoAuthentication, "\(String(describing: error))")
        #expect(error?.stage == .policy)
      }
      #expect(server.connectionCount == 0 && server.bytes.isEmpty)
    }
  }

  @Test("A proxy of HTTP is told the whole URL, and its own answers are not the server's") func proxyOfHTTP() async throws {
    for (status, code) in [(407 as UInt, WinRMCode.accessDenied), (502, .destinationUnreachable), (504, .destinationUnreachable)] {
      try await ScriptedServer.run(script: { _ in .reply(status, [], []) }) { server in
        let greeting = try await inspection("http://server.invalid:5985", proxy: server.port, policy: try trusting()).greet()
        #expect(server.requests.map(\.head.uri) == ["http://server.invalid:5985/wsman"])
        guard case .failure(let failure)? = greeting.answer else { return #expect(Bool(false), "\(status) is no answer of the server") }
        #expect(failure.stage == .proxy && failure.code == code && failure.peer == "127.0.0.1:\(server.port)")
      }
    }
    try await ScriptedServer.run(script: { _ in .reply(401, [("WWW-Authenticate", "Negotiate")], []) }) { server in
      let greeting = try await inspection("http://server.invalid:5985", proxy: server.port, policy: try trusting()).greet()
      #expect(try greeting.answer?.get().schemes == ["Negotiate"])
    }
  }

  @Test("Without a proxy 502 and 504 are the server's own") func badGateway() async throws {
    try await ScriptedServer.run(script: { _ in .reply(502, [], []) }) { server in
      let made = WinRMClientConfiguration(
        endpoint: try WinRMEndpoint(parsing: "127.0.0.1:\(server.port)"), credential: Self.local, policy: try trusting())
      let error = await #expect(throws: WinRMError.self) { try await withWinRMClient(made) { _ = try await $0.identify() } }
      #expect(error?.cause.contains("proxy") == false && error?.stage == .authenticate, "\(String(describing: error))")
    }
  }
}

import DelegationPolicy
import NIOCore
import NIOHTTP1
import SecuritySupport
import Testing
import WinRMConfiguration

@testable import WinRM

@Suite struct ProxyTests {
  /// An account of the server, about which no KDC is asked.
  private static let local = ClientCredential.explicit(
    Credential(name: AccountName(domain: ".", user: "alice"), password: SecretBytes(Array(FakeService.password.utf8))))

  private func server(_ endpoint: String, _ environment: [String: String]) throws -> String? {
    try ProxySettings(environment: environment).server(for: try WinRMEndpoint(parsing: endpoint))?.authority
  }

  @Test(
    "Which variable counts",
    arguments: [
      ("https://h", ["https_proxy": "http://p:3128"], "p:3128"), ("https://h", ["HTTPS_PROXY": "p:3128"], "p:3128"),
      ("https://h", ["https_proxy": "a:1", "HTTPS_PROXY": "b:2"], "a:1"), ("https://h", ["https_proxy": "", "HTTPS_PROXY": "b:2"], nil),
      ("https://h", ["http_proxy": "p:1"], nil), ("http://h", ["http_proxy": "p:1"], "p:1"), ("http://h", ["HTTP_PROXY": "p:1"], nil),
      ("http://h", ["https_proxy": "p:1"], nil), ("https://h", ["https_proxy": "http://u:p%40ss@[::1]:8080/"], "[::1]:8080"),
      ("https://h", ["https_proxy": "p"], "p:1080"), ("https://h", [:], nil),
      ("https://h.example.com", ["https_proxy": "p:1", "no_proxy": "example.com"], nil),
      ("https://h.example.com", ["https_proxy": "p:1", "NO_PROXY": ".EXAMPLE.com"], nil),
      ("https://h.example.com", ["https_proxy": "p:1", "no_proxy": "", "NO_PROXY": "*"], "p:1"),
      ("https://notexample.com", ["https_proxy": "p:1", "no_proxy": "example.com"], "p:1"),
      ("https://h.example.com.", ["https_proxy": "p:1", "no_proxy": "a, h.example.com"], nil),
      ("https://10.0.0.1", ["https_proxy": "p:1", "no_proxy": "10.0.0.1"], nil),
      ("https://[::1]", ["https_proxy": "p:1", "no_proxy": "[::1]"], nil), ("https://h", ["https_proxy": "p:1", "no_proxy": "*"], nil),
    ] as [(String, [String: String], String?)])
  func variables(_ endpoint: String, _ environment: [String: String], _ expected: String?) throws {
    #expect(try server(endpoint, environment) == expected)
  }

  @Test("What names no proxy is refused", arguments: ["https://p:1", "socks5://p:1", "http://", "p:0", "p:99999", "a b:1", "p\r\nX: y:1"])
  func useless(_ value: String) throws {
    let error = #expect(throws: WinRMError.self) { try server("https://h", ["https_proxy": value]) }
    #expect(error?.code == .proxyAccessInvalid && error?.cause.contains("https_proxy") == true)
  }

  @Test("A password in the URL is not used") func passwordOfURL() throws {
    let settings = ProxySettings(environment: ["https_proxy": "http://u:secret@p:1"])
    let found = try #require(try settings.server(for: try WinRMEndpoint(parsing: "https://h")))
    #expect(found.credential == nil)
  }

  @Test(
    "The answer to CONNECT",
    arguments: [
      ("HTTP/1.1 200 Connection established\r\n\r\n", 200), ("HTTP/1.0 407 x\r\n\r\n", 407), ("HTTP/1.1 200\r\n\r\n", 200),
      ("HTTP/2 200 OK\r\n", nil),
      ("SSH-2.0-OpenSSH_9.2\r\n", nil), ("HTTP/1.1 20 x\r\n", nil), ("HTTP/1.1 2000 x\r\n", nil), ("HTTP/1.1 abc x\r\n", nil), ("", nil),
      ("HTTP/1.1 099 x\r\n", nil),
    ] as [(String, UInt?)])
  func answers(_ text: String, _ status: UInt?) {
    #expect(ProxyTunnelHandler.status(of: ByteBuffer(string: text).readableBytesView) == status)
  }

  @Test("HTTP: requests name the whole URL, and the connection goes to the proxy") func absoluteForm() async throws {
    let service = try FakeService(answers: shellAnswers())
    try await ScriptedServer.run(script: { await service.react(to: $0) }) { server in
      let policy = try trusting()
      var made = WinRMClientConfiguration(
        endpoint: try WinRMEndpoint(parsing: "http://server.invalid:5985"), credential: Self.local, policy: policy,
        operationTimeout: .seconds(20))
      made.proxy = ProxySettings(environment: ["http_proxy": "http://127.0.0.1:\(server.port)"])
      _ = try await withWinRMClient(made) { try await $0.identify() }
      #expect(server.requests.count > 2)
      for request in server.requests {
        #expect(request.head.uri == "http://server.invalid:5985/wsman" && request.head.headers["Host"] == ["server.invalid:5985"])
      }
      #expect(contains(server.bytes, "multipart/encrypted") && !contains(server.bytes, "wsmanidentity.xsd"))
    }
  }

  @Test(
    "HTTPS: a proxy that makes no tunnel",
    arguments: [
      (407, WinRMCode.proxyCredentialsNeeded, "-proxyauthentication:basic"), (403, .accessDenied, "443"),
      (502, .destinationUnreachable, "cannot reach"), (500, .destinationUnreachable, "proxy"), (302, .destinationUnreachable, "proxy"),
    ] as [(UInt, WinRMCode, String)])
  func noTunnel(_ status: UInt, _ code: WinRMCode, _ part: String) async throws {
    try await ScriptedServer.run(script: { _ in .reply(status, [], []) }) { server in
      let error = try await failure(server)
      #expect(error.code == code && error.stage == .proxy && error.peer == "127.0.0.1:\(server.port)", "\(error)")
      #expect(error.peerAnswer == "HTTP \(status)" && error.description.contains(part) && error.description.contains("Answer of the proxy"))
      #expect(contains(server.bytes, "CONNECT server.invalid:5986 HTTP/1.1\r\nHost: server.invalid:5986\r\n"))
      #expect(!contains(server.bytes, "Proxy-Authorization"))
    }
  }

  @Test("HTTPS: an answer that is none of a proxy, or bytes of a server that speaks first")
  func strangeAnswers() async throws {
    for answer in ["SSH-2.0-x\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", String(repeating: "x", count: 20_000)] {
      try await ScriptedServer.run(script: { _ in .raw(Array(answer.utf8)) }) { server in
        let error = try await failure(server)
        #expect(error.code == .destinationUnreachable && error.stage == .proxy, "\(error)")
      }
    }
  }

  @Test("HTTPS: a server of another protocol is not waited for") func foreignProxy() async throws {
    try await TurningAwayServer.run(saying: "SSH-2.0-OpenSSH_9.2\r\n") { port in
      var made = WinRMClientConfiguration(
        endpoint: try WinRMEndpoint(parsing: "https://server.invalid:5986"), credential: Self.local, policy: ClientPolicy())
      made.proxy = ProxySettings(environment: ["https_proxy": "http://127.0.0.1:\(port)"])
      let error = await #expect(throws: WinRMError.self) { try await withWinRMClient(made) { _ = try await $0.identify() } }
      #expect(error?.stage == .proxy && error?.cause.contains("does not answer as an HTTP proxy") == true)
    }
  }

  @Test("HTTPS: a proxy that says nothing, or is not there") func silentProxy() async throws {
    try await ScriptedServer.run(script: { _ in .silence }) { server in
      let error = try await failure(server, connectTimeout: .seconds(1))
      #expect(error.code == .networkTimedOut)
    }
    var made = WinRMClientConfiguration(
      endpoint: try WinRMEndpoint(parsing: "https://server.invalid:5986"), credential: Self.local, policy: ClientPolicy())
    made.proxy = ProxySettings(environment: ["https_proxy": "http://127.0.0.1:1"])
    let error = await #expect(throws: WinRMError.self) { try await withWinRMClient(made) { _ = try await $0.identify() } }
    #expect(error?.stage == .proxy && error?.cause == "nothing listens at the proxy 127.0.0.1:1")
  }

  private func failure(_ server: ScriptedServer, connectTimeout: Duration = .seconds(20)) async throws -> WinRMError {
    var made = WinRMClientConfiguration(
      endpoint: try WinRMEndpoint(parsing: "https://server.invalid:5986"), credential: Self.local, policy: ClientPolicy(),
      connectTimeout: connectTimeout)
    made.proxy = ProxySettings(environment: ["https_proxy": "http://127.0.0.1:\(server.port)"])
    let error = await #expect(throws: WinRMError.self) { try await withWinRMClient(made) { _ = try await $0.identify() } }
    return try #require(error)
  }
}

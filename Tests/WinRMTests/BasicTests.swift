import Certificates
import Foundation
import NIOHTTP1
import NIOSSL
import SecuritySupport
import Testing
import WSMan
import WinRMConfiguration
import WinRMHTTP

@testable import WinRM

/// Methods whose proof goes along with every request: Basic and client certificates.
@Suite struct BasicTests {
  /// A server that takes Basic of `alice`, or what `accepts` says, and has a shell.
  private static func script(
    offers: [String] = ["Negotiate", "Basic realm=\"WSMAN\""], accepts: @escaping @Sendable (String) -> Bool = { $0 == basic("alice") }
  ) -> ScriptedServer.Script {
    { seen in
      guard let text = seen.head.headers.first(name: "Authorization"), accepts(text) else {
        return .reply(401, offers.map { ("WWW-Authenticate", $0) }, [])
      }
      guard let request = try? WSManRequest(decoding: seen.body), case .body(let body) = await shellAnswers()(request) else {
        return .reply(400, [], [])
      }
      return .reply(200, [("Content-Type", "application/soap+xml;charset=UTF-8")], WSManResponse(to: request.header, body: body).encode())
    }
  }

  private static func basic(_ user: String, _ password: String = FakeService.password) -> String {
    "Basic " + Data("\(user):\(password)".utf8).base64EncodedString()
  }

  /// Basic over HTTP, with everything that it needs.
  private func overHTTP(_ server: ScriptedServer, _ credential: ClientCredential = explicit()) throws -> WinRMClientConfiguration {
    var made = try configuration(
      server, method: .basic, credential: credential,
      policy: trusting {
        $0.basicEnabled = true
        $0.allowUnencrypted = true
      })
    made.sendsUnencrypted = true
    return made
  }

  private func error(_ configuration: WinRMClientConfiguration) async throws -> WinRMError {
    let error = await #expect(throws: WinRMError.self) { try await withWinRMClient(configuration) { _ = try await $0.identify() } }
    return try #require(error)
  }

  @Test("Every request has the password, in UTF-8, and none goes before the server has offered Basic")
  func everyRequest() async throws {
    try await ScriptedServer.run(script: Self.script()) { server in
      let reports = Reports()
      var configuration = try overHTTP(server)
      configuration.onAuthentication = { reports.add($0) }
      configuration.delegatesTicket = true
      let code = try await withWinRMClient(configuration) { client in
        _ = try await client.identify()
        return try await client.withShell {
          try await $0.run("x", options: .init(closesStandardInput: true)) { try await $0.waitForExit() }
        }
      }
      #expect(code == 0)
      let sent = server.requests.map { $0.head.headers["Authorization"] }
      #expect(sent.first == [] && server.requests.first?.body == [])
      #expect(sent.count > 4 && sent.dropFirst().allSatisfy { $0 == [Self.basic("alice")] })
      let report = try #require(reports.all.first)
      #expect(reports.all.count == 1 && report.mechanism == nil && report.mechanismName == "Basic")
      #expect(report.delegation == .none(because: "Basic hands no credentials on"))
    }
  }

  @Test("A server that does not decide has not found the password wrong") func undecided() async throws {
    let script: ScriptedServer.Script = { seen in
      guard seen.head.headers.contains(name: "Authorization") else {
        return .reply(401, [("WWW-Authenticate", "Basic realm=\"WSMAN\"")], [])
      }
      return .reply(503, [("Retry-After", "2")], [])
    }
    try await ScriptedServer.run(script: script) { server in
      let reports = Reports()
      var configuration = try overHTTP(server)
      configuration.onAuthentication = { reports.add($0) }
      let error = try await error(configuration)
      #expect(error.code == .httpServiceUnavailable && error.stage == .authenticate && error.peerAnswer == "HTTP 503 (Service Unavailable)")
      #expect(error.cause.contains("cannot take the logon now") && error.nextStep.hasPrefix("nothing says that the password is wrong"))
      #expect(error.nextStep.contains("PAM") && error.nextStep.contains("winrm doctor"))
      #expect(reports.all.isEmpty, "nobody was let in")
    }
  }

  @Test("P-01: a server that does not offer Basic never sees the password") func notOffered() async throws {
    try await ScriptedServer.run(script: Self.script(offers: ["Negotiate", "Kerberos"])) { server in
      let error = try await error(try overHTTP(server))
      #expect(error.code == .accessDenied && error.peerAnswer?.contains("Negotiate, Kerberos") == true)
      #expect(error.nextStep.contains("Basic=\"true\"") && error.nextStep.contains("AllowUnencrypted"))
      #expect(server.requests.allSatisfy { !$0.head.headers.contains(name: "Authorization") })
    }
  }

  @Test("P-01: Negotiate does not become Basic when nothing else is offered") func noDowngrade() async throws {
    try await ScriptedServer.run(script: Self.script(offers: ["Basic realm=\"WSMAN\""], accepts: { _ in false })) { server in
      let error = try await error(
        try configuration(
          server,
          policy: trusting {
            $0.basicEnabled = true
            $0.allowUnencrypted = true
          }))
      #expect(error.code == .accessDenied)
      #expect(server.requests.allSatisfy { !($0.head.headers.first(name: "Authorization") ?? "").hasPrefix("Basic") })
    }
  }

  @Test func wrongPassword() async throws {
    try await ScriptedServer.run(script: Self.script()) { server in
      let error = try await error(try overHTTP(server, explicit("wrong")))
      #expect(error.code == .logonFailure && error.stage == .authenticate && error.peerAnswer == "HTTP 401 (Unauthorized)")
      #expect(!error.description.contains("wrong\""))
      #expect(server.requests.count == 2)  // it is not tried again
    }
  }

  @Test(
    "Accounts of the server go by their bare name", arguments: [(".", "alice"), ("127.0.0.1", "alice"), ("OTHER", "OTHER\\alice")])
  func names(domain: String, sent: String) async throws {
    try await ScriptedServer.run(script: Self.script(accepts: { $0 == Self.basic(sent) })) { server in
      let name = AccountName(domain: domain, user: "alice")
      let credential = ClientCredential.explicit(Credential(name: name, password: SecretBytes(Array(FakeService.password.utf8))))
      _ = try await withWinRMClient(try overHTTP(server, credential)) { try await $0.identify() }
    }
  }

  @Test("P-07: the password does not follow to another server", arguments: [301, 302, 307, 308] as [UInt])
  func redirects(status: UInt) async throws {
    try await ScriptedServer.run(script: Self.script()) { other in
      let script: ScriptedServer.Script = { seen in
        seen.head.headers.contains(name: "Authorization")
          ? .reply(status, [("Location", "http://127.0.0.1:\(other.port)/wsman")], [])
          : .reply(401, [("WWW-Authenticate", "Basic realm=\"WSMAN\"")], [])
      }
      try await ScriptedServer.run(script: script) { server in
        let error = try await error(try overHTTP(server))
        #expect(error.cause.contains("elsewhere") && other.connectionCount == 0)
      }
    }
  }

  @Test("A server that asks for no authentication does not get the password either") func openServer() async throws {
    try await ScriptedServer.run(script: { _ in .reply(200, [], []) }) { server in
      _ = try await error(try overHTTP(server))
      #expect(server.requests.allSatisfy { !$0.head.headers.contains(name: "Authorization") })
    }
  }

  // MARK: Certificates

  @Test("TLS shows the certificate, and each request says so") func certificate() async throws {
    let client = try ClientCertificateFixture.shared.get()
    let server = try TLSFixture(clients: client.der)
    let profile = "http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/https/mutual"
    try await ScriptedServer.run(tls: server.context, script: Self.script(accepts: { $0 == profile })) { scripted in
      var policy = ClientPolicy()
      policy.pins = server.pins
      let made = try configuration(
        scripted, method: .certificate, credential: .certificate(client.certificate), policy: policy, scheme: "https")
      let code = try await withWinRMClient(made) { client in
        try await client.withShell { try await $0.run("x", options: .init(closesStandardInput: true)) { try await $0.waitForExit() } }
      }
      #expect(code == 0 && scripted.requests.allSatisfy { $0.head.headers["Authorization"] == [profile] })
    }
  }

  @Test("A certificate that the server does not trust", arguments: [TLSVersion.tlsv12, .tlsv13])
  func untrusted(version: TLSVersion) async throws {
    let client = try ClientCertificateFixture.shared.get()
    let server = try TLSFixture(clients: ClientCertificateFixture().der, version: version)
    try await ScriptedServer.run(tls: server.context, script: Self.script()) { scripted in
      var policy = ClientPolicy()
      policy.pins = server.pins
      let made = try configuration(
        scripted, method: .certificate, credential: .certificate(client.certificate), policy: policy, scheme: "https")
      let error = try await error(made)
      #expect(error.code == .sslConnectionAborted && error.stage == .tls, "\(error)")
      #expect(error.cause.contains(client.certificate.thumbprint.text) && scripted.requests.isEmpty)
    }
  }

  @Test("A certificate that is mapped to nobody") func unmapped() async throws {
    let client = try ClientCertificateFixture.shared.get()
    let server = try TLSFixture(clients: client.der)
    try await ScriptedServer.run(tls: server.context, script: Self.script(accepts: { _ in false })) { scripted in
      var policy = ClientPolicy()
      policy.pins = server.pins
      let error = try await error(
        try configuration(scripted, method: .certificate, credential: .certificate(client.certificate), policy: policy, scheme: "https"))
      #expect(error.code == .accessDenied && error.cause.contains("no account") && error.nextStep.contains("certmapping"))
    }
  }

  @Test("Other methods do not show the certificate to a server that asks for one") func onlyWhenAskedFor() async throws {
    let server = try TLSFixture(clients: try ClientCertificateFixture.shared.get().der)
    try await ScriptedServer.run(tls: server.context, script: Self.script()) { scripted in
      var policy = ClientPolicy()
      policy.basicEnabled = true
      policy.pins = server.pins
      _ = try await error(try configuration(scripted, method: .basic, policy: policy, scheme: "https"))
      #expect(scripted.requests.isEmpty)
    }
  }
}

import Certificates
import DelegationPolicy
import Foundation
import NIOHTTP1
import SecuritySupport
import Testing
import WSMan
import WinRMConfiguration

@testable import WinRM

/// How messages travel: with and without encryption, in which encoding, with which limits; and what is left out of the proof of a server.
@Suite struct MessageFormTests {
  private func identify(_ configuration: WinRMClientConfiguration) async throws -> IdentifyResponse {
    try await withWinRMClient(configuration) { try await $0.identify() }
  }

  /// A service that takes and sends plain messages on authenticated connections.
  private func plain(_ service: FakeService) -> ScriptedServer.Script {
    { seen in
      guard !seen.head.headers.contains(name: "Authorization"), !seen.body.isEmpty else { return await service.react(to: seen) }
      guard seen.head.headers.first(name: "Content-Type")?.hasPrefix("application/soap+xml") == true,
        let request = try? WSManRequest(decoding: seen.body), case .body(let body) = await shellAnswers()(request)
      else { return .reply(500, [], []) }
      return .reply(200, [("Content-Type", "application/soap+xml;charset=UTF-8")], WSManResponse(to: request.header, body: body).encode())
    }
  }

  @Test("Unencrypted: authentication as ever, then messages that everybody can read") func unencrypted() async throws {
    let service = try FakeService(answers: shellAnswers())
    try await ScriptedServer.run(script: plain(service)) { server in
      var made = try configuration(server, policy: trusting { $0.allowUnencrypted = true })
      made.sendsUnencrypted = true
      #expect(try await identify(made).productVendor == "Test")
      #expect(await service.identities.count == 1)
      #expect(contains(server.bytes, "wsmanidentity.xsd") && !contains(server.bytes, "multipart/encrypted"))
    }
  }

  @Test("Without the switch nothing goes unencrypted, whatever AllowUnencrypted says") func settingAlone() async throws {
    let service = try FakeService(answers: shellAnswers())
    try await ScriptedServer.run(script: { await service.react(to: $0) }) { server in
      _ = try await identify(try configuration(server, policy: trusting { $0.allowUnencrypted = true }))
      #expect(contains(server.bytes, "multipart/encrypted") && !contains(server.bytes, "wsmanidentity.xsd"))
    }
  }

  @Test("A server that takes no unencrypted messages") func refusedByServer() async throws {
    let service = try FakeService(answers: shellAnswers())
    let script: ScriptedServer.Script = { $0.body.isEmpty ? await service.react(to: $0) : .reply(500, [], []) }
    try await ScriptedServer.run(script: script) { server in
      var made = try configuration(server, policy: trusting { $0.allowUnencrypted = true })
      made.sendsUnencrypted = true
      let error = await #expect(throws: WinRMError.self) { _ = try await identify(made) }
      #expect(error?.cause.contains("no unencrypted messages") == true && error?.nextStep.contains("AllowUnencrypted") == true)
    }
  }

  @Test("UTF-16: with a byte order mark, named in the content type, encrypted or not", arguments: [true, false])
  func utf16(isEncrypted: Bool) async throws {
    let service = try FakeService(answers: shellAnswers())
    let plain = plain(service)
    try await ScriptedServer.run(script: { isEncrypted ? await service.react(to: $0) : await plain($0) }) { server in
      var made = try configuration(server, policy: trusting { $0.allowUnencrypted = true })
      made.sendsUnencrypted = !isEncrypted
      made.encoding = .utf16
      #expect(try await identify(made).productVendor == "Test")
      let last = try #require(server.requests.last)
      if isEncrypted {
        #expect(contains(last.body, "OriginalContent: type=application/soap+xml;charset=UTF-16;Length="))
        #expect(await service.actions == ["Identify"])
      } else {
        #expect(last.head.headers.first(name: "Content-Type") == "application/soap+xml;charset=UTF-16")
        #expect(last.body.starts(with: [0xFF, 0xFE, 0x3C, 0x00]))
        let text = stride(from: 2, to: last.body.count, by: 2).map { UInt16(last.body[$0]) | UInt16(last.body[$0 + 1]) << 8 }
        #expect(String(decoding: text, as: UTF16.self).hasSuffix("</s:Envelope>"))
      }
    }
  }

  @Test func utf16OfEveryPlane() {
    #expect(MessageEncoding.utf16.encode(Array("ä😀".utf8)) == [0xFF, 0xFE, 0xE4, 0x00, 0x3D, 0xD8, 0x00, 0xDE])
    #expect(MessageEncoding.utf8.encode([1, 2]) == [1, 2])
  }

  // MARK: Settings of the client

  @Test("MaxTimeoutms, MaxEnvelopeSizekb and URLPrefix of the machine hold where nothing else is said") func settings() async throws {
    let service = try FakeService(answers: shellAnswers())
    try await ScriptedServer.run(script: { await service.react(to: $0) }) { server in
      let policy = try trusting {
        $0.maximumTimeout = .seconds(7)
        $0.maximumEnvelopeSize = 64 * 1024
      }
      var made = WinRMClientConfiguration(
        endpoint: try WinRMEndpoint(
          parsing: "127.0.0.1", defaults: .init(httpPort: server.port, httpsPort: 1, urlPrefix: "else/where")), credential: explicit(),
        policy: policy)
      try await withWinRMClient(made) { client in try await client.withShell { _ in } }
      let header = try #require(await service.envelopes.first?.header)
      #expect(header.operationTimeout == .seconds(7) && header.maxEnvelopeSize == 64 * 1024)
      #expect(server.requests.allSatisfy { $0.head.uri == "/else/where" })
      made.operationTimeout = .seconds(3)
      try await withWinRMClient(made) { client in try await client.withShell { _ in } }
      #expect(await service.envelopes.contains { $0.header.operationTimeout == .seconds(3) })
    }
  }

  @Test("An answer above MaxEnvelopeSizekb is not read") func answerTooLarge() async throws {
    let service = try FakeService(answers: { request in
      .body(.identify(IdentifyResponse(productVendor: String(repeating: "x", count: 60_000), productVersion: "1")))
    })
    try await ScriptedServer.run(script: { await service.react(to: $0) }) { server in
      let error = await #expect(throws: WinRMError.self) {
        _ = try await identify(try configuration(server, policy: trusting { $0.maximumEnvelopeSize = 32 * 1024 }))
      }
      #expect(error?.stage == .request)
    }
  }

  @Test("NetworkDelayms is waited beyond the operation's time") func networkDelay() async throws {
    let service = try FakeService(answers: { _ in .react(.silence) })
    try await ScriptedServer.run(script: { await service.react(to: $0) }) { server in
      let clock = ContinuousClock()
      let start = clock.now
      let error = await #expect(throws: WinRMError.self) {
        _ = try await identify(
          try configuration(
            server, policy: trusting { $0.networkDelay = .milliseconds(700) }, operationTimeout: .milliseconds(300)))
      }
      #expect(error?.code == .networkTimedOut)
      #expect(clock.now - start >= .milliseconds(990))
    }
  }

  // MARK: Certificates of servers

  private struct Case: Sendable, CustomTestStringConvertible {
    var exceptions: CertificateVerifier.Exceptions
    var names = ["127.0.0.1"]
    var lifetime: TimeInterval = 3600
    var isPinnedElsewhere = false
    var passes: Bool
    var testDescription: String
  }

  @Test(
    "-skipcacheck and -skipcncheck leave out what they say, and nothing else",
    arguments: [
      Case(exceptions: [], passes: false, testDescription: "an authority that nobody knows"),
      Case(exceptions: .authority, passes: true, testDescription: "its check is left out"),
      Case(exceptions: .name, passes: false, testDescription: "that of the name is left out"),
      Case(exceptions: .revocation, passes: false, testDescription: "that of revocation is left out"),
      Case(exceptions: .authority, names: ["other"], passes: false, testDescription: "the name is still checked"),
      Case(exceptions: [.authority, .name], names: ["other"], passes: true, testDescription: "neither is"),
      Case(exceptions: [.authority, .name], lifetime: -60, passes: false, testDescription: "the time is still checked"),
      Case(exceptions: [.authority, .name], isPinnedElsewhere: true, passes: false, testDescription: "H-08: another one is pinned"),
    ])
  private func exceptions(_ row: Case) async throws {
    let tls = try TLSFixture(names: row.names, notAfter: Date(timeIntervalSinceNow: row.lifetime))
    let bindings = ChannelBindings(serverEndPointHash: try CertificateHash.serverEndPoint(certificateDER: tls.certificateDER))
    let service = try FakeService(channelBindings: bindings, answers: shellAnswers())
    try await ScriptedServer.run(tls: tls.context, script: { await service.react(to: $0) }) { server in
      var policy = ClientPolicy()
      if row.isPinnedElsewhere { policy.pins = ["127.0.0.1": [[UInt8](repeating: 7, count: 32)]] }
      var made = try configuration(server, policy: policy, scheme: "https")
      made.certificateExceptions = row.exceptions
      if row.passes {
        #expect(try await identify(made).productVendor == "Test")
      } else {
        let error = await #expect(throws: WinRMError.self) { _ = try await identify(made) }
        #expect(error?.stage == .tls && error?.code == .mutualAuthenticationFailed)
        #expect(server.requests.isEmpty)
      }
    }
  }
}

import DelegationPolicy
import NIOHTTP1
import SecuritySupport
import Synchronization
import Testing
import WSMan
import WinRM
import WinRMConfiguration

@Suite struct ConnectionTests {
  /// Runs a client that has to fail.
  private func failure(_ configuration: WinRMClientConfiguration) async throws -> WinRMError {
    try #require(await #expect(throws: WinRMError.self) { try await withWinRMClient(configuration) { _ = try await $0.identify() } })
  }

  @Test func anonymousIdentify() async throws {
    let service = try FakeService(answers: shellAnswers())
    try await ScriptedServer.run(script: { await service.react(to: $0) }) { server in
      let answer = try await withWinRMClient(try configuration(server, method: .none, credential: .none)) { try await $0.identify() }
      #expect(answer.productVendor == "Test")
      #expect(server.requests.count == 1)
      #expect(server.requests.first?.head.headers.first(name: "WSMANIDENTIFY") == "unauthenticated")
      #expect(server.requests.first?.head.headers.contains(name: "Authorization") == false)
    }
  }

  @Test func authenticationHasEmptyBodiesAndMessagesAreEncrypted() async throws {
    let service = try FakeService(answers: shellAnswers())
    try await ScriptedServer.run(script: { await service.react(to: $0) }) { server in
      _ = try await withWinRMClient(try configuration(server)) { try await $0.identify() }
      for request in server.requests {
        if request.head.headers.contains(name: "Authorization") {
          #expect(request.body.isEmpty)
        } else {
          #expect(request.head.headers.first(name: "Content-Type")?.hasPrefix("multipart/encrypted") == true)
        }
      }
      #expect(server.connectionCount == 1)
      #expect(!contains(server.bytes, "Identify"))
      #expect(!contains(server.bytes, FakeService.password))
    }
  }

  @Test func wrongPassword() async throws {
    let service = try FakeService(answers: shellAnswers())
    try await ScriptedServer.run(script: { await service.react(to: $0) }) { server in
      let error = try await failure(try configuration(server, credential: explicit("wrong")))
      #expect(error.code == .logonFailure)
      #expect(error.stage == .authenticate)
      #expect(error.peerAnswer?.contains("401") == true)
    }
  }

  @Test("P-01: a server that offers only Basic gets neither password nor token") func onlyBasic() async throws {
    try await ScriptedServer.run(script: { _ in .reply(401, [("WWW-Authenticate", "Basic realm=\"WSMAN\"")], []) }) { server in
      let error = try await failure(try configuration(server))
      #expect(error.peerAnswer?.contains("Basic") == true)
      #expect(error.cause.contains("does not offer Negotiate"))
      #expect(!contains(server.bytes, FakeService.password))
      #expect(!wroteNTLM(server, type: 3))
    }
  }

  @Test("P-07: redirects are not followed") func redirect() async throws {
    try await ScriptedServer.run(script: { _ in .close }) { elsewhere in
      let target = "http://127.0.0.1:\(elsewhere.port)/wsman"
      try await ScriptedServer.run(script: { _ in .reply(301, [("Location", target)], []) }) { server in
        let error = try await failure(try configuration(server))
        #expect(error.peerAnswer?.contains("301") == true)
        #expect(elsewhere.connectionCount == 0)
      }
    }
  }

  @Test("P-03: tokens without end") func endlessTokens() async throws {
    try await ScriptedServer.run(script: { _ in .reply(401, [("WWW-Authenticate", "Negotiate oQcwBaADCgEB")], []) }) { server in
      let error = try await failure(try configuration(server))
      #expect(error.stage == .authenticate)
      #expect(server.requests.count <= 16)
      #expect(!wroteNTLM(server, type: 3))
    }
  }

  @Test("a connection closed during authentication may be one too many") func closedAtOnce() async throws {
    try await ScriptedServer.run(script: { _ in .close }) { server in
      let error = try await failure(try configuration(server))
      #expect(error.nextStep.contains("too many connections from this address"))
      #expect(error.nextStep.hasPrefix("check the port: a WinRM service listens on 5985"))
    }
  }

  @Test("P-03: 200 before the server proved itself") func earlyYes() async throws {
    try await ScriptedServer.run(script: { _ in .reply(200, [], []) }) { server in
      let error = try await failure(try configuration(server))
      #expect(error.code == .mutualAuthenticationFailed)
      #expect(!server.requests.contains { !$0.body.isEmpty })
    }
  }

  @Test(
    arguments: [
      (400, 0x8033_8171), (403, 5), (404, 0x8033_8113), (413, 0x8033_8111), (503, 0x8033_8112), (500, 0x8033_8012),
    ] as [(UInt, UInt32)]) func statusDuringAuthentication(_ status: UInt, _ code: UInt32) async throws
  {
    try await ScriptedServer.run(script: { _ in .reply(status, [], []) }) { server in
      let error = try await failure(try configuration(server))
      #expect(error.code.rawValue == code)
      #expect(error.peerAnswer?.contains("\(status)") == true)
    }
  }

  @Test("C-19: the connection is closed at each leg; nothing is tried again", arguments: 0..<3) func closedAtLeg(_ leg: Int) async throws {
    let service = try FakeService(answers: shellAnswers())
    try await ScriptedServer.run(script: { seen in
      let count = await service.answeredTokens
      return count >= leg ? .close : await service.react(to: seen)
    }) { server in
      let error = try await failure(try configuration(server))
      #expect(error.code == .destinationUnreachable)
      #expect(server.connectionCount == 1)
      #expect(await service.envelopes.isEmpty)
    }
  }

  @Test("C-19: a connection closed while idle is replaced, and the request is sent once") func idleConnectionIsReplaced() async throws {
    let service = try FakeService(answers: { request in
      guard case .identify = request.body else { return .react(.close) }
      return .bodyThenClose(.identify(IdentifyResponse(productVendor: "Test", productVersion: "1")))
    })
    try await ScriptedServer.run(script: { await service.react(to: $0) }) { server in
      try await withWinRMClient(try configuration(server)) { client in
        _ = try await client.identify()
        // The end of the stream reaches the client on its own time.
        try await Task.sleep(for: .milliseconds(500))
        _ = try await client.identify()
      }
      #expect(server.connectionCount == 2)
      #expect(await service.envelopes.count == 2)
    }
  }

  @Test("C-19: a request that was written is not sent again") func writtenRequestIsNotRepeated() async throws {
    let service = try FakeService(
      answers: shellAnswers { request in
        if case .command = request.body { .react(.close) } else { nil }
      })
    try await ScriptedServer.run(script: { await service.react(to: $0) }) { server in
      let error = await #expect(throws: WinRMError.self) {
        try await withWinRMClient(try configuration(server)) { client in
          try await client.withShell { shell in try await shell.run("reboot") { try await $0.waitForExit() } }
        }
      }
      #expect(error?.cause.contains("not known") == true)
      #expect(await service.actions.count { $0 == "Command" } == 1)
      #expect(await service.actions.last == "Delete")  // on a new connection
    }
  }

  @Test("C-14: an unencrypted answer is thrown away") func unencryptedAnswer() async throws {
    let service = try FakeService(answers: { _ in .clear(.identify(IdentifyResponse(productVendor: "Mallory", productVersion: "1"))) })
    try await ScriptedServer.run(script: { await service.react(to: $0) }) { server in
      let error = try await failure(try configuration(server))
      #expect(error.code == .mutualAuthenticationFailed)
      #expect(error.cause.contains("without encryption"))
    }
  }

  @Test("R-02: a server that never answers") func silentServer() async throws {
    let service = try FakeService(answers: { _ in .react(.silence) })
    try await ScriptedServer.run(script: { await service.react(to: $0) }) { server in
      let error = try await failure(try configuration(server, operationTimeout: .seconds(2)))
      #expect(error.code == .networkTimedOut)
      #expect(error.cause.contains("not known"))
    }
  }

  @Test("R-02: an answer without end") func hugeAnswer() async throws {
    let service = try FakeService(answers: { _ in .react(.reply(200, [("Content-Type", "x")], [UInt8](repeating: 65, count: 2 << 20))) })
    try await ScriptedServer.run(script: { await service.react(to: $0) }) { server in
      let error = try await failure(try configuration(server))
      #expect(error.cause.contains("larger"))
    }
  }

  @Test("H-02: a header without end") func hugeHeader() async throws {
    let bytes = Array("HTTP/1.1 200 OK\r\nX: ".utf8) + [UInt8](repeating: 65, count: 400_000) + Array("\r\n\r\n".utf8)
    try await ScriptedServer.run(script: { _ in .raw(bytes) }) { server in
      let error = try await failure(try configuration(server))
      #expect(error.stage == .authenticate)
    }
  }

  @Test func notHTTPAtAll() async throws {
    try await ScriptedServer.run(script: { _ in .raw(Array("220 mail ESMTP\r\n".utf8)) }) { server in
      let error = try await failure(try configuration(server))
      #expect(error.cause.contains("HTTP"))
    }
  }

  @Test func nobodyListens() async throws {
    let port = try await ScriptedServer.run(script: { _ in .close }) { $0.port }
    let endpoint = try WinRMEndpoint(parsing: "127.0.0.1:\(port)")
    let error = try await failure(WinRMClientConfiguration(endpoint: endpoint, credential: explicit(), policy: try trusting()))
    #expect(error.stage == .connect)
    #expect(error.code == .destinationUnreachable)
    #expect(error.peer == "127.0.0.1:\(port)")
  }

  @Test("both the old port and WinRM's refuse", arguments: ["http", "https"]) func nobodyListensAtEitherPort(_ scheme: String) async throws
  {
    let port = try await ScriptedServer.run(script: { _ in .close }) { $0.port }
    // Nothing is expected to listen at ports 80 and 443 of the machine that runs the tests.
    let endpoint = try WinRMEndpoint(parsing: "\(scheme)://127.0.0.1", defaults: .init(httpPort: port, httpsPort: port))
    let error = try await failure(WinRMClientConfiguration(endpoint: endpoint, credential: explicit(), policy: try trusting()))
    #expect(error.stage == .connect)
    #expect(error.cause == "nothing listens at 127.0.0.1:\(scheme == "http" ? 80 : 443) nor 127.0.0.1:\(port)")
    #expect(error.peer == "127.0.0.1:\(port)")
  }

  @Test("a server with too many connections says 503 as soon as one is opened") func turnedAway() async throws {
    try await TurningAwayServer.run { port in
      let endpoint = try WinRMEndpoint(parsing: "127.0.0.1:\(port)")
      for _ in 0..<5 {
        let error = try await failure(WinRMClientConfiguration(endpoint: endpoint, credential: explicit(), policy: try trusting()))
        #expect(error.code == .httpServiceUnavailable)
        // What comes before the request was written and what comes after it cannot always be told apart.
        #expect(error.cause.contains(" is busy"))
      }
    }
  }

  @Test("who closes at once has said nothing about how busy it is") func closesWithoutAWord() async throws {
    try await TurningAwayServer.run(saying: "") { port in
      let endpoint = try WinRMEndpoint(parsing: "127.0.0.1:\(port)")
      for _ in 0..<10 {
        let error = try await failure(WinRMClientConfiguration(endpoint: endpoint, credential: explicit(), policy: try trusting()))
        #expect(error.code == .destinationUnreachable && error.cause.hasSuffix(" closed the connection"), "\(error)")
        #expect(error.nextStep.hasPrefix("check the port: a WinRM service listens on 5985"))
      }
    }
  }

  @Test(
    "who speaks another protocol is told apart from a busy server, whether it speaks first or answers",
    arguments: [
      ("SSH-2.0-OpenSSH_9.2\r\n", "in SSH", "\"SSH-2.0-OpenSSH_9.2\""), ("220 mail ESMTP\r\n", "in SMTP or FTP", "\"220 mail ESMTP\""),
      ("\u{15}\u{3}\u{1}\u{0}\u{2}\u{2}\u{A}", "in TLS", "the bytes 15 03 01 00 02 02 0a"), ("\u{0}\u{1}", "in HTTP", "the bytes 00 01"),
    ]) func foreignServers(_ beginning: String, _ cause: String, _ answer: String) async throws
  {
    for speaksFirst in [true, false] {
      try await TurningAwayServer.run(saying: beginning, speaksFirst: speaksFirst) { port in
        for scheme in ["http", "https"] where scheme == "http" || !cause.hasSuffix("TLS") {
          let endpoint = try WinRMEndpoint(parsing: "\(scheme)://127.0.0.1:\(port)")
          let error = try await failure(WinRMClientConfiguration(endpoint: endpoint, credential: explicit(), policy: try trusting()))
          #expect(error.code == (scheme == "http" ? .destinationUnreachable : .sslConnectionAborted))
          #expect(error.cause.contains("does not answer in \(scheme == "http" ? "HTTP" : "TLS")"), "\(error)")
          #expect(error.cause.contains(cause) || scheme == "https" && cause == "in HTTP", "\(error)")
          #expect(error.peerAnswer == answer)
        }
      }
    }
  }

  @Test("HTTPS to a port of plain HTTP") func plainHTTP() async throws {
    try await TurningAwayServer.run { port in
      let endpoint = try WinRMEndpoint(parsing: "https://127.0.0.1:\(port)")
      let error = try await failure(WinRMClientConfiguration(endpoint: endpoint, credential: explicit(), policy: try trusting()))
      #expect(error.stage == .tls && error.cause.contains("HTTP without TLS"), "\(error)")
    }
  }

  @Test func nameWithoutAddress() async throws {
    let endpoint = try WinRMEndpoint(parsing: "no-such-host.invalid")
    let local = ClientCredential.explicit(
      Credential(name: AccountName(domain: ".", user: "alice"), password: SecretBytes(Array(FakeService.password.utf8))))
    let error = try await failure(WinRMClientConfiguration(endpoint: endpoint, credential: local, policy: try trusting()))
    #expect(error.code == .nameNotResolved || error.code == .networkTimedOut)
  }

  @Test func theSchemesWinRMPortIsTriedWhenTheOldOneRefuses() async throws {
    let service = try FakeService(answers: shellAnswers())
    try await ScriptedServer.run(script: { await service.react(to: $0) }) { server in
      // Nothing is expected to listen at port 80 of the machine that runs the tests.
      let local = try WinRMEndpoint(parsing: "http://127.0.0.1", defaults: .init(httpPort: server.port))
      let configuration = WinRMClientConfiguration(endpoint: local, credential: explicit(), policy: try trusting())
      _ = try await withWinRMClient(configuration) { try await $0.identify() }
      #expect(server.requests.first?.head.headers.first(name: "Host") == "127.0.0.1:\(server.port)")
    }
  }

  @Test func cancellationEndsAWaitingRequest() async throws {
    let (arrived, continuation) = AsyncStream.makeStream(of: Void.self)
    let service = try FakeService(answers: { _ in
      continuation.yield()
      return .react(.silence)
    })
    try await ScriptedServer.run(script: { await service.react(to: $0) }) { server in
      let configuration = try configuration(server)
      let task = Task { try await withWinRMClient(configuration) { _ = try await $0.identify() } }
      for await _ in arrived { break }
      task.cancel()
      await #expect(throws: CancellationError.self) { try await task.value }
    }
  }
}

import Foundation
import LogonAgent
import Logging
import LogonInterface
import NTLM
import SecuritySupport
import Testing
import WinRMHTTP

@testable import WinRMAuthentication

@Suite struct NegotiatePairTests {
  private func client(_ mechanism: any SecurityMechanism) -> NegotiateClientAuthentication {
    NegotiateClientAuthentication(context: NegotiateContext(mechanisms: [mechanism]))
  }

  @Test func bothEndsAgreeAndProtectMessages() async throws {
    let world = try World()
    defer { world.remove() }
    let (client, server) = (client(try World.ntlm()), NegotiateServerAuthentication(logon: world.logon, peer: world.peer))
    var exchange = Exchange()
    try await exchange.run(client, server)
    #expect(exchange.identity?.accountName == "SERVER\\alice")
    #expect(exchange.identity?.hasDelegatedCredentials == false)
    try await expectBodies(try client.protector(), try server.protector(), protocol: .spnego)
  }

  @Test func tamperedBodyIsRefused() async throws {
    let world = try World()
    defer { world.remove() }
    let (client, server) = (client(try World.ntlm()), NegotiateServerAuthentication(logon: world.logon, peer: world.peer))
    var exchange = Exchange()
    try await exchange.run(client, server)
    var (type, body) = try await client.protector().protect(Array("<x/>".utf8))
    body[body.count - 30] ^= 1  // in the ciphertext: the closing boundary is 24 bytes
    let receiver = try server.protector()
    let error = await #expect(throws: AuthenticationError.self) { try await receiver.unprotect(contentType: type, body: body, limit: 1000) }
    #expect(error?.code == .protection)
    type = "application/soap+xml"
    let plain = await #expect(throws: AuthenticationError.self) { try await receiver.unprotect(contentType: type, body: body, limit: 1000) }
    #expect(plain?.code == .protection)
  }

  @Test func wrongPasswordIsRefused() async throws {
    let world = try World()
    defer { world.remove() }
    let server = NegotiateServerAuthentication(logon: world.logon, peer: world.peer)
    let client = client(try World.ntlm(World.credential("wrong")))
    var exchange = Exchange()
    let error = await #expect(throws: AuthenticationRefusal.self) { try await exchange.run(client, server) }
    #expect(error?.code == .refused)
    #expect(error?.status == .logonFailure)
    #expect(throws: AuthenticationRefusal.self) { try server.protector() }
    await #expect(throws: AuthenticationRefusal.self) { try await server.receive([1]) }
  }

  @Test("P-03: a 200 before the server's MIC proves nothing") func protectorNeedsTheServersProof() async throws {
    let world = try World()
    defer { world.remove() }
    let (client, server) = (client(try World.ntlm()), NegotiateServerAuthentication(logon: world.logon, peer: world.peer))
    guard case .send(let first) = try await client.next(nil), case .challenge(let second) = try await server.receive(first) else {
      Issue.record("unexpected leg")
      return
    }
    _ = try await client.next(second)
    #expect(!client.isFinished)
    let error = #expect(throws: AuthenticationError.self) { try client.protector() }
    #expect(error?.code == .unproven)
  }

  @Test func garbageIsATypedRefusal() async throws {
    let world = try World()
    defer { world.remove() }
    for token in [[], [0], Array(repeating: 0xFF, count: 70_000), Array("NTLMSSP\0".utf8)] as [[UInt8]] {
      let server = NegotiateServerAuthentication(logon: world.logon, peer: world.peer)
      await #expect(throws: AuthenticationRefusal.self) { try await server.receive(token) }
    }
  }

  @Test func agentLogsOnWithoutThePassword() async throws {
    let world = try World()
    defer { world.remove() }
    let path = world.directory + "/agent"
    let credential = NTLMCredential(name: World.credential().name, hash: try NTHash(password: World.secret))
    let agent = LogonAgentServer(socketPath: path, allowedUser: geteuid(), credential: credential, logger: Logger(label: "agent"))
    try await agent.start()
    let mechanism = AgentMechanism(
      agent: LogonAgentClient(socketPath: path), targetName: "HTTP/server.example.com", channelBindings: nil)
    let (client, server) = (client(mechanism), NegotiateServerAuthentication(logon: world.logon, peer: world.peer))
    var exchange = Exchange()
    try await exchange.run(client, server)
    #expect(exchange.identity?.accountName == "SERVER\\alice")
    try await expectBodies(try client.protector(), try server.protector(), protocol: .spnego)
    await agent.stop()
  }

  @Test func missingAgentIsAMechanismFailure() async throws {
    let mechanism = AgentMechanism(agent: LogonAgentClient(socketPath: "/nonexistent/agent"), targetName: nil, channelBindings: nil)
    let error = await #expect(throws: AuthenticationError.self) { _ = try await client(mechanism).next(nil) }
    #expect(error?.code == .mechanism)
  }
}

/// Sends several bodies both ways; sizes around the edges of parts and records.
func expectBodies(_ client: any MessageProtector, _ server: any MessageProtector, protocol expected: EncryptionProtocol) async throws {
  for size in [1, 100, 16_383, 16_384, 16_385, 50_000] {
    for (sender, receiver) in [(client, server), (server, client)] {
      let plaintext = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 7) }
      let (type, body) = try await sender.protect(plaintext)
      #expect(type.contains(expected.rawValue))
      #expect(try await receiver.unprotect(contentType: type, body: body, limit: 60_000) == plaintext)
    }
  }
  let (type, body) = try await client.protect([UInt8](repeating: 0, count: 2_000))
  let error = await #expect(throws: AuthenticationError.self) { try await server.unprotect(contentType: type, body: body, limit: 1_999) }
  #expect(error?.code == .protection)
}

import Certificates
import CredSSP
import DelegationPolicy
import Foundation
import Logon
import LogonInterface
import SecuritySupport
import Testing
import WinRMHTTP

@testable import WinRMAuthentication

@Suite struct CredSSPPairTests {
  static let host = "server.example.com"
  private let certificate: [UInt8]

  init() throws {
    certificate = try SelfSignedIdentity.make(commonName: "CREDSSP-SERVER", names: [], notAfter: Date(timeIntervalSinceNow: 3600))
      .certificateDER
  }

  private static func entries(_ patterns: [String]) throws -> [DelegationPolicy.Entry] {
    try patterns.map { DelegationPolicy.Entry(pattern: try DelegationPattern(parsing: $0), source: "test") }
  }

  private func gate(allow: [String] = [], ntlmOnly: [String] = [], deny: [String] = [], pins: [[UInt8]] = []) throws -> DelegationGate {
    let policy = DelegationPolicy(
      allowFresh: try Self.entries(allow), allowFreshWhenNTLMOnly: try Self.entries(ntlmOnly), denyFresh: try Self.entries(deny))
    return DelegationGate(host: Self.host, policy: policy, pins: pins, verifier: nil)
  }

  private func client(_ gate: DelegationGate, password: String = World.password) throws -> CredSSPClientAuthentication {
    let credential = World.credential(password)
    return CredSSPClientAuthentication(tls: ClearTLS(), gate: gate, credential: credential, mechanisms: [try World.ntlm(credential)])
  }

  private func server(_ world: World) -> CredSSPServerAuthentication {
    CredSSPServerAuthentication(logon: world.logon, peer: world.peer, tls: ClearTLS(serverCertificate: certificate))
  }

  @Test func credentialsArriveAndMessagesAreProtected() async throws {
    let world = try World()
    defer { world.remove() }
    let (client, server) = (try client(try gate(ntlmOnly: ["WSMAN/\(Self.host)"])), server(world))
    var exchange = Exchange()
    try await exchange.run(client, server)
    #expect(exchange.identity?.accountName == "SERVER\\alice")
    #expect(exchange.identity?.hasDelegatedCredentials == true)
    #expect(client.delegationReason != nil)
    try await expectBodies(try client.protector(), try server.protector(), protocol: .credSSP)
  }

  @Test func pinProvesTheServer() async throws {
    let world = try World()
    defer { world.remove() }
    let gate = try gate(allow: ["WSMAN/*.example.com"], pins: [CertificateHash.sha256(certificateDER: certificate)])
    var exchange = Exchange()
    try await exchange.run(try client(gate), server(world))
    #expect(exchange.identity?.hasDelegatedCredentials == true)
  }

  @Test("C-15, A4: proven by NTLM only, not one NTLM byte is written") func refusesNTLMOnly() async throws {
    let world = try World()
    defer { world.remove() }
    let wrongPin = [UInt8](repeating: 7, count: 32)
    for pins in [[], [wrongPin]] {
      var exchange = Exchange()
      let client = try client(try gate(allow: ["WSMAN/*"], pins: pins))
      let error = await #expect(throws: AuthenticationError.self) { try await exchange.run(client, server(world)) }
      #expect(error?.code == .policy)
      #expect(error?.winRMCode == .freshCredentialsNTLMOnly)
      #expect(!exchange.clientWroteNTLM())
      #expect(!exchange.sentByClient.isEmpty)  // TLS itself was spoken
    }
  }

  @Test("C-15: a deny beats the pin") func denyWins() async throws {
    let world = try World()
    defer { world.remove() }
    let gate = try gate(allow: ["WSMAN/*"], deny: ["WSMAN/*"], pins: [CertificateHash.sha256(certificateDER: certificate)])
    var exchange = Exchange()
    let client = try client(gate)
    let error = await #expect(throws: AuthenticationError.self) { try await exchange.run(client, server(world)) }
    #expect(error?.winRMCode == .freshCredentialsNotAllowed)
    #expect(!exchange.clientWroteNTLM())
  }

  @Test("A password that was right, and that nobody decides on: no status and no token say that it was wrong") func undecided() async throws
  {
    struct Silent: AccountPhase {
      func check(_ unixUser: String, from host: String) async throws(LogonFailure) { throw LogonFailure(.unavailable, "no answer") }
    }
    let world = try World(accountPhase: Silent())
    defer { world.remove() }
    var exchange = Exchange()
    let (client, server) = (try client(try gate(ntlmOnly: ["WSMAN/*"])), server(world))
    let refusal = await #expect(throws: AuthenticationRefusal.self) { try await exchange.run(client, server) }
    #expect(refusal?.code == .undecided && refusal?.status == nil && refusal?.token == nil && refusal?.isLoggedByAuthority == true)
    #expect(exchange.identity == nil)
    #expect(throws: AuthenticationRefusal.self) { try server.protector() }
  }

  @Test(
    "Whose fault a failure of the authority is",
    arguments: [
      (LogonFailure.Code.undecided, AuthenticationRefusal.Code.undecided), (.quota, .undecided), (.unavailable, .unavailable),
      (.refused(.logonFailure), .refused), (.accessDenied, .refused), (.notFound, .unavailable), (.malformed, .malformed),
    ])
  func mapping(failure: LogonFailure.Code, code: AuthenticationRefusal.Code) {
    #expect(AuthenticationRefusal(LogonFailure(failure, "why")).code == code)
  }

  @Test func wrongPasswordSendsNoCredentials() async throws {
    let world = try World()
    defer { world.remove() }
    var exchange = Exchange()
    let (client, server) = (try client(try gate(ntlmOnly: ["WSMAN/*"]), password: "other-canary"), server(world))
    let refusal = await #expect(throws: AuthenticationRefusal.self) { try await exchange.run(client, server) }
    #expect(refusal?.status == .logonFailure)
    let token = try #require(refusal?.token)  // version 6 has room for the reason
    let error = await #expect(throws: AuthenticationError.self) { try await client.next(token) }
    #expect(error?.code == .refused)
    #expect(error?.status == .logonFailure)
    #expect(!client.isFinished)
    #expect(exchange.sentByClient.count == 4)  // hello, finished, NEGOTIATE, AUTHENTICATE with the proof; no authInfo
  }

  @Test("C-01: a middleman with a certificate of its own gets no credentials") func middlemanIsNoticed() async throws {
    let world = try World()
    defer { world.remove() }
    let mine = try SelfSignedIdentity.make(commonName: "CREDSSP-SERVER", names: [], notAfter: Date(timeIntervalSinceNow: 3600))
    let (client, server) = (try client(try gate(ntlmOnly: ["WSMAN/*"])), server(world))
    let (toClient, toServer) = (ClearTLS(serverCertificate: mine.certificateDER), ClearTLS())

    // Two handshakes, then the inside of one tunnel is copied into the other.
    _ = try toClient.receive(try token(await client.next(nil)))
    let reply = try await client.next(ClearTLS(serverCertificate: mine.certificateDER).receive(ClearTLS().start()).toPeer)
    let done = try toClient.receive(try token(reply)).toPeer
    let hello = try await challenge(server, try toServer.start())
    _ = try await challenge(server, try toServer.receive(hello).toPeer)
    let negotiate = try toClient.receive(try token(await client.next(done))).plaintext
    let challenged = try toServer.receive(try await challenge(server, try toServer.seal(negotiate))).plaintext
    let proof = try toClient.receive(try token(await client.next(try toClient.seal(challenged)))).plaintext
    #expect(contains(proof, Array("NTLMSSP\0".utf8) + [3]))
    let refusal = await #expect(throws: AuthenticationRefusal.self) { try await server.receive(try toServer.seal(proof)) }
    #expect(refusal?.status != nil)

    // What can the middleman answer? Its own copy of the client's proof, or nothing: neither brings out the credentials.
    let own = try TSRequest(decoding: proof)
    let echo = TSRequest(version: 6, pubKeyAuth: own.pubKeyAuth).encode()
    let error = await #expect(throws: AuthenticationError.self) { try await client.next(try toClient.seal(echo)) }
    #expect(error?.code != .refused)
    #expect(!client.isFinished)
  }

  @Test func mechanismThatNeverAnswersEndsAtTheDeadline() async throws {
    let clock = ManualClock()
    let patience = MechanismPatience(limit: .seconds(30), clock: clock)
    let client = CredSSPClientAuthentication(
      tls: ClearTLS(), gate: try gate(ntlmOnly: ["WSMAN/*"]), credential: World.credential(),
      mechanisms: [SlowMechanism(clock: clock, delay: nil, token: [])], patience: patience)
    let peer = ClearTLS(serverCertificate: certificate)
    let hello = try token(await client.next(nil))
    let finished = try token(await client.next(try peer.receive(hello).toPeer))
    let done = try peer.receive(finished).toPeer
    async let pushed: Void = {
      await clock.awaitSleepers(1)
      clock.advance(by: .seconds(30))
    }()
    let error = await #expect(throws: AuthenticationError.self) { try await client.next(done) }
    await pushed
    #expect(error?.code == .timeout)
  }

  @Test func garbageIsATypedRefusal() async throws {
    let world = try World()
    defer { world.remove() }
    for bytes in [[23, 3, 3, 0, 1, 0], [22, 3, 3, 0, 1, 104, 22, 3, 3, 0, 1, 102, 23, 3, 3, 0, 2, 0, 0]] as [[UInt8]] {
      let server = server(world)
      await #expect(throws: AuthenticationRefusal.self) { try await server.receive(bytes) }
      await #expect(throws: AuthenticationRefusal.self) { try await server.receive(bytes) }
      #expect(throws: AuthenticationRefusal.self) { try server.protector() }
    }
  }

  private func token(_ leg: AuthenticationLeg) throws -> [UInt8] {
    guard case .send(let token) = leg else { throw AuthenticationError(.outOfSequence, "finished too early") }
    return token
  }

  private func challenge(_ server: CredSSPServerAuthentication, _ token: [UInt8]) async throws -> [UInt8] {
    guard case .challenge(let answer) = try await server.receive(token) else {
      throw AuthenticationError(.outOfSequence, "established too early")
    }
    return answer
  }
}

import Certificates
import CredSSP
import DelegationPolicy
import Foundation
import Kerberos
import SPNEGO
import SecuritySupport
import TestRealm
import Testing
import WinRMHTTP

@testable import WinRMAuthentication

/// The client's half of the three schemes with Kerberos inside, against a real KDC and a real acceptor.
@Suite("Kerberos in the schemes of HTTP", .serialized, .enabled(if: LocalRealm.isAvailable, LocalRealm.missing)) struct KerberosClientTests
{
  private static let service = "WSMAN/\(LocalRealm.host)"

  private func services(_ names: String...) throws -> [KerberosServiceName] {
    try (names.isEmpty ? [Self.service] : names).map { try #require(KerberosServiceName(parsing: $0)) }
  }

  private static func login(_ user: String = "alice", _ password: String = LocalRealm.password) throws -> Credential {
    _ = try LocalRealm.shared.get()
    return Credential(name: try #require(AccountName(parsing: user)), password: SecretBytes(Array(password.utf8)))
  }

  private func source(
    _ user: String = "alice", _ names: String..., delegation: KerberosDelegation = .none
  ) throws -> KerberosOfferSource {
    KerberosOfferSource(
      credential: KerberosCredential(.password(try Self.login(user))),
      services: try (names.isEmpty ? [Self.service] : names).map { try #require(KerberosServiceName(parsing: $0)) }, delegation: delegation)
  }

  @Test func anOfferIsMadeBeforeAnythingIsSent() async throws {
    let offer = try await source("alice@winrm.test").offer()
    #expect(offer.client.description == "alice@\(LocalRealm.name)")
    let first = try #require(try await offer.mechanism.step(nil).token)
    #expect(!first.isEmpty)
    await #expect(throws: (any Error).self) { try await offer.mechanism.step(nil) }  // there is one first token
  }

  @Test("The scheme Kerberos: raw tokens, and bodies of its own protocol") func scheme() async throws {
    let client = KerberosClientAuthentication(mechanism: try await source().offer().mechanism)
    let server = try KerberosPeer(.kerberos, services: try services())
    var exchange = Exchange()
    try await exchange.run(client, server)
    #expect(client.isFinished && exchange.sentByClient.count == 1)
    #expect(exchange.sentByClient[0].starts(with: [0x60]))
    let bodies = try client.protector()
    let (type, body) = try await bodies.protect(Array("<x/>".utf8))
    #expect(type.contains("application/HTTP-Kerberos-session-encrypted"))
    #expect(body.firstRange(of: Array("Content-Type: application/HTTP-Kerberos-session-encrypted".utf8)) != nil)
    let peer = NegotiateProtector(mechanism: KerberosMechanism(session: try #require(server.session)), encryptionProtocol: .kerberos)
    #expect(try await peer.unprotect(contentType: type, body: body, limit: 100) == Array("<x/>".utf8))
    let (answerType, answer) = try await peer.protect([7])
    #expect(try await bodies.unprotect(contentType: answerType, body: answer, limit: 100) == [7])
  }

  @Test("A server that says yes without its proof has no protector") func noProofNoProtector() async throws {
    let client = KerberosClientAuthentication(mechanism: try await source().offer().mechanism)
    _ = try await client.next(nil)
    #expect(!client.isFinished)
    #expect(throws: AuthenticationError.self) { try client.protector() }
  }

  @Test("A server with another key proves nothing") func impostor() async throws {
    let realm = try LocalRealm.shared.get()
    let client = KerberosClientAuthentication(mechanism: try await source("alice", "WSMAN/stale.winrm.test").offer().mechanism)
    let server = try KerberosPeer(.kerberos, keytab: realm.staleKeytab, services: try services("WSMAN/stale.winrm.test"))
    var exchange = Exchange()
    await #expect(throws: (any Error).self) { try await exchange.run(client, server) }
    #expect(!client.isFinished)
    // A reply of one's own making is noticed too.
    let lied = try await source("alice", Self.service).offer().mechanism
    let other = try KerberosPeer(.kerberos, services: try services())
    let strangers = KerberosClientAuthentication(mechanism: try await source().offer().mechanism)
    guard case .send(let request) = try await strangers.next(nil) else { return #expect(Bool(false)) }
    let reply = try #require(try other.receive(request).token)
    let victim = KerberosClientAuthentication(mechanism: lied)
    _ = try await victim.next(nil)
    let error = await #expect(throws: AuthenticationError.self) { try await victim.next(reply) }
    #expect(error?.code == .unproven)
  }

  @Test("Negotiate prefers Kerberos, and NTLM is not begun") func negotiate() async throws {
    let bindings = ChannelBindings(serverEndPointHash: [UInt8](repeating: 7, count: 32))
    let offer = try await source().offer(channelBindings: bindings)
    let client = NegotiateClientAuthentication(
      context: NegotiateContext(mechanisms: [offer.mechanism, try World.ntlm(bindings: bindings)]))
    let server = try KerberosPeer(.negotiate, services: try services(), bindings: bindings)
    var exchange = Exchange()
    try await exchange.run(client, server)
    #expect(client.mechanism == .kerberos && client.isFinished)
    #expect(!exchange.clientWroteNTLM())
    #expect(await offer.mechanism.flags?.contains(.mutual) == true)
  }

  @Test("Over HTTPS a relayed token is worth nothing") func relayed() async throws {
    let offer = try await source().offer(channelBindings: ChannelBindings(serverEndPointHash: [UInt8](repeating: 7, count: 32)))
    let client = KerberosClientAuthentication(mechanism: offer.mechanism)
    let server = try KerberosPeer(
      .kerberos, services: try services(), bindings: ChannelBindings(serverEndPointHash: [UInt8](repeating: 8, count: 32)))
    var exchange = Exchange()
    let error = await #expect(throws: KerberosError.self) { try await exchange.run(client, server) }
    #expect(error?.code == .badBindings)
  }

  @Test("A rejection's reason is told by name") func rejectionReason() async throws {
    let realm = try LocalRealm.shared.get()
    let client = NegotiateClientAuthentication(
      context: NegotiateContext(mechanisms: [try await source("alice", "WSMAN/stale.winrm.test").offer().mechanism]))
    guard case .send(let first) = try await client.next(nil) else { return #expect(Bool(false)) }
    let request = try #require(try NegTokenInit(decoding: first).mechToken)
    let acceptor = KerberosAcceptor(configuration: .init(keytab: realm.staleKeytab, services: try services("WSMAN/stale.winrm.test")))
    #expect(throws: KerberosError.self) { try acceptor.receive(request) }
    #expect(acceptor.rejection != nil)
    let answer = NegTokenResp(negState: .reject, responseToken: acceptor.rejection).encode()
    let error = await #expect(throws: AuthenticationError.self) { try await client.next(answer) }
    #expect((error?.cause as? KerberosError)?.minor?.protocolCode != nil, "\(String(describing: error))")
    // A rejection without a reason stays one.
    let other = NegotiateClientAuthentication(context: NegotiateContext(mechanisms: [try await source().offer().mechanism]))
    _ = try await other.next(nil)
    let bare = await #expect(throws: AuthenticationError.self) { try await other.next(NegTokenResp(negState: .reject).encode()) }
    #expect(bare?.code == .refused)
  }

  // MARK: CredSSP

  private func gate(
    _ host: String = LocalRealm.host, typed: String? = nil, allow: [String] = [], ntlmOnly: [String] = [], deny: [String] = []
  ) throws -> DelegationGate {
    func entries(_ patterns: [String]) throws -> [DelegationPolicy.Entry] {
      try patterns.map { DelegationPolicy.Entry(pattern: try DelegationPattern(parsing: $0), source: "test") }
    }
    let policy = DelegationPolicy(
      allowFresh: try entries(allow), allowFreshWhenNTLMOnly: try entries(ntlmOnly), denyFresh: try entries(deny))
    return DelegationGate(host: host, typedHost: typed, policy: policy, verifier: nil)
  }

  private let certificate = Result {
    try SelfSignedIdentity.make(commonName: "CREDSSP-SERVER", names: [], notAfter: Date(timeIntervalSinceNow: 3600)).certificateDER
  }

  private func credSSP(
    _ gate: DelegationGate, _ source: KerberosOfferSource, withNTLM: Bool = true
  ) async throws -> CredSSPClientAuthentication {
    var mechanisms: [any SecurityMechanism] = [try await source.offer().mechanism]
    if withNTLM { mechanisms.append(try World.ntlm()) }
    return CredSSPClientAuthentication(tls: ClearTLS(), gate: gate, credential: try Self.login(), mechanisms: mechanisms)
  }

  private func server(_ names: [KerberosServiceName]) throws -> KerberosPeer {
    try KerberosPeer(.credSSP, services: names, tls: ClearTLS(serverCertificate: try certificate.get()))
  }

  @Test("Kerberos proves the server, and the password goes to it") func delegated() async throws {
    let client = try await credSSP(try gate(allow: ["WSMAN/*.winrm.test"]), try source())
    let server = try server(try services())
    var exchange = Exchange()
    try await exchange.run(client, server)
    #expect(client.isFinished && client.mechanism == .kerberos)
    #expect(client.delegationReason?.contains("Kerberos as \(Self.service)") == true)
    let encoded = try #require(server.credentials)
    #expect(contains(encoded, Array(LocalRealm.password.utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] })))
    #expect(!exchange.clientWroteNTLM())
  }

  @Test("NTLM is not in the offer where only Kerberos may prove the server") func ntlmIsLeftOut() async throws {
    let client = try await credSSP(try gate(allow: ["WSMAN/*"]), try source())
    var exchange = Exchange()
    try await exchange.run(client, try server(try services()))
    let ntlm: [UInt8] = [0x2B, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x02, 0x02, 0x0A]
    #expect(!exchange.sentByClient.contains { contains($0, ntlm) })
    let both = try await credSSP(try gate(ntlmOnly: ["WSMAN/*"]), try source())
    var other = Exchange()
    try await other.run(both, try server(try services()))
    #expect(other.sentByClient.contains { contains($0, ntlm) })
  }

  @Test(
    "What Kerberos proves is asked of policy: no password for a server that no list names, or that a deny names",
    arguments: [
      (["WSMAN/other.winrm.test"], [], WinRMCode.freshCredentialsNotAllowed),
      (["WSMAN/*"], ["WSMAN/hop.winrm.test"], .freshCredentialsNotAllowed),
      (["WSMAN/*"], ["WSMAN/*.winrm.test"], .freshCredentialsNotAllowed),
    ] as [([String], [String], WinRMCode)])
  func policyIsAsked(allow: [String], deny: [String], code: WinRMCode) async throws {
    let client = try await credSSP(try gate(allow: allow, deny: deny), try source())
    let server = try server(try services())
    var exchange = Exchange()
    let error = await #expect(throws: AuthenticationError.self) { try await exchange.run(client, server) }
    #expect(error?.winRMCode == code)
    #expect(server.credentials == nil)
  }

  @Test("A ticket for another host than the one meant proves nothing") func otherService() async throws {
    let client = try await credSSP(try gate("elsewhere.winrm.test", allow: ["WSMAN/*"]), try source())
    let server = try server(try services())
    var exchange = Exchange()
    let error = await #expect(throws: AuthenticationError.self) { try await exchange.run(client, server) }
    #expect(error?.winRMCode == .freshCredentialsNTLMOnly)
    #expect(server.credentials == nil)
  }

  @Test func theGateAsksForTheHostThatIsMeant() throws {
    let port = try #require(KerberosServiceName(parsing: "HTTP/\(LocalRealm.host):5985"))
    #expect(try gate(allow: ["WSMAN/*"]).decide(provenService: port).contains("WSMAN/"))
    for service in [nil, KerberosServiceName(parsing: "WSMAN/evil.winrm.test"), KerberosServiceName(parsing: "WSMAN/hop")] {
      let error = #expect(throws: AuthenticationError.self) { try gate(allow: ["WSMAN/*"]).decide(provenService: service) }
      #expect(error?.code == .policy && error?.winRMCode == .freshCredentialsNTLMOnly)
    }
  }

  @Test("With a service name in place of the host, NTLM alone needs a rule for the host as typed as well") func overrideNeedsBoth()
    async throws
  {
    let narrow = try gate("good.winrm.test", typed: "typed.example.com", ntlmOnly: ["WSMAN/good.winrm.test"])
    guard case .withoutNTLM(let error) = await narrow.decide(serverCertificates: []) else { return #expect(Bool(false), "let through") }
    #expect(error.winRMCode == .freshCredentialsNTLMOnly)
    let wide = try gate("good.winrm.test", typed: "typed.example.com", ntlmOnly: ["WSMAN/good.winrm.test", "WSMAN/typed.example.com"])
    guard case .open = await wide.decide(serverCertificates: []) else { return #expect(Bool(false), "refused") }
  }

  @Test("A4 says why Kerberos was not there") func obstacleIsTold() async throws {
    let client = CredSSPClientAuthentication(
      tls: ClearTLS(), gate: try gate(allow: ["WSMAN/*"]), credential: try Self.login(), mechanisms: [try World.ntlm()],
      kerberosObstacle: "the KDC is asleep")
    var exchange = Exchange()
    let error = await #expect(throws: AuthenticationError.self) { try await exchange.run(client, try server(try services())) }
    #expect(error?.winRMCode == .freshCredentialsNTLMOnly)
    #expect(error?.message.contains("Kerberos could not be used: the KDC is asleep") == true)
    #expect(!exchange.clientWroteNTLM())
  }

  // MARK: the forwarded ticket

  @Test("A ticket goes along only where both the account and the service may")
  func ticketDelegation() async throws {
    for (user, name, obstacle) in [
      ("alice", Self.service, nil), ("alice", "HTTP/\(LocalRealm.host)", .serviceNotTrusted),
      ("sensitive", Self.service, .ticketNotForwardable),
    ] as [(String, String, KerberosDelegationObstacle?)] {
      let source = try source(user, name, delegation: .whenTrusted)
      let offer = try await source.offer()
      let client = KerberosClientAuthentication(mechanism: offer.mechanism)
      let server = try KerberosPeer(.kerberos, services: try services(name))
      var exchange = Exchange()
      try await exchange.run(client, server)
      #expect((server.client?.delegated != nil) == (obstacle == nil), "\(user) \(name)")
      #expect(await offer.mechanism.flags?.contains(.delegation) == (obstacle == nil))
      if let obstacle {
        let found = await source.delegationObstacle(for: try services(name)[0])
        #expect(found == obstacle, "\(user) \(name)")
      }
    }
  }
}

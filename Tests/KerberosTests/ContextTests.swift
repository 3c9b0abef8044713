import Foundation
import Kerberos
import SPNEGO
import SecuritySupport
import TestRealm
import Testing

@Suite("Contexts against a real KDC", needsRealm) struct ContextTests {
  let realm: LocalRealm
  let alice: KerberosCredential

  init() throws {
    realm = try LocalRealm.shared.get()
    alice = try KerberosTests.alice.get()
  }

  @Test("Both ends prove themselves; names, flags and encryption type are known") func mutual() throws {
    let pair = try Pair(alice)
    #expect(pair.seen.principal == KerberosPrincipal(components: ["alice"], realm: LocalRealm.name))
    #expect(pair.seen.principal.userName == "alice")
    #expect(pair.seen.service.components == ["WSMAN", LocalRealm.host])
    #expect(pair.client.flags.isSuperset(of: [.mutual, .confidentiality, .integrity, .sequenceDetection, .replayDetection]))
    #expect(!pair.client.flags.contains(.delegation) && pair.seen.delegated == nil)
    #expect(pair.client.service.description == Pair.target)
    #expect(pair.client.encryptionType == .aes256SHA1 && pair.server.encryptionType == .aes256SHA1)
    #expect(pair.client.isInitiator && !pair.server.isInitiator)
  }

  @Test("The next service name is tried when the KDC does not know the one before") func fallback() throws {
    let configuration = KerberosInitiatorConfiguration(services: KerberosServiceName.candidates(host: "only.winrm.test"))
    let initiator = KerberosInitiator(credential: alice, configuration: configuration)
    let acceptor = KerberosAcceptor(configuration: .init(keytab: realm.keytab, services: configuration.services))
    let (reply, client) = try acceptor.receive(try #require(try initiator.step(nil).token))
    #expect(client.service.components == ["HOST", "only.winrm.test"])
    _ = try initiator.step(reply.token)
    #expect(try initiator.takeSession().service.service == "HOST")
  }

  @Test("A service that the KDC does not know") func unknownService() throws {
    let initiator = KerberosInitiator(
      credential: alice, configuration: .init(services: KerberosServiceName.candidates(host: "nowhere.winrm.test")))
    let error = try error { _ = try initiator.step(nil) }
    #expect(error.code == .unknownService)
    #expect(error.minor == .serviceUnknown)
    #expect(error.description.contains("KRB5KDC_ERR_S_PRINCIPAL_UNKNOWN (7)"))
  }

  @Test("K-01: a ticket for a service that is not configured is refused, whatever the keytab holds") func wrongService() throws {
    let initiator = KerberosInitiator(credential: alice, configuration: .init(services: [try service("HTTP/\(LocalRealm.host)")]))
    let token = try #require(try initiator.step(nil).token)
    for allowed in [Pair.target, "HTTP/other.winrm.test", "HTTP/\(LocalRealm.host)@OTHER.TEST"] {
      let acceptor = KerberosAcceptor(configuration: .init(keytab: realm.keytab, services: [try service(allowed)]))
      #expect(try error { _ = try acceptor.receive(token) }.code == .wrongService)
    }
    let acceptor = KerberosAcceptor(
      configuration: .init(keytab: realm.keytab, services: [try service("http/HOP.winrm.test@\(LocalRealm.name)")]))
    #expect(try acceptor.receive(token).client.principal.userName == "alice")
  }

  @Test("K-02: an authenticator is taken once") func replay() throws {
    let initiator = KerberosInitiator(credential: alice, configuration: .init(services: [try service(Pair.target)]))
    let token = try #require(try initiator.step(nil).token)
    let configuration = KerberosAcceptorConfiguration(keytab: realm.keytab, services: [try service(Pair.target)])
    _ = try KerberosAcceptor(configuration: configuration).receive(token)
    #expect(try error { _ = try KerberosAcceptor(configuration: configuration).receive(token) }.code == .replay)
  }

  @Test("K-04: tickets of RC4 are refused, session keys of RC4 not asked for") func rc4() throws {
    let ticket = try service("WSMAN/old.winrm.test")
    let initiator = KerberosInitiator(credential: try login(), configuration: .init(services: [ticket]))
    let token = try #require(try initiator.step(nil).token)
    let acceptor = KerberosAcceptor(configuration: .init(keytab: realm.keytab, services: [ticket]))
    #expect(try error { _ = try acceptor.receive(token) }.code == .encryptionType)

    let session = try service("WSMAN/older.winrm.test")
    let other = KerberosInitiator(credential: try login(), configuration: .init(services: [session]))
    let refusal = try error { _ = try other.step(nil) }
    #expect(refusal.code == .encryptionType, "\(refusal.debugDescription)")
  }

  @Test("K-05: a reply that is cut or changed proves nothing") func wrongReply() throws {
    for position in 1...80 {
      let initiator = KerberosInitiator(credential: alice, configuration: .init(services: [try service(Pair.target)]))
      let acceptor = KerberosAcceptor(configuration: .init(keytab: realm.keytab, services: [try service(Pair.target)]))
      let request = try #require(try initiator.step(nil).token)
      var reply = try #require(try acceptor.receive(request).step.token)
      // Everything from the end on is encrypted, but for a few octets of framing at the beginning.
      if position == 80 { reply.removeLast() } else { reply[reply.count - position] ^= 0x10 }
      _ = try error { _ = try initiator.step(reply) }
      #expect(try error { _ = try initiator.takeSession() }.code == .outOfSequence)
      #expect(try error { _ = try initiator.step(nil) }.code == .outOfSequence)
    }
  }

  @Test("K-05: the reply of another exchange proves nothing") func foreignReply() throws {
    func exchange() throws -> (KerberosInitiator, [UInt8]) {
      let initiator = KerberosInitiator(credential: alice, configuration: .init(services: [try service(Pair.target)]))
      let acceptor = KerberosAcceptor(configuration: .init(keytab: realm.keytab, services: [try service(Pair.target)]))
      let request = try #require(try initiator.step(nil).token)
      return (initiator, try #require(try acceptor.receive(request).step.token))
    }
    let (first, _) = try exchange()
    let (_, reply) = try exchange()
    let refusal = try error { _ = try first.step(reply) }
    #expect(refusal.code == .unproven, "\(refusal.debugDescription)")
  }

  @Test(
    "K-07: channel bindings",
    arguments: [
      ("same", "same", KerberosChannelBindingLevel.strict, true), ("same", "other", .strict, false), ("same", "other", .relaxed, false),
      (nil, "other", .strict, false), (nil, "other", .relaxed, true), ("same", "other", .none, true), ("same", nil, .strict, true),
    ] as [(String?, String?, KerberosChannelBindingLevel, Bool)])
  func channelBindings(client: String?, server: String?, level: KerberosChannelBindingLevel, isAccepted: Bool) throws {
    func bindings(_ text: String?) -> ChannelBindings? { text.map { ChannelBindings(serverEndPointHash: Array($0.utf8)) } }
    let attempt = {
      try Pair(alice, clientBindings: bindings(client), serverBindings: bindings(server), level: level)
    }
    if isAccepted {
      #expect(try attempt().seen.flags.contains(.channelBound) == (client == server))
    } else {
      #expect(try error { _ = try attempt() }.code == .badBindings)
    }
  }

  @Test("A ticket that is delegated can be stored and used for the next hop") func delegation() throws {
    let pair = try Pair(alice, delegation: .whenTrusted)
    #expect(pair.seen.flags.contains(.delegation) && pair.client.flags.contains(.delegation))
    let cache = KerberosTicketCache(name: "FILE:\(realm.directory)/delegated")
    try #require(pair.seen.delegated).store(into: cache)
    let mode = try FileManager.default.attributesOfItem(atPath: "\(realm.directory)/delegated")[.posixPermissions] as? Int
    #expect(mode == 0o600)
    #expect(try cache.principal().description == "alice@\(LocalRealm.name)")
    let next = try Pair(KerberosCredential(.cache(cache.name)), to: "HTTP/\(LocalRealm.host)")
    #expect(next.seen.principal.userName == "alice")
    try cache.destroy()
    #expect(!FileManager.default.fileExists(atPath: "\(realm.directory)/delegated"))
    try cache.destroy()
    #expect(try error { _ = try KerberosCredential(.cache(cache.name)).acquire() }.code == .noCredentials)
  }

  @Test("K-07: nothing is delegated to a service without ok-as-delegate, nor with a ticket that is not forwardable") func noDelegation()
    throws
  {
    let untrusted = try Pair(alice, to: "HTTP/\(LocalRealm.host)", delegation: .whenTrusted)
    #expect(untrusted.seen.delegated == nil && !untrusted.client.flags.contains(.delegation))
    let sensitive = try Pair(try login("sensitive"), delegation: .whenTrusted)
    #expect(sensitive.seen.delegated == nil && !sensitive.seen.flags.contains(.delegation))
  }

  @Test("A keytab without the key, an old one, none") func keytabs() throws {
    let target = try service("WSMAN/stale.winrm.test")
    for keytab in [realm.staleKeytab, realm.keytab, "FILE:\(realm.directory)/none"] {
      let initiator = KerberosInitiator(credential: alice, configuration: .init(services: [target]))
      let acceptor = KerberosAcceptor(configuration: .init(keytab: keytab, services: [target]))
      let token = try #require(try initiator.step(nil).token)
      let refusal = try error { _ = try acceptor.receive(token) }
      #expect(refusal.code == .keytab, "\(keytab): \(refusal.debugDescription)")
    }
  }

  @Test("SPNEGO carries the tokens, and its MIC verifies on both ends") func spnego() throws {
    let initiator = KerberosInitiator(credential: alice, configuration: .init(services: [try service(Pair.target)]))
    let acceptor = KerberosAcceptor(configuration: .init(keytab: realm.keytab, services: [try service(Pair.target)]))
    var (client, server) = (SPNEGOInitiator(mechanisms: [.kerberos]), SPNEGOAcceptor(mechanisms: [.kerberos]))
    var (clientSession, serverSession): (KerberosSession?, KerberosSession?)
    func answer(_ order: MechanismOrder, _ session: KerberosSession?, step: ([UInt8]?) throws -> MechanismStep) throws -> MechanismAnswer {
      switch order {
      case .step(let token): return .stepped(try step(token))
      case .mic(let message): return .mic(try #require(session).makeMIC(over: message))
      case .verify(let message, let mic):
        try #require(session).verify(mic: mic, over: message)
        return .verified
      default: throw SPNEGOError(.local, "not an order of SPNEGO")
      }
    }
    func drive(_ first: SPNEGOAction, _ next: (MechanismOrder) throws -> SPNEGOAction) throws -> [UInt8]? {
      var action = first
      while case .ask(let order, _) = action { action = try next(order) }
      switch action {
      case .send(let token): return token
      case .established(let token): return token
      case .ask: return nil
      }
    }
    func clientAnswer(_ order: MechanismOrder) throws -> SPNEGOAction {
      try client.answer(
        try answer(order, clientSession) { token in
          let step = try initiator.step(token)
          if step.mayProtect { clientSession = try initiator.takeSession() }
          return step
        })
    }
    func serverAnswer(_ order: MechanismOrder) throws -> SPNEGOAction {
      try server.answer(
        try answer(order, serverSession) { token in
          let step = try acceptor.receive(token ?? []).step
          serverSession = try acceptor.takeSession()
          return step
        })
    }
    var toServer = try drive(try client.start(), clientAnswer)
    for _ in 0..<4 {
      guard let token = toServer else { break }
      let reply = try drive(try server.receive(token), serverAnswer)
      toServer = try reply.flatMap { try drive(try client.receive($0), clientAnswer) }
    }
    #expect(client.isFinished && server.isFinished)
    let sealed = try #require(clientSession).seal([1, 2, 3])
    #expect(try #require(serverSession).unseal(sealed) == [1, 2, 3])
  }
}

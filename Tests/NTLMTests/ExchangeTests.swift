import Crypto
import SecuritySupport
import Testing

@testable import NTLM

@Suite struct ExchangeTests {
  @Test("Both ends agree, and speak with each other") func pair() throws {
    var pair = try Pair()
    var (client, server) = try pair.run()
    #expect(pair.initiator.usesMIC && pair.acceptor.verifiedMIC)
    let list: [UInt8] = [0x30, 0x0C]
    try server.verifyMechListMIC(client.makeMechListMIC(over: list), over: list)
    try client.verifyMechListMIC(server.makeMechListMIC(over: list), over: list)
    #expect(try server.unseal(client.seal(Array("to server".utf8))) == Array("to server".utf8))
    #expect(try client.unseal(server.seal(Array("to client".utf8))) == Array("to client".utf8))
  }

  @Test(
    "Names in the three forms, and non-ASCII ones",
    arguments: [("jdoe", "CONTOSO"), ("jdoe@contoso.local", ""), ("jdoe", ""), ("üßeﬁ😀", "dömäin")])
  func names(user: String, domain: String) throws {
    var pair = try Pair(credential: .make(user, domain: domain))
    let negotiate = try pair.negotiate()
    let challenge = try pair.challenge(negotiate)
    guard case .verify(let claim) = try pair.acceptor.receive(pair.authenticate(challenge)) else { throw Unexpected() }
    #expect(claim.userName == user && claim.domainName == domain && claim.targetName == "HTTP/srv01")
    _ = try pair.acceptor.answer(.ntHash(NTHash(password: SecretBytes(text: Pair.password))))
  }

  @Test("A domain member's CHALLENGE names its domain") func domainMember() throws {
    var pair = try Pair { (configuration: inout NTLMAcceptorConfiguration) in
      configuration.isDomainMember = true
      configuration.netBIOSDomainName = "CONTOSO"
    }
    let negotiate = try pair.negotiate()
    let challenge = try ChallengeMessage(decoding: pair.challenge(negotiate))
    #expect(challenge.targetNameText == "CONTOSO")
    #expect(challenge.flags.contains(.targetTypeDomain) && !challenge.flags.contains(.targetTypeServer))
  }

  @Test("A client that computes with an empty domain is accepted (MS-NLMP §3.2.5.1.2)") func emptyDomainRetry() throws {
    var pair = try Pair(credential: .make("jdoe", domain: ""), configure: { $0.requiresMIC = false })
    let negotiate = try pair.negotiate()
    let challenge = try pair.challenge(negotiate)
    var message = try AuthenticateMessage(decoding: pair.authenticate(challenge))
    // The domain is written into the message after the proof was made; the MIC is made again as such a client would.
    message.domainName = "CONTOSO".utf16LittleEndianBytes
    message.mic = [UInt8](repeating: 0, count: 16)
    message.mic = messageIntegrityCode(
      exportedSessionKey: SecretBytes(Array(16..<32)), negotiate: negotiate, challenge: challenge, authenticate: message.encode())
    _ = try pair.verify(message.encode())
  }

  @Test("Each call out of order is refused and ends the exchange") func order() throws {
    var pair = try Pair()
    #expect(try code { try pair.initiator.step([1]) } == .outOfSequence)
    #expect(try code { try pair.initiator.step(nil) } == .outOfSequence)
    pair = try Pair()
    #expect(try code { try pair.initiator.takeSession() } == .outOfSequence)
    _ = try pair.negotiate()
    #expect(try code { try pair.initiator.step(nil) } == .outOfSequence)
    pair = try Pair()
    #expect(try code { try pair.acceptor.answer(.ntHash(NTHash(password: SecretBytes(text: "x")))) } == .outOfSequence)
    #expect(try code { try pair.acceptor.receive(pair.negotiate()) } == .outOfSequence)
    pair = try Pair()
    let negotiate = try pair.negotiate()
    _ = try pair.challenge(negotiate)
    #expect(try code { try pair.acceptor.receive(negotiate) } == .malformed)
    #expect(try code { try pair.acceptor.receive(negotiate) } == .outOfSequence)
  }

  @Test("Our own caller's mistakes are errors of their own") func local() throws {
    for credential in [try NTLMCredential.make(""), try .make(password: "")] {
      var pair = try Pair(credential: credential)
      #expect(try code { try pair.negotiate() } == .local)
    }
    for randomness in [
      NTLMRandomness(clientChallenge: [1], exportedSessionKey: Array(0..<16)),
      NTLMRandomness(clientChallenge: Array(0..<8), exportedSessionKey: []),
    ] {
      var initiator = NTLMInitiator(credential: try .make(), randomness: randomness, currentTime: 0)
      #expect(try code { try initiator.step(nil) } == .local)
    }
    var pair = try Pair()
    var acceptor = NTLMAcceptor(
      configuration: NTLMAcceptorConfiguration(netBIOSComputerName: "S", netBIOSDomainName: "S"), serverChallenge: [], timestamp: 0)
    #expect(try code { try acceptor.receive(pair.negotiate()) } == .local)
    acceptor = NTLMAcceptor(
      configuration: NTLMAcceptorConfiguration(netBIOSComputerName: String(repeating: "S", count: 40_000), netBIOSDomainName: "S"),
      serverChallenge: Array(0..<8), timestamp: 0)
    pair = try Pair()
    #expect(try code { try acceptor.receive(pair.negotiate()) } == .local)
  }

  @Test("System randomness has the right lengths and differs") func randomness() {
    let one = NTLMRandomness.system()
    let other = NTLMRandomness.system()
    #expect(one.clientChallenge.count == 8 && one.exportedSessionKey.count == 16)
    #expect(one.clientChallenge != other.clientChallenge)
    #expect(!one.exportedSessionKey.isEqual(to: other.exportedSessionKey))
  }

  @Test("R-05: no secret is printed") func printing() throws {
    var pair = try Pair()
    let credential = try NTLMCredential.make()
    let negotiate = try pair.negotiate()
    let challenge = try pair.challenge(negotiate)
    let authenticate = try pair.authenticate(challenge)
    guard case .verify(let claim) = try pair.acceptor.receive(authenticate) else { throw Unexpected() }
    let session = try pair.acceptor.answer(.ntHash(credential.hash))
    let values: [Any] = [
      credential, credential.hash, NTLMRandomness(clientChallenge: [], exportedSessionKey: Array(16..<32)), pair.initiator, pair.acceptor,
      claim,
      NTLMAcceptorAction.verify(claim), NTLMVerificationSecret.ntHash(credential.hash), session, try session.export(),
      try AuthenticateMessage(decoding: authenticate), NTLMError(.logonFailure, "no"),
    ]
    let proof = try NTLMv2Response(decoding: claim.ntChallengeResponse).proof
    let secrets = [credential.hash.bytes.array, Array(16..<32), proof]
    for value in values {
      var dumped = ""
      dump(value, to: &dumped)
      for output in ["\(value)", String(reflecting: value), dumped] {
        for secret in secrets {
          // The shortest telling part: two bytes as a list of decimal numbers, four as hexadecimal.
          #expect(!output.contains("\(secret[0]), \(secret[1])"), "\(type(of: value))")
          #expect(!output.lowercased().contains(secret.prefix(4).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()))
        }
        #expect(!output.contains(Pair.password))
      }
    }
  }
}

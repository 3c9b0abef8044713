import NTLM
import SPNEGO
import SecuritySupport
import Testing

/// The real NTLM below both ends: the MICs count in its sequence numbers and reset its RC4 streams.
@Suite("NTLM inside SPNEGO")
struct NTLMTests {
  private struct Ends {
    var ntlmInitiator: NTLMInitiator
    var ntlmAcceptor = NTLMAcceptor(
      configuration: NTLMAcceptorConfiguration(
        netBIOSComputerName: "SRV", netBIOSDomainName: "SRV", dnsComputerName: "srv.example", dnsDomainName: "example"),
      serverChallenge: [1, 2, 3, 4, 5, 6, 7, 8], timestamp: 133_500_000_000_000_000)
    var initiatorSession: NTLMSession?
    var acceptorSession: NTLMSession?
    let hash: NTHash

    init() throws {
      hash = try NTHash(password: SecretBytes("Pa$$w0rd".utf8))
      ntlmInitiator = NTLMInitiator(
        credential: NTLMCredential(name: AccountName(domain: "SRV", user: "jdoe"), hash: hash), configuration: NTLMInitiatorConfiguration(),
        randomness: .system(), currentTime: 133_500_000_000_000_000)
    }

    mutating func answerInitiator(_ order: MechanismOrder) throws -> MechanismAnswer {
      if case .step(let token) = order {
        let step = try ntlmInitiator.step(token)
        if step.isFinished { initiatorSession = try ntlmInitiator.takeSession() }
        return .stepped(step)
      }
      return try Self.protect(order, &initiatorSession)
    }

    mutating func answerAcceptor(_ order: MechanismOrder) throws -> MechanismAnswer {
      if case .step(let token?) = order {
        switch try ntlmAcceptor.receive(token) {
        case .send(let challenge): return .stepped(MechanismStep(token: challenge, mayProtect: false, isFinished: false))
        case .verify:
          acceptorSession = try ntlmAcceptor.answer(.ntHash(hash))
          return .stepped(MechanismStep(token: nil, mayProtect: true, isFinished: true))
        }
      }
      return try Self.protect(order, &acceptorSession)
    }

    private static func protect(_ order: MechanismOrder, _ session: inout NTLMSession?) throws -> MechanismAnswer {
      var current = try #require(session)
      defer { session = current }
      switch order {
      case .mic(let message): return .mic(try current.makeMechListMIC(over: message))
      case .verify(let message, let mic):
        try current.verifyMechListMIC(mic, over: message)
        return .verified
      case .step, .seal, .unseal, .askPolicy, .sealCredentials, .provePublicKey, .acceptCredentials:
        throw SPNEGOError(.local, "not an order of SPNEGO")
      }
    }
  }

  private func negotiate(_ offered: [MechanismIdentifier], tamper: (Int, [UInt8]) throws -> [UInt8] = { $1 }) throws -> Ends {
    var ends = try Ends()
    var initiator = SPNEGOInitiator(mechanisms: offered)
    var acceptor = SPNEGOAcceptor(mechanisms: [.ntlm])
    var count = 0
    var action = try initiator.start()
    while true {
      while case .ask(let order, let mechanism) = action {
        // Kerberos, when offered first, has an optimistic token that nobody reads.
        action = try initiator.answer(
          mechanism == .ntlm ? ends.answerInitiator(order) : .stepped(MechanismStep(token: [1], mayProtect: false, isFinished: false)))
      }
      guard case .send(let token) = action else { break }
      count += 1
      action = try acceptor.receive(tamper(count, token))
      while case .ask(let order, _) = action { action = try acceptor.answer(ends.answerAcceptor(order)) }
      switch action {
      case .send(let token), .established(let token?):
        count += 1
        action = try initiator.receive(tamper(count, token))
      case .established(nil), .ask: break
      }
    }
    #expect(initiator.isFinished && acceptor.isFinished)
    return ends
  }

  @Test("Messages pass in both directions afterwards", arguments: [[MechanismIdentifier.ntlm], [.kerberos, .ntlm]])
  func messages(offered: [MechanismIdentifier]) throws {
    let ends = try negotiate(offered)
    var (client, server) = (try #require(ends.initiatorSession), try #require(ends.acceptorSession))
    for text in ["first", "second"] {
      let sealed = try client.seal(Array(text.utf8))
      #expect(try server.unseal(sealed) == Array(text.utf8))
      let back = try server.seal(Array(text.utf8))
      #expect(try client.unseal(back) == Array(text.utf8))
    }
  }

  @Test("P-02: Kerberos taken out of the list by a middleman")
  func downgrade() {
    #expect(throws: NTLMError.self) {
      _ = try negotiate([.kerberos, .ntlm]) { number, token in
        guard number == 1 else { return token }
        return NegTokenInit(mechTypes: MechTypeList([.ntlm])).encode()
      }
    }
  }

  @Test("P-02: no bit of the last three tokens can change unnoticed", arguments: [2, 3, 4])
  func flips(number: Int) throws {
    // Sampled: each try is a whole exchange. The list of mechanisms, CHALLENGE, AUTHENTICATE and both MICs are covered.
    for position in stride(from: 0, to: 400, by: 7) {
      var wasLegal = false
      do {
        _ = try negotiate([.ntlm]) { index, token in
          guard index == number, position < token.count else {
            if index == number { wasLegal = true }
            return token
          }
          var copy = token
          copy[position] ^= 0x10
          return copy
        }
        #expect(wasLegal, "byte \(position) of token \(number) changed and nobody noticed")
      } catch is NTLMError {} catch is SPNEGOError {}
    }
  }
}

import SPNEGO
import SecuritySupport
import Testing

@Suite("A middleman and hostile peers")
struct AttackTests {
  @Test("P-02: Kerberos removed from the list, NTLM left: the MIC over the list shows it")
  func kerberosRemoved() throws {
    var pair = Negotiation([.kerberos, .ntlm], [.kerberos, .ntlm])
    #expect(throws: TestMechanism.BadMIC.self) {
      try pair.run { number, token in
        number == 1 ? NegTokenInit(mechTypes: MechTypeList([.ntlm])).encode() : token
      }
    }
    #expect(!pair.initiator.isFinished && !pair.acceptor.isFinished)
  }

  @Test("P-02: mechTypes reordered")
  func reordered() throws {
    var pair = Negotiation([.kerberos, .ntlm], [.kerberos, .ntlm])
    #expect(throws: TestMechanism.BadMIC.self) {
      try pair.run { number, token in
        number == 1 ? NegTokenInit(mechTypes: MechTypeList([.ntlm, .kerberos])).encode() : token
      }
    }
    #expect(!pair.initiator.isFinished && !pair.acceptor.isFinished)
  }

  @Test("P-02: the initiator's MIC dropped", arguments: [[MechanismIdentifier.ntlm], [.kerberos, .ntlm]])
  func initiatorMICDropped(offered: [MechanismIdentifier]) throws {
    var pair = Negotiation(offered, [.ntlm])
    let error = #expect(throws: SPNEGOError.self) {
      try pair.run { number, token in
        guard number.isMultiple(of: 2) == false, number > 1 else { return token }
        var response = try NegTokenResp(decoding: token)
        response.mechListMIC = nil
        return response.encode()
      }
    }
    #expect(error?.code == .missingMIC)
    #expect(!pair.acceptor.isFinished)
    #expect(pair.acceptor.rejection != nil)
  }

  @Test("P-02: the acceptor's MIC dropped, or turned into a copy of the response token")
  func acceptorMICDropped() throws {
    var pair = Negotiation([.kerberos, .ntlm], [.ntlm])
    let error = #expect(throws: SPNEGOError.self) {
      try pair.run { number, token in
        guard number.isMultiple(of: 2) else { return token }
        var response = try NegTokenResp(decoding: token)
        response.mechListMIC = response.responseToken
        return response.encode()
      }
    }
    #expect(error?.code == .missingMIC)
    #expect(!pair.initiator.isFinished)
  }

  @Test("P-02: each bit of each MIC")
  func micBits() throws {
    for number in [3, 4] {
      for bit in 0..<64 {
        var pair = Negotiation([.ntlm], [.ntlm])
        #expect(throws: TestMechanism.BadMIC.self) {
          try pair.run { index, token in
            guard index == number else { return token }
            var response = try NegTokenResp(decoding: token)
            response.mechListMIC?[bit / 8] ^= 1 << (bit % 8)
            return response.encode()
          }
        }
      }
    }
  }

  @Test("P-02: request-mic turned into accept-incomplete changes nothing with NTLM")
  func requestStripped() throws {
    var pair = Negotiation([.ntlm], [.ntlm])
    try pair.run { number, token in
      guard number == 2 else { return token }
      var response = try NegTokenResp(decoding: token)
      response.negState = .acceptIncomplete
      return response.encode()
    }
    #expect(pair.initiator.isFinished && pair.acceptor.isFinished)
  }

  @Test("P-02: accept-completed before the mechanism has finished")
  func earlyEnd() throws {
    for offered in [[MechanismIdentifier.ntlm], [.kerberos, .ntlm]] {
      var pair = Negotiation(offered, [.ntlm])
      let error = #expect(throws: SPNEGOError.self) {
        try pair.run { number, token in
          guard number == 2 else { return token }
          var response = try NegTokenResp(decoding: token)
          response.negState = .acceptCompleted
          return response.encode()
        }
      }
      #expect(error?.code == .violation)
      #expect(!pair.initiator.isFinished && !pair.initiator.mayProtect)
    }
  }

  @Test("The acceptor picks what was not offered, or says nothing")
  func wrongPick() throws {
    let replies = [
      NegTokenResp(negState: .acceptIncomplete, supportedMech: .kerberos), NegTokenResp(negState: .acceptIncomplete),
      NegTokenResp(negState: nil, supportedMech: .ntlm), NegTokenResp(negState: .acceptCompleted, supportedMech: .ntlm),
      NegTokenResp(negState: .acceptIncomplete, supportedMech: .ntlm),
      NegTokenResp(negState: .acceptIncomplete, supportedMech: .ntlm, mechListMIC: [1]),
    ]
    for reply in replies {
      var initiator = SPNEGOInitiator(mechanisms: [.ntlm])
      _ = try initiator.settle(initiator.start(), [TestMechanism.ntlm(isInitiator: true)])
      #expect(code { try initiator.receive(reply.encode()) } == .violation)
    }
  }

  @Test("A bare mechanism token is no answer to SPNEGO")
  func rawAnswer() throws {
    var initiator = SPNEGOInitiator(mechanisms: [.ntlm])
    _ = try initiator.settle(initiator.start(), [TestMechanism.ntlm(isInitiator: true)])
    #expect(code { try initiator.receive(TestMechanism.challenge) } == .malformed)
  }

  @Test("P-03: the negotiation ends after a fixed number of tokens")
  func endless() throws {
    let steps = Array(repeating: MechanismStep(token: [1], mayProtect: false, isFinished: false), count: 100)
    var pair = Negotiation([.kerberos], [.kerberos])
    pair.initiatorMechanisms = [TestMechanism(.kerberos, isInitiator: true, steps: steps)]
    pair.acceptorMechanisms = [TestMechanism(.kerberos, isInitiator: false, steps: steps)]
    let error = #expect(throws: SPNEGOError.self) { try pair.run() }
    #expect(error?.code == .limit)
    #expect(pair.tokens.count <= 2 * SPNEGOAcceptor.maximumTokens + 1)
  }

  @Test("Calls and answers in the wrong order are our own mistake, and end the negotiation")
  func wrongOrder() throws {
    var initiator = SPNEGOInitiator(mechanisms: [.ntlm])
    #expect(code { try initiator.receive([]) } == .local)
    #expect(code { try initiator.start() } == .local)
    for answer in [MechanismAnswer.mic([]), .verified, .sealed([]), .unsealed([]), .permitted, .accepted] {
      var initiator = SPNEGOInitiator(mechanisms: [.ntlm])
      _ = try initiator.start()
      #expect(code { try initiator.answer(answer) } == .local)
      var acceptor = SPNEGOAcceptor(mechanisms: [.ntlm])
      _ = try acceptor.receive(TestMechanism.negotiate)
      #expect(code { try acceptor.answer(answer) } == .local)
      #expect(code { try acceptor.receive(TestMechanism.negotiate) } == .violation)
    }
    var acceptor = SPNEGOAcceptor(mechanisms: [.ntlm])
    #expect(code { try acceptor.answer(.verified) } == .local)
    var mute = SPNEGOAcceptor(mechanisms: [.ntlm])
    _ = try mute.receive(TestMechanism.negotiate)
    #expect(code { try mute.answer(.stepped(MechanismStep(token: nil, mayProtect: false, isFinished: false))) } == .local)
  }

  @Test("A token after the end")
  func afterEnd() throws {
    var pair = Negotiation([.ntlm], [.ntlm])
    try pair.run()
    let tokens = pair.tokens
    #expect(code { try pair.initiator.receive(tokens[3]) } == .violation)
    #expect(code { try pair.acceptor.receive(tokens[2]) } == .violation)
  }
}

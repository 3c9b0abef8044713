import SPNEGO
import SecuritySupport
import Testing

@Suite("Initiator against acceptor")
struct NegotiationTests {
  private func micOrders(_ mechanisms: [TestMechanism]) -> Int {
    mechanisms.flatMap(\.orders).filter {
      if case .mic = $0 { return true }
      return false
    }.count
  }

  @Test("Kerberos as first choice: one round trip, no MIC")
  func kerberos() throws {
    var pair = Negotiation([.kerberos, .ntlm], [.ntlm, .kerberos])
    try pair.run()
    #expect(pair.initiator.isFinished && pair.acceptor.isFinished)
    #expect(pair.tokens.count == 2)
    #expect(pair.initiator.mechanism == .kerberos && pair.acceptor.mechanism == .kerberos)
    #expect(micOrders(pair.initiatorMechanisms + pair.acceptorMechanisms) == 0)
  }

  @Test("NTLM as the only choice: MICs both ways, four tokens")
  func ntlm() throws {
    var pair = Negotiation([.ntlm], [.kerberos, .ntlm])
    try pair.run()
    #expect(pair.initiator.isFinished && pair.acceptor.isFinished)
    #expect(pair.tokens.count == 4)
    #expect(micOrders(pair.initiatorMechanisms) == 1 && micOrders(pair.acceptorMechanisms) == 1)
  }

  @Test("The acceptor picks the second choice: the optimistic token is dropped, MICs both ways")
  func renegotiation() throws {
    var pair = Negotiation([.kerberos, .ntlm], [.ntlm])
    try pair.run()
    #expect(pair.initiator.isFinished && pair.acceptor.isFinished)
    #expect(pair.acceptor.mechanism == .ntlm && pair.initiator.mechanism == .ntlm)
    let reply = try NegTokenResp(decoding: pair.tokens[1])
    #expect(reply == NegTokenResp(negState: .requestMIC, supportedMech: .ntlm))
    // The second token of the initiator names no mechanism and has no GSS wrapper.
    let second = try NegTokenResp(decoding: pair.tokens[2])
    #expect(second == NegTokenResp(negState: .acceptIncomplete, responseToken: TestMechanism.negotiate))
    #expect(pair.acceptorMechanisms[0].orders.isEmpty)
    #expect(micOrders(pair.initiatorMechanisms) == 1 && micOrders(pair.acceptorMechanisms) == 1)
  }

  @Test("Renegotiation to Kerberos: the acceptor's MIC goes with AP-REP, the initiator's alone")
  func renegotiationToKerberos() throws {
    var pair = Negotiation([.ntlm, .kerberos], [.kerberos])
    try pair.run()
    #expect(pair.initiator.isFinished && pair.acceptor.isFinished)
    #expect(pair.tokens.count == 6)
    let withToken = try NegTokenResp(decoding: pair.tokens[3])
    #expect(withToken.negState == .acceptIncomplete && withToken.responseToken == TestMechanism.apRep && withToken.mechListMIC != nil)
    let alone = try NegTokenResp(decoding: pair.tokens[4])
    #expect(alone.responseToken == nil && alone.mechListMIC != nil)
    #expect(try NegTokenResp(decoding: pair.tokens[5]) == NegTokenResp(negState: .acceptCompleted))
  }

  @Test(
    "The acceptor echoes the number of Kerberos that the initiator wrote", arguments: [MechanismIdentifier.microsoftKerberos, .kerberos])
  func echo(first: MechanismIdentifier) throws {
    var pair = Negotiation([first, .kerberos, .ntlm], [.kerberos])
    try pair.run()
    #expect(pair.initiator.isFinished && pair.acceptor.isFinished)
    #expect(try NegTokenResp(decoding: pair.tokens[1]).supportedMech == first)
    #expect(pair.acceptor.mechanism == .kerberos)
    #expect(pair.tokens.count == 2)
  }

  @Test("An initiator with the odd number first takes the standard one as the same mechanism")
  func standardNumberInReply() throws {
    var initiator = SPNEGOInitiator(mechanisms: [.microsoftKerberos, .kerberos])
    let kerberos = TestMechanism.kerberos(isInitiator: true)
    _ = try initiator.settle(initiator.start(), [kerberos])
    let reply = NegTokenResp(negState: .acceptCompleted, supportedMech: .kerberos, responseToken: TestMechanism.apRep).encode()
    #expect(try initiator.settle(initiator.receive(reply), [kerberos]) == .established(token: nil))
    #expect(initiator.mechanism == .kerberos)
  }

  @Test("P-05: NEGOEX and unknown mechanisms are passed over")
  func negoEx() throws {
    let unknown = MechanismIdentifier(rawValue: [0x2B, 0x07])
    var acceptor = SPNEGOAcceptor(mechanisms: [.negoEx, .ntlm])
    let token = NegTokenInit(mechTypes: MechTypeList([unknown, .negoEx, .ntlm]), mechToken: Array("NEGOEXTS".utf8)).encode()
    #expect(try acceptor.receive(token) == .send(NegTokenResp(negState: .requestMIC, supportedMech: .ntlm).encode()))
    var initiator = SPNEGOInitiator(mechanisms: [.negoEx])
    #expect(code { try initiator.start() } == .local)
  }

  @Test("P-05: nothing in common, or an empty list: reject", arguments: [[MechanismIdentifier](), [.negoEx], [.kerberosUserToUser]])
  func nothingInCommon(offered: [MechanismIdentifier]) throws {
    var acceptor = SPNEGOAcceptor(mechanisms: [.kerberos, .ntlm])
    #expect(acceptor.rejection == nil)
    let token = NegTokenInit(mechTypes: MechTypeList(offered)).encode()
    #expect(code { try acceptor.receive(token) } == .noCommonMechanism)
    let rejection = try #require(acceptor.rejection)
    #expect(try NegTokenResp(decoding: rejection) == NegTokenResp(negState: .reject))
    var initiator = SPNEGOInitiator(mechanisms: [.ntlm])
    let ntlm = TestMechanism.ntlm(isInitiator: true)
    _ = try initiator.settle(initiator.start(), [ntlm])
    #expect(code { try initiator.receive(rejection) } == .refused)
    #expect(code { try initiator.receive(rejection) } == .violation)
  }

  @Test("The first choice without an optimistic token: the acceptor asks for it")
  func withoutOptimisticToken() throws {
    var acceptor = SPNEGOAcceptor(mechanisms: [.kerberos])
    let kerberos = TestMechanism.kerberos(isInitiator: false)
    let reply = try acceptor.settle(acceptor.receive(NegTokenInit(mechTypes: MechTypeList([.kerberos])).encode()), [kerberos])
    #expect(reply == .send(NegTokenResp(negState: .acceptIncomplete, supportedMech: .kerberos).encode()))
    let token = NegTokenResp(negState: nil, responseToken: TestMechanism.apReq).encode()
    let last = try acceptor.settle(acceptor.receive(token), [kerberos])
    #expect(last == .established(token: NegTokenResp(negState: .acceptCompleted, responseToken: TestMechanism.apRep).encode()))
  }

  @Test("request-mic from the acceptor makes the MIC due with Kerberos too")
  func requestMIC() throws {
    var initiator = SPNEGOInitiator(mechanisms: [.kerberos])
    let kerberos = TestMechanism.kerberos(isInitiator: true)
    _ = try initiator.settle(initiator.start(), [kerberos])
    let reply = NegTokenResp(negState: .requestMIC, supportedMech: .kerberos, responseToken: TestMechanism.apRep).encode()
    let list = MechTypeList([.kerberos]).encoded
    #expect(
      try initiator.settle(initiator.receive(reply), [kerberos])
        == .send(NegTokenResp(negState: .acceptIncomplete, mechListMIC: TestMechanism.mic(list, ofInitiator: true)).encode()))
    var other = initiator
    #expect(code { try other.receive(NegTokenResp(negState: .acceptCompleted).encode()) } == .missingMIC)
    let last = NegTokenResp(negState: .acceptCompleted, mechListMIC: TestMechanism.mic(list, ofInitiator: false)).encode()
    #expect(try initiator.settle(initiator.receive(last), [kerberos]) == .established(token: nil))
  }

  @Test("A MIC that comes unasked with accept-completed is verified")
  func unaskedMIC() throws {
    let list = MechTypeList([.kerberos]).encoded
    func reply(_ mic: [UInt8]) -> [UInt8] {
      NegTokenResp(negState: .acceptCompleted, supportedMech: .kerberos, responseToken: TestMechanism.apRep, mechListMIC: mic).encode()
    }
    for isGood in [true, false] {
      var initiator = SPNEGOInitiator(mechanisms: [.kerberos])
      let kerberos = TestMechanism.kerberos(isInitiator: true)
      _ = try initiator.settle(initiator.start(), [kerberos])
      let token = reply(TestMechanism.mic(list, ofInitiator: !isGood))
      if isGood {
        #expect(try initiator.settle(initiator.receive(token), [kerberos]) == .established(token: nil))
      } else {
        #expect(throws: TestMechanism.BadMIC.self) { _ = try initiator.settle(initiator.receive(token), [kerberos]) }
        #expect(!initiator.isFinished)
      }
    }
  }

  @Test("An initiator that sends a MIC unasked gets one back")
  func unaskedMICAtAcceptor() throws {
    var acceptor = SPNEGOAcceptor(mechanisms: [.kerberos])
    let kerberos = TestMechanism.kerberos(isInitiator: false)
    let list = MechTypeList([.kerberos])
    let token = NegTokenInit(
      mechTypes: list, mechToken: TestMechanism.apReq, mechListMIC: TestMechanism.mic(list.encoded, ofInitiator: true)
    ).encode()
    let reply = try acceptor.settle(acceptor.receive(token), [kerberos])
    guard case .established(let last?) = reply else {
      Issue.record("not established")
      return
    }
    let response = try NegTokenResp(decoding: last)
    #expect(response.mechListMIC == TestMechanism.mic(list.encoded, ofInitiator: false))
    #expect(response.supportedMech == .kerberos && response.negState == .acceptCompleted)
  }

  @Test("Bare NTLM is answered with bare NTLM")
  func rawNTLM() throws {
    var acceptor = SPNEGOAcceptor(mechanisms: [.kerberos, .ntlm])
    let ntlm = TestMechanism.ntlm(isInitiator: false)
    #expect(try acceptor.settle(acceptor.receive(TestMechanism.negotiate), [ntlm]) == .send(TestMechanism.challenge))
    #expect(acceptor.form == .rawNTLM && acceptor.mechanism == .ntlm)
    #expect(acceptor.rejection == nil)
    #expect(try acceptor.settle(acceptor.receive(TestMechanism.authenticate), [ntlm]) == .established(token: nil))
    #expect(acceptor.mayProtect && acceptor.isFinished)
  }

  @Test("Bare Kerberos is answered with bare Kerberos")
  func rawKerberos() throws {
    var acceptor = SPNEGOAcceptor(mechanisms: [.kerberos, .ntlm])
    let kerberos = TestMechanism.kerberos(isInitiator: false)
    #expect(try acceptor.settle(acceptor.receive(TestMechanism.apReq), [kerberos]) == .established(token: TestMechanism.apRep))
    #expect(acceptor.form == .rawKerberos)
    var without = SPNEGOAcceptor(mechanisms: [.ntlm])
    #expect(code { try without.receive(TestMechanism.apReq) } == .noCommonMechanism)
  }

  @Test("A server's hint is not an answer")
  func hintToInitiator() throws {
    var initiator = SPNEGOInitiator(mechanisms: [.ntlm])
    _ = try initiator.settle(initiator.start(), [TestMechanism.ntlm(isInitiator: true)])
    let hint = NegTokenInit(mechTypes: MechTypeList([.ntlm]), hintName: Array("x".utf8)).encode()
    #expect(code { try initiator.receive(hint) } == .malformed)
  }
}

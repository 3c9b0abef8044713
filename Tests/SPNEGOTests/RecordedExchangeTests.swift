import SPNEGO
import SecuritySupport
import TestVectors
import Testing

@Suite("Recorded exchanges, NTLM inside SPNEGO")
struct RecordedExchangeTests {
  private let ntlm = MechanismIdentifier.ntlm

  private func step(_ token: [UInt8]?, mayProtect: Bool = false, isFinished: Bool = false) -> MechanismAnswer {
    .stepped(MechanismStep(token: token, mayProtect: mayProtect, isFinished: isFinished))
  }

  @Test("Our initiator writes the recorded tokens byte for byte")
  func initiator() throws {
    let path = "spnego/ntlm_exchange"
    let list = try TestVectors.bytes("\(path)/mech_type_list_der_covered_by_mic")
    let challenge = try TestVectors.bytes("\(path)/challenge_message")
    let mic = try TestVectors.bytes("\(path)/client_mechListMIC")
    let serverMIC = try TestVectors.bytes("\(path)/server_mechListMIC")
    var initiator = SPNEGOInitiator(mechanisms: [.ntlm])
    #expect(try initiator.start() == .ask(.step(token: nil), of: ntlm))
    #expect(
      try initiator.answer(step(TestVectors.bytes("\(path)/negotiate_message")))
        == .send(TestVectors.bytes("\(path)/token1_client_NegTokenInit")))
    #expect(
      try initiator.receive(TestVectors.bytes("\(path)/token2_server_NegTokenResp")) == .ask(.step(token: challenge), of: ntlm))
    #expect(initiator.mechanism == .ntlm)
    #expect(
      try initiator.answer(step(TestVectors.bytes("\(path)/authenticate_message"), mayProtect: true, isFinished: true))
        == .ask(.mic(message: list), of: ntlm))
    #expect(!initiator.mayProtect)
    #expect(try initiator.answer(.mic(mic)) == .send(TestVectors.bytes("\(path)/token3_client_NegTokenResp")))
    #expect(initiator.mayProtect && !initiator.isFinished)
    #expect(
      try initiator.receive(TestVectors.bytes("\(path)/token4_server_NegTokenResp"))
        == .ask(.verify(message: list, mic: serverMIC), of: ntlm))
    #expect(try initiator.answer(.verified) == .established(token: nil))
    #expect(initiator.mayProtect && initiator.isFinished)
  }

  @Test("Our acceptor writes the recorded tokens byte for byte", arguments: ["spnego/ntlm_exchange", "spnego/captured_sspi_rs_client"])
  func acceptor(path: String) throws {
    let isCapture = path.hasSuffix("client")
    func token(_ index: Int, _ name: String) throws -> [UInt8] {
      try TestVectors.bytes(isCapture ? "\(path)/tokens/\(index)/token" : "\(path)/\(name)")
    }
    let first = try token(0, "token1_client_NegTokenInit")
    let list = try NegTokenInit(decoding: first).mechTypes.encoded
    let serverMIC = try #require(NegTokenResp(decoding: token(3, "token4_server_NegTokenResp")).mechListMIC)
    let clientMIC = try TestVectors.bytes("\(path)/client_mechListMIC")
    var acceptor = SPNEGOAcceptor(mechanisms: [.kerberos, .ntlm])
    #expect(
      try acceptor.receive(first) == .ask(.step(token: TestVectors.bytes("\(path)/negotiate_message")), of: ntlm))
    #expect(
      try acceptor.answer(step(TestVectors.bytes("\(path)/challenge_message"))) == .send(token(1, "token2_server_NegTokenResp")))
    #expect(
      try acceptor.receive(token(2, "token3_client_NegTokenResp"))
        == .ask(.step(token: TestVectors.bytes("\(path)/authenticate_message")), of: ntlm))
    #expect(
      try acceptor.answer(step(nil, mayProtect: true, isFinished: true)) == .ask(.verify(message: list, mic: clientMIC), of: ntlm))
    #expect(try acceptor.answer(.verified) == .ask(.mic(message: list), of: ntlm))
    #expect(!acceptor.isFinished)
    #expect(try acceptor.answer(.mic(serverMIC)) == .established(token: token(3, "token4_server_NegTokenResp")))
    #expect(acceptor.isFinished && acceptor.mayProtect)
    #expect(acceptor.rejection == nil)
  }
}

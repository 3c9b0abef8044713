import CredSSP
import SPNEGO
import SecuritySupport
import TestVectors
import Testing

/// The recorded exchanges, replayed through both ends; the answers of NTLM are the recorded ones too.
@Suite("Recorded exchanges")
struct RecordedExchangeTests {
  struct Recording {
    let version: Int
    let isSPNEGO: Bool
    let messages: [[UInt8]]
    let clientProof: [UInt8]
    let serverProof: [UInt8]
    let authInfo: [UInt8]
    let certificate: [UInt8]
    let nonce: [UInt8]

    init(_ row: Int) throws {
      let path = "credssp/full_exchange/rows/\(row)"
      version = try TestVectors.value("\(path)/version")
      isSPNEGO = try TestVectors.value("\(path)/inner", as: String.self) == "negotiate"
      messages = try (0..<5).map { try TestVectors.bytes("\(path)/ts_requests/\($0)/der") }
      clientProof = try TestVectors.bytes("\(path)/pub_key_auth_client_sealed")
      serverProof = try TestVectors.bytes("\(path)/pub_key_auth_server_sealed")
      authInfo = try TestVectors.bytes("\(path)/auth_info_sealed")
      certificate = try TestVectors.bytes("credssp/pub_key_auth/certificate_der")
      nonce = try TestVectors.bytes("credssp/pub_key_auth/client_nonce")
    }

    var configuration: CredSSPConfiguration { CredSSPConfiguration(minimumVersion: version < 5 ? 2 : 5, version: version) }
    func token(_ message: Int) throws -> [UInt8] { try #require(TSRequest(decoding: messages[message]).negoToken) }
  }

  private func step(_ token: [UInt8]?, mayProtect: Bool = false, isFinished: Bool = false) -> MechanismAnswer {
    .stepped(MechanismStep(token: token, mayProtect: mayProtect, isFinished: isFinished))
  }

  @Test("Our initiator writes the recorded messages byte for byte", arguments: 0..<3)
  func initiator(row: Int) throws {
    let recording = try Recording(row)
    let tls = NullTLS(isServer: false, certificate: recording.certificate)
    var initiator = CredSSPInitiator(tls: tls, configuration: recording.configuration, clientNonce: recording.nonce)
    #expect(try initiator.start() == .send(NullTLS.hello))
    #expect(try initiator.receive(NullTLS.serverHello) == .send(NullTLS.finished))
    #expect(try initiator.receive(NullTLS.serverFinished) == .ask(.askPolicy(serverCertificates: [recording.certificate])))
    #expect(try initiator.answer(.permitted) == .ask(.step(token: nil)))
    #expect(try initiator.answer(step(recording.token(0))) == .send(recording.messages[0]))
    #expect(initiator.peerVersion == nil)
    #expect(try initiator.receive(recording.messages[1]) == .ask(.step(token: recording.token(1))))
    #expect(initiator.peerVersion == recording.version)

    let key = try PublicKeyBinding.subjectPublicKey(certificateDER: recording.certificate)
    let proof = try PublicKeyBinding.clientProof(version: recording.version, clientNonce: recording.nonce, subjectPublicKey: key)
    // NTLM alone has finished with AUTHENTICATE. Inside SPNEGO the acceptor's MIC is still due, and messages can be protected all the same.
    #expect(
      try initiator.answer(step(recording.token(2), mayProtect: true, isFinished: !recording.isSPNEGO)) == .ask(.seal(plaintext: proof)))
    #expect(try initiator.answer(.sealed(recording.clientProof)) == .send(recording.messages[2]))
    var action = try initiator.receive(recording.messages[3])
    if recording.isSPNEGO {
      #expect(action == .ask(.step(token: try recording.token(3))))
      action = try initiator.answer(step(nil, mayProtect: true, isFinished: true))
    }
    #expect(action == .ask(.unseal(sealed: recording.serverProof)))
    let answer = try PublicKeyBinding.serverProof(version: recording.version, clientNonce: recording.nonce, subjectPublicKey: key)
    #expect(try initiator.answer(.unsealed(answer)) == .ask(.sealCredentials))
    #expect(try initiator.answer(.sealed(recording.authInfo)) == .finished(token: recording.messages[4]))
  }

  @Test("Our acceptor writes the recorded messages byte for byte", arguments: 0..<3)
  func acceptor(row: Int) throws {
    let recording = try Recording(row)
    let tls = NullTLS(isServer: true, certificate: recording.certificate)
    var acceptor = CredSSPAcceptor(tls: tls, configuration: recording.configuration)
    #expect(try acceptor.receive(NullTLS.hello) == .send(NullTLS.serverHello))
    #expect(try acceptor.receive(NullTLS.finished) == .send(NullTLS.serverFinished))
    #expect(try acceptor.receive(recording.messages[0]) == .ask(.step(token: recording.token(0))))
    #expect(acceptor.peerVersion == recording.version)
    #expect(try acceptor.answer(step(recording.token(1))) == .send(recording.messages[1]))
    #expect(try acceptor.receive(recording.messages[2]) == .ask(.step(token: recording.token(2))))
    let proof = PublicKeyProof(
      sealed: recording.clientProof, clientNonce: recording.version >= 5 ? recording.nonce : nil, version: recording.version,
      subjectPublicKey: try PublicKeyBinding.subjectPublicKey(certificateDER: recording.certificate))
    let last = recording.isSPNEGO ? try recording.token(3) : nil
    #expect(try acceptor.answer(step(last, mayProtect: true, isFinished: true)) == .ask(.provePublicKey(proof)))
    #expect(try acceptor.answer(.sealed(recording.serverProof)) == .send(recording.messages[3]))
    #expect(try acceptor.receive(recording.messages[4]) == .ask(.acceptCredentials(sealed: recording.authInfo)))
    #expect(try acceptor.answer(.accepted) == .finished(token: nil))
    #expect(try acceptor.fail(.accessDenied) == nil)
  }
}

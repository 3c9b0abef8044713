import Crypto
import Foundation
import SecuritySupport
import TestVectors
import Testing

@testable import NTLM

/// Recorded exchanges with other implementations, byte for byte.
@Suite struct ReplayTests {
  static let full = "full_exchange_raw"
  static let captured = "captured_sspi_rs_client_raw"

  static func number(_ path: String) throws -> UInt64 { try vector(path).reversed().reduce(0) { $0 << 8 | UInt64($1) } }

  static func hash(_ exchange: String) throws -> NTHash {
    try NTHash(password: SecretBytes(text: text("\(exchange)/inputs/password")))
  }

  static func acceptor(channelBindings: Bool = true) throws -> NTLMAcceptor {
    let bindings = ChannelBindings(applicationData: try vector("\(full)/inputs/channel_binding_application_data"))
    return NTLMAcceptor(
      configuration: NTLMAcceptorConfiguration(
        netBIOSComputerName: "SRV01", netBIOSDomainName: "WORKSTATION", dnsComputerName: "srv01",
        channelBindings: channelBindings ? bindings : nil),
      serverChallenge: try vector("\(full)/inputs/server_challenge"), timestamp: try number("\(full)/inputs/timestamp"))
  }

  @Test("pyspnego's client: the initiator makes the same bytes") func initiator() throws {
    var initiator = NTLMInitiator(
      credential: NTLMCredential(
        name: AccountName(domain: try text("\(Self.full)/inputs/domain"), user: try text("\(Self.full)/inputs/user")),
        hash: try Self.hash(Self.full)),
      configuration: NTLMInitiatorConfiguration(
        targetName: try text("\(Self.full)/inputs/spn"),
        channelBindings: ChannelBindings(applicationData: try vector("\(Self.full)/inputs/channel_binding_application_data")),
        workstation: "CLIENT01"),
      randomness: NTLMRandomness(
        clientChallenge: try vector("\(Self.full)/inputs/client_challenge"),
        exportedSessionKey: try vector("\(Self.full)/inputs/exported_session_key")),
      currentTime: 0)
    let first = try initiator.step(nil)
    #expect(try first == MechanismStep(token: vector("\(Self.full)/negotiate_message"), mayProtect: false, isFinished: false))
    #expect(!initiator.usesMIC)
    let second = try initiator.step(vector("\(Self.full)/challenge_message"))
    #expect(try second == MechanismStep(token: vector("\(Self.full)/authenticate_message"), mayProtect: true, isFinished: true))
    #expect(initiator.usesMIC)
    let export = try initiator.takeSession().export()
    #expect(try export.exportedSessionKey.array == vector("\(Self.full)/derived/exported_session_key"))
    #expect(try UInt64(export.flags) == TestVectors.value("ntlm/\(Self.full)/derived/auth_flags", as: NSNumber.self).uint64Value)
    #expect(export.isInitiator)
    #expect(try code { try initiator.takeSession() } == .outOfSequence)
    #expect(try code { try initiator.step(nil) } == .outOfSequence)
  }

  @Test("pyspnego's client: the acceptor makes the same CHALLENGE and agrees on the key") func acceptor() throws {
    var acceptor = try Self.acceptor()
    #expect(
      try acceptor.receive(vector("\(Self.full)/negotiate_message")) == .send(vector("\(Self.full)/challenge_message")))
    guard case .verify(let claim) = try acceptor.receive(vector("\(Self.full)/authenticate_message")) else { throw Unexpected() }
    #expect(try claim.userName == text("\(Self.full)/inputs/user"))
    #expect(try claim.domainName == text("\(Self.full)/inputs/domain"))
    #expect(claim.workstation == "CLIENT01")
    #expect(try claim.targetName == text("\(Self.full)/inputs/spn"))
    #expect(try claim.serverChallenge == vector("\(Self.full)/inputs/server_challenge"))
    #expect(
      try claim.ntChallengeResponse == vector("\(Self.full)/derived/nt_proof_str") + vector("\(Self.full)/derived/temp"))
    #expect(claim.lmChallengeResponse == [UInt8](repeating: 0, count: 24))
    #expect(!acceptor.verifiedMIC)
    let session = try acceptor.answer(.ntHash(Self.hash(Self.full)))
    #expect(acceptor.verifiedMIC)
    #expect(try session.export().exportedSessionKey.array == vector("\(Self.full)/derived/exported_session_key"))
    #expect(try code { try acceptor.receive(vector("\(Self.full)/negotiate_message")) } == .outOfSequence)
  }

  @Test("A domain controller's session base key serves as well as the hash, and a wrong one fails") func passThrough() throws {
    for (path, expected) in [("session_base_key", nil as NTLMError.Code?), ("nt_proof_str", .badMIC)] {
      var acceptor = try Self.acceptor()
      _ = try acceptor.receive(vector("\(Self.full)/negotiate_message"))
      _ = try acceptor.receive(vector("\(Self.full)/authenticate_message"))
      let key = SecretBytes(try vector("\(Self.full)/derived/\(path)"))
      #expect(try code { try acceptor.answer(.sessionBaseKey(key)) } == expected)
    }
    var acceptor = try Self.acceptor()
    _ = try acceptor.receive(vector("\(Self.full)/negotiate_message"))
    _ = try acceptor.receive(vector("\(Self.full)/authenticate_message"))
    #expect(try code { try acceptor.answer(.sessionBaseKey(SecretBytes([]))) } == .local)
  }

  @Test(
    "pyspnego's client, tampered with",
    arguments: [
      ("authenticate_with_flipped_mic_bit_must_fail", NTLMError.Code.badMIC), ("authenticate_with_wrong_nt_proof_must_fail", .logonFailure),
    ]) func tampered(path: String, expected: NTLMError.Code) throws
  {
    var acceptor = try Self.acceptor()
    _ = try acceptor.receive(vector("\(Self.full)/negotiate_message"))
    _ = try acceptor.receive(vector("\(Self.full)/tampered/\(path)"))
    #expect(try code { try acceptor.answer(.ntHash(Self.hash(Self.full))) } == expected)
    #expect(!acceptor.verifiedMIC)
    #expect(try code { try acceptor.answer(.ntHash(Self.hash(Self.full))) } == .outOfSequence)
  }

  @Test("sspi-rs's client: the acceptor verifies proof and MIC of a recorded exchange") func sspi() throws {
    let challenge = try vector("\(Self.captured)/challenge_message")
    let decoded = try ChallengeMessage(decoding: challenge)
    var acceptor = NTLMAcceptor(
      configuration: NTLMAcceptorConfiguration(netBIOSComputerName: "SRV01", netBIOSDomainName: "WORKSTATION"),
      after: .init(
        negotiate: try vector("\(Self.captured)/negotiate_message"), challenge: challenge, flags: decoded.flags,
        serverChallenge: decoded.serverChallenge, timestamp: try AVPairs(decoding: decoded.targetInfo).timestamp))
    guard case .verify(let claim) = try acceptor.receive(vector("\(Self.captured)/authenticate_message")) else { throw Unexpected() }
    #expect(claim.userName == "User" && claim.domainName == "Domain" && claim.workstation.isEmpty && claim.targetName == nil)
    let session = try acceptor.answer(.ntHash(Self.hash(Self.captured)))
    #expect(acceptor.verifiedMIC)
    #expect(try session.export().exportedSessionKey.array == vector("\(Self.captured)/derived/exported_session_key"))
  }

  @Test("sspi-rs's NEGOTIATE is answered") func sspiNegotiate() throws {
    var acceptor = try Self.acceptor()
    guard case .send = try acceptor.receive(vector("\(Self.captured)/negotiate_message")) else { throw Unexpected() }
  }

  @Test("MS-NLMP §4.2.4: a client without timestamp and MIC, accepted only when that is asked for", arguments: [false, true])
  func specification(requiresMIC: Bool) throws {
    let path = "spec_vectors/ntlmv2/"
    let challenge = try vector(path + "challenge_message")
    let decoded = try ChallengeMessage(decoding: challenge)
    var configuration = NTLMAcceptorConfiguration(netBIOSComputerName: "Server", netBIOSDomainName: "Domain")
    configuration.requiresMIC = requiresMIC
    var acceptor = NTLMAcceptor(
      configuration: configuration,
      after: .init(
        negotiate: [], challenge: challenge, flags: decoded.flags, serverChallenge: decoded.serverChallenge, timestamp: nil))
    let authenticate = try vector(path + "authenticate_message")
    guard !requiresMIC else {
      #expect(try code { try acceptor.receive(authenticate) } == .badMIC)
      return
    }
    guard case .verify(let claim) = try acceptor.receive(authenticate) else { throw Unexpected() }
    #expect(claim.userName == "User" && claim.domainName == "Domain" && claim.workstation == "COMPUTER")
    let session = try acceptor.answer(.ntHash(NTHash(password: SecretBytes(text: "Password"))))
    #expect(!acceptor.verifiedMIC)
    #expect(try session.export().exportedSessionKey.array == vector("spec_vectors/common/random_session_key"))
  }

  @Test("MS-NLMP §4.2.4: the initiator's responses to a CHALLENGE without timestamp") func specificationInitiator() throws {
    let path = "spec_vectors/ntlmv2/"
    var initiator = NTLMInitiator(
      credential: try .make("User", domain: "Domain", password: "Password"),
      configuration: NTLMInitiatorConfiguration(workstation: "COMPUTER", permitsMissingTimestamp: true),
      randomness: NTLMRandomness(
        clientChallenge: try vector("spec_vectors/common/client_challenge"),
        exportedSessionKey: try vector("spec_vectors/common/random_session_key")),
      currentTime: 0)
    _ = try initiator.step(nil)
    let token = try require(initiator.step(vector(path + "challenge_message")).token)
    #expect(!initiator.usesMIC)
    let message = try AuthenticateMessage(decoding: token)
    let expected = try AuthenticateMessage(decoding: vector(path + "authenticate_message"))
    #expect(message.ntChallengeResponse == expected.ntChallengeResponse)
    #expect(message.lmChallengeResponse == expected.lmChallengeResponse)
    #expect(message.encryptedRandomSessionKey == expected.encryptedRandomSessionKey)
    #expect(message.userName == expected.userName && message.domainName == expected.domainName)
    #expect(message.workstation == expected.workstation)
    #expect(message.mic == nil && expected.mic == nil)
  }
}

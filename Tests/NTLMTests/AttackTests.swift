import Crypto
import SecuritySupport
import Testing

@testable import NTLM

/// Section N of the attack list.
@Suite struct AttackTests {
  // MARK: N-01

  @Test(
    "N-01: channel bindings of another channel, none, and zeros; at each level",
    arguments: [
      (.strict, .badBindings, .badBindings), (.relaxed, nil, .badBindings), (.none, nil, nil),
    ] as [(NTLMAcceptorConfiguration.ChannelBindingLevel, NTLMError.Code?, NTLMError.Code?)]) func channelBindings(
      level: NTLMAcceptorConfiguration.ChannelBindingLevel, absent: NTLMError.Code?, other: NTLMError.Code?
    ) throws
  {
    let clients: [(ChannelBindings?, NTLMError.Code?)] = [
      (Pair.bindings, nil), (nil, absent), (ChannelBindings(serverEndPointHash: [UInt8](repeating: 1, count: 32)), other),
    ]
    for (bindings, expected) in clients {
      var pair = try Pair(clientBindings: bindings) {
        $0.channelBindings = Pair.bindings
        $0.channelBindingLevel = level
      }
      #expect(try code { try pair.run() } == expected)
    }
    // Sixteen zeros are a client's way to say that it has none.
    let zeros = try Self.exchange(pairs: { $0.append(.init(.channelBindings, [UInt8](repeating: 0, count: 16))) }) {
      $0.channelBindings = Pair.bindings
      $0.channelBindingLevel = level
    }
    #expect(zeros == absent)
  }

  @Test("N-01: a server without bindings does not look at the client's") func noServerBindings() throws {
    var pair = try Pair(clientBindings: Pair.bindings)
    _ = try pair.run()
  }

  // MARK: N-03

  @Test("N-03: the MIC's flag cleared, the MIC zeroed, the MIC cut out") func droppedMIC() throws {
    // The flag is inside what the proof covers, so a client has to be made that never set it.
    #expect(try Self.exchange(pairs: { $0.removeAll { $0.identifier == .flags } }) == .badMIC)
    var pair = try Pair()
    #expect(try code { try pair.run(authenticate: { $0.replace(at: 72, with: [UInt8](repeating: 0, count: 16)) }) } == .badMIC)
    // Version and MIC removed, all offsets moved.
    pair = try Pair()
    let negotiate = try pair.negotiate()
    let challenge = try pair.challenge(negotiate)
    var message = try AuthenticateMessage(decoding: pair.authenticate(challenge))
    message.mic = nil
    #expect(try code { try pair.verify(message.encode()) } == .badMIC)
  }

  @Test("N-03: a MIC that is not required is verified when announced") func optionalMIC() throws {
    var pair = try Pair { $0.requiresMIC = false }
    #expect(try code { try pair.run(authenticate: { $0[72] ^= 1 }) } == .badMIC)
    // And a client without one gets its session then.
    #expect(try Self.exchange(pairs: { $0.removeAll { $0.identifier == .flags } }, configure: { $0.requiresMIC = false }) == nil)
  }

  @Test("N-03: NEGOTIATE altered on its way, in any bit that the server lets pass") func alteredNegotiate() throws {
    var pair = try Pair()
    let count = try pair.negotiate().count
    var passed = 0
    for bit in 0..<count * 8 {
      var pair = try Pair()
      let negotiate = try pair.negotiate()
      var changed = negotiate
      changed.flip(bit: bit)
      guard let challenge = try? pair.challenge(changed) else { continue }
      passed += 1
      let outcome = try code { try pair.verify(pair.authenticate(challenge)) }
      #expect(outcome != nil, "bit \(bit)")
    }
    #expect(passed > 0)
  }

  @Test("N-03: every flipped bit of CHALLENGE ends in an error at one of the ends") func alteredChallenge() throws {
    var first = try Pair()
    let length = try first.challenge(first.negotiate()).count
    for bit in 0..<length * 8 {
      var pair = try Pair()
      let outcome = try code { try pair.run(challenge: { $0.flip(bit: bit) }) }
      #expect(outcome != nil, "bit \(bit)")
    }
  }

  @Test("N-03: every flipped bit of AUTHENTICATE is refused: none is without meaning, because the MIC covers them all")
  func alteredAuthenticate() throws {
    var pair = try Pair(clientBindings: Pair.bindings) { $0.channelBindings = Pair.bindings }
    let challenge = try pair.challenge(pair.negotiate())
    let authenticate = try pair.authenticate(challenge)
    let hash = try NTHash(password: SecretBytes(text: Pair.password))
    for bit in 0..<authenticate.count * 8 {
      var acceptor = pair.acceptor
      var changed = authenticate
      changed.flip(bit: bit)
      let outcome = try code {
        _ = try acceptor.receive(changed)
        return try acceptor.answer(.ntHash(hash))
      }
      #expect(outcome != nil, "bit \(bit)")
      #expect(!acceptor.verifiedMIC)
    }
    var acceptor = pair.acceptor
    _ = try acceptor.receive(authenticate)
    _ = try acceptor.answer(.ntHash(hash))
  }

  @Test("N-03: a domain controller's answer does not replace the MIC") func alteredAuthenticatePassThrough() throws {
    var pair = try Pair()
    let negotiate = try pair.negotiate()
    let challenge = try pair.challenge(negotiate)
    var authenticate = try pair.authenticate(challenge)
    let message = try AuthenticateMessage(decoding: authenticate)
    let hash = try NTHash(password: SecretBytes(text: Pair.password))
    let key = ResponseKey(hash: hash, user: "jdoe", domain: "CONTOSO")
      .sessionBaseKey(proof: try NTLMv2Response(decoding: message.ntChallengeResponse).proof)
    authenticate.changeFlags(at: FlagsOffset.authenticate) { $0.remove(.key56) }
    _ = try pair.acceptor.receive(authenticate)
    #expect(try code { try pair.acceptor.answer(.sessionBaseKey(SecretBytes(key.array))) } == .badMIC)
  }

  // MARK: N-04

  static let protection: [NegotiateFlags] = [.sign, .seal, .keyExchange, .key128, .extendedSessionSecurity, .unicode, .ntlm]

  @Test("N-04: a protection bit stripped from NEGOTIATE is refused by the server", arguments: protection)
  func strippedNegotiate(flag: NegotiateFlags) throws {
    var pair = try Pair()
    #expect(try code { try pair.run(negotiate: { $0.changeFlags(at: FlagsOffset.negotiate) { $0.remove(flag) } }) } == .missingFlags)
  }

  @Test("N-04: a protection bit stripped from CHALLENGE is refused by the client", arguments: protection + [.targetInfo])
  func strippedChallenge(flag: NegotiateFlags) throws {
    var pair = try Pair()
    #expect(try code { try pair.run(challenge: { $0.changeFlags(at: FlagsOffset.challenge) { $0.remove(flag) } }) } == .missingFlags)
  }

  @Test("N-04: a protection bit stripped from AUTHENTICATE is refused by the server", arguments: protection)
  func strippedAuthenticate(flag: NegotiateFlags) throws {
    var pair = try Pair()
    #expect(try code { try pair.run(authenticate: { $0.changeFlags(at: FlagsOffset.authenticate) { $0.remove(flag) } }) } == .missingFlags)
  }

  @Test(
    "N-04: a bit that was not offered is refused in AUTHENTICATE",
    arguments: [NegotiateFlags.lmKey, .datagram, .oem, .requestNonNTSessionKey])
  func addedAuthenticate(flag: NegotiateFlags) throws {
    var pair = try Pair()
    #expect(try code { try pair.run(authenticate: { $0.changeFlags(at: FlagsOffset.authenticate) { $0.insert(flag) } }) } == .violation)
  }

  @Test("N-04: what a CHALLENGE adds on its own is not taken up", arguments: [NegotiateFlags.lmKey, .datagram, .oem, .anonymous])
  func addedChallenge(flag: NegotiateFlags) throws {
    var pair = try Pair()
    var challenge = try pair.challenge(pair.negotiate())
    challenge.changeFlags(at: FlagsOffset.challenge) { $0.insert(flag) }
    let message = try AuthenticateMessage(decoding: pair.authenticate(challenge))
    #expect(!message.flags.contains(flag))
  }

  @Test(
    "N-04: a CHALLENGE that does not tell the server's names is refused by the client",
    arguments: [AVIdentifier.netBIOSComputerName, .netBIOSDomainName])
  func missingNames(identifier: AVIdentifier) throws {
    var pair = try Pair()
    var challenge = try ChallengeMessage(decoding: pair.challenge(pair.negotiate()))
    var pairs = try AVPairs(decoding: challenge.targetInfo)
    pairs.pairs.removeAll { $0.identifier == identifier }
    challenge.targetInfo = pairs.encode()
    #expect(try code { try pair.authenticate(challenge.encode()) } == .violation)
  }

  // MARK: N-05

  @Test("N-05: NTLMv1, LM and NTLM2 session responses are refused", arguments: ["ntlmv1", "ntlmv1_ess"]) func version1(section: String)
    throws
  {
    var pair = try Pair()
    _ = try pair.challenge(pair.negotiate())
    #expect(try code { try pair.acceptor.receive(vector("spec_vectors/\(section)/authenticate_message")) } == .unsupported)
    // The same responses under flags that claim all protection.
    pair = try Pair()
    let challenge = try pair.challenge(pair.negotiate())
    var message = try AuthenticateMessage(decoding: pair.authenticate(challenge))
    message.ntChallengeResponse = try vector("spec_vectors/\(section)/nt_challenge_response")
    message.lmChallengeResponse = try vector("spec_vectors/\(section)/lm_challenge_response")
    #expect(try code { try pair.acceptor.receive(message.encode()) } == .unsupported)
  }

  @Test("N-05: anonymous, guest-like and LM-only clients are refused") func anonymous() throws {
    let changes: [(inout AuthenticateMessage) -> Void] = [
      { $0.flags.insert(.anonymous) }, { $0.userName = [] }, { $0.ntChallengeResponse = [] },
      {
        ($0.userName, $0.domainName, $0.workstation, $0.ntChallengeResponse, $0.lmChallengeResponse) = ([], [], [], [], [0])
        $0.flags.insert(.anonymous)
      },
      { ($0.userName, $0.domainName, $0.ntChallengeResponse, $0.lmChallengeResponse) = ([], [], [], []) },
      { $0.ntChallengeResponse[16] = 2 }, { $0.ntChallengeResponse[17] = 0 },
    ]
    for change in changes {
      var pair = try Pair()
      let challenge = try pair.challenge(pair.negotiate())
      var message = try AuthenticateMessage(decoding: pair.authenticate(challenge))
      change(&message)
      #expect(try code { try pair.acceptor.receive(message.encode()) } == .unsupported)
    }
  }

  // MARK: N-06, N-07

  @Test("N-06: a server's own names and bindings do not become the client's by way of CHALLENGE") func clientPairsFromServer() throws {
    var pair = try Pair(clientBindings: Pair.bindings)
    var challenge = try ChallengeMessage(decoding: pair.challenge(pair.negotiate()))
    var pairs = try AVPairs(decoding: challenge.targetInfo)
    pairs.pairs.insert(.init(.targetName, "cifs/victim".utf16LittleEndianBytes), at: 0)
    pairs.pairs.insert(.init(.channelBindings, [UInt8](repeating: 9, count: 16)), at: 0)
    pairs.pairs.insert(.init(.flags, [4, 0, 0, 0]), at: 0)
    pairs.pairs.append(.init(AVIdentifier(rawValue: 0x1234), [1, 2, 3]))
    challenge.targetInfo = pairs.encode()
    let message = try AuthenticateMessage(decoding: pair.authenticate(challenge.encode()))
    let sent = try NTLMv2Response(decoding: message.ntChallengeResponse).pairs
    #expect(sent.text(.targetName) == "HTTP/srv01")
    #expect(sent[.channelBindings] == channelBindingsDigest(Pair.bindings))
    #expect(sent.flags == .mic)
    #expect(sent.pairs.filter { $0.identifier == .targetName || $0.identifier == .channelBindings }.count == 2)
    // Unknown pairs are copied.
    #expect(sent[AVIdentifier(rawValue: 0x1234)] == [1, 2, 3])
  }

  @Test("N-07: the client's target name and bindings reach the server; an untrusted name counts as none") func targetName() throws {
    var claims: [NTLMVerification] = []
    _ = try Self.exchange(
      pairs: { pairs in
        pairs.removeAll { $0.identifier == .flags }
        pairs.append(.init(.flags, [6, 0, 0, 0]))
      }, claim: { claims.append($0) })
    #expect(claims.count == 1 && claims.first?.targetName == nil)
    #expect(try Self.exchange(pairs: { $0.removeAll { $0.identifier == .targetName } }, claim: { claims.append($0) }) == nil)
    #expect(claims.last?.targetName == nil)
  }

  // MARK: N-08

  @Test("N-08: wrong password, wrong user, wrong domain and an unknown account fail alike") func wrongPassword() throws {
    var errors: [NTLMError] = []
    let changes: [(inout AuthenticateMessage) -> Void] = [
      { _ in }, { $0.userName = "other".utf16LittleEndianBytes }, { $0.domainName = "OTHER".utf16LittleEndianBytes },
    ]
    for (index, change) in changes.enumerated() {
      var pair = try Pair()
      let challenge = try pair.challenge(pair.negotiate())
      var message = try AuthenticateMessage(decoding: pair.authenticate(challenge))
      change(&message)
      do { _ = try pair.verify(message.encode(), password: index == 0 ? "wrong" : Pair.password) } catch let error as NTLMError {
        errors.append(error)
      }
    }
    // An unknown account: the caller has a hash of nobody's password.
    var pair = try Pair()
    let challenge = try pair.challenge(pair.negotiate())
    _ = try pair.acceptor.receive(pair.authenticate(challenge))
    do { _ = try pair.acceptor.answer(.ntHash(NTHash(bytes: SecretBytes([UInt8](repeating: 3, count: 16))))) } catch {
      errors.append(error)
    }
    #expect(errors.count == 4)
    for error in errors {
      #expect(error.code == .logonFailure && error.message == errors.first?.message)
      #expect(error.status == .logonFailure)
    }
  }

  @Test("N-08: an account with an empty password is not let in") func emptyPassword() throws {
    var pair = try Pair()
    let challenge = try pair.challenge(pair.negotiate())
    let token = try pair.authenticate(challenge)
    // A client that does not refuse itself as ours does: proof, session key and MIC with the hash of the empty password.
    let hash = try NTHash(password: SecretBytes([]))
    let message = try Self.forge(
      token, hash: hash, negotiate: NegotiateMessage(flags: .offered, version: .ours).encode(), challenge: challenge)
    _ = try pair.acceptor.receive(message)
    #expect(try code { try pair.acceptor.answer(.ntHash(hash)) } == .logonFailure)
  }

  @Test("N-08: names at and beyond the limit") func longNames() throws {
    var pair = try Pair(credential: .make(String(repeating: "u", count: 512)))
    _ = try pair.run()
    pair = try Pair(credential: .make(String(repeating: "u", count: 513)))
    #expect(try code { try pair.negotiate() } == .limit)
    for change: (inout AuthenticateMessage) -> Void in [
      { $0.userName = [UInt8](repeating: 65, count: 1026) }, { $0.domainName = [UInt8](repeating: 65, count: 60_000) },
      { $0.workstation = [UInt8](repeating: 65, count: 1026) },
    ] {
      pair = try Pair()
      let challenge = try pair.challenge(pair.negotiate())
      var message = try AuthenticateMessage(decoding: pair.authenticate(challenge))
      change(&message)
      #expect(try code { try pair.acceptor.receive(message.encode()) } == .limit)
    }
    pair = try Pair()
    let challenge = try pair.challenge(pair.negotiate())
    let long = try pair.authenticate(challenge) + [UInt8](repeating: 65, count: 1_048_576)
    #expect(try code { try pair.acceptor.receive(long) } == .limit)
  }

  // MARK: N-09

  @Test("N-09: a recorded AUTHENTICATE does not answer a new challenge, nor its own a second time") func replay() throws {
    var pair = try Pair()
    let negotiate = try pair.negotiate()
    let challenge = try pair.challenge(negotiate)
    let authenticate = try pair.authenticate(challenge)
    _ = try pair.verify(authenticate)
    #expect(try code { try pair.acceptor.receive(authenticate) } == .outOfSequence)
    var other = NTLMAcceptor(
      configuration: NTLMAcceptorConfiguration(netBIOSComputerName: "SRV01", netBIOSDomainName: "SRV01"), serverChallenge: Array(1...8),
      timestamp: Pair.timestamp)
    _ = try other.receive(negotiate)
    _ = try other.receive(authenticate)
    #expect(try code { try other.answer(.ntHash(NTHash(password: SecretBytes(text: Pair.password)))) } == .logonFailure)
  }

  @Test("N-09: the timestamp of another challenge, a day off either way, is refused", arguments: [-864_000_000_000, 864_000_000_000])
  func timestamp(offset: Int64) throws {
    let outcome = try Self.exchange(pairs: { pairs in
      pairs.removeAll { $0.identifier == .timestamp }
      var bytes: [UInt8] = []
      bytes.append(littleEndian: UInt64(Int64(Pair.timestamp) + offset))
      pairs.append(.init(.timestamp, bytes))
    })
    #expect(outcome == .logonFailure)
  }

  /// The CHALLENGE of the pair's acceptor after a man in the middle took the timestamp out.
  private static func challengeWithoutTimestamp(_ pair: inout Pair) throws -> [UInt8] {
    var challenge = try ChallengeMessage(decoding: pair.challenge(pair.negotiate()))
    var pairs = try AVPairs(decoding: challenge.targetInfo)
    pairs.pairs.removeAll { $0.identifier == .timestamp }
    challenge.targetInfo = pairs.encode()
    return challenge.encode()
  }

  @Test("N-03: a CHALLENGE without timestamp, which would keep the client from sending a MIC, is not answered") func strippedTimestamp()
    throws
  {
    var pair = try Pair()
    let challenge = try Self.challengeWithoutTimestamp(&pair)
    #expect(try code { try pair.authenticate(challenge) } == .badMIC)
    #expect(try code { try pair.initiator.takeSession() } == .outOfSequence)
  }

  @Test("N-09: a client that permits a missing timestamp sends no MIC, says so, and our server refuses it") func missingTimestamp() throws {
    var pair = try Pair(permitsMissingTimestamp: true)
    let authenticate = try pair.authenticate(Self.challengeWithoutTimestamp(&pair))
    #expect(!pair.initiator.usesMIC)
    #expect(try NTLMv2Response(decoding: AuthenticateMessage(decoding: authenticate).ntChallengeResponse).clientChallenge[8] == 7)
    #expect(try code { try pair.acceptor.receive(authenticate) } == .badMIC)
  }

  // MARK: N-10

  @Test("N-10: every truncation of each message is an error or a legal result, and never a session") func truncation() throws {
    var pair = try Pair()
    let negotiate = try pair.negotiate()
    var copy = pair
    let challenge = try copy.challenge(negotiate)
    var client = copy
    let authenticate = try client.authenticate(challenge)
    for length in 0..<negotiate.count {
      var pair = copy
      pair.acceptor = try Pair().acceptor
      guard let challenge = try? pair.challenge(Array(negotiate[..<length])) else { continue }
      #expect(try code { try pair.verify(pair.authenticate(challenge)) } == .badMIC)
    }
    for length in 0..<challenge.count {
      var pair = copy
      #expect(try code { try pair.authenticate(Array(challenge[..<length])) } != nil, "\(length)")
    }
    for length in 0..<authenticate.count {
      var pair = copy
      #expect(try code { try pair.verify(Array(authenticate[..<length])) } != nil, "\(length)")
    }
  }

  @Test("N-10: every byte of AUTHENTICATE and CHALLENGE set to its extremes") func extremes() throws {
    var pair = try Pair()
    let challenge = try pair.challenge(pair.negotiate())
    let beforeAuthenticate = pair
    let authenticate = try pair.authenticate(challenge)
    for value: UInt8 in [0, 0x7F, 0x80, 0xFF] {
      for index in challenge.indices where challenge[index] != value {
        var pair = beforeAuthenticate
        var changed = challenge
        changed[index] = value
        #expect(try code { try pair.verify(pair.authenticate(changed)) } != nil)
      }
      for index in authenticate.indices where authenticate[index] != value {
        var pair = beforeAuthenticate
        var changed = authenticate
        changed[index] = value
        #expect(try code { try pair.verify(changed) } != nil)
      }
    }
  }

  @Test("N-10: names that are not UTF-16, a blob without end, a session key of another length") func malformed() throws {
    let changes: [(inout AuthenticateMessage) -> Void] = [
      { $0.userName = [65] }, { $0.userName = [65, 0, 0] }, { $0.userName = [0, 0xD8] }, { $0.userName = [65, 0, 0, 0] },
      { $0.domainName = [0, 0xDC] }, { $0.workstation = [1, 2, 3] }, { $0.encryptedRandomSessionKey = [] },
      { $0.encryptedRandomSessionKey.append(1) }, { $0.ntChallengeResponse = Array($0.ntChallengeResponse.prefix(43)) },
      { $0.ntChallengeResponse = Array($0.ntChallengeResponse.prefix(44)) },
      { $0.ntChallengeResponse = Array($0.ntChallengeResponse.dropLast(5)) },
    ]
    for (index, change) in changes.enumerated() {
      var pair = try Pair()
      let challenge = try pair.challenge(pair.negotiate())
      var message = try AuthenticateMessage(decoding: pair.authenticate(challenge))
      change(&message)
      #expect(try code { try pair.acceptor.receive(message.encode()) } == .malformed, "\(index)")
    }
    #expect(
      try Self.exchange(pairs: {
        $0.removeAll { $0.identifier == .targetName }; $0.append(.init(.targetName, [65]))
      }) == .malformed)
  }

  @Test("N-10: a CHALLENGE whose information does not fit in an answer is refused by the client") func longTargetInfo() throws {
    for length in [65_300, 65_400] {
      var pair = try Pair()
      var challenge = try ChallengeMessage(decoding: pair.challenge(pair.negotiate()))
      var pairs = try AVPairs(decoding: challenge.targetInfo)
      pairs.pairs.append(.init(AVIdentifier(rawValue: 99), [UInt8](repeating: 1, count: length - challenge.targetInfo.count)))
      challenge.targetInfo = pairs.encode()
      #expect(try code { try pair.authenticate(challenge.encode()) } == .limit)
    }
  }

  // MARK: -

  /// An exchange with a client whose AV pairs are changed before it makes its proof. The result is the server's error, or `nil`.
  static func exchange(
    pairs change: (inout [AVPairs.Pair]) -> Void, configure: (inout NTLMAcceptorConfiguration) -> Void = { _ in },
    claim: (NTLMVerification) -> Void = { _ in }
  ) throws -> NTLMError.Code? {
    var pair = try Pair(configure: configure)
    let negotiate = try pair.negotiate()
    let challenge = try pair.challenge(negotiate)
    let hash = try NTHash(password: SecretBytes(text: Pair.password))
    let token = try forge(pair.authenticate(challenge), hash: hash, negotiate: negotiate, challenge: challenge, pairs: change)
    return try code {
      guard case .verify(let verification) = try pair.acceptor.receive(token) else { throw Unexpected() }
      claim(verification)
      return try pair.acceptor.answer(.ntHash(hash))
    }
  }

  /// `token` with the AV pairs changed, and proof, session key and MIC made anew by somebody who knows `hash`.
  static func forge(
    _ token: [UInt8], hash: NTHash, negotiate: [UInt8], challenge: [UInt8], pairs change: (inout [AVPairs.Pair]) -> Void = { _ in }
  ) throws -> [UInt8] {
    var message = try AuthenticateMessage(decoding: token)
    var pairs = try NTLMv2Response(decoding: message.ntChallengeResponse).pairs
    change(&pairs.pairs)
    let blob = NTLMv2Response.clientChallenge(time: Pair.timestamp, challenge: Array(1...8), pairs: pairs)
    let key = ResponseKey(hash: hash, user: "jdoe", domain: "CONTOSO")
    let proof = key.proof(serverChallenge: Array(32..<40), clientChallenge: blob)
    let exported = SecretBytes(Array(16..<32))
    message.ntChallengeResponse = proof + blob
    message.encryptedRandomSessionKey = rc4(key: key.sessionBaseKey(proof: proof).array, exported.array)
    message.mic = [UInt8](repeating: 0, count: 16)
    message.mic = messageIntegrityCode(
      exportedSessionKey: exported, negotiate: negotiate, challenge: challenge, authenticate: message.encode())
    return message.encode()
  }
}

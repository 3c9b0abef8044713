import CredSSP
import SecuritySupport
import TestVectors
import Testing

@Suite("A middleman and hostile peers")
struct AttackTests {
  private let certificate: [UInt8]
  private let key: [UInt8]
  private let nonce = [UInt8](0x40..<0x60)
  private let unfinished = MechanismAnswer.stepped(MechanismStep(token: [1], mayProtect: false, isFinished: false))
  private let lastOfInitiator = MechanismAnswer.stepped(MechanismStep(token: [2], mayProtect: true, isFinished: true))
  private let lastOfAcceptor = MechanismAnswer.stepped(MechanismStep(token: nil, mayProtect: true, isFinished: true))

  init() throws {
    certificate = try TestVectors.bytes("credssp/pub_key_auth/certificate_der")
    key = try TestVectors.bytes("credssp/pub_key_auth/subject_public_key_bytes")
  }

  // MARK: Ends at a certain point

  /// The initiator after its first message.
  private func initiatorAfterToken(_ configuration: CredSSPConfiguration = .init()) throws -> CredSSPInitiator {
    var initiator = CredSSPInitiator(
      tls: NullTLS(isServer: false, certificate: certificate), configuration: configuration, clientNonce: nonce)
    _ = try initiator.start()
    _ = try initiator.receive(NullTLS.serverHello)
    _ = try initiator.receive(NullTLS.serverFinished)
    _ = try initiator.answer(.permitted)
    _ = try initiator.answer(unfinished)
    return initiator
  }

  /// The initiator after it sent its proof.
  private func initiatorAfterProof(_ configuration: CredSSPConfiguration = .init(), isFinished: Bool = true) throws -> CredSSPInitiator {
    var initiator = try initiatorAfterToken(configuration)
    _ = try initiator.receive(TSRequest(version: configuration.version, negoTokens: [[9]]).encode())
    _ = try initiator.answer(.stepped(MechanismStep(token: [2], mayProtect: true, isFinished: isFinished)))
    _ = try initiator.answer(.sealed([3]))
    return initiator
  }

  /// The acceptor after the handshake.
  private func acceptorAfterHandshake(_ configuration: CredSSPConfiguration = .init()) throws -> CredSSPAcceptor {
    var acceptor = CredSSPAcceptor(tls: NullTLS(isServer: true, certificate: certificate), configuration: configuration)
    _ = try acceptor.receive(NullTLS.hello)
    _ = try acceptor.receive(NullTLS.finished)
    return acceptor
  }

  /// The acceptor after its first message.
  private func acceptorAfterToken(_ configuration: CredSSPConfiguration = .init()) throws -> CredSSPAcceptor {
    var acceptor = try acceptorAfterHandshake(configuration)
    _ = try acceptor.receive(TSRequest(version: configuration.version, negoTokens: [[1]]).encode())
    _ = try acceptor.answer(unfinished)
    return acceptor
  }

  /// The acceptor after it sent its proof.
  private func acceptorAfterProof() throws -> CredSSPAcceptor {
    var acceptor = try acceptorAfterToken()
    _ = try acceptor.receive(TSRequest(version: 6, negoTokens: [[2]], pubKeyAuth: [3], clientNonce: nonce).encode())
    _ = try acceptor.answer(lastOfAcceptor)
    _ = try acceptor.answer(.sealed([4]))
    return acceptor
  }

  // MARK: The public key

  @Test("C-01: a middleman with two TLS connections and its own certificate")
  func middleman() throws {
    let path = "credssp/pub_key_auth/subject_public_key_info_der"
    var other = certificate
    let info = try TestVectors.bytes(path)
    // One byte of the modulus changed: another key, as good as any.
    let position = try #require(other.indices.first { other[$0...].starts(with: info) }) + 100
    other[position] ^= 1
    for form in InnerForm.allCases {
      var pair = try Conversation(
        form, client: NullTLS(isServer: false, certificate: other), server: NullTLS(isServer: true, certificate: certificate))
      let failure = error { try pair.run() }
      #expect(failure?.code == .publicKeyMismatch && failure?.status == .accessDenied)
      #expect(!pair.gaveCredentials && !pair.isInitiatorFinished)
      #expect(pair.innerAcceptor.credentials == nil)
      for (_, bytes) in pair.tokens.dropFirst(4) { #expect(try TSRequest(decoding: bytes).authInfo == nil) }
    }
  }

  @Test("C-02: nothing but a hash is ever sealed from version 5 on")
  func chosenKey() throws {
    for version in [5, 6] {
      var initiator = try initiatorAfterToken()
      _ = try initiator.receive(TSRequest(version: version, negoTokens: [[9]]).encode())
      let order = try initiator.answer(lastOfInitiator)
      #expect(order == .ask(.seal(plaintext: try PublicKeyBinding.clientProof(version: 6, clientNonce: nonce, subjectPublicKey: key))))
    }
  }

  @Test("C-05: the server's proof reflected, cut, lengthened, or with one bit flipped")
  func wrongProofs() throws {
    let client = try PublicKeyBinding.clientProof(version: 6, clientNonce: nonce, subjectPublicKey: key)
    let server = try PublicKeyBinding.serverProof(version: 6, clientNonce: nonce, subjectPublicKey: key)
    for proof in [client, [], key] + server.mutations {
      var initiator = try initiatorAfterProof()
      _ = try initiator.receive(TSRequest(version: 6, pubKeyAuth: [4]).encode())
      #expect(code { try initiator.answer(.unsealed(proof)) } == .publicKeyMismatch)
      #expect(code { try initiator.answer(.sealed([5])) } == .local)
    }
    var initiator = try initiatorAfterProof()
    _ = try initiator.receive(TSRequest(version: 6, pubKeyAuth: [4]).encode())
    #expect(try initiator.answer(.unsealed(server)) == .ask(.sealCredentials))
  }

  @Test("C-07: a version 4 server that returns the key as it is, or counts at the wrong end")
  func wrongIncrement() throws {
    let configuration = CredSSPConfiguration(minimumVersion: 2, version: 4)
    var wrongEnd = key
    wrongEnd[wrongEnd.count - 1] &+= 1
    for proof in [key, wrongEnd] {
      var initiator = try initiatorAfterProof(configuration)
      _ = try initiator.receive(TSRequest(version: 4, pubKeyAuth: [4]).encode())
      #expect(code { try initiator.answer(.unsealed(proof)) } == .publicKeyMismatch)
    }
    var initiator = try initiatorAfterProof(configuration)
    _ = try initiator.receive(TSRequest(version: 4, pubKeyAuth: [4]).encode())
    let good = try PublicKeyBinding.serverProof(version: 4, clientNonce: nil, subjectPublicKey: key)
    #expect(try initiator.answer(.unsealed(good)) == .ask(.sealCredentials))
  }

  @Test("A certificate without a key, and no certificate")
  func noKey() throws {
    var initiator = CredSSPInitiator(tls: NullTLS(isServer: false, certificate: [0x30, 0]), clientNonce: nonce)
    _ = try initiator.start()
    _ = try initiator.receive(NullTLS.serverHello)
    #expect(code { try initiator.receive(NullTLS.serverFinished) } == .malformed)
  }

  // MARK: Versions

  @Test("C-03: versions below 5 are refused by name", arguments: [-1, 0, 1, 2, 3, 4])
  func oldServer(version: Int) throws {
    var initiator = try initiatorAfterToken()
    let failure = error { try initiator.receive(TSRequest(version: version, negoTokens: [[9]]).encode()) }
    #expect(failure?.code == .unsupportedVersion && failure?.peerVersion == version)
    #expect(failure?.message.contains("version \(version)") == true)
    #expect(code { try initiator.receive([]) } == .violation)
  }

  @Test("C-03: an old client is told with STATUS_NOT_SUPPORTED where its version has room for it", arguments: [0, 1, 2, 3, 4])
  func oldClient(version: Int) throws {
    var acceptor = try acceptorAfterHandshake()
    let failure = error { try acceptor.receive(TSRequest(version: version, negoTokens: [[1]]).encode()) }
    #expect(failure?.code == .unsupportedVersion && failure?.peerVersion == version && failure?.status == .notSupported)
    let message = try acceptor.fail(.notSupported)
    #expect(message == (version >= 3 ? TSRequest(version: 6, errorCode: .notSupported).encode() : nil))
  }

  @Test("C-03: version 1 stays refused however low the minimum is set")
  func minimumOfMinimums() throws {
    var initiator = try initiatorAfterToken(CredSSPConfiguration(minimumVersion: 0))
    #expect(code { try initiator.receive(TSRequest(version: 1, negoTokens: [[9]]).encode()) } == .unsupportedVersion)
  }

  @Test("C-04: a higher version counts as our own", arguments: [7, 255, 2_147_483_648])
  func newerPeer(version: Int) throws {
    var initiator = try initiatorAfterToken()
    #expect(try initiator.receive(TSRequest(version: version, negoTokens: [[9]]).encode()) == .ask(.step(token: [9])))
    #expect(initiator.peerVersion == version)
    var acceptor = try acceptorAfterHandshake()
    _ = try acceptor.receive(TSRequest(version: version, negoTokens: [[1]]).encode())
    _ = try acceptor.answer(unfinished)
    _ = try acceptor.receive(TSRequest(version: version, negoTokens: [[2]], pubKeyAuth: [3], clientNonce: nonce).encode())
    let proof = PublicKeyProof(sealed: [3], clientNonce: nonce, version: 6, subjectPublicKey: key)
    #expect(try acceptor.answer(lastOfAcceptor) == .ask(.provePublicKey(proof)))
  }

  @Test("C-04: a version that changes between messages", arguments: [(6, 5), (5, 6), (6, 4), (7, 6), (6, 7)])
  func changedVersion(first: Int, second: Int) throws {
    var initiator = try initiatorAfterToken()
    _ = try initiator.receive(TSRequest(version: first, negoTokens: [[9]]).encode())
    _ = try initiator.answer(lastOfInitiator)
    _ = try initiator.answer(.sealed([3]))
    #expect(code { try initiator.receive(TSRequest(version: second, pubKeyAuth: [4]).encode()) } == .violation)
    var acceptor = try acceptorAfterHandshake()
    _ = try acceptor.receive(TSRequest(version: first, negoTokens: [[1]]).encode())
    _ = try acceptor.answer(unfinished)
    let request = TSRequest(version: second, negoTokens: [[2]], pubKeyAuth: [3], clientNonce: nonce)
    #expect(code { try acceptor.receive(request.encode()) } == .violation)
  }

  // MARK: The nonce

  @Test("C-06: the proof comes without a nonce, or with one of another length", arguments: [nil, 0, 16, 31, 33, 64])
  func badNonce(length: Int?) throws {
    var acceptor = try acceptorAfterToken()
    let request = TSRequest(
      version: 6, negoTokens: [[2]], pubKeyAuth: [3], clientNonce: length.map { [UInt8](repeating: 1, count: $0) })
    #expect(code { try acceptor.receive(request.encode()) } == .violation)
  }

  @Test("C-06: a nonce in an earlier message does not stand in for the one that is due")
  func earlyNonce() throws {
    var acceptor = try acceptorAfterHandshake()
    _ = try acceptor.receive(TSRequest(version: 6, negoTokens: [[1]], clientNonce: nonce).encode())
    _ = try acceptor.answer(unfinished)
    #expect(code { try acceptor.receive(TSRequest(version: 6, negoTokens: [[2]], pubKeyAuth: [3]).encode()) } == .violation)
  }

  @Test("C-06: the nonce changes, before or after the proof")
  func changedNonce() throws {
    let other = [UInt8](repeating: 7, count: 32)
    var acceptor = try acceptorAfterHandshake()
    _ = try acceptor.receive(TSRequest(version: 6, negoTokens: [[1]], clientNonce: other).encode())
    _ = try acceptor.answer(unfinished)
    let request = TSRequest(version: 6, negoTokens: [[2]], pubKeyAuth: [3], clientNonce: nonce)
    #expect(code { try acceptor.receive(request.encode()) } == .violation)

    var late = try acceptorAfterProof()
    #expect(code { try late.receive(TSRequest(version: 6, authInfo: [5], clientNonce: other).encode()) } == .violation)
    var same = try acceptorAfterProof()
    let repeated = TSRequest(version: 6, authInfo: [5], clientNonce: nonce)
    #expect(try same.receive(repeated.encode()) == .ask(.acceptCredentials(sealed: [5])))
  }

  @Test("A nonce of our own that is not 32 bytes long never leaves", arguments: [0, 31, 33])
  func ownNonce(length: Int) {
    var initiator = CredSSPInitiator(
      tls: NullTLS(isServer: false, certificate: certificate), clientNonce: [UInt8](repeating: 1, count: length))
    #expect(code { try initiator.start() } == .local)
  }

  // MARK: Order

  @Test("C-09: credentials before the proof")
  func earlyCredentials() throws {
    let requests = [
      TSRequest(version: 6, authInfo: [5]), TSRequest(version: 6, negoTokens: [[1]], authInfo: [5]),
      TSRequest(version: 6, negoTokens: [[1]], authInfo: [5], pubKeyAuth: [3], clientNonce: nonce),
    ]
    for request in requests {
      var first = try acceptorAfterHandshake()
      #expect(code { try first.receive(request.encode()) } == .violation)
      var second = try acceptorAfterToken()
      #expect(code { try second.receive(request.encode()) } == .violation)
    }
  }

  @Test("C-09: what may not come with or in place of the credentials")
  func withCredentials() throws {
    let requests = [
      TSRequest(version: 6, negoTokens: [[1]], authInfo: [5]), TSRequest(version: 6, authInfo: [5], pubKeyAuth: [3]),
      TSRequest(version: 6), TSRequest(version: 6, negoTokens: [[1]]), TSRequest(version: 6, pubKeyAuth: [3]),
    ]
    for request in requests {
      var acceptor = try acceptorAfterProof()
      #expect(code { try acceptor.receive(request.encode()) } == .violation)
    }
    var acceptor = try acceptorAfterProof()
    #expect(code { try acceptor.receive(TSRequest(version: 6, authInfo: [5], errorCode: .accessDenied).encode()) } == .refused)
  }

  @Test("C-09: credentials twice")
  func twoCredentials() throws {
    var acceptor = try acceptorAfterProof()
    let message = TSRequest(version: 6, authInfo: [5]).encode()
    _ = try acceptor.receive(message)
    #expect(try acceptor.answer(.accepted) == .finished(token: nil))
    #expect(code { try acceptor.receive(message) } == .violation)
    var other = try acceptorAfterProof()
    #expect(code { try other.receive(message + message) } == .violation)
  }

  @Test("C-09: a proof before the mechanism has begun or finished, and a message with nothing in it")
  func earlyProof() throws {
    let proof = TSRequest(version: 6, pubKeyAuth: [3], clientNonce: nonce).encode()
    var first = try acceptorAfterHandshake()
    #expect(code { try first.receive(proof) } == .violation)
    var second = try acceptorAfterToken()
    #expect(code { try second.receive(proof) } == .violation)
    var third = try acceptorAfterToken()
    _ = try third.receive(TSRequest(version: 6, negoTokens: [[2]], pubKeyAuth: [3], clientNonce: nonce).encode())
    #expect(code { try third.answer(unfinished) } == .violation)
    var empty = try acceptorAfterHandshake()
    #expect(code { try empty.receive(TSRequest(version: 6, negoTokens: [[]]).encode()) } == .violation)
  }

  @Test("C-09: what a server may not send")
  func wrongFromServer() throws {
    for request in [
      TSRequest(version: 6, negoTokens: [[9]], authInfo: [5]), TSRequest(version: 6, negoTokens: [[9]], pubKeyAuth: [4]),
      TSRequest(version: 6),
      TSRequest(version: 6, negoTokens: [[]]),
    ] {
      var initiator = try initiatorAfterToken()
      #expect(code { try initiator.receive(request.encode()) } == .violation)
    }
    for request in [
      TSRequest(version: 6), TSRequest(version: 6, negoTokens: [[9]]), TSRequest(version: 6, negoTokens: [[9]], pubKeyAuth: [4]),
    ] {
      var initiator = try initiatorAfterProof()
      #expect(code { try initiator.receive(request.encode()) } == .violation)
    }
  }

  @Test("P-02: the server's proof without the mechanism's last token, which holds the mechListMIC")
  func withoutLastToken() throws {
    var initiator = try initiatorAfterProof(isFinished: false)
    #expect(code { try initiator.receive(TSRequest(version: 6, pubKeyAuth: [4]).encode()) } == .violation)
    var silent = try initiatorAfterProof(isFinished: false)
    #expect(try silent.receive(TSRequest(version: 6, negoTokens: [[9]], pubKeyAuth: [4]).encode()) == .ask(.step(token: [9])))
    #expect(code { try silent.answer(.stepped(MechanismStep(token: nil, mayProtect: true, isFinished: false))) } == .violation)
    var eager = try initiatorAfterProof(isFinished: false)
    _ = try eager.receive(TSRequest(version: 6, negoTokens: [[9]], pubKeyAuth: [4]).encode())
    #expect(code { try eager.answer(lastOfInitiator) } == .violation)
  }

  @Test("C-10: each error code ends the exchange, with its name or its number")
  func errorCodes() throws {
    let codes: [(UInt32, String)] = [
      (0xC000_006D, "STATUS_LOGON_FAILURE (0xC000006D)"), (0xC000_0224, "STATUS_PASSWORD_MUST_CHANGE (0xC0000224)"),
      (0xC000_00BB, "STATUS_NOT_SUPPORTED (0xC00000BB)"), (0xC012_3456, "NTSTATUS 0xC0123456"), (1, "NTSTATUS 0x00000001"),
    ]
    for (number, text) in codes {
      let status = NTStatus(rawValue: number)
      for request in [
        TSRequest(version: 6, errorCode: status), TSRequest(version: 6, negoTokens: [[9]], errorCode: status),
        TSRequest(version: 5, pubKeyAuth: [4], errorCode: status),
      ] {
        var early = try initiatorAfterToken()
        let failure = error { try early.receive(request.encode()) }
        #expect(failure?.code == .refused && failure?.status == status && failure?.message.contains(text) == true)
        #expect(code { try early.receive(request.encode()) } == .violation)
      }
      var late = try initiatorAfterProof()
      #expect(code { try late.receive(TSRequest(version: 6, pubKeyAuth: [4], errorCode: status).encode()) } == .refused)
    }
    var initiator = try initiatorAfterToken()
    let harmless = TSRequest(version: 6, negoTokens: [[9]], errorCode: NTStatus(rawValue: 0))
    #expect(try initiator.receive(harmless.encode()) == .ask(.step(token: [9])))
  }

  // MARK: Framing and limits

  @Test("C-12: two messages in one token are out of turn")
  func twoMessages() throws {
    let message = TSRequest(version: 6, negoTokens: [[9]]).encode()
    var initiator = try initiatorAfterToken()
    #expect(code { try initiator.receive(message + message) } == .violation)
    var acceptor = try acceptorAfterHandshake()
    #expect(code { try acceptor.receive(message + [0x30]) } == .violation)
  }

  @Test("C-12: one byte in each token is too slow; empty tokens do not go on for ever")
  func manyTokens() throws {
    var acceptor = try acceptorAfterHandshake()
    let message = TSRequest(version: 6, negoTokens: [.init(repeating: 1, count: 100)]).encode()
    var failure: CredSSPError?
    for byte in message where failure == nil {
      failure = error {
        let action = try acceptor.receive([byte])
        #expect(action == .send([]))
      }
    }
    #expect(failure?.code == .limit)
    var initiator = try initiatorAfterToken()
    failure = nil
    var count = 0
    while failure == nil, count < 1_000 {
      failure = error { try initiator.receive([]) }
      count += 1
    }
    #expect(failure?.code == .limit && count <= 64)
  }

  @Test("C-11, C-12: a claim above the limit is refused with its first bytes")
  func claimedLength() throws {
    for head: [UInt8] in [[0x30, 0x84, 0xFF, 0xFF, 0xFF, 0xFF], [0x30, 0x83, 0x02, 0x00, 0x00], [0x30, 0x84, 0x00, 0x02, 0x00, 0x00]] {
      var acceptor = try acceptorAfterHandshake()
      #expect(code { try acceptor.receive(head) } == .limit)
    }
    var acceptor = try acceptorAfterHandshake()
    #expect(try acceptor.receive([0x30, 0x83, 0x01, 0xF0, 0x00]) == .send([]))
    #expect(code { try acceptor.receive(.init(repeating: 0, count: 131_072)) } == .limit)
    var flood = try acceptorAfterHandshake()
    #expect(code { try flood.receive(.init(repeating: 0, count: 300_000)) } == .limit)
  }

  @Test("C-12: what is no TSRequest is refused with its first byte")
  func noMessage() throws {
    for byte in UInt8.min...UInt8.max where byte != 0x30 {
      var acceptor = try acceptorAfterHandshake()
      #expect(code { try acceptor.receive([byte]) } == .malformed)
    }
  }

  @Test("Errors of TLS keep their cause, and nothing more can be said to the peer")
  func brokenTLS() throws {
    let tls = NullTLS(isServer: true, certificate: certificate)
    var acceptor = CredSSPAcceptor(tls: tls)
    #expect(try acceptor.receive(NullTLS.hello) == .send(NullTLS.serverHello))
    let failure = error { try acceptor.receive([0]) }
    #expect(failure?.code == .tls && failure?.cause is NullTLS.Failure)
    #expect(try acceptor.fail(.accessDenied) == nil)

    let later = NullTLS(isServer: true, certificate: certificate)
    var ready = CredSSPAcceptor(tls: later)
    _ = try ready.receive(NullTLS.hello)
    _ = try ready.receive(NullTLS.finished)
    _ = try ready.receive(TSRequest(version: 6, negoTokens: [[1]]).encode())
    later.isBroken = true
    #expect(code { try ready.answer(unfinished) } == .tls)
    #expect(try ready.fail(.accessDenied) == nil)
  }

  @Test("A server that speaks before the first message")
  func earlyServer() throws {
    var initiator = CredSSPInitiator(tls: NullTLS(isServer: false, certificate: certificate, isVersion13: true), clientNonce: nonce)
    _ = try initiator.start()
    #expect(try initiator.receive(NullTLS.serverHello) == .send(NullTLS.finished))
    #expect(code { try initiator.receive(TSRequest(version: 6, negoTokens: [[1]]).encode()) } == .violation)
  }

  @Test("Answers that were not asked for, and calls out of order, end the exchange")
  func wrongOrder() throws {
    for answer in [
      MechanismAnswer.mic([]), .verified, .sealed([]), .unsealed([]), .accepted,
      .stepped(MechanismStep(token: nil, mayProtect: true, isFinished: true)),
    ] {
      var initiator = CredSSPInitiator(tls: NullTLS(isServer: false, certificate: certificate), clientNonce: nonce)
      _ = try initiator.start()
      _ = try initiator.receive(NullTLS.serverHello)
      _ = try initiator.receive(NullTLS.serverFinished)
      #expect(code { try initiator.answer(answer) } == .local)
      #expect(code { try initiator.answer(.permitted) } == .local)
    }
    var idle = CredSSPInitiator(tls: NullTLS(isServer: false, certificate: certificate), clientNonce: nonce)
    #expect(code { try idle.receive([]) } == .local)
    var acceptor = try acceptorAfterHandshake()
    #expect(code { try acceptor.answer(.accepted) } == .local)
    #expect(try acceptor.fail(.accessDenied) == nil)
  }

  @Test("A mechanism that has finished but cannot protect messages")
  func withoutProtection() throws {
    var initiator = try initiatorAfterToken()
    _ = try initiator.receive(TSRequest(version: 6, negoTokens: [[9]]).encode())
    #expect(code { try initiator.answer(.stepped(MechanismStep(token: [2], mayProtect: false, isFinished: true))) } == .local)
  }

  // MARK: The shape of Kerberos

  @Test("A mechanism that finishes without a token of its own sends the proof alone")
  func proofAlone() throws {
    var initiator = try initiatorAfterToken()
    _ = try initiator.receive(TSRequest(version: 6, negoTokens: [[9]]).encode())
    _ = try initiator.answer(.stepped(MechanismStep(token: nil, mayProtect: true, isFinished: true)))
    let message = TSRequest(version: 6, pubKeyAuth: [3], clientNonce: nonce)
    #expect(try initiator.answer(.sealed([3])) == .send(message.encode()))

    var acceptor = try acceptorAfterHandshake()
    _ = try acceptor.receive(TSRequest(version: 6, negoTokens: [[1]]).encode())
    let apRep = MechanismAnswer.stepped(MechanismStep(token: [9], mayProtect: true, isFinished: true))
    #expect(try acceptor.answer(apRep) == .send(TSRequest(version: 6, negoTokens: [[9]]).encode()))
    let proof = PublicKeyProof(sealed: [3], clientNonce: nonce, version: 6, subjectPublicKey: key)
    #expect(try acceptor.receive(message.encode()) == .ask(.provePublicKey(proof)))
    #expect(try acceptor.answer(.sealed([4])) == .send(TSRequest(version: 6, pubKeyAuth: [4]).encode()))
  }

  @Test("A mechanism that is ready before the server's version is known sends its token alone")
  func readyAtOnce() throws {
    var initiator = CredSSPInitiator(tls: NullTLS(isServer: false, certificate: certificate), clientNonce: nonce)
    _ = try initiator.start()
    _ = try initiator.receive(NullTLS.serverHello)
    _ = try initiator.receive(NullTLS.serverFinished)
    _ = try initiator.answer(.permitted)
    #expect(try initiator.answer(lastOfInitiator) == .send(TSRequest(version: 6, negoTokens: [[2]]).encode()))
    let proof = try PublicKeyBinding.clientProof(version: 6, clientNonce: nonce, subjectPublicKey: key)
    #expect(try initiator.receive(TSRequest(version: 6, negoTokens: [[]]).encode()) == .ask(.seal(plaintext: proof)))
  }
}

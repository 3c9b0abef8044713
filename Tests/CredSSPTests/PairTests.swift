import CredSSP
import NTLM
import SecuritySupport
import TestVectors
import Testing

@Suite("Initiator against acceptor, with NTLM")
struct PairTests {
  private func conversation(
    _ form: InnerForm = .spnego, isVersion13: Bool = false, configuration: CredSSPConfiguration = .init(),
    acceptorConfiguration: CredSSPConfiguration? = nil, password: String = Conversation.password
  ) throws -> Conversation {
    let certificate = try TestVectors.bytes("credssp/pub_key_auth/certificate_der")
    return try Conversation(
      form, client: NullTLS(isServer: false, certificate: certificate, isVersion13: isVersion13),
      server: NullTLS(isServer: true, certificate: certificate, isVersion13: isVersion13), configuration: configuration,
      acceptorConfiguration: acceptorConfiguration, accountPassword: password)
  }

  private func expectDelegated(_ pair: Conversation) {
    #expect(pair.isInitiatorFinished && pair.isAcceptorFinished)
    #expect(pair.innerAcceptor.credentials?.userName == "jdoe" && pair.innerAcceptor.credentials?.domainName == "SRV")
    #expect(pair.innerAcceptor.credentials?.password.revealed == Conversation.password.utf16LittleEndianBytes)
  }

  @Test("Both forms of NTLM, TLS 1.2 and 1.3, versions 5 and 6", arguments: InnerForm.allCases, [false, true])
  func delegation(form: InnerForm, isVersion13: Bool) throws {
    for version in [5, 6] {
      var pair = try conversation(form, isVersion13: isVersion13, configuration: CredSSPConfiguration(version: version))
      try pair.run()
      expectDelegated(pair)
      #expect(pair.tokens.count == 9)
      // TLS 1.3: the client's Finished is answered with an empty token.
      #expect(pair.tokens[3].bytes.isEmpty == isVersion13)
      #expect(pair.initiator.peerVersion == version && pair.acceptor.peerVersion == version)
    }
  }

  @Test("Every message carries the sender's own version, whatever the other end speaks", arguments: [(5, 6), (6, 5)])
  func mixedVersions(client: Int, server: Int) throws {
    var pair = try conversation(
      configuration: CredSSPConfiguration(version: client), acceptorConfiguration: CredSSPConfiguration(version: server))
    try pair.run()
    expectDelegated(pair)
    for (direction, bytes) in pair.tokens.dropFirst(4) {
      #expect(try TSRequest(decoding: bytes).version == (direction == .toAcceptor ? client : server))
    }
  }

  @Test("Versions 2 to 4 work where both ends were told so", arguments: [2, 3, 4])
  func oldVersions(version: Int) throws {
    var pair = try conversation(configuration: CredSSPConfiguration(minimumVersion: 2, version: version))
    try pair.run()
    expectDelegated(pair)
    let proof = try TSRequest(decoding: pair.tokens[6].bytes)
    #expect(proof.clientNonce == nil && proof.pubKeyAuth?.count == 16 + 270)
  }

  @Test("The last token travels with the proof, never alone")
  func together() throws {
    var pair = try conversation()
    try pair.run()
    let request = try TSRequest(decoding: pair.tokens[6].bytes)
    #expect(request.negoToken != nil && request.pubKeyAuth?.count == 48 && request.clientNonce == Array(0x40..<0x60))
    let reply = try TSRequest(decoding: pair.tokens[7].bytes)
    #expect(reply.negoToken != nil && reply.pubKeyAuth?.count == 48 && reply.clientNonce == nil)
    let last = try TSRequest(decoding: pair.tokens[8].bytes)
    #expect(last.negoToken == nil && last.pubKeyAuth == nil && last.authInfo != nil)
  }

  @Test("Neither the password nor its UTF-16 form is on the wire, even without TLS")
  func nothingInClear() throws {
    var pair = try conversation()
    try pair.run()
    let wire = pair.tokens.flatMap(\.bytes)
    for secret in [Array(Conversation.password.utf8), Conversation.password.utf16LittleEndianBytes] {
      #expect(!wire.indices.contains { wire[$0...].starts(with: secret) })
    }
  }

  @Test("TLS 1.3: the first message may stand behind the client's Finished")
  func gluedToFinished() throws {
    let certificate = try TestVectors.bytes("credssp/pub_key_auth/certificate_der")
    var acceptor = CredSSPAcceptor(tls: NullTLS(isServer: true, certificate: certificate, isVersion13: true))
    _ = try acceptor.receive(NullTLS.hello)
    let message = TSRequest(version: 6, negoTokens: [[1, 2, 3]]).encode()
    #expect(try acceptor.receive(NullTLS.finished + message) == .ask(.step(token: [1, 2, 3])))
  }

  @Test("C-12: each message cut in two, at every place", arguments: InnerForm.allCases)
  func cutInTwo(form: InnerForm) throws {
    var plain = try conversation(form)
    try plain.run()
    for index in 4..<plain.tokens.count {
      // A whole exchange for each cut; the first bytes, where tag and length are, one by one.
      let count = plain.tokens[index].bytes.count
      for cut in Array(1...8) + stride(from: 9, to: count, by: 23) + [count - 1] {
        var pair = try conversation(form)
        var seen = 0
        try pair.run { _, token in
          defer { seen += 1 }
          return seen == index ? [Array(token.prefix(cut)), Array(token.dropFirst(cut))] : [token]
        }
        expectDelegated(pair)
        #expect(pair.tokens.count == 9)
      }
    }
  }

  @Test("A wrong password stops the acceptor before the proof, and version 6 can say so")
  func wrongPassword() throws {
    for version in [5, 6] {
      var pair = try conversation(configuration: CredSSPConfiguration(version: version), password: "something else")
      #expect(throws: NTLMError.self) { try pair.run() }
      #expect(!pair.gaveCredentials)
      let message = try pair.acceptor.fail(.logonFailure)
      guard version == 6 else {
        #expect(message == nil)
        continue
      }
      let failure = error { try pair.initiator.receive(#require(message)) }
      #expect(failure?.code == .refused && failure?.status == .logonFailure)
      #expect(failure?.message.contains("STATUS_LOGON_FAILURE (0xC000006D)") == true)
      #expect(try pair.acceptor.fail(.logonFailure) == nil)
    }
  }

  @Test("Credentials that are refused: version 6 says why, and only that is listened to after them")
  func refusedCredentials() throws {
    var pair = try conversation()
    var seen = 0
    _ = try? pair.run { _, token in
      defer { seen += 1 }
      return seen == 8 ? [] : [token]
    }
    #expect(pair.isInitiatorFinished && !pair.isAcceptorFinished)
    var other = pair.initiator
    let message = try #require(try pair.acceptor.fail(.accountRestriction))
    let failure = error { try pair.initiator.receive(message) }
    #expect(failure?.code == .refused && failure?.status == .accountRestriction)
    #expect(code { try pair.initiator.receive(message) } == .violation)
    #expect(code { try other.receive(TSRequest(version: 6, negoTokens: [[1]]).encode()) } == .violation)
  }
}

import CredSSP
import NTLM
import SPNEGO
import SecuritySupport
import TestVectors
import Testing

/// Every truncation and every single-bit change of every message, with the recorded exchange around it: a typed error, a request for more
/// bytes or the mechanism's business, never a trap and never success.
@Suite("Truncated and flipped messages")
struct MutationTests {
  private let recording: RecordedExchangeTests.Recording
  private let unfinished = MechanismAnswer.stepped(MechanismStep(token: [1], mayProtect: false, isFinished: false))
  private let last = MechanismAnswer.stepped(MechanismStep(token: [2], mayProtect: true, isFinished: true))

  init() throws { recording = try RecordedExchangeTests.Recording(1) }

  private func expectHarmless(_ body: () throws -> CredSSPAction) {
    let failure = error {
      if case .finished = try body() { Issue.record("a changed message finished the exchange") }
    }
    #expect(failure?.code != .local && failure?.code != .tls)
  }

  @Test("The acceptor's three messages")
  func acceptor() throws {
    func ready() throws -> CredSSPAcceptor {
      var acceptor = CredSSPAcceptor(tls: NullTLS(isServer: true, certificate: recording.certificate))
      _ = try acceptor.receive(NullTLS.hello)
      _ = try acceptor.receive(NullTLS.finished)
      return acceptor
    }
    var first = try ready()
    for mutation in recording.messages[0].mutations {
      var copy = first
      expectHarmless { try copy.receive(mutation) }
    }
    _ = try first.receive(recording.messages[0])
    _ = try first.answer(unfinished)
    for mutation in recording.messages[2].mutations {
      var copy = first
      expectHarmless { try copy.receive(mutation) }
    }
    _ = try first.receive(recording.messages[2])
    _ = try first.answer(.stepped(MechanismStep(token: nil, mayProtect: true, isFinished: true)))
    _ = try first.answer(.sealed(recording.serverProof))
    for mutation in recording.messages[4].mutations {
      var copy = first
      expectHarmless { try copy.receive(mutation) }
    }
  }

  @Test("The initiator's two messages")
  func initiator() throws {
    var first = CredSSPInitiator(tls: NullTLS(isServer: false, certificate: recording.certificate), clientNonce: recording.nonce)
    _ = try first.start()
    _ = try first.receive(NullTLS.serverHello)
    _ = try first.receive(NullTLS.serverFinished)
    _ = try first.answer(.permitted)
    _ = try first.answer(unfinished)
    for mutation in recording.messages[1].mutations {
      var copy = first
      expectHarmless { try copy.receive(mutation) }
    }
    _ = try first.receive(recording.messages[1])
    _ = try first.answer(.stepped(MechanismStep(token: [2], mayProtect: true, isFinished: false)))
    _ = try first.answer(.sealed(recording.clientProof))
    for mutation in recording.messages[3].mutations {
      var copy = first
      expectHarmless { try copy.receive(mutation) }
    }
  }

  @Test("With the real NTLM: no changed byte of a token, a proof or the credentials passes", arguments: InnerForm.allCases)
  func withMechanism(form: InnerForm) throws {
    func conversation() throws -> Conversation {
      try Conversation(
        form, client: NullTLS(isServer: false, certificate: recording.certificate),
        server: NullTLS(isServer: true, certificate: recording.certificate))
    }
    var plain = try conversation()
    try plain.run()
    for index in 4..<plain.tokens.count {
      let length = plain.tokens[index].bytes.count
      for position in stride(from: 0, to: length, by: 5) {
        var pair = try conversation()
        var seen = 0
        do {
          try pair.run { _, token in
            defer { seen += 1 }
            guard seen == index, position < token.count else { return [token] }
            var copy = token
            copy[position] ^= 0x04
            return [copy]
          }
        } catch is CredSSPError {} catch is NTLMError {} catch is SPNEGOError {}
        #expect(!pair.isAcceptorFinished, "byte \(position) of token \(index) changed and nobody noticed")
      }
    }
  }
}

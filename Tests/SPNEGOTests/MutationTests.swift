import SPNEGO
import SecuritySupport
import TestVectors
import Testing

/// Every truncation and every single-bit change of every token: a typed error or a legal order, never a trap, never an end that the
/// mechanism did not confirm.
@Suite("Truncated and flipped tokens")
struct MutationTests {
  private static let path = "spnego/ntlm_exchange"

  static func mutations(of token: [UInt8]) -> [[UInt8]] {
    var all = (0..<token.count).map { Array(token.prefix($0)) }
    all.append(token + [0])
    for bit in 0..<token.count * 8 {
      var copy = token
      copy[bit / 8] ^= 1 << (bit % 8)
      all.append(copy)
    }
    return all
  }

  private func isOrderOrReply(_ action: SPNEGOAction) -> Bool {
    if case .established = action { return false }
    return true
  }

  private func answer(_ token: [UInt8]?, _ isFinished: Bool) -> MechanismAnswer {
    .stepped(MechanismStep(token: token, mayProtect: isFinished, isFinished: isFinished))
  }

  @Test("The acceptor's first and second token")
  func acceptor() throws {
    let first = try TestVectors.bytes("\(Self.path)/token1_client_NegTokenInit")
    let second = try TestVectors.bytes("\(Self.path)/token3_client_NegTokenResp")
    for mutation in Self.mutations(of: first) {
      var acceptor = SPNEGOAcceptor(mechanisms: [.ntlm, .kerberos])
      do throws(SPNEGOError) { #expect(isOrderOrReply(try acceptor.receive(mutation))) } catch { #expect(error.code != .local) }
    }
    var ready = SPNEGOAcceptor(mechanisms: [.ntlm])
    _ = try ready.receive(first)
    _ = try ready.answer(answer([1], false))
    for mutation in Self.mutations(of: second) {
      var acceptor = ready
      do throws(SPNEGOError) { #expect(isOrderOrReply(try acceptor.receive(mutation))) } catch { #expect(error.code != .local) }
      #expect(!acceptor.isFinished)
    }
  }

  @Test("The initiator's first and second token")
  func initiator() throws {
    let first = try TestVectors.bytes("\(Self.path)/token2_server_NegTokenResp")
    let second = try TestVectors.bytes("\(Self.path)/token4_server_NegTokenResp")
    for offered in [[MechanismIdentifier.ntlm], [.ntlm, .kerberos]] {
      var ready = SPNEGOInitiator(mechanisms: offered)
      _ = try ready.start()
      _ = try ready.answer(answer([1], false))
      for mutation in Self.mutations(of: first) {
        var initiator = ready
        do throws(SPNEGOError) { #expect(isOrderOrReply(try initiator.receive(mutation))) } catch { #expect(error.code != .local) }
      }
      _ = try ready.receive(first)
      _ = try ready.answer(answer([2], true))
      _ = try ready.answer(.mic([3]))
      for mutation in Self.mutations(of: second) {
        var initiator = ready
        do throws(SPNEGOError) { #expect(isOrderOrReply(try initiator.receive(mutation))) } catch { #expect(error.code != .local) }
        #expect(!initiator.isFinished)
      }
    }
  }

  @Test("Samples, decoded alone", arguments: 0..<9)
  func samples(row: Int) throws {
    let token = try TestVectors.bytes("spnego/der_samples/rows/\(row)/der")
    for mutation in Self.mutations(of: token) {
      _ = code { try NegTokenInit(decoding: mutation) }
      _ = code { try NegTokenResp(decoding: mutation) }
    }
    for end in 0..<token.count {
      #expect(code { try NegTokenInit(decoding: Array(token.prefix(end))) } != nil)
      #expect(code { try NegTokenResp(decoding: Array(token.prefix(end))) } != nil)
    }
  }
}

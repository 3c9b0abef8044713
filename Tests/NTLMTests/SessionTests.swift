import Crypto
import Foundation
import SecuritySupport
import TestVectors
import Testing

@testable import NTLM

@Suite struct SessionTests {
  static let exported = SecretBytes(Array(16..<32))

  static func pair(sendSequence: UInt32 = 0) -> (client: NTLMSession, server: NTLMSession) {
    (
      NTLMSession(exportedSessionKey: exported, flags: .required, isInitiator: true, sendSequence: sendSequence),
      NTLMSession(exportedSessionKey: exported, flags: .required, isInitiator: false, receiveSequence: sendSequence)
    )
  }

  @Test("MS-NLMP §4.2.4.4: sealing") func specification() throws {
    var session = NTLMSession(
      exportedSessionKey: SecretBytes(try vector("spec_vectors/common/random_session_key")), flags: .required, isInitiator: true)
    let sealed = try session.seal(vector("spec_vectors/common/plaintext_utf16le"))
    #expect(try sealed == vector("spec_vectors/ntlmv2/seal/signature") + vector("spec_vectors/ntlmv2/seal/ciphertext"))
  }

  @Test("Recorded messages of two exchanges, both directions", arguments: ["full_exchange_raw", "captured_sspi_rs_client_raw"])
  func recorded(exchange: String) throws {
    let exported = SecretBytes(try vector("\(exchange)/derived/exported_session_key"))
    var client = NTLMSession(exportedSessionKey: exported, flags: .required, isInitiator: true)
    var server = NTLMSession(exportedSessionKey: exported, flags: .required, isInitiator: false)
    let messages = try TestVectors.value("ntlm/\(exchange)/messages", as: [[String: String]].self)
    #expect(messages.count >= 3)
    for message in messages {
      let fromClient = message["direction"] == "client-to-server"
      let signature = try hexadecimal(require(message["signature"]))
      if let plain = try message["sign_only_plaintext"].map(hexadecimal) {
        #expect(try fromClient ? client.sign(plain) == signature : server.sign(plain) == signature)
        if fromClient { try server.verify(signature, of: plain) } else { try client.verify(signature, of: plain) }
        continue
      }
      let plain = try hexadecimal(require(message["plaintext"]))
      let sealed = try signature + hexadecimal(require(message["ciphertext"]))
      #expect(try fromClient ? client.seal(plain) == sealed : server.seal(plain) == sealed)
      #expect(try fromClient ? server.unseal(sealed) == plain : client.unseal(sealed) == plain)
    }
  }

  @Test("Messages of all kinds and lengths, both directions") func roundTrip() throws {
    var (client, server) = Self.pair()
    for length in [0, 1, 15, 16, 17, 255, 256, 16_384, 200_000] {
      let plain = (0..<length).map { UInt8(truncatingIfNeeded: $0) }
      let sealed = try client.seal(plain)
      #expect(sealed.count == 16 + length)
      #expect(try server.unseal(sealed) == plain)
      let reply = try server.seal(secret: SecretBytes(plain))
      #expect(try client.unseal(toSecret: reply).array == plain)
      try client.verify(server.sign(plain), of: plain)
    }
  }

  @Test("Secrets seal to the same bytes as arrays") func secretSeal() throws {
    var (one, _) = Self.pair()
    var (other, _) = Self.pair()
    let plain = Array("secret".utf8)
    #expect(try one.seal(plain) == other.seal(secret: SecretBytes(plain)))
  }

  @Test("Every flipped bit and every missing byte of a sealed message is noticed, and ends the session") func tampering() throws {
    var (client, _) = Self.pair()
    let sealed = try client.seal(Array("attack at dawn".utf8))
    for bit in 0..<sealed.count * 8 {
      var (_, server) = Self.pair()
      var changed = sealed
      changed.flip(bit: bit)
      let expected: NTLMError.Code = (96..<128).contains(bit) ? .badSequence : .badSignature
      #expect(try code { try server.unseal(changed) } == expected)
      #expect(try code { try server.unseal(sealed) } == .outOfSequence)
      var (_, other) = Self.pair()
      #expect(try code { try other.unseal(toSecret: changed) } == expected)
    }
    for length in 0..<sealed.count {
      var (_, server) = Self.pair()
      #expect(try code { try server.unseal(Array(sealed[..<length])) } == (length < 16 ? .malformed : .badSignature))
      #expect(try code { try server.seal([1]) } == .outOfSequence)
    }
  }

  @Test("Every flipped bit of a signature is noticed") func signatureTampering() throws {
    var (client, _) = Self.pair()
    let message = Array("signed".utf8)
    let signature = try client.sign(message)
    for bit in 0..<128 {
      var (_, server) = Self.pair()
      var changed = signature
      changed.flip(bit: bit)
      #expect(try code { try server.verify(changed, of: message) } == (bit < 96 ? .badSignature : .badSequence))
    }
    for wrong in [Array(signature.dropLast()), signature + [0], []] {
      var (_, server) = Self.pair()
      #expect(try code { try server.verify(wrong, of: message) } == .malformed)
    }
    var (_, server) = Self.pair()
    #expect(try code { try server.verify(signature, of: message + [0]) } == .badSignature)
  }

  @Test("N-11: repeated, lost and reordered messages are refused") func sequence() throws {
    var (client, _) = Self.pair()
    let messages = try (0..<3).map { try client.seal([UInt8($0)]) }
    for order in [[0, 0], [1], [0, 2], [2]] {
      var (_, server) = Self.pair()
      for index in order.dropLast() { _ = try server.unseal(messages[index]) }
      #expect(try code { try server.unseal(messages[order.last ?? 0]) } == .badSequence)
    }
    // A message of our own, sent back to us.
    var (_, server) = Self.pair()
    var (other, _) = Self.pair()
    #expect(try code { try other.unseal(try server.seal([1]) + [0]) } == .badSignature)
    var (reflected, _) = Self.pair()
    #expect(try code { try reflected.unseal(messages[0]) } == .badSignature)
  }

  @Test("N-11: a sequence number is never used twice; the last one ends the session") func sequenceWrap() throws {
    var (client, server) = Self.pair(sendSequence: .max)
    let last = try client.seal([1])
    #expect(Array(last[12..<16]) == [0xFF, 0xFF, 0xFF, 0xFF])
    #expect(try server.unseal(last) == [1])
    #expect(try code { try client.seal([2]) } == .limit)
    #expect(try code { try client.sign([2]) } == .limit)
    #expect(try code { try server.unseal([UInt8](repeating: 0, count: 16)) } == .limit)
    #expect(try code { try client.export() } == .outOfSequence)
  }

  @Test("N-11: after the mechListMIC the key stream begins anew and the counter goes on") func mechListMIC() throws {
    var (client, server) = Self.pair()
    let list: [UInt8] = [0x30, 0x00]
    try server.verifyMechListMIC(client.makeMechListMIC(over: list), over: list)
    try client.verifyMechListMIC(server.makeMechListMIC(over: list), over: list)
    let sealed = try client.seal([0, 0, 0, 0])
    #expect(Array(sealed[12..<16]) == [1, 0, 0, 0])
    // The key stream of a session that starts at 1 without any MIC.
    var (fresh, _) = Self.pair(sendSequence: 1)
    #expect(try fresh.seal([0, 0, 0, 0]) == sealed)
    #expect(try server.unseal(sealed) == [0, 0, 0, 0])
    var (_, wrong) = Self.pair()
    #expect(try code { try wrong.verifyMechListMIC([UInt8](repeating: 0, count: 16), over: list) } == .badSignature)
    #expect(try code { try wrong.makeMechListMIC(over: list) } == .outOfSequence)
  }

  @Test("A context is handed over before and after the MICs, and not later") func export() throws {
    var (client, server) = Self.pair()
    var early = NTLMSession(importing: try client.export())
    #expect(try early.seal([1]) == client.seal([1]))
    #expect(try code { try client.export() } == .outOfSequence)

    (client, server) = Self.pair()
    let list: [UInt8] = [1, 2, 3]
    let mic = try client.makeMechListMIC(over: list)
    #expect(try client.export().sendSequence == 1)
    try server.verifyMechListMIC(mic, over: list)
    try client.verifyMechListMIC(server.makeMechListMIC(over: list), over: list)
    let export = try server.export()
    #expect(export.sendSequence == 1 && export.receiveSequence == 1 && !export.isInitiator)
    var imported = NTLMSession(importing: export)
    #expect(try imported.unseal(client.seal([1, 2])) == [1, 2])
    #expect(try client.unseal(imported.seal([3, 4])) == [3, 4])
    _ = try server.sign([])
    #expect(try code { try server.export() } == .outOfSequence)
  }

  @Test("A context without its flags or its key is not taken up") func badExport() throws {
    let required = NegotiateFlags.required
    for flag in [NegotiateFlags.sign, .seal, .keyExchange, .key128, .extendedSessionSecurity] {
      let flags = required.subtracting(flag).rawValue
      #expect(
        try code {
          try NTLMSession.Export(exportedSessionKey: Self.exported, flags: flags, sendSequence: 0, receiveSequence: 0, isInitiator: true)
        } == .missingFlags)
    }
    #expect(
      try code {
        try NTLMSession.Export(
          exportedSessionKey: SecretBytes([1]), flags: required.rawValue, sendSequence: 0, receiveSequence: 0, isInitiator: true)
      } == .local)
  }
}

import Kerberos
import SecuritySupport
import TestRealm
import Testing

@Suite("Protected messages", needsRealm) struct SessionTests {
  let alice: KerberosCredential

  init() throws { alice = try KerberosTests.alice.get() }

  @Test("Both directions, empty to 100 kB: WinRM's signature of 60 bytes, then data as long as the plain text")
  func roundTrip() throws {
    let pair = try Pair(alice)
    for count in [0, 1, 15, 16, 17, 512, 100_000, 3] {
      for (sender, receiver) in [(pair.client, pair.server), (pair.server, pair.client)] {
        let plaintext = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let sealed = try sender.seal(plaintext)
        #expect(sealed.count == 60 + count)
        #expect(KerberosWrapToken.signatureLength(of: sealed) == 60)
        #expect(Array(sealed.prefix(8)) == [5, 4, sender.isInitiator ? 6 : 7, 0xFF, 0, 0, 0, 28])
        #expect(try receiver.unseal(sealed) == plaintext)
      }
    }
  }

  @Test("Secrets go in and come out without being an array") func secrets() throws {
    let pair = try Pair(alice)
    let sealed = try pair.client.seal(secret: SecretBytes(text: "canary"))
    #expect(sealed.count == 66)
    #expect(try pair.server.unseal(toSecret: sealed).isEqual(to: SecretBytes(text: "canary")))
    let empty = try pair.client.seal(secret: SecretBytes([]))
    #expect(try pair.server.unseal(toSecret: empty).count == 0)
  }

  @Test("K-06: one changed bit anywhere is refused, and nothing is taken afterwards") func tampering() throws {
    for position in 0..<70 {
      let pair = try Pair(alice)
      var sealed = try pair.client.seal(Array("0123456789".utf8))
      sealed[position] ^= 1
      #expect(try error { _ = try pair.server.unseal(sealed) }.code == .protection)
      sealed[position] ^= 1
      #expect(try error { _ = try pair.server.unseal(sealed) }.code == .outOfSequence)
    }
  }

  @Test("K-06: every truncation and an addition are refused") func truncation() throws {
    let lengths = Array(stride(from: 0, to: 69, by: 3)) + [15, 16, 59, 60, 61, 69]
    for length in lengths {
      let pair = try Pair(alice)
      let sealed = try pair.client.seal(Array("0123456789".utf8))
      #expect(try error { _ = try pair.server.unseal(Array(sealed.prefix(length))) }.code == .protection)
    }
    let pair = try Pair(alice)
    #expect(try error { _ = try pair.server.unseal(try pair.client.seal([1]) + [0]) }.code == .protection)
  }

  @Test("K-06: repeated, dropped, swapped and reflected messages are refused") func order() throws {
    let repeated = try Pair(alice)
    let message = try repeated.client.seal([1])
    _ = try repeated.server.unseal(message)
    #expect(try error { _ = try repeated.server.unseal(message) }.code == .protection)

    let dropped = try Pair(alice)
    _ = try dropped.client.seal([1])
    let second = try dropped.client.seal([2])
    #expect(try error { _ = try dropped.server.unseal(second) }.code == .protection)

    let reflected = try Pair(alice)
    let own = try reflected.client.seal([1])
    #expect(try error { _ = try reflected.client.unseal(own) }.code == .protection)

    let (first, other) = (try Pair(alice), try Pair(alice))
    let foreign = try first.client.seal([1])
    #expect(try error { _ = try other.server.unseal(foreign) }.code == .protection)
  }

  @Test("MICs verify once, over their own message") func mic() throws {
    let pair = try Pair(alice)
    let mic = try pair.client.makeMIC(over: [1, 2, 3])
    #expect(mic.starts(with: [4, 4]))
    try pair.server.verify(mic: mic, over: [1, 2, 3])
    let reply = try pair.server.makeMIC(over: [4])
    #expect(try error { try pair.client.verify(mic: reply, over: [5]) }.code == .protection)
    // A MIC is not a message.
    let other = try Pair(alice)
    let signed = try other.client.makeMIC(over: [])
    #expect(try error { _ = try other.server.unseal(signed) }.code == .protection)
  }

  @Test("An established session goes to another owner with its keys and counters") func export() throws {
    let pair = try Pair(alice)
    _ = try pair.server.unseal(try pair.client.seal([1]))
    let export = try pair.server.export()
    #expect(try error { _ = try pair.server.seal([1]) }.code == .outOfSequence)
    let imported = try KerberosSession(importing: export)
    #expect(imported.encryptionType == pair.client.encryptionType && imported.flags == pair.seen.flags)
    #expect(try imported.unseal(try pair.client.seal([2, 3])) == [2, 3])
    #expect(try pair.client.unseal(try imported.seal([4])) == [4])
    let broken = KerberosSession.Export(
      context: SecretBytes([1, 2, 3]), service: export.service, flags: export.flags, isInitiator: false)
    _ = try error { _ = try KerberosSession(importing: broken) }
  }
}

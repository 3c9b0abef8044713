import CredSSP
import Testing

@testable import MemoryTLS

@Suite struct DataTests {
  static let suites: [UInt16] = [0xC009, 0xC00A, 0xC02B, 0xC02C, 0xCCA9]

  @Test("Data of all lengths, both directions", arguments: [MemoryTLSVersion.v12, .v13]) func data(version: MemoryTLSVersion) throws {
    let ends = try Ends.shaken(version)
    for length in [0, 1, 100, 16_383, 16_384, 16_385, 65_536, 200_000] {
      let plain = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 7) }
      let up = try ends.client.seal(plain)
      #expect(try ends.server.receive(up) == TLSEngineOutput(plaintext: plain))
      #expect(try ends.client.receive(ends.server.seal(plain)).plaintext == plain)
      #expect(records(up).count == (length + 16_383) / 16_384)
    }
  }

  @Test("Records of several calls may arrive together, and cut anywhere") func glued() throws {
    let ends = try Ends.shaken()
    let bytes = try ends.client.seal([1, 2]) + ends.client.seal([3]) + ends.client.seal([4, 5])
    for cut in [1, 5, 20, 40, bytes.count - 1] {
      let ends = try Ends.shaken()
      let bytes = try ends.client.seal([1, 2]) + ends.client.seal([3]) + ends.client.seal([4, 5])
      let first = try ends.server.receive(Array(bytes[..<cut])).plaintext
      #expect(try first + ends.server.receive(Array(bytes[cut...])).plaintext == [1, 2, 3, 4, 5])
    }
    #expect(try ends.server.receive(bytes).plaintext == [1, 2, 3, 4, 5])
  }

  @Test("Data glued to the client's last handshake message arrives with it", arguments: [MemoryTLSVersion.v12, .v13])
  func gluedToFinished(version: MemoryTLSVersion) throws {
    let ends = try Ends(client: version)
    var flight = try ends.client.receive(ends.server.receive(ends.pending).toPeer).toPeer
    guard version == .v13 else {
      // In 1.2 the client waits for the server's Finished before it may seal.
      #expect(try failure { try ends.client.seal([1]) }?.code == .outOfSequence)
      return
    }
    flight += try ends.client.seal([9, 9])
    #expect(try ends.server.receive(flight).plaintext == [9, 9])
  }

  @Test("C-20: the trailer's length is that of real records, at every length around blocks and records", arguments: suites)
  func trailer12(suite: UInt16) throws {
    let ends = try Ends.shaken(suites: [suite])
    let parameters = try #require(ends.client.parameters)
    // What TLS 1.2 puts in front of the ciphertext: CBC an IV, GCM a nonce of eight bytes, ChaCha20 nothing.
    let prefix = suite <= 0xC00A ? 16 : suite == 0xCCA9 ? 0 : 8
    for length in Array(1...100) + Array(16_330...16_384) {
      let sealed = try ends.client.seal([UInt8](repeating: 1, count: length))
      let record = records(sealed)
      #expect(record.map(\.type) == [23])
      #expect(record.first?.length == prefix + length + parameters.trailerLength(plaintextLength: length), "\(length)")
    }
  }

  @Test("C-20: the trailer's length under TLS 1.3, and no record but one") func trailer13() throws {
    let ends = try Ends.shaken(.v13)
    let parameters = try #require(ends.server.parameters)
    // Behind the session tickets, which come once.
    let first = try records(ends.server.seal([1]))
    #expect(first.last?.length == 1 + parameters.trailerLength(plaintextLength: 1))
    for length in Array(1...40) + Array(16_380...16_384) {
      let plain = [UInt8](repeating: 1, count: length)
      for sealed in [try ends.client.seal(plain), try ends.server.seal(plain)] {
        #expect(records(sealed).map(\.length) == [length + parameters.trailerLength(plaintextLength: length)])
      }
    }
  }
}

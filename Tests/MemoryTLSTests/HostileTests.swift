import CredSSP
import Testing

@testable import MemoryTLS

/// C-13, C-14 and R-01: nothing that a peer sends traps, and each failure is an error of ours.
@Suite struct HostileTests {
  static let garbage: [[UInt8]] = [
    [0], Array("GET / HTTP/1.1\r\n\r\n".utf8), [UInt8](repeating: 0, count: 100), [UInt8](repeating: 0xFF, count: 100),
    [22, 3, 3, 0xFF, 0xFF], [22, 3, 3, 0, 4, 2, 0xFF, 0xFF, 0xFF], [22, 3, 3, 0, 0], [23, 3, 3, 0, 1, 0], [20, 3, 3, 0, 1, 1],
    [21, 3, 3, 0, 2, 2, 40], [21, 3, 3, 0, 2, 1, 0], [21, 3, 3, 0, 1, 2], [0x80, 0x2E, 1, 0, 2], [24, 3, 3, 0, 3, 1, 0xFF, 0xFF],
    [22, 3, 1, 0, 6, 0, 0, 0, 0, 0, 0],
  ]

  @Test("Garbage in the first flight", arguments: garbage) func firstFlight(bytes: [UInt8]) throws {
    for isServer in [false, true] {
      let engine = try isServer ? MemoryTLS.server(context: serverContext()) : .client()
      _ = try engine.start()
      var outcome = try failure { try engine.receive(bytes) }
      // What may still become a record is waited for; more garbage settles it.
      if outcome == nil { outcome = try failure { try engine.receive([UInt8](repeating: 0xAA, count: 70_000)) } }
      #expect(outcome?.code == .handshakeFailed, "\(isServer)")
      #expect(!engine.isHandshakeComplete)
      #expect(try failure { try engine.receive([1]) }?.code == .outOfSequence)
      #expect(try failure { try engine.seal([1]) }?.code == .outOfSequence)
    }
  }

  @Test("Garbage after the handshake", arguments: garbage, [MemoryTLSVersion.v12, .v13])
  func afterHandshake(bytes: [UInt8], version: MemoryTLSVersion) throws {
    let ends = try Ends.shaken(version)
    for engine in [ends.client, ends.server] {
      var outcome = try failure { try engine.receive(bytes) }
      if outcome == nil { outcome = try failure { try engine.receive([UInt8](repeating: 0xAA, count: 70_000)) } }
      #expect(outcome?.code == .badRecord || outcome?.code == .closed)
      #expect(try failure { try engine.seal([1]) } != nil)
    }
  }

  @Test("Every byte of the server's flight changed: an error, or the handshake fails to complete on the server") func changedFlight() throws
  {
    let first = try Ends()
    let length = try first.server.receive(first.pending).toPeer.count
    for index in stride(from: 0, to: length, by: 3) {
      var ends = try Ends()
      var flight = try ends.server.receive(ends.pending).toPeer
      // The minor version in a record's header has no meaning (RFC 8446 §5.1).
      let headers = MemoryTLSTests.records(flight).reduce(into: [0]) { $0.append(($0.last ?? 0) + 5 + $1.length) }
      guard index < flight.count, !headers.contains(index - 2) else { continue }
      flight[index] ^= 0x41
      let outcome = try failure {
        ends.pending = try ends.client.receive(flight).toPeer
        try ends.shake()
      }
      #expect(outcome != nil || !(ends.client.isHandshakeComplete && ends.server.isHandshakeComplete), "\(index)")
    }
  }

  @Test("Every byte of the ClientHello changed never completes a handshake, but for the record's version, which has no meaning")
  func changedHello() throws {
    let context = try serverContext()
    let length = try MemoryTLS.client().start().count
    for index in 0..<length where index != 2 {
      var ends = try Ends(context: context)
      guard index < ends.pending.count else { continue }
      ends.pending[index] ^= 0x21
      let outcome = try failure { try ends.shake() }
      #expect(outcome != nil || !(ends.client.isHandshakeComplete && ends.server.isHandshakeComplete), "\(index)")
    }
  }

  @Test("C-14: a record changed, repeated, dropped or out of order", arguments: [MemoryTLSVersion.v12, .v13])
  func records(version: MemoryTLSVersion) throws {
    let ends = try Ends.shaken(version)
    let messages = try (0..<3).map { try ends.client.seal([UInt8($0)]) }
    for order in [[0, 0], [1], [0, 2]] {
      let ends = try Ends.shaken(version)
      let own = try (0..<3).map { try ends.client.seal([UInt8($0)]) }
      for index in order.dropLast() { _ = try ends.server.receive(own[index]) }
      #expect(try failure { try ends.server.receive(own[order.last ?? 0]) }?.code == .badRecord)
      #expect(MemoryTLSTests.records(ends.server.alertForPeer).last?.type == (version == .v12 ? 21 : 23))
    }
    for index in messages[0].indices where ![3, 4].contains(index) {
      let ends = try Ends.shaken(version)
      var message = try ends.client.seal([7])
      guard index < message.count else { continue }
      message[index] ^= 1
      #expect(try failure { try ends.server.receive(message) } != nil, "\(index)")
    }
  }

  @Test("Every truncation of every flight is waited for, not answered with data") func truncation() throws {
    let whole = try Ends()
    let server = try whole.server.receive(whole.pending).toPeer
    for length in stride(from: 0, to: whole.pending.count, by: 7) {
      let ends = try Ends()
      #expect(try ends.server.receive(Array(ends.pending[..<length])) == TLSEngineOutput())
      #expect(!ends.server.isHandshakeComplete)
    }
    for length in stride(from: 0, to: server.count, by: 31) {
      let ends = try Ends()
      let flight = try ends.server.receive(ends.pending).toPeer
      #expect(try ends.client.receive(Array(flight.prefix(length))).plaintext.isEmpty)
      #expect(!ends.client.isHandshakeComplete)
    }
  }

  @Test("C-13: an alert in each state carries its number") func alerts() throws {
    let client = try MemoryTLS.client()
    _ = try client.start()
    let error = try failure { try client.receive([21, 3, 3, 0, 2, 2, 70]) }
    #expect(error?.code == .handshakeFailed && error?.alert == 70)
    #expect(error?.message.contains("TLS 1.2 at most") == true)
    // An encrypted alert: the server fails on a bad record and tells so.
    let ends = try Ends.shaken()
    _ = try failure { try ends.server.receive([23, 3, 3, 0, 1, 0]) }
    let told = try failure { try ends.client.receive(ends.server.alertForPeer) }
    #expect(told?.code == .badRecord)
    #expect(told?.alert != nil, "\(told?.message ?? "")")
    #expect(told?.message.contains("TLS 1.2, cipher suite 0x") == true)
  }

  @Test("Calls out of order") func order() throws {
    let client = try MemoryTLS.client()
    #expect(try failure { try client.receive([1]) }?.code == .outOfSequence)
    #expect(try failure { try client.seal([1]) }?.code == .outOfSequence)
    _ = try client.start()
    #expect(try failure { try client.start() }?.code == .outOfSequence)
    #expect(try failure { try client.seal([1]) }?.code == .outOfSequence)
    #expect(try client.receive([]) == TLSEngineOutput())
  }

  @Test("close_notify ends the connection after the data before it") func closing() throws {
    let ends = try Ends.shaken()
    let data = try ends.client.seal([1, 2, 3])
    let close = closeNotify(of: ends.client)
    #expect(try ends.server.receive(data + close).plaintext == [1, 2, 3])
    #expect(try failure { try ends.server.receive([1]) }?.code == .closed)
    #expect(try failure { try ends.server.seal([1]) }?.code == .closed)
    let other = try Ends.shaken()
    #expect(try failure { try other.server.receive(closeNotify(of: other.client)) }?.code == .closed)
    let early = try Ends()
    #expect(try failure { try early.server.receive([21, 3, 3, 0, 2, 1, 0]) }?.code == .handshakeFailed)
  }

  @Test("An abandoned engine frees its channel, in each state") func noLeak() throws {
    weak var client: MemoryChannel?
    weak var server: MemoryChannel?
    for flights in 0..<3 {
      do {
        var ends = try Ends()
        if flights == 1 { _ = try ends.server.receive(ends.pending) }
        if flights == 2 { try ends.shake() }
        client = ends.client.channel
        server = ends.server.channel
        #expect(client != nil && server != nil)
      }
      #expect(client == nil && server == nil, "\(flights)")
    }
  }
}

import Testing
import WSMan

@testable import WinRMService

/// Cut and changed requests: an answer or the end of the connection, and a service that goes on (attacks W-01, W-02, W-03, F-02).
@Suite(.timeLimit(.minutes(3)))
struct HostileInputTests {
  @Test("every truncation of an envelope is answered with a fault")
  func truncatedEnvelopes() async throws {
    try await ServiceFixture.with { service in
      let client = try await service.logOn("alice")
      let envelope = try Ask.create().encode()
      for length in 1..<envelope.count {
        try await client.send(Array(envelope.prefix(length)))
        await #expect(throws: WSManFault.self) { try await client.receive() }
      }
      #expect(service.authority.record.opened.isEmpty)
      _ = try await client.openShell()
    }
  }

  @Test("an envelope with a changed byte is answered, with a fault or as what it now says", arguments: [0x01, 0x20, 0x80] as [UInt8])
  func changedEnvelopes(bit: UInt8) async throws {
    try await ServiceFixture.with(shells: { $0.shellsPerUser = 0 }) { service in
      let client = try await service.logOn("alice")
      let envelope = try Ask.command(GUIDText.random(), CommandLine(command: "a", arguments: ["b"])).encode()
      for index in envelope.indices {
        var changed = envelope
        changed[index] ^= bit
        try await client.send(changed)
        await #expect(throws: WSManFault.self) { try await client.receive() }  // the shell is unknown in any case
      }
    }
  }

  @Test(
    "what no envelope is", arguments: ["", " ", "<", "<a/>", "<!DOCTYPE a><a/>", "<?pi?><a/>", "\u{FEFF}", "\u{0}\u{0}\u{0}", "{}"])
  func noEnvelopes(text: String) async throws {
    try await ServiceFixture.with { service in
      let client = try await service.logOn("alice")
      try await client.send(Array(text.utf8))
      await #expect(throws: WSManFault.self) { try await client.receive() }
      _ = try await client.openShell()
    }
  }

  @Test("W-02 depth beyond its limit is a fault, not a crash")
  func depth() async throws {
    try await ServiceFixture.with { service in
      let client = try await service.logOn("alice")
      let deep = String(repeating: "<a>", count: 20_000) + String(repeating: "</a>", count: 20_000)
      try await client.send(Array(deep.utf8))
      await #expect(throws: WSManFault.self) { try await client.receive() }
      _ = try await client.openShell()
    }
  }

  @Test("a body beyond MaxEnvelopeSizekb: 413, and the connection ends")
  func tooLarge() async throws {
    try await ServiceFixture.with(limits: { $0.envelopeSize = 32 * 1024 }) { service in
      let client = try await service.logOn("alice")
      let (type, body) = try await client.sealed([UInt8](repeating: 0x20, count: 64 * 1024))
      client.raw.push(post(body, contentType: type))
      #expect(try await client.raw.answer().status == 413)
      await client.raw.untilClosed()
    }
  }

  @Test("F-02 a request cut anywhere leaves the service as it was")
  func cutRequests() async throws {
    try await ServiceFixture.with(limits: { $0.unauthenticatedConnectionsPerAddress = 10_000 }) { service in
      let request = post(Array("body".utf8), authorization: token("user:alice"), contentType: "text/plain")
      for length in 0..<request.count {
        let connection = try await service.connect()
        try await connection.send(Array(request.prefix(length)))
        connection.close()
      }
      _ = try await service.logOn("alice").openShell()
    }
  }
}

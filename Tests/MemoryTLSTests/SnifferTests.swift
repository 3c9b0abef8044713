import Testing

@testable import MemoryTLS

@Suite struct SnifferTests {
  /// A ServerHello with `extensions` behind cipher suite 0xC030.
  static func serverHello(extensions: [UInt8] = []) -> [UInt8] {
    let body: [UInt8] = [3, 3] + [UInt8](repeating: 7, count: 32) + [2, 1, 2] + [0xC0, 0x30] + [0] + extensions
    return [2, 0, 0, UInt8(body.count)] + body
  }

  @Test("A ServerHello in one record, in several, and byte by byte") func fragments() {
    let message = Self.serverHello()
    let expected = HelloSniffer.Hello(kind: .server, version: 0x0303, cipherSuites: [0xC030])
    for size in [1, 3, 4, 20, message.count] {
      let wire = stride(from: 0, to: message.count, by: size).flatMap { start -> [UInt8] in
        let fragment = message[start..<min(start + size, message.count)]
        return [22, 3, 3, 0, UInt8(fragment.count)] + fragment
      }
      var whole = HelloSniffer()
      whole.absorb(wire)
      #expect(whole.hello == expected)
      var single = HelloSniffer()
      for byte in wire { single.absorb([byte]) }
      #expect(single.hello == expected)
    }
  }

  @Test("supported_versions decides over the legacy version") func versions() {
    var sniffer = HelloSniffer()
    let message = Self.serverHello(extensions: [0, 6, 0, 5, 0, 0, 0, 43, 0, 2, 3, 4])
    // The list is cut short by its length, so the extension behind it does not count.
    sniffer.absorb([22, 3, 3, 0, UInt8(message.count)] + message)
    #expect(sniffer.hello?.version == 0x0303)
    sniffer = HelloSniffer()
    let whole = Self.serverHello(extensions: [0, 10, 0, 0x33, 0, 0, 0, 43, 0, 2, 3, 4])
    sniffer.absorb([22, 3, 3, 0, UInt8(whole.count)] + whole)
    #expect(sniffer.hello?.version == 0x0304)
  }

  @Test("What is no hello is nothing", arguments: HostileTests.garbage) func garbage(bytes: [UInt8]) {
    var sniffer = HelloSniffer()
    sniffer.absorb(bytes)
    sniffer.absorb([UInt8](repeating: 0xFF, count: 70_000))
    #expect(sniffer.hello == nil)
    // Whatever came first, nothing later is taken for the hello.
    let message = Self.serverHello()
    sniffer.absorb([22, 3, 3, 0, UInt8(message.count)] + message)
    #expect(sniffer.hello == nil)
  }

  @Test("Every truncation of a hello's body is nothing") func truncation() {
    let message = Self.serverHello()
    for length in 0..<message.count - 4 {
      let cut = [2, 0, 0, UInt8(length)] + message[4..<4 + length]
      var sniffer = HelloSniffer()
      sniffer.absorb([22, 3, 3, 0, UInt8(cut.count)] + cut)
      #expect(sniffer.hello == nil, "\(length)")
    }
  }
}

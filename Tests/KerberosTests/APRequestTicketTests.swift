import SecuritySupport
import Testing

@testable import Kerberos

@Suite("The service in the clear part of an AP-REQ") struct APRequestTicketTests {
  /// A DER value with a short or one-octet length.
  private static func der(_ tag: UInt8, _ content: [UInt8]...) -> [UInt8] {
    let content = content.flatMap { $0 }
    return [tag] + (content.count < 128 ? [UInt8(content.count)] : [0x81, UInt8(content.count)]) + content
  }
  private static func text(_ text: String) -> [UInt8] { der(0x1B, Array(text.utf8)) }
  private static func token(_ components: [String], realm: String = "R", mechanism: [UInt8] = MechanismIdentifier.kerberos.rawValue)
    -> [UInt8]
  {
    let name = der(0x30, der(0xA0, [2, 1, 2]), der(0xA1, der(0x30, components.flatMap(text))))
    let encrypted = der(0x30, der(0xA0, [2, 1, 18]), der(0xA2, [4, 1, 0]))
    let ticket = der(0x61, der(0x30, der(0xA0, [2, 1, 5]), der(0xA1, text(realm)), der(0xA2, name), der(0xA3, encrypted)))
    let request = der(
      0x6E,
      der(
        0x30, der(0xA0, [2, 1, 5]), der(0xA1, [2, 1, 14]), der(0xA2, [3, 5, 0, 0x20, 0, 0, 0]), der(0xA3, ticket), der(0xA4, encrypted)))
    return der(0x60, der(0x06, mechanism), [1, 0], request)
  }

  @Test func read() throws {
    #expect(
      try APRequestTicket(decoding: Self.token(["WSMAN", "h.x"]))
        == APRequestTicket(
          service: KerberosPrincipal(components: ["WSMAN", "h.x"], realm: "R"), encryptionType: .aes256SHA1))
    #expect(try APRequestTicket(decoding: Self.token(["alice"])).service.components == ["alice"])
  }

  @Test func refused() {
    let hostile: [[UInt8]] = [
      [], [0x60], [0x60, 0x84, 0xFF, 0xFF, 0xFF, 0xFF], [0x60, 0x80], Self.token([]), Self.token([""]), Self.token(["a\0b", "c"]),
      Self.token([String](repeating: "a", count: 9)), Self.token(["a"], mechanism: MechanismIdentifier.spnego.rawValue),
      Self.token(["a"]) + [0], [UInt8](repeating: 0x60, count: APRequestTicket.maximumLength + 1),
    ]
    for token in hostile { #expect(throws: KerberosError.self) { try APRequestTicket(decoding: token) } }
  }

  @Test("Truncated and changed tokens never trap") func mutations() throws {
    let token = Self.token(["WSMAN", "host.example"], realm: "EXAMPLE")
    for length in 0..<token.count { #expect(throws: KerberosError.self) { try APRequestTicket(decoding: Array(token.prefix(length))) } }
    for position in token.indices {
      for bit in 0..<8 {
        var changed = token
        changed[position] ^= 1 << UInt8(bit)
        _ = try? APRequestTicket(decoding: changed)
      }
    }
  }
}

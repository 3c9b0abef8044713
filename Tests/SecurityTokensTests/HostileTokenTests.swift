import TestVectors
import Testing

@testable import SecurityTokens

/// What strangers send: every byte string must end in a description, soon.
@Suite struct HostileTokenTests {
  static let vectors = [
    "ntlm/full_exchange_raw/negotiate_message", "ntlm/full_exchange_raw/challenge_message", "ntlm/full_exchange_raw/authenticate_message",
    "spnego/ntlm_exchange/token1_client_NegTokenInit", "spnego/ntlm_exchange/token3_client_NegTokenResp",
    "credssp/full_exchange/rows/0/ts_requests/2/der", "credssp/ts_credentials/rows/2/ts_credentials_der",
    "kerberos_gss_wrap/aes_cts_wrap/rows/0/winrm_header", "kerberos_gss_wrap/rc4_hmac_wrap/header_token",
  ]

  @Test("Every beginning of every token has a flaw, or is a shorter token", arguments: vectors)
  func truncations(path: String) throws {
    let bytes = try TestVectors.bytes(path)
    for count in bytes.indices {
      let description = TokenDescription(of: Array(bytes.prefix(count)))
      #expect(!description.root.name.isEmpty)
      if bytes[0] != 5, bytes[0] != 0x4E { #expect(!description.flaws.isEmpty, "\(count) bytes") }
    }
  }

  @Test("Every byte changed in several ways", arguments: vectors)
  func changes(path: String) throws {
    let bytes = try TestVectors.bytes(path)
    for index in bytes.indices {
      for change: UInt8 in [0x01, 0x80] {
        var changed = bytes
        changed[index] ^= change
        #expect(!TokenDescription(of: changed).root.name.isEmpty)
      }
    }
  }

  @Test("N-10: offsets outside, odd UTF-16, pairs without an end, long lengths")
  func ntlmFields() throws {
    let challenge = try TestVectors.bytes("ntlm/full_exchange_raw/challenge_message")
    for (offset, value): (Int, [UInt8]) in [
      (16, [0xFF, 0xFF, 0xFF, 0xFF]), (12, [0xFF, 0xFF]), (40, [0xFF, 0xFF]), (44, [0, 0, 0, 0x80]),
    ] {
      var changed = challenge
      changed.replaceSubrange(offset..<offset + value.count, with: value)
      #expect(TokenDescription(of: changed).flaws.count == 1)
    }
    var odd = challenge
    odd[12] = 9
    #expect(TokenDescription(of: odd).flaws == ["TargetName has an odd number of bytes of UTF-16"])
    let endless = Array(challenge.dropLast(4))
    var shorter = endless
    shorter[40] -= 4
    shorter[42] -= 4
    #expect(TokenDescription(of: shorter).flaws.first?.contains("no MsvAvEOL") == true)
  }

  @Test(
    "C-11: lengths that lie, nesting, order",
    arguments: [
      ([0x30, 0x80, 0xA0, 0x03, 2, 1, 6, 0, 0], "indefinite length"), ([0x30, 0x81, 0x05, 0xA0, 3, 2, 1, 6], "shortest form"),
      ([0x30, 0x84, 0xFF, 0xFF, 0xFF, 0xFF], "4294967295 bytes where 0"), ([0x30, 0x85, 1, 0, 0, 0, 0], "length of 5 octets"),
      ([0x3F, 0x81], "begins like no token"), ([0x30, 0x05, 0xA0, 3, 2, 1, 6, 0], "follow where the token ends"),
      ([0x30, 0x0A, 0xA0, 3, 2, 1, 6, 0xA0, 3, 2, 1, 6], "stands twice"), ([0x30, 0x05, 0xA9, 3, 2, 1, 6], "no member [9]"),
      ([0x30, 0x03, 0x02, 0x01, 0x06], "without a context tag"), ([0x30, 0x04, 0xA0, 2, 2, 0], "number of 0 octets"),
    ] as [([UInt8], String)])
  func der(bytes: [UInt8], part: String) {
    let flaws = TokenDescription(of: bytes).flaws
    #expect(flaws.contains { $0.contains(part) }, "\(flaws)")
  }

  @Test("Tokens inside tokens end at a depth, and lists at a number")
  func limits() {
    func shortest(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] {
      let length = content.count
      let octets: [UInt8] =
        length < 128 ? [UInt8(length)] : length < 256 ? [0x81, UInt8(length)] : [0x82, UInt8(length >> 8), UInt8(length & 0xFF)]
      return [tag] + octets + content
    }
    var nested: [UInt8] = [0xA1, 0x02, 0x30, 0x00]
    for _ in 0..<500 { nested = shortest(0xA1, shortest(0x30, shortest(0xA2, shortest(0x04, nested)))) }
    #expect(TokenDescription(of: nested).flaws.contains { $0.contains("nests deeper") })

    let many = [UInt8](repeatElement([0x06, 0x01, 0x2A], count: 8_000).joined())
    let list = TokenDescription(of: shortest(0xA0, shortest(0x30, shortest(0xA0, shortest(0x30, many)))))
    #expect(list.flaws == ["The token has more than 4096 fields; the rest is left out"])

    #expect(TokenDescription(of: [UInt8](repeating: 0x30, count: TokenDescription.maximumSize + 1)).flaws.count == 1)
    #expect(TokenDescription(of: []).flaws == ["There are no bytes"])
    // As many empty TLS records as fit.
    let records = [UInt8](repeatElement([23, 3, 3, 0, 0], count: 20_000).joined())
    #expect(TokenDescription(of: records).flaws.count <= 64)
  }
}

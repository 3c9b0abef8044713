import CredSSP
import TestVectors
import Testing

@Suite("Length of the TLS trailer, MS-WSMV §2.2.9.1.1.2.2")
struct TLSParametersTests {
  private static let suites: [String: UInt16] = [
    "AES128-SHA": 0x002F, "AES256-SHA256": 0x003D, "DES-CBC3-SHA": 0x000A, "ECDHE-RSA-AES128-SHA256": 0xC027,
    "ECDHE-RSA-AES256-GCM-SHA384": 0xC030, "ECDHE-RSA-AES256-SHA384": 0xC028, "RC4-MD5": 0x0004, "RC4-SHA": 0x0005,
    "TLS_AES_256_GCM_SHA384": 0x1302,
  ]

  @Test("C-20: measured records", arguments: 0..<51)
  func measured(row: Int) throws {
    let row = "credssp/winrm_trailer_length/rows/\(row)"
    let version: String = try TestVectors.value("\(row)/protocol")
    let suite = try #require(Self.suites[TestVectors.value("\(row)/cipher")])
    let parameters = TLSParameters(version: version == "TLSv1.3" ? 0x0304 : 0x0303, cipherSuite: suite)
    let length: Int = try TestVectors.value("\(row)/plaintext_length")
    #expect(try parameters.trailerLength(plaintextLength: length) == TestVectors.value("\(row)/trailer_length"))
  }

  @Test(
    "C-20: the tag of ChaCha20-Poly1305 and of suites unknown here", arguments: [UInt16(0xCCA8), 0xCCA9, 0xC02F, 0xC02B, 0x009C, 0xFFFF])
  func tags(suite: UInt16) {
    #expect(TLSParameters(version: 0x0303, cipherSuite: suite).trailerLength(plaintextLength: 1_234) == 16)
  }

  @Test("C-20: padding goes from one byte to a whole block")
  func padding() {
    let parameters = TLSParameters(version: 0x0303, cipherSuite: 0xC013)
    let lengths = (0..<32).map { parameters.trailerLength(plaintextLength: $0) }
    for (length, trailer) in lengths.enumerated() {
      #expect((length + trailer).isMultiple(of: 16))
      #expect(21...36 ~= trailer)
    }
    #expect(parameters.trailerLength(plaintextLength: .max) > 0)
  }
}

import CredSSP
import SecuritySupport
import TestVectors
import Testing

@Suite("TSCredentials, MS-CSSP §2.2.1.2")
struct TSPasswordCredsTests {
  private static let path = "credssp/ts_credentials/rows"

  private func decode(_ bytes: [UInt8]) throws -> TSPasswordCreds { try TSPasswordCreds(decodingTSCredentials: SecretBytes(bytes)) }

  private func encode(_ domain: [UInt8], _ user: [UInt8], _ password: [UInt8], type: UInt8 = 1) -> [UInt8] {
    func value(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] {
      [tag, 0x83, UInt8(content.count >> 16), UInt8(content.count >> 8 & 0xFF), UInt8(content.count & 0xFF)] + content
    }
    let fields = value(0xA0, value(4, domain)) + value(0xA1, value(4, user)) + value(0xA2, value(4, password))
    return value(0x30, [0xA0, 3, 2, 1, type] + value(0xA1, value(4, value(0x30, fields))))
  }

  @Test("Passwords decode, and encode to the same bytes", arguments: 0..<4)
  func passwords(row: Int) throws {
    let der = try TestVectors.bytes("\(Self.path)/\(row)/ts_credentials_der")
    let domain: String = try TestVectors.value("\(Self.path)/\(row)/domain")
    let user: String = try TestVectors.value("\(Self.path)/\(row)/user")
    let password: String = try TestVectors.value("\(Self.path)/\(row)/password")
    let credentials = try decode(der)
    #expect(credentials.domainName == domain && credentials.userName == user)
    #expect(credentials.password.revealed == password.utf16LittleEndianBytes)
    #expect(credentials.encodeTSCredentials().revealed == der)

    let typed = Credential(name: AccountName(domain: domain, user: user), password: SecretBytes(password.utf8))
    #expect(try TSPasswordCreds(typed).encodeTSCredentials().revealed == der)
  }

  @Test("C-16: smart card and Remote Credential Guard are named and refused", arguments: 4..<8)
  func otherTypes(row: Int) throws {
    let failure = error { try decode(TestVectors.bytes("\(Self.path)/\(row)/ts_credentials_der")) }
    #expect(failure?.code == .unsupported && failure?.status == .notSupported)
    #expect(failure?.message.contains(row < 6 ? "smart card (2)" : "Remote Credential Guard (6)") == true)
  }

  @Test("C-16: a type that does not exist", arguments: [UInt8(0), 3, 99, 255])
  func unknownType(type: UInt8) {
    #expect(code { try decode(encode([], [], [], type: type)) } == .unsupported)
  }

  @Test("C-16: names and passwords that are not text")
  func notText() throws {
    let user = "u".utf16LittleEndianBytes
    let loneSurrogate: [UInt8] = [0x00, 0xD8]
    let withNUL = "a\0b".utf16LittleEndianBytes
    for bad in [loneSurrogate, withNUL, [0x41]] {
      #expect(code { try decode(encode(bad, user, user)) } == .malformed)
      #expect(code { try decode(encode([], bad, user)) } == .malformed)
    }
    #expect(code { try decode(encode([], user, withNUL)) } == .malformed)
    #expect(code { try decode(encode([], user, [0x41])) } == .malformed)
    #expect(code { try decode(encode([], user, "a\0".utf16LittleEndianBytes)) } == .malformed)
    // Windows allows a lone surrogate in a password; the hash of it is well defined.
    #expect(try decode(encode([], user, loneSurrogate)).password.revealed == loneSurrogate)
    // Bytes 0x41 0x00 0x00 0x42 hold two zeros, but no NUL.
    #expect(try decode(encode([], user, [0x41, 0x00, 0x00, 0x42])).password.count == 4)
  }

  @Test("C-16: passwords of 8 KiB pass, of 64 KiB do not; names have a limit too")
  func sizes() throws {
    let user = "u".utf16LittleEndianBytes
    let most = [UInt8](repeating: 0x41, count: TSPasswordCreds.maximumPasswordLength)
    #expect(try decode(encode([], user, most)).password.count == most.count)
    #expect(code { try decode(encode([], user, most + [0x41, 0x41])) } == .limit)
    #expect(code { try decode(encode([], user, .init(repeating: 0x41, count: 65_536))) } == .limit)
    #expect(code { try decode(encode([], .init(repeating: 0x41, count: 2_050), [])) } == .limit)
  }

  @Test("A password that is not UTF-8")
  func invalidUTF8() {
    for bytes: [UInt8] in [[0xFF], [0x41, 0xC3], [0xED, 0xA0, 0x80], [0xC0, 0x80]] {
      let typed = Credential(name: AccountName(domain: "", user: "u"), password: SecretBytes(bytes))
      #expect(code { try TSPasswordCreds(typed) } == .local)
    }
  }

  @Test("Lengths around each step of DER", arguments: [0, 1, 40, 50, 60, 100, 120, 126, 127, 128, 254, 256, 4_000])
  func lengths(count: Int) throws {
    let credentials = TSPasswordCreds(
      domainName: "D", userName: "jdoe", password: SecretBytes(Array(repeating: 0x61, count: count * 2)))
    let encoded = credentials.encodeTSCredentials()
    let decoded = try TSPasswordCreds(decodingTSCredentials: encoded)
    #expect(decoded.password.isEqual(to: credentials.password) && decoded.userName == "jdoe" && decoded.domainName == "D")
  }

  @Test("Every truncation is malformed, and no flipped bit traps", arguments: 0..<8)
  func mutations(row: Int) throws {
    let der = try TestVectors.bytes("\(Self.path)/\(row)/ts_credentials_der")
    for end in 0..<der.count { #expect(code { try decode(Array(der.prefix(end))) } != nil) }
    for mutation in der.mutations { _ = code { try decode(mutation) } }
  }

  @Test("Nothing prints the password")
  func description() {
    let credentials = TSPasswordCreds(domainName: "D", userName: "u", password: SecretBytes("hunter2".utf16LittleEndianBytes))
    var dumped = ""
    dump(credentials, to: &dumped)
    #expect("\(credentials)" == "D\\u (password not shown)")
    #expect(String(reflecting: credentials) == "D\\u (password not shown)")
    #expect(!dumped.contains("104"))
  }
}

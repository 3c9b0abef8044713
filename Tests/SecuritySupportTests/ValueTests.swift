import SecuritySupport
import Testing

@Suite struct AccountNameTests {
  @Test(arguments: [
    ("alice", "", "alice"), ("LAB\\alice", "LAB", "alice"), ("alice@lab.example", "", "alice@lab.example"), (".\\alice", ".", "alice"),
    ("Ünïcödé", "", "Ünïcödé"),
  ])
  func parses(text: String, domain: String, user: String) throws {
    let name = try #require(AccountName(parsing: text))
    #expect(name.domain == domain)
    #expect(name.user == user)
    #expect(name.description == text)
  }

  @Test(arguments: ["", "LAB\\", "a\\b\\c", "alice\n", "al\u{0}ice", "\u{7F}"])
  func refuses(text: String) { #expect(AccountName(parsing: text) == nil) }

  @Test func principalNames() {
    #expect(AccountName(domain: "", user: "a@b").isUserPrincipalName)
    #expect(!AccountName(domain: "LAB", user: "a@b").isUserPrincipalName)
  }
}

@Suite struct ByteReaderTests {
  @Test func readsLittleEndian() {
    var reader = ByteReader([1, 2, 0, 3, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 9])
    #expect(reader.readUInt8() == 1)
    #expect(reader.readUInt16() == 2)
    #expect(reader.readUInt32() == 3)
    #expect(reader.readUInt64() == 4)
    #expect(reader.remaining == 1)
    #expect(reader.readUInt16() == nil)
    #expect(reader.position == 15)
  }

  @Test(arguments: [(0, 4, true), (4, 0, true), (5, 0, false), (-1, 1, false), (1, -1, false), (2, Int.max, false), (Int.max, 1, false)])
  func slicesInsideOnly(offset: Int, count: Int, there: Bool) {
    #expect((ByteReader([1, 2, 3, 4]).slice(at: offset, count: count) != nil) == there)
  }

  @Test func integersRoundTrip() {
    var bytes: [UInt8] = []
    bytes.append(littleEndian: UInt32(0xDEAD_BEEF))
    bytes.append(bigEndian: UInt16(0x0102))
    #expect(bytes == [0xEF, 0xBE, 0xAD, 0xDE, 1, 2])
  }
}

@Suite struct TextEncodingTests {
  @Test(arguments: ["", "Password", "Ünïcödé 😀", "é€"])
  func roundTrip(text: String) { #expect(String(strictUTF16LittleEndian: text.utf16LittleEndianBytes) == text) }

  @Test(arguments: [[0x41], [0x00, 0xD8], [0x00, 0xDC, 0x41, 0x00], [0x41, 0x00, 0x00, 0x00]] as [[UInt8]])
  func refuses(bytes: [UInt8]) { #expect(String(strictUTF16LittleEndian: bytes) == nil) }
}

@Suite struct CodeTests {
  @Test func spellingsOfOneNumber() {
    let code = WinRMCode.destinationUnreachable
    #expect(code.rawValue == 2_150_858_770)
    #expect(code.signed == -2_144_108_526)
    #expect(code.hexadecimal == "0x80338012")
    #expect(WinRMCode.accessDenied.hexadecimal == "0x5")
  }

  @Test func statusesPrintNameAndNumber() {
    #expect(NTStatus.logonFailure.description == "STATUS_LOGON_FAILURE (0xC000006D)")
    #expect(NTStatus(rawValue: 0xC000_0192).description == "NTSTATUS 0xC0000192")
    #expect(NTStatus(rawValue: 5).description == "NTSTATUS 0x00000005")
  }

  @Test func channelBindingStructure() {
    let bindings = ChannelBindings(serverEndPointHash: [0xAB, 0xCD])
    #expect(
      bindings.gssStructure == [UInt8](repeating: 0, count: 16) + [23, 0, 0, 0] + Array("tls-server-end-point:".utf8) + [0xAB, 0xCD])
  }
}

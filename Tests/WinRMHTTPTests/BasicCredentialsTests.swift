import SecuritySupport
import Testing
import WinRMHTTP

/// RFC 7617.
@Suite struct BasicCredentialsTests {
  private func read(_ token: [UInt8]) throws -> (String, String) {
    let credentials = try BasicCredentials(decoding: token)
    return (credentials.userName, credentials.password.withUnsafeBytes { String(decoding: $0, as: UTF8.self) })
  }

  @Test(
    "The first colon ends the name; the password may hold others, or nothing",
    arguments: [
      ("Aladdin:open sesame", "Aladdin", "open sesame"), ("test:123£", "test", "123£"), ("a:b:c:", "a", "b:c:"), ("a:", "a", ""),
      ("HOST\\jörg:密", "HOST\\jörg", "密"), (".\\a: ", ".\\a", " "), ("a@b:c", "a@b", "c"),
    ]) func read(_ text: String, _ name: String, _ password: String) throws
  {
    #expect(try read(Array(text.utf8)) == (name, password))
  }

  @Test("What is no UTF-8 is ISO 8859-1") func latin1() throws {
    #expect(try read([0x6A, 0xF6, 0x3A, 0x70, 0xE4, 0xFF]) == ("jö", "päÿ"))
    // A name in the one and a password in the other are one text, in the one that holds both.
    #expect(try read([0xC3, 0xB6, 0x3A, 0xE4]) == ("Ã¶", "ä"))
    // Not the shortest form, a surrogate, cut off: no UTF-8.
    #expect(try read([0x61, 0x3A, 0xC0, 0x80]).1 == "À\u{80}")
    #expect(try read([0x61, 0x3A, 0xED, 0xA0, 0x80]).1 == "í\u{A0}\u{80}")
    #expect(try read([0x61, 0x3A, 0xE5, 0xAF]).1 == "å¯")
  }

  @Test(
    "No colon, no name, control characters",
    arguments: [
      [], Array("nocolon".utf8), Array(":password".utf8), [0x61, 0, 0x3A, 0x62], [0x61, 0x3A, 0], [0x61, 0x3A, 0x0A], [0x61, 0x7F, 0x3A],
    ])
  func malformed(_ token: [UInt8]) {
    #expect(throws: WinRMHTTPError(.malformed, "")) { try BasicCredentials(decoding: token) }
  }

  @Test("Too long") func long() throws {
    func token(_ name: Int, _ password: Int, _ byte: UInt8 = 0x61) -> [UInt8] {
      [UInt8](repeating: byte, count: name) + [0x3A] + [UInt8](repeating: byte, count: password)
    }
    let (name, password) = (BasicCredentials.maximumUserNameLength, BasicCredentials.maximumPasswordLength)
    #expect(try BasicCredentials(decoding: token(name, password)).password.count == password)
    // As ISO 8859-1 each byte becomes two.
    for token in [
      token(name + 1, 1), token(1, password + 1), token(1, password / 2 + 1, 0xE4), token(name / 2 + 1, 1, 0xE4), token(1 << 20, 1),
    ] {
      #expect(throws: WinRMHTTPError(.limit, "")) { try BasicCredentials(decoding: token) }
    }
  }

  @Test("It does not print itself") func redacted() throws {
    let credentials = try BasicCredentials(decoding: Array("canary:canary".utf8))
    var dumped = ""
    dump(credentials, to: &dumped)
    #expect(!"\(credentials) \(String(reflecting: credentials)) \(dumped)".contains("canary"))
  }

  @Test(
    "The header: base64 in any case of the scheme's name, and nothing else",
    arguments: [
      ("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", true), ("bASIC  QWxhZGRpbjpvcGVuIHNlc2FtZQ== ", true),
      ("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=", false), ("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==QQ==", false), ("Basic QWxh ZGRp", false),
      ("Basic %%%", false), ("BasicQWxh", false), ("Basic QWxh-_8=", false),
    ]) func header(_ text: String, isGood: Bool)
  {
    let header = AuthorizationHeader(parsing: text)
    #expect((header?.scheme == .basic && header?.token == Array("Aladdin:open sesame".utf8)) == isGood)
  }

  @Test("The certificate's scheme stands alone, in any case") func certificate() {
    let name = "http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/https/mutual"
    for text in [name, name.uppercased(), "  \(name) "] {
      let header = AuthorizationHeader(parsing: text)
      #expect(header?.scheme == .certificate && header?.token == nil)
    }
    for text in [name + "x", name + " QWxh", name + "/", String(name.dropLast()), name + ",Negotiate"] {
      #expect(AuthorizationHeader(parsing: text)?.scheme == nil)
    }
    #expect(!AuthenticationScheme.certificate.canBeOffered)
  }
}

import Testing
import WinRMHTTP

@Suite struct ChallengeTests {
  @Test func severalLines() throws {
    let challenges = try Challenge.parse(wwwAuthenticate: ["Negotiate", "Kerberos", "CredSSP", "Basic realm=\"WSMAN\""])
    #expect(challenges == [.init(scheme: .negotiate), .init(scheme: .kerberos), .init(scheme: .credSSP), .init(scheme: .basic)])
  }

  @Test(
    "P-04: one line, odd case, odd spaces, other schemes",
    arguments: [
      (
        "nEGOTIATE AQID, basic realm=\"a, Negotiate BBBB\", CREDSSP",
        [Challenge(scheme: .negotiate, token: [1, 2, 3]), .init(scheme: .basic), .init(scheme: .credSSP)]
      ),
      ("Negotiate,Kerberos , , CredSSP BA==", [.init(scheme: .negotiate), .init(scheme: .kerberos), .init(scheme: .credSSP, token: [4])]),
      ("Digest realm=\"x\\\"y\",nonce=abc,qop=\"auth,auth-int\", Negotiate", [.init(scheme: .negotiate)]),
      ("  Negotiate   AQID  ", [.init(scheme: .negotiate, token: [1, 2, 3])]), ("", []), (" , ", []), ("Bearer abc", []),
      ("Basic realm = x , charset=\"UTF-8\",Negotiate AQ==", [.init(scheme: .basic), .init(scheme: .negotiate, token: [1])]),
    ]) func oneLine(_ line: String, _ expected: [Challenge]) throws
  {
    #expect(try Challenge.parse(wwwAuthenticate: [line]) == expected)
  }

  @Test(
    "P-04: malformed values are refused",
    arguments: ["Negotiate $$$", "Negotiate AQI", "\"x\"", "Negotiate AQID AQID", "Basic realm=\"x", "Négotiate"])
  func malformed(_ line: String) {
    #expect(throws: WinRMHTTPError(.malformed, "")) { try Challenge.parse(wwwAuthenticate: [line]) }
  }

  @Test("P-04: a token of 48 KiB and one of 64 KiB are read, one of 1 MB is not") func sizes() throws {
    for size in [49_152, 65_536, 98_304] {
      let token = [UInt8](repeating: 0xA5, count: size)
      let line = Challenge(scheme: .negotiate, token: token).headerValue
      #expect(try Challenge.parse(wwwAuthenticate: [line]) == [Challenge(scheme: .negotiate, token: token)])
      #expect(AuthorizationHeader(parsing: line)?.token == token)
    }
    for size in [98_305, 1_000_000] {
      let line = Challenge(scheme: .negotiate, token: [UInt8](repeating: 0xA5, count: size)).headerValue
      #expect(throws: WinRMHTTPError(.limit, "")) { try Challenge.parse(wwwAuthenticate: [line]) }
      #expect(AuthorizationHeader(parsing: line) == nil)
    }
    #expect(throws: WinRMHTTPError(.limit, "")) {
      try Challenge.parse(wwwAuthenticate: Array(repeating: "Negotiate", count: Challenge.maximumCount + 1))
    }
  }

  @Test func written() {
    #expect(Challenge(scheme: .negotiate).headerValue == "Negotiate")
    #expect(Challenge(scheme: .basic).headerValue == "Basic realm=\"WSMAN\"")
    #expect(Challenge(scheme: .credSSP, token: [1, 2, 3]).headerValue == "CredSSP AQID")
  }

  @Test("H-05: no token can end a header line") func noInjection() {
    let value = AuthorizationHeader.value(scheme: .negotiate, token: Array(0...255))
    #expect(value.utf8.allSatisfy { 0x20...0x7E ~= $0 })
  }
}

@Suite struct AuthorizationHeaderTests {
  @Test(arguments: AuthenticationScheme.allCases.filter(\.canBeOffered)) func roundTrip(_ scheme: AuthenticationScheme) throws {
    let header = try #require(AuthorizationHeader(parsing: AuthorizationHeader.value(scheme: scheme, token: [0, 1, 254, 255])))
    #expect(header.scheme == scheme)
    #expect(header.token == [0, 1, 254, 255])
  }

  @Test func forms() {
    #expect(AuthorizationHeader(parsing: "negotiate")?.scheme == .negotiate)
    #expect(AuthorizationHeader(parsing: "negotiate")?.token == nil)
    #expect(AuthorizationHeader(parsing: "CREDSSP  AQID ")?.token == [1, 2, 3])
    #expect(AuthorizationHeader(parsing: "NTLM TlRM")?.schemeName == "NTLM")
    #expect(AuthorizationHeader(parsing: "NTLM TlRM")?.scheme == nil)
  }

  @Test(
    "S-01: what is no header is nil",
    arguments: [
      "", "  ", "Negotiate=", "Negotiate AQID, Basic AQID", "Negotiate AQ ID", "Negotiate \r\nX: y", "Negotiate AQI", "\"Negotiate\" AQID",
      "Negotiate ====",
    ])
  func refused(_ text: String) { #expect(AuthorizationHeader(parsing: text) == nil) }

  @Test("R-05: a printed header shows no token") func noSecrets() throws {
    let header = try #require(AuthorizationHeader(parsing: "Basic dXNlcjpjYW5hcnk="))
    #expect(!"\(header)".contains("canary") && !String(reflecting: header).contains("99") && !"\(header)".contains("dXNl"))
  }
}

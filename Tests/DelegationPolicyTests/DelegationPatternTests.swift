import DelegationPolicy
import SecuritySupport
import Testing

@Suite struct DelegationPatternTests {
  @Test(
    "Which pattern matches all that another one matches",
    arguments: [
      ("WSMAN/*", "wsman/*.b", true), ("WSMAN/*", "WSMAN/*", true), ("WSMAN/*.b", "wsman/*.B", true), ("WSMAN/*.b", "WSMAN/*.a.b", true),
      ("WSMAN/*.b", "WSMAN/a.b", true), ("WSMAN/a.b", "wsman/A.B.", true), ("WSMAN/*.b", "WSMAN/*", false), ("WSMAN/*.b", "WSMAN/b", false),
      ("WSMAN/*.b", "WSMAN/*.ab", false), ("WSMAN/*.a.b", "WSMAN/*.b", false), ("WSMAN/a.b", "WSMAN/*.b", false),
      ("WSMAN/a", "WSMAN/b", false),
      ("HTTP/*", "WSMAN/a", false), ("WSMAN/*", "HTTP/a", false),
    ])
  func covers(left: String, right: String, isCovered: Bool) throws {
    #expect(try DelegationPattern(parsing: left).covers(DelegationPattern(parsing: right)) == isCovered)
  }

  @Test(
    "A pattern matches the hosts it names, as typed",
    arguments: [
      ("WSMAN/server.example.com", "server.example.com", true),
      ("wsman/SERVER.example.COM", "Server.Example.Com", true),
      ("WSMAN/server.example.com", "server.example.com.", true),
      ("WSMAN/server.example.com.", "server.example.com", true),
      ("WSMAN/server.example.com", "server", false),
      ("WSMAN/server", "server.example.com", false),
      ("WSMAN/server", "xserver", false),
      ("WSMAN/*.example.com", "a.example.com", true),
      ("WSMAN/*.example.com", "a.b.Example.com.", true),
      ("WSMAN/*.example.com", "example.com", false),
      ("WSMAN/*.example.com", ".example.com", false),
      ("WSMAN/*.example.com", "evilexample.com", false),
      ("WSMAN/*.example.com", "a.example.com.evil.net", false),
      ("WSMAN/*", "anything", true),
      ("WSMAN/*", "10.0.0.1", true),
      ("WSMAN/*", "", false),
      ("WSMAN/*", "two words", false),
      ("WSMAN/*", "a/b", false),
      ("WSMAN/*", "user@host", false),
      ("WSMAN/10.0.0.1", "10.0.0.1", true),
      ("WSMAN/10.0.0.1", "10.0.0.01", false),
      ("WSMAN/::1", "[::1]", true),
      ("WSMAN/[::1]", "::1", true),
      ("WSMAN/FE80::1", "fe80::1", true),
      ("WSMAN/::1", "0:0:0:0:0:0:0:1", false),
      ("TERMSRV/*", "server", false),
      ("HTTP/server", "server", false),
      ("WSMANX/server", "server", false),
    ])
  func matching(pattern: String, host: String, isMatch: Bool) throws {
    #expect(try DelegationPattern(parsing: pattern).matches(host: host) == isMatch)
  }

  @Test("Letters that a Unicode table maps to ASCII are other letters")
  func lookAlikes() throws {
    #expect(try !DelegationPattern(parsing: "WSMAN/kilo").matches(host: "\u{212A}ilo"))  // KELVIN SIGN
    #expect(try !DelegationPattern(parsing: "WSMAN/caf\u{E9}").matches(host: "cafe\u{301}"))
  }

  @Test(
    "What is no pattern is refused with the reason",
    arguments: [
      "", "server", "*", "/", "WSMAN/", "/server", "WSMAN", "WSMAN/a*", "WSMAN/*a", "WSMAN/*.", "WSMAN/*.*", "WSMAN/**", "WSMAN/a.*.com",
      "WSMAN/*..com", "WSMAN/server:5985", "WSMAN/two words", "WSMAN/a/b", "WS MAN/a", "*/a", "WSMAN/.", "WSMAN/a\u{0}b", "WSMAN/\u{7}",
    ])
  func malformed(text: String) {
    let error = #expect(throws: DelegationPolicyError.self) { try DelegationPattern(parsing: text) }
    #expect(error?.code == .malformedPattern)
    #expect(error?.winrmCode.rawValue == 87)
  }

  /// Hosts that no endpoint can have.
  static let impossibleHosts = [
    "hop1|hop2", "%HOSTX%", "hop3?", "hop$1", "hop1%", "a%25", "%", "hop1#x", "hop1+x", "hop1=x", "(hop1)", "'hop1'", "~", "!hop1", "hop&1",
    ".hop", "a..b", "hop1..", ":::", "-hop", "hop1;hop2", "{hop1}", "hop^1", "hop`1", "a/b", "a@b", "a,b", "a\\b", "\"a\"", "<local>",
    "[hop1]",
    "[::1", "::1]", "[fe80::1%eth0]", "fe80::1%eth0", "1::2::3", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8::", "12345::1", "::g", "::1.2.3",
    "::1.2.3.256", "::1.2.3.4:5", "[::]]", "\u{2800}", "a\u{2800}", "\u{FF0A}", "\u{1F600}", "a\u{3002}\u{FF0F}",
    String(repeating: "a", count: 256),
    String(repeating: "a", count: 300), String(repeating: "\u{E9}", count: 128),
  ]

  @Test("A host that no endpoint can have is refused as such", arguments: impossibleHosts)
  func impossible(host: String) {
    let error = #expect(throws: DelegationPolicyError.self) { try DelegationPattern(parsing: "WSMAN/" + host) }
    #expect(error?.code == .malformedPattern && error?.isAboutHost == true, "\(error?.message ?? "")")
    guard !host.contains(":"), !host.hasPrefix("-") else { return }
    #expect(throws: DelegationPolicyError.self) { try DelegationPattern(parsing: "WSMAN/*." + host) }
  }

  @Test(
    "Every form of a host that an endpoint can have is taken",
    arguments: [
      "hop1", "HOP1.lab.example", "hop1.", "a_b", "_hop", "1", "10.0.0.1", "0x7f.1", "a-", "b\u{FC}cher.example", "xn--bcher-kva.example",
      "e\u{301}", "\u{4E2D}\u{6587}", "\u{0668}", "::", "::1", "[::1]", "2001:DB8::1", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7::",
      "::2:3:4:5:6:7:8",
      "::FFFF:129.144.52.38", "1:2:3:4:5:6:1.2.3.4", String(repeating: "a", count: 255), String(repeating: "a", count: 255) + ".",
    ])
  func possible(host: String) throws {
    #expect(try DelegationPattern(parsing: "wsman/" + host).matches(host: host))
    guard !host.contains(":"), host.utf8.count < 254 else { return }
    #expect(try DelegationPattern(parsing: "WSMAN/*." + host).matches(host: "x." + host))
  }

  @Test(
    "A mistake in the form of an entry is not one of its host",
    arguments: ["WSMAN/", "WSMAN/hop1:5985", "WSMAN/[::1]:5985", "WSMAN/a*", "WSMAN/*.*", "WSMAN/*.a:1", "WSMAN/*.", "WSMAN/a b", "hop1"])
  func form(text: String) {
    let error = #expect(throws: DelegationPolicyError.self) { try DelegationPattern(parsing: text) }
    #expect(error?.isAboutHost == false)
  }

  @Test("Patterns that match the same hosts are equal, and keep their text")
  func equality() throws {
    let left = try DelegationPattern(parsing: "wsman/Server.")
    let right = try DelegationPattern(parsing: "WSMAN/server")
    #expect(left == right)
    #expect(Set([left, right]).count == 1)
    #expect(left.description == "wsman/Server.")
    #expect(try left != DelegationPattern(parsing: "TERMSRV/server"))
    #expect(try DelegationPattern(parsing: "WSMAN/*.a") != DelegationPattern(parsing: "WSMAN/a"))
  }
}

import DelegationPolicy
import SecuritySupport
import Testing

@Suite struct TrustedHostsTests {
  @Test(
    "A list holds the hosts of its items (MS-WSMV 2.2.4.10)",
    arguments: [
      ("", "server", false), ("  ", "server", false), ("*", "server", true), ("*", "::1", true),
      ("server", "SERVER", true), ("server", "server.", true), ("server", "server2", false),
      ("a,b , c", "b", true), ("a,b , c", "c", true),
      ("*.contoso.com", "x.CONTOSO.com", true), ("*.contoso.com", "contoso.com", false), ("*.contoso.com", "x.contoso.com.evil", false),
      ("192.168.*", "192.168.1.5", true), ("192.168.*", "192.169.1.5", false), ("192.168.*", "192.168.evil.com", false),
      ("web*", "web12", true), ("web*", "web12.evil.com", true), ("web*", "xweb", false),
      ("<local>", "server", true), ("<LOCAL>", "server", true), ("<local>", "server.example.com", false), ("<local>", "::1", false),
      ("<local>", "2130706433", false), ("<local>", "0x7f000001", false),
      ("[1:2:3::8]", "1:2:3::8", true), ("[1:2:3::8]", "[1:2:3::8]", true), ("1.2.3.4,[1:2:3::8]", "1.2.3.4", true),
    ])
  func contains(list: String, host: String, isInside: Bool) throws {
    #expect(try TrustedHosts(parsing: list).contains(host) == isInside)
  }

  @Test(
    "What does not follow the grammar is refused with 0x8033809F",
    arguments: [
      "a,,b", ",", "a,", "a*b", "*a*", "**", "a,*", "1:2::3", "<remote>", "a b", "a/b", "http://a", "a\u{0}", "[1::2", "}", "{", "a;b",
      "a|b", "$(x)", String(repeating: "a", count: 1000),
    ])
  func malformed(list: String) {
    let error = #expect(throws: DelegationPolicyError.self) { try TrustedHosts(parsing: list) }
    #expect(error?.winrmCode.rawValue == 0x8033_809F)
  }

  @Test("Nobody is trusted by default") func none() {
    #expect(TrustedHosts.none.isEmpty)
    #expect(!TrustedHosts.none.contains("localhost"))
  }
}

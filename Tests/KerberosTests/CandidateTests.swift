import SecuritySupport
import Testing

@testable import Kerberos

@Suite("From typed names to names to ask for") struct CandidateTests {
  private static let realms = KerberosRealms(byDomain: ["LAB": "LAB.EXAMPLE", "mail.example": "LAB.EXAMPLE"])

  @Test(
    arguments: [
      ("alice", [ClientName.principal(user: "alice", realm: "HOME")]),
      (".\\alice", [.principal(user: "alice", realm: "HOME")]),
      (
        "lab\\alice",
        [
          .principal(user: "alice", realm: "LAB.EXAMPLE"), .enterprise("alice@lab", realm: "HOME"),
        ]
      ),
      ("NOPE\\alice", [.enterprise("alice@NOPE", realm: "HOME")]),
      ("home\\alice", [.principal(user: "alice", realm: "HOME"), .enterprise("alice@home", realm: "HOME")]),
      (
        "alice@MAIL.example",
        [
          .principal(user: "alice", realm: "LAB.EXAMPLE"), .enterprise("alice@MAIL.example", realm: "HOME"),
          .principal(user: "alice", realm: "MAIL.EXAMPLE"),
        ]
      ),
      ("alice@home", [.principal(user: "alice", realm: "HOME"), .enterprise("alice@home", realm: "HOME")]),
      ("a@b@other.example", [.enterprise("a@b@other.example", realm: "HOME"), .principal(user: "a@b", realm: "OTHER.EXAMPLE")]),
    ] as [(String, [ClientName])])
  func candidates(typed: String, expected: [ClientName]) throws {
    #expect(Self.realms.candidates(for: try name(typed), libraryDefault: "HOME") == expected)
  }

  @Test("A NetBIOS name stands for the default realm only as its first label, in any case", arguments: ["HOME", "home", "Home.Example"])
  func firstLabel(domain: String) throws {
    let names = KerberosRealms().candidates(for: try name("\(domain)\\alice"), libraryDefault: "HOME.EXAMPLE")
    #expect(names.first == .principal(user: "alice", realm: "HOME.EXAMPLE"))
    for other in ["HO", "EXAMPLE", "HOMEX", "HOME.OTHER"] {
      let names = KerberosRealms().candidates(for: try name("\(other)\\alice"), libraryDefault: "HOME.EXAMPLE")
      #expect(!names.isEmpty && !names.contains(.principal(user: "alice", realm: "HOME.EXAMPLE")))
    }
    // Configured as another realm's, it is not also that of the default realm.
    let mapped = KerberosRealms(byDomain: ["HOME": "ELSEWHERE.EXAMPLE"])
    #expect(
      mapped.candidates(for: try name("HOME\\alice"), libraryDefault: "HOME.EXAMPLE")
        == [.principal(user: "alice", realm: "ELSEWHERE.EXAMPLE"), .enterprise("alice@HOME", realm: "HOME.EXAMPLE")])
  }

  @Test("Where the realm is certain, the password is tried in no other") func exact() throws {
    let realms = KerberosRealms(byDomain: ["LAB": "LAB"], isExact: true)
    #expect(realms.candidates(for: try name("lab\\alice"), libraryDefault: "HOME") == [.principal(user: "alice", realm: "LAB")])
    #expect(realms.candidates(for: try name("alice@LAB"), libraryDefault: "HOME") == [.principal(user: "alice", realm: "LAB")])
  }

  @Test func withoutAnyRealmABareNameLeadsNowhere() throws {
    #expect(KerberosRealms().candidates(for: try name("alice"), libraryDefault: nil).isEmpty)
    #expect(
      KerberosRealms(defaultRealm: "R").candidates(for: try name("alice"), libraryDefault: "X") == [.principal(user: "alice", realm: "R")])
  }
}

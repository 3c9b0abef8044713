import GroupPolicy
import Testing

private func identifier(_ digit: Character) -> String {
  let run = String(repeating: digit, count: 12)
  return "{\(run.prefix(8))-\(run.prefix(4))-\(run.prefix(4))-\(run.prefix(4))-\(run)}"
}

private func link(_ digit: Character, _ options: Int = 0) -> String {
  "[LDAP://CN=\(identifier(digit)),CN=Policies,CN=System,DC=lab,DC=example;\(options)]"
}

@Suite struct PolicyLinkTests {
  @Test("Links keep their order and options") func parse() throws {
    let links = try PolicyLink.parse(link("a") + link("B", 1) + "[ldap://cn=\(identifier("c")),CN=Policies;2]" + link("d", 3) + " ")
    #expect(links.map(\.identifier.description) == ["A", "B", "C", "D"].map { identifier($0) })
    #expect(links.map(\.isDisabled) == [false, true, false, true])
    #expect(links.map(\.isEnforced) == [false, false, true, true])
  }

  @Test("No link at all", arguments: ["", " "]) func none(text: String) throws { #expect(try PolicyLink.parse(text).isEmpty) }

  @Test(
    "What is no link is refused",
    arguments: [
      "x", "[", "[]", "[LDAP://;0]", "[LDAP://CN=x;0]", "[LDAP://CN={../..},CN=Policies;0]", "[HTTP://CN=x;0]",
      String(link("a").dropLast()),
      link("a") + "x", "[LDAP://OU=\(identifier("a"));0]", "[LDAP://CN=\(identifier("a"));x]", "[LDAP://CN=\(identifier("a"))]",
    ])
  func malformed(text: String) { #expect(throws: GroupPolicyError(.malformed, "")) { try PolicyLink.parse(text) } }

  @Test("Limits come first") func limits() {
    #expect(throws: GroupPolicyError(.limitExceeded, "")) { try PolicyLink.parse(String(repeating: "[", count: 1 << 19)) }
    #expect(throws: GroupPolicyError(.limitExceeded, "")) { try PolicyLink.parse(String(repeating: link("a"), count: 1000)) }
  }

  @Test("An identifier can stand in a path") func identifiers() {
    #expect(PolicyIdentifier("{31b2f340-016d-11d2-945f-00c04fb984f9}")?.description == "{31B2F340-016D-11D2-945F-00C04FB984F9}")
    for text in [
      "", "31b2f340-016d-11d2-945f-00c04fb984f9", "{31b2f340-016d-11d2-945f-00c04fb984f/}", "{31b2f340x016d-11d2-945f-00c04fb984f9}",
    ] {
      #expect(PolicyIdentifier(text) == nil)
    }
  }
}

@Suite struct PolicyScopeTests {
  func scope(_ name: String, _ links: String, blocks: Bool = false) throws -> PolicyScope {
    try PolicyScope(name: name, gPLink: links, gPOptions: blocks ? "1" : nil)
  }

  func order(_ scopes: PolicyScope...) -> String {
    PolicyScope.appliedLinks(of: scopes).map { String($0.link.identifier.description.dropFirst().prefix(1)) }.joined()
  }

  @Test("Site, domain, units, each in the order of its links") func plain() throws {
    #expect(try order(scope("site", link("1")), scope("domain", link("2") + link("3")), scope("unit", link("4") + link("5"))) == "12345")
  }

  @Test("A disabled link counts for nothing, enforced or not") func disabled() throws {
    #expect(try order(scope("domain", link("1", 1) + link("2") + link("3", 3))) == "2")
  }

  @Test("Enforced links come last, the outermost as the very last") func enforced() throws {
    #expect(
      try order(
        scope("site", link("1", 2)), scope("domain", link("2") + link("3", 2) + link("4", 2)), scope("unit", link("5") + link("6", 2)))
        == "256341")
  }

  @Test("A unit that blocks inheritance keeps its own and what is enforced above") func blocked() throws {
    #expect(
      try order(
        scope("site", link("1")), scope("domain", link("2") + link("3", 2)), scope("unit", link("4"), blocks: true),
        scope("inner", link("5")))
        == "453")
    #expect(try order(scope("domain", link("1")), scope("unit", link("2"), blocks: true), scope("inner", link("3"), blocks: true)) == "3")
  }

  @Test("Objects of two domains with the same identifier are two objects") func sameIdentifier() throws {
    let foreign = "[LDAP://CN=\(identifier("1")),CN=Policies,CN=System,DC=other,DC=example;2]"
    let links = PolicyScope.appliedLinks(of: [try scope("site", foreign), try scope("domain", link("1").lowercased() + link("1"))])
    #expect(links.map(\.link.domain) == ["lab.example", "other.example"])
  }

  @Test("A link to another place with the identifier of an object takes nothing of the object's own link", arguments: [0, 2])
  func otherPlace(options: Int) throws {
    let odd = "[LDAP://CN=\(identifier("1")),CN=any,DC=lab,DC=example;\(options)]"
    let links = PolicyScope.appliedLinks(of: [
      try scope("site", odd), try scope("domain", link("1", options)), try scope("unit", odd + link("2")),
    ])
    let own = try #require(links.first { $0.link.object == "CN=\(identifier("1")),CN=Policies,CN=System,DC=lab,DC=example" })
    #expect(own.scope == "domain" && own.link.isEnforced == (options == 2))
    #expect(links.count == 3)
  }

  @Test("An object that is linked twice counts at its strongest place") func twice() throws {
    #expect(try order(scope("domain", link("1") + link("2")), scope("unit", link("1"))) == "21")
    #expect(try order(scope("domain", link("1", 2) + link("2")), scope("unit", link("1") + link("3"))) == "231")
  }

  @Test("gPOptions must be a number") func options() {
    #expect(throws: GroupPolicyError(.malformed, "")) { try PolicyScope(name: "x", gPLink: nil, gPOptions: "yes") }
  }
}

@Suite struct PolicyTemplateFileTests {
  @Test("The version of a real file") func fixture() throws {
    #expect(try PolicyTemplateFile(decoding: Fixture.bytes("GPT.INI")) == PolicyTemplateFile(version: 1))
  }

  @Test(
    "Versions in all their spellings",
    arguments: [
      "[General]\nVersion=65538\n", "\u{FEFF}[GENERAL]\r\ndisplayName=New\r\nversion = 65538", "[x]\nVersion=1\n[General]\nVersion=65538",
    ])
  func version(text: String) throws {
    #expect(try PolicyTemplateFile(decoding: Array(text.utf8)).version == 65538)
    #expect(try PolicyTemplateFile(decoding: Array(text.utf8)).machineVersion == 2)
  }

  @Test(
    "No version is no template", arguments: ["", "Version=1", "[General]\nVersion=x", "[General]\n[x]\nVersion=1", "[General]\nVersion=-1"])
  func malformed(text: String) { #expect(throws: GroupPolicyError(.malformed, "")) { try PolicyTemplateFile(decoding: Array(text.utf8)) } }
}

@Suite struct DirectoryRecordTests {
  @Test("Records, folded lines, comments, base64") func parse() throws {
    let text = """
      # record 1
      dn: DC=lab,DC=example
      gPLink: [LDAP://CN={9D7E6253-909D-4660-A4E5-053E242D0661},CN=Policies,CN=Syste
       m,DC=lab,DC=example;0]
      displayName:: ZsO8cgphOiBi

      # record 2, and a comment
       that goes on
      dn:: T1U9w6Q=
      tokenGroups: S-1-1-0
      TOKENGROUPS: S-1-5-11

      # returned 2 records

      """
    let records = try DirectoryRecord.parse(Array(text.utf8))
    #expect(records.map(\.name) == ["DC=lab,DC=example", "OU=ä"])
    #expect(try records[0].text(of: "gplink")?.hasSuffix("CN=System,DC=lab,DC=example;0]") == true)
    #expect(try records[0].text(of: "displayName") == "für\na: b")
    #expect(try records[0].text(of: "a") == nil)
    #expect(try records[1].texts(of: "tokenGroups") == ["S-1-1-0", "S-1-5-11"])
    #expect(throws: GroupPolicyError(.malformed, "")) { try records[1].text(of: "tokenGroups") }
  }

  @Test("The root has an empty name, and lines may end with CR LF") func root() throws {
    #expect(try DirectoryRecord.parse(Array("dn: \r\na: b\r\n\r\n".utf8)).map(\.name) == [""])
  }

  @Test(
    "What is no LDIF is refused",
    arguments: ["a: b\n", "dn: x\ndn: y\n", " x\n", "dn: x\n\n y\n", "dn: x\nnonsense\n", "dn: x\na:: !\n", "dn: x\n: b\n"])
  func malformed(text: String) { #expect(throws: GroupPolicyError(.malformed, "")) { try DirectoryRecord.parse(Array(text.utf8)) } }

  @Test("A value from elsewhere is refused") func elsewhere() {
    #expect(throws: GroupPolicyError(.unsupported, "")) { try DirectoryRecord.parse(Array("dn: x\na:< file:///etc/passwd\n".utf8)) }
  }

  @Test("Random bytes never trap") func noise() {
    var random = SystemRandomNumberGenerator()
    let alphabet = Array("dn:a= \n\r#<Qg\u{FF}".utf8)
    for _ in 0..<3000 {
      let bytes = (0..<Int.random(in: 0...40, using: &random)).map { _ in alphabet.randomElement(using: &random)! }
      _ = try? DirectoryRecord.parse(bytes)
      _ = try? DirectoryName(parsing: String(decoding: bytes, as: UTF8.self))
      _ = try? PolicyAccess(parsing: "D:(" + String(decoding: bytes, as: UTF8.self), domain: "S-1-5-21-1-2-3")
    }
  }

  @Test("Names of the directory") func names() throws {
    let name = try DirectoryName(parsing: #"CN=a\,b,OU=x=y,DC=Lab,DC=example"#)
    #expect(name.parts == [#"CN=a\,b"#, "OU=x=y", "DC=Lab", "DC=example"])
    #expect(name.parent?.isNamed(by: "ou") == true)
    #expect(name.domain == "lab.example")
    #expect(name.isSame(as: try DirectoryName(parsing: #"cn=A\,B,ou=X=Y,dc=lab,dc=EXAMPLE"#)))
    for text in ["", "x", "=x", "CN=a,", #"CN=a\"#, "CN=a\nb", "-b=x"] {
      #expect(throws: GroupPolicyError(.malformed, "")) { try DirectoryName(parsing: text) }
    }
  }
}

@Suite struct PolicyAccessTests {
  static let domain = "S-1-5-21-328029610-2061842453-2267843216"
  static let machine: Set<String> = ["\(domain)-1110", "\(domain)-515", "S-1-1-0", "S-1-5-2", "S-1-5-11"]
  static let apply = "edacfd8f-ffb3-11d1-b41d-00a0c968f939"
  /// A new policy object's, as a Samba domain controller shows it.
  static let usual =
    "O:DAG:DAD:P(A;CI;RPWPCCDCLCLORCWOWDSDDTSW;;;DA)(A;CI;RPWPCCDCLCLORCWOWDSDDTSW;;;EA)(A;CIIO;RPWPCCDCLCLORCWOWDSDDTSW;;;CO)(A;;RPWPCCDCLCLORCWOWDSDDTSW;;;DA)(A;CI;RPWPCCDCLCLORCWOWDSDDTSW;;;SY)(A;CI;RPLCLORC;;;AU)(OA;CI;CR;\(apply);;AU)(A;CI;RPLCLORC;;;ED)"

  func applies(_ text: String) throws -> Bool { try PolicyAccess(parsing: text, domain: Self.domain).isApplied(to: Self.machine) }

  @Test("The usual object applies to every machine of the domain") func usual() throws { #expect(try applies(Self.usual)) }

  @Test(
    "Security filtering",
    arguments: [
      // Readable for everybody, applied to a group: the machine's own, and another one.
      ("D:(A;;RPLCLORC;;;AU)(OA;;CR;\(apply);;DC)", true), ("D:(A;;RPLCLORC;;;AU)(OA;;CR;\(apply);;\(domain)-1110)", true),
      ("D:(A;;RPLCLORC;;;AU)(OA;;CR;\(apply);;\(domain)-1111)", false), ("D:(A;;RPLCLORC;;;AU)(OA;;CR;\(apply);;DA)", false),
      // Applied, and not readable.
      ("D:(OA;;CR;\(apply);;AU)", false),
      // The first entry that speaks of the right decides.
      ("D:(OD;;CR;\(apply);;DC)(A;;RP;;;AU)(OA;;CR;\(apply);;AU)", false),
      ("D:(A;;RP;;;AU)(OA;;CR;\(apply);;AU)(OD;;CR;\(apply);;DC)", true),
      ("D:(D;;GA;;;AU)(A;;GA;;;WD)", false), ("D:(A;;GA;;;WD)", true), ("D:(A;;0x110;;;AU)", true), ("D:(A;;0x10;;;AU)", false),
      // Another extended right, inherited only, one property only, no list, an empty list.
      ("D:(A;;RP;;;AU)(OA;;CR;00000000-0000-0000-0000-000000000000;;AU)", false), ("D:(A;CIIO;GA;;;AU)", false),
      ("D:(OA;;RP;00000000-0000-0000-0000-000000000000;;AU)(OA;;CR;\(apply);;AU)", false), ("O:DAG:DA", true), ("D:P", false),
      ("D:NO_ACCESS_CONTROL", true),
      // An entry that cannot be judged, and that is for somebody else, about another right, or comes too late.
      ("D:(XA;;GA;;;DA;(Member_of{SID(BA)} && (@User.x == \"((\")))(A;;GA;;;AU)", true), ("D:(XD;;WP;;;AU;(x))(A;;GA;;;AU)", true),
      ("D:(A;;GA;;;AU)(XD;;GA;;;AU;(x))(A;;GA;;;QQ)", true), ("D:(D;;GA;;;AU)(XA;;GA;;;AU;(x))", false),
      ("O:DAG:DAS:(AU;SA;CR;;;WD)", true), ("O:SYG:SYD:PAI(A;;GA;;;AU)S:AI(AU;SA;GA;;;WD)", true),
    ])
  func filtering(text: String, expected: Bool) throws { #expect(try applies(text) == expected) }

  @Test(
    "What cannot be judged is an error",
    arguments: [
      ("D:(XA;;GA;;;AU;(x))", GroupPolicyError.Code.unsupported), ("D:(A;;GA;;;QQ)", .unsupported),
      ("D:(A;;RP;;;AU)(XA;;CR;;;DC;(@User.x == \")(\"))", .unsupported), ("D:(XA;;GA;;;AU;(x)", .malformed),
      ("D:(A;;RP;;;AU)(OA;;CR;\(apply);;QQ)(OA;;CR;\(apply);;AU)", .unsupported), ("D:(A;;QQ;;;AU)", .malformed),
      ("D:(A;;GA)", .malformed), ("D:(A;;GA;;;AU", .malformed), ("D:(A;;0xZZ;;;AU)", .malformed),
    ])
  func refused(text: String, code: GroupPolicyError.Code) { #expect(throws: GroupPolicyError(code, "")) { try applies(text) } }
}

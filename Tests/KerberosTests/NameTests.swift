import Kerberos
import SecuritySupport
import Testing

@Suite struct NameTests {
  @Test(
    "Service names that could mean something else to the library are not names",
    arguments: [
      "", "WSMAN", "WSMAN/", "/host", "WSMAN/a/b", "WSMAN/ho st", "WSMAN/h\\@x", "WSMAN/h\u{0}", "WSMAN/h\n", "WSMAN/host@",
      "WSMAN/host@A@B",
      "WSMAN/host@A/B",
    ])
  func refused(text: String) { #expect(KerberosServiceName(parsing: text) == nil) }

  @Test func serviceNames() throws {
    let name = try service("HTTP/Host.example:5985@REALM")
    #expect((name.service, name.host, name.realm) == ("HTTP", "Host.example:5985", "REALM"))
    #expect(name.description == "HTTP/Host.example:5985@REALM")
    #expect(name.matches(try service("http/HOST.EXAMPLE:5985")))
    #expect(!name.matches(try service("http/host.example")))
    #expect(KerberosServiceName.candidates(host: "h").map(\.description) == ["WSMAN/h", "HTTP/h", "HOST/h"])
    #expect(KerberosServiceName.candidates(host: "a/b").isEmpty)
    #expect(KerberosServiceName(service: "HTTP", host: String(repeating: "h", count: 256)) == nil)
  }

  @Test(
    "Principals are read as the library writes them",
    arguments: [
      ("alice@R", ["alice"], "R"), ("WSMAN/h.x@R.X", ["WSMAN", "h.x"], "R.X"), ("a\\@b@R", ["a@b"], "R"), ("a\\/b/c@R", ["a/b", "c"], "R"),
      ("a\\\\b@R", ["a\\b"], "R"), ("a\\nb@R", ["a\nb"], "R"),
    ])
  func principals(text: String, components: [String], realm: String) throws {
    let principal = try #require(KerberosPrincipal(parsing: text))
    #expect(principal == KerberosPrincipal(components: components, realm: realm))
    #expect(principal.description == text)
  }

  @Test(arguments: ["", "alice", "alice@", "@R", "a@b@c", "alice\\@R", "alice@R\\"])
  func notPrincipals(text: String) { #expect(KerberosPrincipal(parsing: text) == nil) }
}

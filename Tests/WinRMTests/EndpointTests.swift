import SecuritySupport
import Testing
import WinRM

@Suite struct EndpointTests {
  struct Row: Sendable, CustomTestStringConvertible {
    var text: String
    var useSSL = false
    var url: String
    var host: String
    var fallback: Int?
    var testDescription: String { text + (useSSL ? " -usessl" : "") }
  }

  @Test(arguments: [
    Row(text: "srv.corp.com", url: "http://srv.corp.com:5985/wsman", host: "srv.corp.com"),
    Row(text: "SRV", url: "http://SRV:5985/wsman", host: "SRV"),
    Row(text: "srv", useSSL: true, url: "https://srv:5986/wsman", host: "srv"),
    Row(text: "srv:8080", url: "http://srv:8080/wsman", host: "srv"),
    Row(text: "http://srv", url: "http://srv:80/wsman", host: "srv", fallback: 5985),
    Row(text: "https://machine1", url: "https://machine1:443/wsman", host: "machine1", fallback: 5986),
    Row(text: "HTTPS://machine1", useSSL: true, url: "https://machine1:443/wsman", host: "machine1", fallback: 5986),
    Row(text: "http://169.51.2.101:80", url: "http://169.51.2.101:80/wsman", host: "169.51.2.101"),
    Row(text: "[1:2:3::8]", url: "http://[1:2:3::8]:5985/wsman", host: "1:2:3::8"),
    Row(text: "https://[1:2:3::8]:444/path", url: "https://[1:2:3::8]:444/path", host: "1:2:3::8"),
    Row(
      text: "https://[::FFFF:129.144.52.38]", url: "https://[::FFFF:129.144.52.38]:443/wsman", host: "::FFFF:129.144.52.38", fallback: 5986),
    Row(text: "srv/other/path", url: "http://srv:5985/other/path", host: "srv"),
    Row(text: "srv/", url: "http://srv:5985/wsman", host: "srv"),
    Row(text: "srv.", url: "http://srv.:5985/wsman", host: "srv."),
    Row(text: "srv_1", url: "http://srv_1:5985/wsman", host: "srv_1"),
    Row(text: "bücher.example", url: "http://bücher.example:5985/wsman", host: "bücher.example"),
  ]) func parses(_ row: Row) throws {
    let endpoint = try WinRMEndpoint(parsing: row.text, useSSL: row.useSSL)
    #expect(endpoint.description == row.url)
    #expect(endpoint.host == row.host)
    #expect(endpoint.fallbackPort == row.fallback)
  }

  @Test(
    arguments: [
      ("", 0x8033_80D9), ("ftp://srv", 0x8033_80DA), ("://srv", 0x8033_80DA), ("srv:0", 0x8033_80DB), ("srv:65536", 0x8033_80DB),
      ("srv:", 0x8033_80DB), ("srv:+80", 0x8033_80DB), ("srv:٥٩", 0x8033_80DB), ("http://", 0x8033_80D9), ("[1:2", 0x8033_80D9),
      ("[srv]", 0x8033_80D9), ("[::1]x", 0x8033_80D9), ("::1", 0x8033_80D9), ("fe80::1%eth0", 0x8033_80D9),
      ("[fe80::1%eth0]", 0x8033_80D9), ("a b", 0x8033_80D9), ("srv\r\nX: y", 0x8033_80D9), ("srv/a\r\nX: y", 0x8033_80D9),
      ("srv/a b", 0x8033_80D9), ("-srv", 0x8033_80D9), ("user@srv", 0x8033_80D9), ("srv\u{0}", 0x8033_80D9),
      ("[:::]", 0x8033_80D9), ("[1::2::3]", 0x8033_80D9), ("a..b", 0x8033_80D9), ("srv..", 0x8033_80D9), (".srv", 0x8033_80D9),
      ("srv\u{3164}", 0x8033_80D9), ("srv\u{2800}", 0x8033_80D9), (".", 0x8033_80D9),
    ] as [(String, UInt32)]) func refuses(_ text: String, _ code: UInt32)
  {
    let error = #expect(throws: WinRMError.self) { try WinRMEndpoint(parsing: text) }
    #expect(error?.code.rawValue == code)
    #expect(error?.stage == .policy)
  }

  @Test(
    "What may be a password is not repeated",
    arguments: [
      "user:geheim@srv", "http://user:geheim@srv", "ftp://user:geheim@srv", "user:geheim@srv:5985", "user:ge@heim@srv/wsman",
      "user:geheim://x@srv", "https://geheim@", "@geheim@",
    ]) func userInformation(_ text: String)
  {
    let error = #expect(throws: WinRMError.self) { try WinRMEndpoint(parsing: text) }
    let said = error.map { "\($0.cause) \($0.nextStep) \($0)" } ?? ""
    #expect(!said.contains("geheim") && !said.contains("ge@") && said.contains("...@"))
    #expect(error?.code == .connectionStringTransportInvalid || said.contains("-username"))
  }

  @Test func httpWithSSLIsAContradiction() {
    let error = #expect(throws: WinRMError.self) { try WinRMEndpoint(parsing: "http://srv", useSSL: true) }
    #expect(error?.code.rawValue == 0x8033_81BE)
  }

  @Test func zoneIsExplained() {
    let error = #expect(throws: WinRMError.self) { try WinRMEndpoint(parsing: "[fe80::1%eth0]:5985") }
    #expect(error?.cause.contains("zone") == true)
  }

  @Test func defaultsComeFromTheConfiguration() throws {
    let defaults = WinRMEndpoint.Defaults(httpPort: 80, httpsPort: 8443, urlPrefix: "x")
    #expect(try WinRMEndpoint(parsing: "srv", defaults: defaults).description == "http://srv:80/x")
    #expect(try WinRMEndpoint(parsing: "http://srv", defaults: defaults).fallbackPort == nil)
    #expect(try WinRMEndpoint(parsing: "https://srv", defaults: defaults).fallbackPort == 8443)
  }
}

import SecuritySupport
import Testing
import WinRMConfiguration

@Suite struct CertificateMappingTests {
  private let issuer = String(repeating: "0A", count: 20)

  private func mapping(_ subject: String = "alice@example.com", uri: String = "*") throws -> CertificateMapping {
    try CertificateMapping(issuer: issuer, subject: subject, uri: uri, userName: "alice")
  }

  @Test(
    "Keys: a wildcard first in Subject and last in URI, 1023 characters, 40 digits",
    arguments: [
      ("issuer", "0a", 0x8033_8162), ("issuer", "", 0x8033_8162), ("issuer", String(repeating: "g", count: 40), 0x8033_8162),
      ("subject", "", 0x8033_8161), ("subject", "a*", 0x8033_8161), ("subject", "**", 0x8033_8161), ("subject", "a\u{7}", 0x8033_8161),
      ("subject", String(repeating: "a", count: 1024), 0x8033_8161), ("uri", "", 0x8033_8160), ("uri", "*a", 0x8033_8160),
      ("uri", "**", 0x8033_8160), ("uri", "http://a/?b", 0x8033_8160), ("uri", "http://a b", 0x8033_8160),
      ("uri", "http://a\u{a0}b", 0x8033_8160), ("uri", String(repeating: "a", count: 1024), 0x8033_8160), ("user", "", 0x8033_8154),
      ("user", "alice@example.com", 0x8033_8154), ("user", "a b", 0x8033_8154),
    ] as [(String, String, UInt32)])
  func refused(part: String, value: String, code: UInt32) {
    let error = #expect(throws: ConfigurationError.self) {
      try CertificateMapping(
        issuer: part == "issuer" ? value : issuer, subject: part == "subject" ? value : "*", uri: part == "uri" ? value : "*",
        userName: part == "user" ? value : "alice")
    }
    #expect(error?.winrmCode.rawValue == code)
  }

  @Test("Keys that are right, in any case and with blanks in the thumbprint; the longest ones")
  func accepted() throws {
    let one = try CertificateMapping(
      issuer: issuer.lowercased(), subject: "*" + String(repeating: "a", count: 1022), uri: String(repeating: "u", count: 1022) + "*",
      userName: "host\\alice")
    #expect(one.issuer == issuer && one.enabled)
    #expect(try mapping("*").subject == "*")
    var settings = WinRMSettings()
    try settings.addCertificateMapping(mapping())
    let again = #expect(throws: ConfigurationError.self) { try settings.addCertificateMapping(mapping("ALICE@EXAMPLE.COM")) }
    #expect(again?.code == .alreadyExists)
    try settings.addCertificateMapping(mapping("bob@example.com"))
    #expect(settings.certificateMapping(issuer: issuer.lowercased(), subject: "Bob@Example.com", uri: "*") != nil)
    try settings.removeCertificateMapping(issuer: issuer, subject: "alice@example.com", uri: "*")
    let gone = #expect(throws: ConfigurationError.self) {
      try settings.removeCertificateMapping(issuer: issuer, subject: "alice@example.com", uri: "*")
    }
    #expect(gone?.code == .notFound && gone?.winrmCode.rawValue == 0x8033_8000)
  }

  @Test("Shown in the order of the schema, without a password")
  func tree() throws {
    let names = try mapping().tree.nodes.map { node in
      if case .value(let name, _) = node { name } else { "" }
    }
    #expect(names == ["URI", "Subject", "Issuer", "UserName", "Enabled"])
  }

  @Test("Put: keys may be mentioned, not changed; a password is not kept")
  func put() throws {
    var mapping = try mapping()
    try mapping.put(
      SettingDocument(
        name: "certmapping", nodes: [.value(name: "Enabled", "false"), .value(name: "Password", "x"), .value(name: "Issuer", issuer)]))
    #expect(!mapping.enabled)
    let key = #expect(throws: ConfigurationError.self) {
      try mapping.put(SettingDocument(name: "CertMapping", nodes: [.value(name: "Enabled", "true"), .value(name: "Subject", "*")]))
    }
    #expect(key?.winrmCode.rawValue == 0x8033_8172)
    #expect(!mapping.enabled)
  }

  @Test("Passwords: up to 255 characters, not empty")
  func password() throws {
    func password(_ value: String?) throws -> String? {
      try CertificateMapping.password(in: SettingDocument(name: "certmapping", nodes: [.value(name: "Password", value)]))
    }
    #expect(try CertificateMapping.password(in: SettingDocument(name: "certmapping", nodes: [])) == nil)
    #expect(try password(String(repeating: "é", count: 255))?.count == 255)
    #expect(#expect(throws: ConfigurationError.self) { try password(nil) }?.winrmCode.rawValue == 0x8033_816B)
    #expect(
      #expect(throws: ConfigurationError.self) { try password(String(repeating: "a", count: 256)) }?.winrmCode.rawValue == 0x8033_816A)
  }

  @Test("No more than fit")
  func full() throws {
    var settings = WinRMSettings()
    for number in 0..<CertificateMapping.maximumCount { settings.certificateMappings.append(try mapping("\(number)")) }
    let error = #expect(throws: ConfigurationError.self) { try settings.addCertificateMapping(mapping("x")) }
    #expect(error?.winrmCode.rawValue == 0x8033_8153)
  }
}

import Foundation
import SecuritySupport
import Testing

@testable import Certificates

@Suite struct ServerCertificateStoreTests {
  private let store: ServerCertificateStore
  private let identity: SelfSignedIdentity
  private let certificate: ServerCertificate

  init() throws {
    store = ServerCertificateStore(directory: NSTemporaryDirectory() + "store-\(UUID().uuidString)/certificates")
    identity = try SelfSignedIdentity.make(
      commonName: "one", names: ["one.example.com", "*.two.example.com", "192.0.2.1", "2001:db8::1"],
      notAfter: Date(timeIntervalSinceNow: 3600))
    certificate = try ServerCertificate(certificates: [identity.certificateDER], privateKeyPEM: identity.privateKeyPEM)
  }

  private func path(_ end: String) -> String { "\(store.directory)/\(certificate.thumbprint).\(end)" }

  private func mode(_ end: String) throws -> Int {
    let attributes = try FileManager.default.attributesOfItem(atPath: path(end))
    return try #require(attributes[.posixPermissions] as? Int)
  }

  private func code(_ body: () throws -> Void) -> CertificateError.Code? {
    do {
      try body()
      return nil
    } catch { return (error as? CertificateError)?.code }
  }

  private func text(_ key: SecretBytes) -> String { key.withUnsafeBytes { String(decoding: $0, as: UTF8.self) } }

  @Test("What is put in comes out; the key is for its owner alone, and nothing else is left behind") func roundTrip() throws {
    #expect(try store.list().isEmpty)
    for _ in 0..<2 { try store.add(certificate) }
    let loaded = try store.load(certificate.thumbprint)
    #expect(loaded.chainDER == [identity.certificateDER])
    #expect(loaded.privateKeyPEM.isEqual(to: identity.privateKeyPEM))
    #expect(try mode("key") == 0o600)
    #expect(try mode("pem") == 0o644)
    #expect(try FileManager.default.contentsOfDirectory(atPath: store.directory).count == 2)
    #expect(try store.list().map(\.thumbprint) == [certificate.thumbprint])
    #expect(try store.list().allSatisfy { $0.problem == nil })
    try store.remove(certificate.thumbprint)
    #expect(try FileManager.default.contentsOfDirectory(atPath: store.directory).isEmpty)
    #expect(code { try store.remove(certificate.thumbprint) } == .notFound)
    #expect(code { _ = try store.load(certificate.thumbprint) } == .notFound)
  }

  @Test("S-06: a key or a certificate that others may use is not used", arguments: [0o640, 0o604, 0o620, 0o601, 0o666])
  func openFiles(mode: Int) throws {
    try store.add(certificate)
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path("key"))
    #expect(code { _ = try store.load(certificate.thumbprint) } == .unsafeFile)
    #expect(try store.list().map(\.problem?.code) == [.unsafeFile])
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path("key"))
    try FileManager.default.setAttributes([.posixPermissions: 0o664], ofItemAtPath: path("pem"))
    #expect(code { _ = try store.load(certificate.thumbprint) } == .unsafeFile)
  }

  @Test("S-06: the state tells of every change of content, mode and presence, and of nothing else") func states() throws {
    let thumbprint = certificate.thumbprint
    var states = [store.state(of: thumbprint)]
    try store.add(certificate)
    states.append(store.state(of: thumbprint))
    _ = try store.load(thumbprint)
    #expect(store.state(of: thumbprint) == states.last)
    for end in ["key", "pem"] {
      try FileManager.default.setAttributes([.posixPermissions: 0o666], ofItemAtPath: path(end))
      states.append(store.state(of: thumbprint))
      try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path(end))
      states.append(store.state(of: thumbprint))
    }
    try FileManager.default.removeItem(atPath: path("key"))
    states.append(store.state(of: thumbprint))
    for (index, state) in states.enumerated() { #expect(!states[..<index].contains(state), "\(index)") }
  }

  @Test("S-06: owners, as the kernel tells them") func owners() {
    func isSafe(_ mode: UInt32, owner: UInt32, _ secrecy: StoredFile.Secrecy, user: UInt32, size: Int = 10) -> Bool {
      StoredFile.danger(mode: mode, owner: owner, size: size, secrecy: secrecy, userID: user) == nil
    }
    #expect(isSafe(0o100600, owner: 7, .owner, user: 7))
    #expect(!isSafe(0o100600, owner: 0, .owner, user: 7))
    #expect(!isSafe(0o100600, owner: 7, .owner, user: 0))
    #expect(isSafe(0o100644, owner: 0, .everybody, user: 7))
    #expect(!isSafe(0o100644, owner: 8, .everybody, user: 7))
    #expect(!isSafe(0o040600, owner: 7, .owner, user: 7))
    #expect(!isSafe(0o100600, owner: 7, .owner, user: 7, size: StoredFile.maximumSize + 1))
  }

  @Test("Links, missing and damaged files, and names that lie") func damagedFiles() throws {
    try store.add(certificate)
    let manager = FileManager.default
    try manager.moveItem(atPath: path("key"), toPath: path("elsewhere"))
    #expect(code { _ = try store.load(certificate.thumbprint) } == .keyDoesNotFit)
    try manager.createSymbolicLink(atPath: path("key"), withDestinationPath: path("elsewhere"))
    #expect(code { _ = try store.load(certificate.thumbprint) } == .unsafeFile)
    try manager.removeItem(atPath: path("key"))
    let other = try SelfSignedIdentity.make(commonName: "other", notAfter: Date(timeIntervalSinceNow: 3600))
    try StoredFile(path: path("key"), secrecy: .owner).replace(with: other.privateKeyPEM)
    #expect(code { _ = try store.load(certificate.thumbprint) } == .keyDoesNotFit)
    try StoredFile(path: path("pem"), secrecy: .everybody).replace(
      with: SecretBytes(Array(PEMFile.text(certificates: [other.certificateDER]).utf8)))
    #expect(code { _ = try store.load(certificate.thumbprint) } == .malformed)
    #expect(try store.list().map(\.details) == [nil])
  }

  @Test("A directory into which others may put files gets no key") func openDirectory() throws {
    try FileManager.default.createDirectory(atPath: store.directory, withIntermediateDirectories: true)
    try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: store.directory)
    #expect(code { try store.add(certificate) } == .unsafeFile)
    #expect(try FileManager.default.contentsOfDirectory(atPath: store.directory).isEmpty)
  }

  @Test("The best certificate for a host: valid longest; one that vouches for itself only when that will do") func best() throws {
    try store.add(certificate)
    let longer = try SelfSignedIdentity.make(commonName: "x", names: ["one.example.com"], notAfter: Date(timeIntervalSinceNow: 7200))
    let second = try ServerCertificate(certificates: [longer.certificateDER], privateKeyPEM: longer.privateKeyPEM)
    try store.add(second)
    #expect(try store.best(for: "ONE.example.com", allowsSelfSigned: true)?.thumbprint == second.thumbprint)
    #expect(try store.best(for: "one.example.com", allowsSelfSigned: false) == nil)
    #expect(try store.best(for: "one.example.com", allowsSelfSigned: true, now: Date(timeIntervalSinceNow: 10_000)) == nil)
    #expect(try store.best(for: "three.example.com", allowsSelfSigned: true) == nil)
  }

  @Test(
    "Hosts that it is for",
    arguments: [
      ("one.example.com", true), ("ONE.EXAMPLE.COM.", true), ("a.two.example.com", true), ("*.two.example.com", true),
      ("a.b.two.example.com", false), ("two.example.com", false), (".two.example.com", false), ("192.0.2.1", true), ("192.0.2.2", false),
      ("[2001:DB8::1]", true), ("2001:db8:0::1", true), ("one", false), ("", false), ("*.example.com", false),
    ])
  func hosts(host: String, isFor: Bool) { #expect(certificate.details.isFor(host: host) == isFor) }

  @Test("PEM: the leaf is the one that the key is for, in whatever order; text around is skipped") func order() throws {
    let other = try SelfSignedIdentity.make(commonName: "other", notAfter: Date(timeIntervalSinceNow: 3600))
    let file =
      "Bag Attributes\r\n" + PEMFile.text(certificates: [other.certificateDER]).replacingOccurrences(of: "\n", with: "\r\n")
      + text(identity.privateKeyPEM) + "\n" + PEMFile.text(certificates: [identity.certificateDER])
    let read = try ServerCertificate(pem: SecretBytes(Array(file.utf8)))
    #expect(read.chainDER == [identity.certificateDER])
    #expect(read.thumbprint == certificate.thumbprint)
  }

  @Test("PEM: every truncation and every changed byte is refused or read, and never more", arguments: [0, 1, 2])
  func hostile(offset: Int) throws {
    let whole = Array((PEMFile.text(certificates: [identity.certificateDER]) + text(identity.privateKeyPEM) + "\n").utf8)
    for index in stride(from: offset, to: whole.count, by: 3) {
      if let read = try? ServerCertificate(pem: SecretBytes(whole[..<index])) { #expect(read.chainDER == [identity.certificateDER]) }
      var changed = whole
      changed[index] ^= 0x11
      if let read = try? ServerCertificate(pem: SecretBytes(changed)) { #expect(read.chainDER.count == 1) }
    }
  }

  @Test(
    "PEM that holds nothing usable",
    arguments: [
      "", "-----BEGIN CERTIFICATE-----\n", "-----BEGIN -----\n-----END -----\n", "\n\n\n",
      "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n",
      "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----", "-----BEGIN CERTIFICATE-----\n*\n-----END CERTIFICATE-----\n",
    ])
  func empty(content: String) {
    let code = code { _ = try ServerCertificate(pem: SecretBytes(Array(content.utf8))) }
    #expect(code == .malformed || code == .keyDoesNotFit)
  }

  @Test("Too many certificates are refused before they are read") func tooMany() {
    let many = String(repeating: PEMFile.text(certificates: [identity.certificateDER]), count: PEMFile.maximumCertificates + 1)
    #expect(code { _ = try PEMFile(SecretBytes(Array(many.utf8))) } == .malformed)
  }

  @Test("An error never prints a key") func noSecretInErrors() throws {
    let key = "-----BEGIN PRIVATE KEY-----\nc2VjcmV0IHNlY3JldA==\n-----END PRIVATE KEY-----\n"
    do {
      _ = try ServerCertificate(certificates: [identity.certificateDER], privateKeyPEM: SecretBytes(Array(key.utf8)))
      Issue.record("it fits")
    } catch { #expect(!"\(error)".contains("c2Vj")) }
    #expect(!"\(certificate)".contains("PRIVATE"))
  }

  @Test("RSA keys in PKCS #8 fit too") func rsa() throws {
    let made = try SelfSignedIdentity.make(
      commonName: "rsa", names: ["rsa"], notAfter: Date(timeIntervalSinceNow: 3600), kind: .rsa2048)
    let read = try ServerCertificate(certificates: [made.certificateDER], privateKeyPEM: made.privateKeyPEM)
    #expect(read.details.key == "RSA 2048" && read.details.isSelfSigned && read.details.isForServers)
    try read.checkUse()
    #expect(code { try read.checkUse(now: Date(timeIntervalSinceNow: 4000)) } == .notValidNow)
    #expect(code { try read.checkUse(now: Date(timeIntervalSinceNow: -8000)) } == .notValidNow)
  }
}

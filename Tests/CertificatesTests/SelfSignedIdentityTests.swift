import Certificates
import Crypto
import Foundation
import SecuritySupport
import SwiftASN1
import Testing
import X509

@Suite struct SelfSignedIdentityTests {
  @Test("The key belongs to the certificate, which carries the name and is for servers")
  func identity() throws {
    let end = Date(timeIntervalSinceNow: 86400)
    let identity = try SelfSignedIdentity.make(
      commonName: "CREDSSP-host", names: ["host", "host.example.com", "::1", "10.0.0.1"], notAfter: end)
    let certificate = try Certificate(derEncoded: identity.certificateDER)
    let pem = identity.privateKeyPEM.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    let key = try P256.Signing.PrivateKey(pemRepresentation: pem)
    #expect(Certificate.PublicKey(key.publicKey) == certificate.publicKey)
    #expect(certificate.subject == certificate.issuer)
    #expect(certificate.subject.description == "CN=CREDSSP-host")
    #expect(certificate.publicKey.isValidSignature(certificate.signature, for: certificate))
    #expect(abs(certificate.notValidAfter.timeIntervalSince(end)) < 2)
    #expect(certificate.notValidBefore < Date())
    #expect(try certificate.extensions.extendedKeyUsage?.contains(.serverAuth) == true)
    #expect(try certificate.extensions.subjectAlternativeNames?.count == 4)
  }

  @Test("It proves nothing to a verifier, until it is itself a root")
  func verification() async throws {
    let identity = try SelfSignedIdentity.make(commonName: "CREDSSP-host", names: ["host"], notAfter: Date(timeIntervalSinceNow: 86400))
    #expect(await CertificateVerifier().verify(chain: [identity.certificateDER], host: "host") != .trusted)
    let file = NSTemporaryDirectory() + "self-\(UUID().uuidString).pem"
    try Certificate(derEncoded: identity.certificateDER).serializeAsPEM().pemString.write(toFile: file, atomically: true, encoding: .utf8)
    let verifier = CertificateVerifier(roots: .pem(file: file))
    #expect(await verifier.verify(chain: [identity.certificateDER], host: "host") == .trusted)
    #expect(await verifier.verify(chain: [identity.certificateDER], host: "other") != .trusted)
    try FileManager.default.removeItem(atPath: file)
  }

  @Test(
    "Names that are no DNS name and no address",
    arguments: [
      "", ".", "a..b", "a.", ".a", "a b", "-a.example", "a-.example", "*", "a.*", "*.*.a", "1.2.3", "1.2.3.256", "a.7",
      String(repeating: "a", count: 64) + ".example", String(repeating: "aa.", count: 84) + "ab",
    ])
  func badNames(name: String) {
    #expect(throws: Certificates.CertificateError.self) {
      try SelfSignedIdentity.make(commonName: "x", names: [name], notAfter: Date(timeIntervalSinceNow: 60))
    }
  }

  @Test(
    "Names that are",
    arguments: [
      "a", "HOST_1", "*.a.example", "123", "xn--bcher-kva.example", "1.2.3.4", "::1", String(repeating: "a", count: 63) + ".example",
      String(repeating: "aa.", count: 84) + "a",
    ])
  func goodNames(name: String) throws {
    _ = try SelfSignedIdentity.make(commonName: "x", names: [name], notAfter: Date(timeIntervalSinceNow: 60))
  }

  @Test("Two identities differ, a long name is cut, a bad one refused")
  func names() throws {
    let end = Date(timeIntervalSinceNow: 86400)
    let first = try SelfSignedIdentity.make(commonName: "x", notAfter: end)
    #expect(try SelfSignedIdentity.make(commonName: "x", notAfter: end).certificateDER != first.certificateDER)
    let long = try SelfSignedIdentity.make(commonName: "CREDSSP-" + String(repeating: "a", count: 200), notAfter: end)
    #expect(try Certificate(derEncoded: long.certificateDER).subject.description.count == 3 + 64)
    #expect(throws: Certificates.CertificateError.self) {
      try SelfSignedIdentity.make(commonName: "x", names: ["h\u{F6}st"], notAfter: end)
    }
    #expect(throws: Certificates.CertificateError.self) { try SelfSignedIdentity.make(commonName: "x", names: [""], notAfter: end) }
  }
}

import Certificates
import Crypto
import Foundation
import SwiftASN1
import Testing
import X509

/// Attack H-08: certificates that must not prove a server.
@Suite struct CertificateVerifierTests {
  static let now = Date(timeIntervalSince1970: 1_800_000_000)
  static let year: TimeInterval = 365 * 86400

  /// A certificate with the key that signs for it.
  struct Authority {
    var certificate: Certificate
    var key: P256.Signing.PrivateKey
    var der: [UInt8] {
      get throws {
        var serializer = DER.Serializer()
        try serializer.serialize(certificate)
        return serializer.serializedBytes
      }
    }
  }

  /// What a test varies.
  struct Recipe {
    var name = "leaf"
    var isAuthority = false
    var names: [GeneralName] = []
    var notBefore = now.addingTimeInterval(-year)
    var notAfter = now.addingTimeInterval(year)
    var usage: [ExtendedKeyUsage.Usage]? = [.serverAuth]
    var maySignCertificates = true
    var constraints: NameConstraints?
  }

  static func make(_ recipe: Recipe, by issuer: Authority? = nil) throws -> Authority {
    let key = P256.Signing.PrivateKey()
    let subject = try DistinguishedName { CommonName(recipe.name) }
    let extensions = try Certificate.Extensions {
      if recipe.isAuthority {
        Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
        Critical(KeyUsage(digitalSignature: true, keyCertSign: recipe.maySignCertificates))
      } else {
        Critical(BasicConstraints.notCertificateAuthority)
        Critical(KeyUsage(digitalSignature: true))
      }
      if let usage = recipe.usage { Critical(try ExtendedKeyUsage(usage)) }
      if let constraints = recipe.constraints { Critical(constraints) }
      if !recipe.names.isEmpty { Critical(SubjectAlternativeNames(recipe.names)) }
    }
    let certificate = try Certificate(
      version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: .init(key.publicKey), notValidBefore: recipe.notBefore,
      notValidAfter: recipe.notAfter, issuer: issuer?.certificate.subject ?? subject, subject: subject,
      signatureAlgorithm: .ecdsaWithSHA256, extensions: extensions, issuerPrivateKey: .init(issuer?.key ?? key))
    return Authority(certificate: certificate, key: key)
  }

  let root: Authority
  let intermediate: Authority
  let file: String

  init() throws {
    root = try Self.make(Recipe(name: "root", isAuthority: true, usage: nil))
    intermediate = try Self.make(Recipe(name: "intermediate", isAuthority: true, usage: nil), by: root)
    file = NSTemporaryDirectory() + "roots-\(UUID().uuidString).pem"
    try root.certificate.serializeAsPEM().pemString.write(toFile: file, atomically: true, encoding: .utf8)
  }

  func verdict(_ chain: [Authority], host: String, now: Date = Self.now) async throws -> CertificateVerdict {
    defer { try? FileManager.default.removeItem(atPath: file) }
    return await CertificateVerifier(roots: .pem(file: file)).verify(chain: try chain.map { try $0.der }, host: host, now: now)
  }

  func leaf(_ change: (inout Recipe) -> Void = { _ in }) throws -> Authority {
    var recipe = Recipe(names: [.dnsName("server.example.com"), .dnsName("*.lab.example.com")])
    change(&recipe)
    return try Self.make(recipe, by: intermediate)
  }

  func reason(_ verdict: CertificateVerdict) -> String {
    if case .refused(let reason) = verdict { reason } else { "trusted" }
  }

  @Test(
    "A good chain proves the hosts of its names",
    arguments: ["server.example.com", "SERVER.Example.com", "server.example.com.", "a.lab.example.com"])
  func good(host: String) async throws {
    #expect(try await verdict([leaf(), intermediate], host: host) == .trusted)
  }

  @Test("The root may be shown too, and the order of issuers does not matter")
  func withRoot() async throws {
    #expect(try await verdict([leaf(), root, intermediate], host: "server.example.com") == .trusted)
  }

  @Test(
    "H-08: another host is not proven, and a wildcard covers one label",
    arguments: [
      "other.example.com", "example.com", "x.server.example.com", "a.b.lab.example.com", "lab.example.com", "10.0.0.1", "::1", "",
      "*.lab.example.com.evil", "server.example.com%evil",
    ])
  func wrongHost(host: String) async throws {
    #expect(try await reason(verdict([leaf(), intermediate], host: host)).contains("not for the host"))
  }

  @Test(
    "H-08: addresses are proven by address names only",
    arguments: [
      ("10.0.0.1", true), ("[fd00::1]", true), ("fd00:0::1", true), ("fd00::1%eth0", true), ("10.0.0.2", false), ("fd00::2", false),
      ("10.0.0.1%eth0", false),
    ])
  func addresses(host: String, isGood: Bool) async throws {
    let names: [GeneralName] = [
      .ipAddress(ASN1OctetString(contentBytes: [10, 0, 0, 1])),
      .ipAddress(ASN1OctetString(contentBytes: [0xFD, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1])),
      .dnsName("10.0.0.2"),
    ]
    let verdict = try await verdict([leaf { $0.names = names }, intermediate], host: host)
    #expect((verdict == .trusted) == isGood)
  }

  @Test("H-08: expired and not yet valid")
  func validity() async throws {
    let expired = try leaf { $0.notAfter = Self.now.addingTimeInterval(-1) }
    #expect(try await reason(verdict([expired, intermediate], host: "server.example.com")) == "it has expired")
  }

  @Test("H-08: not yet valid") func early() async throws {
    let early = try leaf { $0.notBefore = Self.now.addingTimeInterval(60) }
    #expect(try await reason(verdict([early, intermediate], host: "server.example.com")) == "it is not valid yet")
  }

  @Test("H-08: an expired issuer") func expiredIssuer() async throws {
    let issuer = try Self.make(
      Recipe(name: "old", isAuthority: true, notAfter: Self.now.addingTimeInterval(-1), usage: nil), by: root)
    let leaf = try Self.make(Recipe(names: [.dnsName("server")]), by: issuer)
    #expect(try await verdict([leaf, issuer], host: "server") != .trusted)
  }

  @Test("H-08: a self-signed certificate, an unknown root, a missing issuer, no certificate")
  func unknownIssuer() async throws {
    let selfSigned = try Self.make(Recipe(names: [.dnsName("server")]))
    #expect(try await reason(verdict([selfSigned], host: "server")).contains("no trusted certificate"))
  }

  @Test("H-08: a missing issuer") func missingIssuer() async throws {
    #expect(try await verdict([leaf()], host: "server.example.com") != .trusted)
  }

  @Test("H-08: a root of the same name with another key") func imposter() async throws {
    let imposter = try Self.make(Recipe(name: "root", isAuthority: true, usage: nil))
    let leaf = try Self.make(Recipe(names: [.dnsName("server")]), by: imposter)
    #expect(try await verdict([leaf, imposter], host: "server") != .trusted)
  }

  @Test("H-08: a leaf that signs for another leaf") func leafAsIssuer() async throws {
    let first = try leaf()
    let second = try Self.make(Recipe(name: "second", names: [.dnsName("server")]), by: first)
    #expect(try await verdict([second, first, intermediate], host: "server") != .trusted)
  }

  @Test("H-08: an issuer that may not sign certificates") func keyUsage() async throws {
    let issuer = try Self.make(Recipe(name: "weak", isAuthority: true, usage: nil, maySignCertificates: false), by: root)
    let leaf = try Self.make(Recipe(names: [.dnsName("server")]), by: issuer)
    #expect(try await verdict([leaf, issuer], host: "server") != .trusted)
  }

  @Test("H-08: a certificate for clients") func clientCertificate() async throws {
    #expect(try await verdict([leaf { $0.usage = [.clientAuth] }, intermediate], host: "server.example.com") != .trusted)
  }

  @Test("H-08: names outside the issuer's constraints") func nameConstraints() async throws {
    let issuer = try Self.make(
      Recipe(name: "bound", isAuthority: true, usage: nil, constraints: NameConstraints(permittedDNSDomains: ["inside.net"])), by: root)
    let outside = try Self.make(Recipe(names: [.dnsName("server.example.com")]), by: issuer)
    #expect(try await verdict([outside, issuer], host: "server.example.com") != .trusted)
  }

  @Test("Names inside the issuer's constraints") func insideConstraints() async throws {
    let issuer = try Self.make(
      Recipe(name: "bound", isAuthority: true, usage: nil, constraints: NameConstraints(permittedDNSDomains: ["inside.net"])), by: root)
    let inside = try Self.make(Recipe(names: [.dnsName("a.inside.net")]), by: issuer)
    #expect(try await verdict([inside, issuer], host: "a.inside.net") == .trusted)
  }

  @Test("H-08: a huge chain, a huge certificate, garbage and nothing are refused")
  func hostileChains() async throws {
    let good = try leaf().der
    let verifier = CertificateVerifier(roots: .pem(file: file))
    let chains: [[[UInt8]]] = [
      [], [[]], [good, [1, 2, 3]], Array(repeating: good, count: CertificateVerifier.maximumChain + 1),
      [good, [UInt8](repeating: 0, count: CertificateVerifier.maximumCertificate + 1)],
    ]
    for chain in chains { #expect(await verifier.verify(chain: chain, host: "server.example.com", now: Self.now) != .trusted) }
    for count in stride(from: 0, to: good.count, by: 3) {
      let chain = [Array(good[..<count]), try intermediate.der]
      #expect(await verifier.verify(chain: chain, host: "server.example.com", now: Self.now) != .trusted)
    }
    try? FileManager.default.removeItem(atPath: file)
  }

  @Test("Roots that cannot be read trust nobody") func missingRoots() async throws {
    let verifier = CertificateVerifier(roots: .pem(file: file + ".missing"))
    #expect(await reason(verifier.verify(chain: [try leaf().der], host: "server.example.com", now: Self.now)).contains("cannot be used"))
    try? FileManager.default.removeItem(atPath: file)
  }

  @Test("The system's roots do not trust a chain of ours") func systemRoots() async throws {
    let verifier = CertificateVerifier()
    #expect(await verifier.verify(chain: [try leaf().der, try intermediate.der], host: "server.example.com", now: Self.now) != .trusted)
    try? FileManager.default.removeItem(atPath: file)
  }
}

import Certificates
import Foundation
import SecuritySupport
import SwiftASN1
import TestCertificates
import Testing
import X509

private typealias CertificateError = Certificates.CertificateError

/// Attack H-08, for clients.
@Suite struct ClientCertificateTests {
  private let directory: String
  private let root: TestAuthority
  private let intermediate: TestAuthority
  private let verifier: ClientCertificateVerifier

  init() throws {
    directory = NSTemporaryDirectory() + "trusted-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o755])
    root = try .authority("root")
    intermediate = try .authority("intermediate", by: root)
    verifier = ClientCertificateVerifier(authorities: ClientAuthorities(directory: directory))
    try trust("root.pem", root.pem)
  }

  private func trust(_ file: String, _ text: String, mode: Int = 0o644) throws {
    let path = "\(directory)/\(file)"
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
  }

  private func verify(_ chain: TestAuthority..., now: Date = Date()) async throws -> VerifiedClientCertificate {
    try await verifier.verify(chain: try chain.map { try $0.der }, anchors: verifier.anchors(), now: now)
  }

  private func refusal(_ chain: TestAuthority..., now: Date = Date()) async -> CertificateError? {
    do {
      _ = try await verifier.verify(chain: try chain.map { try $0.der }, anchors: verifier.anchors(), now: now)
      return nil
    } catch { return error as? CertificateError }
  }

  @Test("A good certificate: its direct issuer, and its principal and DNS names; a mail address is none") func good() async throws {
    let leaf = try intermediate.client("jörg@localhost") {
      $0.names += [.dnsName("host.example"), .rfc822Name("a@b"), .uniformResourceIdentifier("urn:x")]
    }
    let verified = try await verify(leaf, intermediate)
    #expect(verified.names == ["jörg@localhost", "host.example"])
    #expect(verified.issuer == CertificateThumbprint(certificateDER: try intermediate.der))
    #expect(verified.thumbprint == CertificateThumbprint(certificateDER: try leaf.der))
    let direct = try root.client("ann@localhost")
    #expect(try await verify(direct).issuer == CertificateThumbprint(certificateDER: try root.der))
    // What the client sends beside it does not matter.
    #expect(try await verify(direct, intermediate, root).issuer == CertificateThumbprint(certificateDER: try root.der))
  }

  @Test("One that vouches for itself is good when it is trusted by name, and is its own issuer") func selfSigned() async throws {
    let own = try TestAuthority.make("own") { $0.names = [try! TestAuthority.principalName("ann@localhost")] }
    #expect(await refusal(own)?.message.contains("no certificate that is trusted") == true)
    try trust("own.crt", own.pem)
    let verified = try await verify(own)
    #expect(verified.issuer == verified.thumbprint && verified.names == ["ann@localhost"])
    // Another with the same name and another key is another.
    #expect(await refusal(try TestAuthority.make("own") { $0.names = [.dnsName("ann@localhost")] }) != nil)
    // One that says it is its own and is signed by another key.
    let forged = try TestAuthority.make("own", by: own)
    #expect(await refusal(forged) != nil)
  }

  @Test("A client's certificate among the authorities still has to prove who signed it") func leafAsAnchor() async throws {
    let stranger = try TestAuthority.authority("stranger")
    let leaf = try stranger.client("ann@localhost")
    try trust("leaf.pem", leaf.pem)
    #expect(await refusal(leaf) != nil)
    try trust("stranger.pem", stranger.pem)
    #expect(try await verify(leaf).issuer == CertificateThumbprint(certificateDER: try stranger.der))
  }

  @Test("The intermediate alone may be trusted, and then not what its root signed besides") func intermediateAnchor() async throws {
    try FileManager.default.removeItem(atPath: "\(directory)/root.pem")
    try trust("intermediate.cer", intermediate.pem)
    _ = try await verify(intermediate.client("a@b"))
    #expect(await refusal(try root.client("a@b"), root) != nil)
  }

  @Test("Not for clients") func use() async throws {
    #expect(await refusal(try root.client("a@b") { $0.extendedUsage = [.serverAuth] })?.message.contains("not for clients") == true)
    #expect(await refusal(try root.client("a@b") { $0.extendedUsage = nil })?.message.contains("does not say") == true)
    #expect(await refusal(try root.client("a@b") { $0.usage = KeyUsage(keyAgreement: true) })?.message.contains("may not sign") == true)
    _ = try await verify(root.client("a@b") { $0.usage = nil })
    let servers = try TestAuthority.authority("servers", by: root) { $0.extendedUsage = [.serverAuth] }
    #expect(await refusal(try servers.client("a@b"), servers)?.message.contains("not for clients") == true)
    let mute = try TestAuthority.authority("mute", by: root) { $0.usage = KeyUsage(digitalSignature: true) }
    #expect(await refusal(try mute.client("a@b"), mute) != nil)
    // A client that signs for another.
    let client = try root.client("a@b")
    #expect(await refusal(try client.client("root@b"), client) != nil)
    let short = try TestAuthority.authority("short", by: root) { $0.maximumPathLength = 0 }
    let below = try TestAuthority.authority("below", by: short)
    #expect(await refusal(try below.client("a@b"), below, short) != nil)
  }

  @Test("Expired, not yet valid, below an expired issuer") func validity() async throws {
    #expect(await refusal(try root.client("a@b") { $0.notAfter = Date(timeIntervalSinceNow: -60) })?.code == .notValidNow)
    #expect(await refusal(try root.client("a@b") { $0.notBefore = Date(timeIntervalSinceNow: 60) })?.code == .notValidNow)
    let old = try TestAuthority.authority("old", by: root) { $0.notAfter = Date(timeIntervalSinceNow: -60) }
    #expect(await refusal(try old.client("a@b"), old) != nil)
    // What ends first counts.
    let soon = try TestAuthority.authority("soon", by: root) { $0.notAfter = Date(timeIntervalSinceNow: 600) }
    #expect(try await verify(soon.client("a@b"), soon).notAfter < Date(timeIntervalSinceNow: 601))
  }

  @Test("Too large, too long, garbage, nothing, truncated anywhere") func hostile() async throws {
    #expect(await refusal(try root.client("a@b") { $0.ballast = ClientCertificateVerifier.maximumCertificate })?.code == .malformed)
    _ = try await verify(root.client("a@b") { $0.ballast = ClientCertificateVerifier.maximumCertificate - 2048 })
    let anchors = try verifier.anchors()
    let leaf = try root.client("a@b").der
    for chain in [[], [[]], [[0x30, 0x84, 0xFF, 0xFF, 0xFF, 0xFF]], Array(repeating: leaf, count: 9), [leaf, [1, 2, 3]]] as [[[UInt8]]] {
      await #expect(throws: CertificateError.self) { try await verifier.verify(chain: chain, anchors: anchors) }
    }
    for count in stride(from: 0, to: leaf.count, by: 7) {
      await #expect(throws: CertificateError.self) { try await verifier.verify(chain: [Array(leaf.prefix(count))], anchors: anchors) }
    }
    for position in stride(from: 0, to: leaf.count, by: 5) {
      var changed = leaf
      changed[position] ^= 0x55
      await #expect(throws: CertificateError.self) { try await verifier.verify(chain: [changed], anchors: anchors) }
    }
  }

  @Test("Names that cannot be seen, are too many, or no text, are none") func names() async throws {
    let odd: [GeneralName] = [
      .otherName(.init(typeID: [1, 3, 6, 1, 4, 1, 311, 20, 2, 3], value: try ASN1Any(erasing: ASN1OctetString(contentBytes: [0x61])))),
      .otherName(.init(typeID: [1, 3, 6, 1, 4, 1, 311, 20, 2, 3], value: nil)),
      .otherName(.init(typeID: [1, 3, 6, 1, 5, 2, 2], value: try ASN1Any(erasing: ASN1UTF8String("root")))),
      try TestAuthority.principalName("admin\u{0}@localhost"), try TestAuthority.principalName("admin\u{202E}"),
      try TestAuthority.principalName(""),
      try TestAuthority.principalName(String(repeating: "a", count: 1025)), .dnsName("fine"),
    ]
    #expect(try await verify(root.client { $0.names = odd }).names == ["fine"])
    #expect(try await verify(root.client { $0.names = [] }).names.isEmpty)
    let many = (0..<200).map { GeneralName.dnsName("n\($0)") }
    #expect(try await verify(root.client { $0.names = many }).names.count == 64)
  }

  @Test("Files count as they are now; unsafe and broken ones are left out, and said") func files() async throws {
    let other = try TestAuthority.authority("other")
    let leaf = try other.client("a@b")
    #expect(await refusal(leaf) != nil)
    try trust("other.pem", other.pem, mode: 0o666)
    #expect(await refusal(leaf) != nil)
    #expect(try verifier.anchors().problems.map(\.code) == [.unsafeFile])
    try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: "\(directory)/other.pem")
    _ = try await verify(leaf)
    try trust("broken.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    try trust("notes.txt", "no certificate")
    #expect(try verifier.anchors().problems.map(\.code) == [.malformed])
    _ = try await verify(leaf)
    try FileManager.default.removeItem(atPath: "\(directory)/other.pem")
    #expect(await refusal(leaf) != nil)
    try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: directory)
    #expect(throws: CertificateError(.unsafeFile, "\(directory) belongs to, or may be changed by, others; nothing in it is trusted")) {
      try verifier.anchors()
    }
    try FileManager.default.removeItem(atPath: directory)
    #expect(await refusal(leaf)?.code == .wrongUse)
  }

  @Test("For requests the files are looked at once a second at most, whatever came of it") func recent() async throws {
    let now = ContinuousClock.now
    let before = try await verifier.recentAnchors(now: now)
    try trust("other.pem", TestAuthority.authority("other").pem)
    #expect(try await verifier.recentAnchors(now: now + .milliseconds(999)) == before)
    let after = try await verifier.recentAnchors(now: now + .seconds(1))
    #expect(try after != before && after == verifier.anchors())
    try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: directory)
    #expect(try await verifier.recentAnchors(now: now + .milliseconds(1999)) == after)
    await #expect(throws: CertificateError.self) { try await verifier.recentAnchors(now: now + .seconds(2)) }
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: directory)
    await #expect(throws: CertificateError.self) { try await verifier.recentAnchors(now: now + .milliseconds(2999)) }
    #expect(try await verifier.recentAnchors(now: now + .seconds(3)) == after)
  }
}

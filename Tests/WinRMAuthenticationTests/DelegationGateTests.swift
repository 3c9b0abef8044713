import Certificates
import DelegationPolicy
import Foundation
import SecuritySupport
import Testing

@testable import WinRMAuthentication

@Suite struct DelegationGateTests {
  private let identity: SelfSignedIdentity
  private let rootsFile: String

  init() throws {
    identity = try SelfSignedIdentity.make(
      commonName: "server.example.com", names: ["server.example.com", "192.0.2.1"], notAfter: Date(timeIntervalSinceNow: 3600))
    rootsFile = FileManager.default.temporaryDirectory.appending(path: "roots-\(UUID().uuidString).pem").path
    let text = Data(identity.certificateDER).base64EncodedString(options: [.lineLength64Characters, .endLineWithLineFeed])
    try "-----BEGIN CERTIFICATE-----\n\(text)\n-----END CERTIFICATE-----\n".write(toFile: rootsFile, atomically: true, encoding: .utf8)
  }

  private func gate(_ host: String, allow: [String] = [], ntlmOnly: [String] = []) throws -> DelegationGate {
    func entries(_ patterns: [String]) throws -> [DelegationPolicy.Entry] {
      try patterns.map { DelegationPolicy.Entry(pattern: try DelegationPattern(parsing: $0), source: "test") }
    }
    return DelegationGate(
      host: host, policy: DelegationPolicy(allowFresh: try entries(allow), allowFreshWhenNTLMOnly: try entries(ntlmOnly)),
      verifier: CertificateVerifier(roots: .pem(file: rootsFile)))
  }

  @Test func chainAndNameOpenTheGate() async throws {
    defer { try? FileManager.default.removeItem(atPath: rootsFile) }
    for host in ["server.example.com", "SERVER.example.com", "192.0.2.1"] {
      guard case .open = await (try gate(host, allow: ["WSMAN/*"])).decide(serverCertificates: [identity.certificateDER]) else {
        Issue.record("refused \(host)")
        continue
      }
    }
  }

  @Test("C-15: the certificate of another name proves nothing") func otherNameIsNTLMOnly() async throws {
    defer { try? FileManager.default.removeItem(atPath: rootsFile) }
    let verdict = await (try gate("other.example.com", allow: ["WSMAN/*"])).decide(serverCertificates: [identity.certificateDER])
    guard case .withoutNTLM(let error) = verdict else {
      Issue.record("let through")
      return
    }
    #expect(error.winRMCode == .freshCredentialsNTLMOnly)
  }

  @Test func noCertificateAtAllIsNTLMOnly() async throws {
    defer { try? FileManager.default.removeItem(atPath: rootsFile) }
    guard case .withoutNTLM = await (try gate("server.example.com", allow: ["WSMAN/*"])).decide(serverCertificates: []) else {
      Issue.record("let through")
      return
    }
  }

  @Test func ruleThatIsContentWithNTLMDoesNotMindACertificate() async throws {
    defer { try? FileManager.default.removeItem(atPath: rootsFile) }
    let verdict = await (try gate("server.example.com", ntlmOnly: ["WSMAN/*"])).decide(serverCertificates: [identity.certificateDER])
    guard case .open = verdict else {
      Issue.record("refused")
      return
    }
  }
}

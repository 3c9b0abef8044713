import Certificates
import Foundation
import NIOSSL
import SecuritySupport
import Testing
import WSMan
import WinRM
import WinRMConfiguration

@Suite struct HTTPSTests {
  private let identity: SelfSignedIdentity
  private let context: NIOSSLContext
  private let bindings: ChannelBindings

  init() throws {
    identity = try SelfSignedIdentity.make(
      commonName: "127.0.0.1", names: ["127.0.0.1"], notAfter: Date(timeIntervalSinceNow: 3600))
    let key = try identity.privateKeyPEM.withUnsafeBytes { try NIOSSLPrivateKey(bytes: Array($0), format: .pem) }
    let certificate = try NIOSSLCertificate(bytes: identity.certificateDER, format: .der)
    context = try NIOSSLContext(
      configuration: .makeServerConfiguration(certificateChain: [.certificate(certificate)], privateKey: .privateKey(key)))
    bindings = ChannelBindings(serverEndPointHash: try CertificateHash.serverEndPoint(certificateDER: identity.certificateDER))
  }

  private var pinned: ClientPolicy {
    var policy = ClientPolicy()  // no TrustedHosts: HTTPS proves the server
    policy.pins = ["127.0.0.1": [CertificateHash.sha256(certificateDER: identity.certificateDER)]]
    return policy
  }

  @Test("R-01, N-07: NTLM is bound to the certificate, and bodies travel inside TLS") func pinProvesTheServer() async throws {
    let service = try FakeService(channelBindings: bindings, answers: shellAnswers())
    try await ScriptedServer.run(tls: context, script: { await service.react(to: $0) }) { server in
      let answer = try await withWinRMClient(try configuration(server, policy: pinned, scheme: "https")) { try await $0.identify() }
      #expect(answer.productVendor == "Test")
      #expect(contains(server.bytes, "Identify"))
      #expect(!contains(server.bytes, "multipart/encrypted"))
    }
  }

  @Test func trustedCertificateProvesTheServer() async throws {
    let file = FileManager.default.temporaryDirectory.appending(path: "roots-\(UUID().uuidString).pem").path
    defer { try? FileManager.default.removeItem(atPath: file) }
    let text = Data(identity.certificateDER).base64EncodedString(options: [.lineLength64Characters, .endLineWithLineFeed])
    try "-----BEGIN CERTIFICATE-----\n\(text)\n-----END CERTIFICATE-----\n".write(toFile: file, atomically: true, encoding: .utf8)
    let service = try FakeService(channelBindings: bindings, answers: shellAnswers())
    try await ScriptedServer.run(tls: context, script: { await service.react(to: $0) }) { server in
      var configuration = try configuration(server, policy: ClientPolicy(), scheme: "https")
      configuration.roots = .pem(file: file)
      _ = try await withWinRMClient(configuration) { try await $0.identify() }
    }
  }

  @Test("H-08: neither trusted nor pinned", arguments: [true, false]) func unprovenServerGetsNothing(wrongPin: Bool) async throws {
    let service = try FakeService(channelBindings: bindings, answers: shellAnswers())
    try await ScriptedServer.run(tls: context, script: { await service.react(to: $0) }) { server in
      var policy = try trusting()  // TrustedHosts does not stand in for a certificate
      if wrongPin { policy.pins = ["127.0.0.1": [[UInt8](repeating: 9, count: 32)]] }
      let error = await #expect(throws: WinRMError.self) {
        try await withWinRMClient(try configuration(server, policy: policy, scheme: "https")) { _ = try await $0.identify() }
      }
      #expect(error?.code == .mutualAuthenticationFailed)
      #expect(error?.stage == .tls)
      #expect(error?.cause.contains("pinned is SHA-256 \(String(repeating: "09", count: 32)), the server shows ") == wrongPin)
      #expect(error?.nextStep.hasPrefix("do not go on before you know why") == wrongPin)
      #expect(error?.nextStep.contains("winrm credssp pin -remote:127.0.0.1 -sha256:HEX") == true)
      // Pins of one host are one list, and unpin takes all: the right one of CredSSP may be among them.
      #expect(error?.nextStep.contains("the certificate of its HTTPS listener") == wrongPin)
      #expect(error?.nextStep.contains("that of CredSSP may be another one, with a pin of its own") == wrongPin)
      #expect(
        error?.nextStep.contains("-sha256:HEX adds it. If what was pinned is no longer in use, before that: winrm credssp unpin")
          == wrongPin)
      #expect(server.requests.isEmpty)
    }
  }

  @Test("N-01: a certificate that the authority does not know of") func wrongBindingsAreRefused() async throws {
    let other = ChannelBindings(serverEndPointHash: [UInt8](repeating: 5, count: 32))
    let service = try FakeService(channelBindings: other, answers: shellAnswers())
    try await ScriptedServer.run(tls: context, script: { await service.react(to: $0) }) { server in
      let error = await #expect(throws: WinRMError.self) {
        try await withWinRMClient(try configuration(server, policy: pinned, scheme: "https")) { _ = try await $0.identify() }
      }
      #expect(error?.code == .logonFailure)
      #expect(await service.identities.isEmpty)
    }
  }

  @Test func plainHTTPServerIsNoHTTPSServer() async throws {
    try await ScriptedServer.run(script: { _ in .close }) { server in
      let error = await #expect(throws: WinRMError.self) {
        try await withWinRMClient(try configuration(server, policy: pinned, scheme: "https")) { _ = try await $0.identify() }
      }
      #expect(error?.code == .sslConnectionAborted)
    }
  }
}

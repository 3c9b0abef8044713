import Certificates
import DelegationPolicy
import Foundation
import LogonInterface
import MemoryTLS
import SecuritySupport
import Testing
import WSMan
import WinRM
import WinRMConfiguration
import WinRMHTTP

/// CredSSP through the whole client, with the real TLS inside.
@Suite struct CredSSPTests {
  private let identity: SelfSignedIdentity

  init() throws {
    identity = try SelfSignedIdentity.make(commonName: "CREDSSP-SERVER", names: [], notAfter: Date(timeIntervalSinceNow: 3600))
  }

  private func service(_ answers: @escaping @Sendable (WSManRequest) async -> Answer = shellAnswers()) throws -> FakeService {
    let context = try MemoryTLSServerContext(certificateChainDER: [identity.certificateDER], privateKeyPEM: identity.privateKeyPEM)
    return try FakeService(schemes: [.negotiate, .credSSP], innerTLS: context, answers: answers)
  }

  private func policy(allow: [String] = [], ntlmOnly: [String] = [], pins: [[UInt8]] = []) throws -> ClientPolicy {
    func entries(_ patterns: [String]) throws -> [DelegationPolicy.Entry] {
      try patterns.map { DelegationPolicy.Entry(pattern: try DelegationPattern(parsing: $0), source: "test") }
    }
    var policy = ClientPolicy()  // TrustedHosts stays empty: CredSSP has its own rules
    policy.credSSPEnabled = true
    policy.delegation = DelegationPolicy(allowFresh: try entries(allow), allowFreshWhenNTLMOnly: try entries(ntlmOnly))
    policy.pins = ["127.0.0.1": pins]
    return policy
  }

  /// Whether TLS ever carried data; until then nothing but handshake records was written.
  private func wroteApplicationData(_ server: ScriptedServer) -> Bool {
    tokens(server).contains { token in
      var position = 0
      while position + 5 <= token.count {
        if token[position] == 23 { return true }
        position += 5 + Int(token[position + 3]) << 8 + Int(token[position + 4])
      }
      return false
    }
  }

  @Test func credentialsAreDelegatedAndMessagesEncrypted() async throws {
    let output = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 3) }
    let service = try service(shellAnswers(output: output))
    let policy = try policy(allow: ["WSMAN/127.0.0.1"], pins: [CertificateHash.sha256(certificateDER: identity.certificateDER)])
    try await ScriptedServer.run(script: { await service.react(to: $0) }) { server in
      try await withWinRMClient(try configuration(server, method: .credSSP, policy: policy)) { client in
        try await client.withShell { shell in
          try await shell.run("x") { running in
            var received: [UInt8] = []
            for try await case .standardOutput(let bytes) in running.output { received += bytes }
            #expect(received == output)
          }
        }
      }
      #expect(await service.identities.map(\.hasDelegatedCredentials) == [true])
      #expect(server.requests.allSatisfy { $0.body.isEmpty || !contains($0.body, "Envelope") })
      #expect(!contains(server.bytes, FakeService.password))
    }
  }

  @Test("A4: nothing but the TLS handshake is written") func a4() async throws {
    for pins in [[], [[UInt8](repeating: 1, count: 32)]] as [[[UInt8]]] {
      let (service, policy) = (try service(), try policy(allow: ["WSMAN/*"], pins: pins))
      try await ScriptedServer.run(script: { await service.react(to: $0) }) { server in
        let error = await #expect(throws: WinRMError.self) {
          try await withWinRMClient(try configuration(server, method: .credSSP, policy: policy)) { _ = try await $0.identify() }
        }
        #expect(error?.code == .freshCredentialsNTLMOnly)
        #expect(error?.stage == .delegate)
        let free = ["WSMAN/127.0.0.1", "-ntlmonly", "CertificateThumbprint", "credssp pin", "winrm policy"]
        let hash = MachinePolicy.hexadecimal(CertificateHash.sha256(certificateDER: identity.certificateDER))
        let pinned = [
          "pinned is SHA-256 \(String(repeating: "01", count: 32)), the server shows \(hash)", "do not go on before you know why",
          "its CredSSP certificate has (winrmd logs it when it starts); that of an HTTPS listener may be another one",
          "winrm credssp pin -remote:127.0.0.1 -sha256:HEX adds it",
          "no longer in use, before that: winrm credssp unpin -remote:127.0.0.1 takes all",
        ]
        for part in pins.isEmpty ? free : pinned { #expect(error?.description.contains(part) == true, "\(part)") }
        // Who does not show the pinned certificate may be an impostor: less is not to be enough for him.
        if !pins.isEmpty { #expect(error?.nextStep.contains("-ntlmonly") == false) }
        #expect(!tokens(server).isEmpty)
        #expect(!wroteApplicationData(server))
      }
      #expect(await service.identities.isEmpty)
    }
  }

  @Test func wrongPasswordHasItsReason() async throws {
    let service = try service()
    let policy = try policy(ntlmOnly: ["WSMAN/*"])
    try await ScriptedServer.run(script: { await service.react(to: $0) }) { server in
      let error = await #expect(throws: WinRMError.self) {
        try await withWinRMClient(try configuration(server, method: .credSSP, credential: explicit("wrong"), policy: policy)) {
          _ = try await $0.identify()
        }
      }
      #expect(error?.code == .logonFailure)
      #expect(error?.peerAnswer == "HTTP 401, STATUS_LOGON_FAILURE (0xC000006D)")
      #expect(await service.identities.isEmpty)
    }
  }

  @Test func serverWithoutCredSSPIsExplained() async throws {
    let service = try FakeService(schemes: [.negotiate, .kerberos], answers: shellAnswers())
    let policy = try policy(ntlmOnly: ["WSMAN/*"])
    try await ScriptedServer.run(script: { await service.react(to: $0) }) { server in
      let error = await #expect(throws: WinRMError.self) {
        try await withWinRMClient(try configuration(server, method: .credSSP, policy: policy)) { _ = try await $0.identify() }
      }
      #expect(error?.peerAnswer == "HTTP 401, schemes offered: Negotiate, Kerberos")
      #expect(error?.nextStep.contains("-role:server") == true)
    }
  }
}

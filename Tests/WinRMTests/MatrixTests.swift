import Certificates
import DelegationPolicy
import Foundation
import Kerberos
import SecuritySupport
import Testing
import WinRMConfiguration

@testable import WinRM

/// What the client refuses before it sends anything: a row for each condition and its number (MS-WSMV's clients, wsmerror.h).
@Suite struct MatrixTests {
  /// A row: what was asked for, under which rules, and the number.
  struct Row: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var code: UInt32?
    var endpoint = "http://server.example.com"
    var method = AuthenticationMethod.negotiate
    var credential = Kind.explicit
    var change: @Sendable (inout WinRMClientConfiguration, inout ClientPolicy) throws -> Void = { _, _ in }
  }

  enum Kind: Sendable { case explicit, ambient, agent, certificate, none }

  private static func credential(_ kind: Kind) throws -> ClientCredential {
    switch kind {
    case .explicit: explicit()
    case .ambient: .ambient(agentSocketPath: nil)
    case .agent: .agent(socketPath: "/nonexistent")
    case .certificate: .certificate(try ClientCertificateFixture.shared.get().certificate)
    case .none: .none
    }
  }

  private static func trust(_ policy: inout ClientPolicy) throws { policy.trustedHosts = try TrustedHosts(parsing: "*") }
  private static let proxy = ProxySettings(environment: ["https_proxy": "http://p:1", "http_proxy": "http://p:1"])

  /// The error of the rules alone; `nil` when they let the client go on.
  private static func code(_ row: Row) throws -> UInt32? {
    var policy = ClientPolicy()
    policy.basicEnabled = true
    policy.credSSPEnabled = true
    var configuration = WinRMClientConfiguration(
      endpoint: try WinRMEndpoint(parsing: row.endpoint), method: row.method, credential: try credential(row.credential))
    try row.change(&configuration, &policy)
    do {
      try ClientRules(configuration: configuration, policy: policy).check()
      return nil
    } catch {
      #expect(error.stage == .policy && !error.nextStep.isEmpty && !error.cause.isEmpty)
      return error.code.rawValue
    }
  }

  @Test("A condition and its number", arguments: rows) func row(_ row: Row) throws {
    let code = try Self.code(row)
    #expect(code == row.code, "\(code.map { String($0, radix: 16) } ?? "no error")")
  }

  static let rows: [Row] =
    credentialRows + trustRows + disabledRows + encryptionRows + certificateRows + proxyRows

  static let credentialRows: [Row] = [
    Row(testDescription: "Basic without user and password", code: 0x8033_80B0, endpoint: "https://s", method: .basic, credential: .none),
    Row(testDescription: "Basic with what is at hand", code: 0x8033_80B0, endpoint: "https://s", method: .basic, credential: .ambient),
    Row(testDescription: "CredSSP without user and password", code: 0x8033_81A1, method: .credSSP, credential: .ambient),
    Row(testDescription: "Certificate without one", code: 0x8033_80B4, endpoint: "https://s", method: .certificate, credential: .none),
    Row(testDescription: "Certificate with a user name", code: 0x8033_80B1, endpoint: "https://s", method: .certificate),
    Row(
      testDescription: "A certificate and another method", code: 0x8033_8156, endpoint: "https://s", method: .negotiate,
      credential: .certificate),
    Row(testDescription: "No authentication with credentials", code: 0x8033_80AB, method: .none),
    Row(testDescription: "No authentication with a certificate", code: 0x8033_80AB, method: .none, credential: .certificate),
    Row(testDescription: "Kerberos to an address", code: 0x8033_810B, endpoint: "10.0.0.1", method: .kerberos, credential: .ambient),
    Row(testDescription: "Kerberos to localhost", code: 0x8033_810E, endpoint: "localhost", method: .kerberos, credential: .ambient),
    Row(testDescription: "Kerberos to 127.0.0.1", code: 0x8033_810E, endpoint: "127.0.0.1", method: .kerberos, credential: .ambient),
    Row(testDescription: "Kerberos to [::1]", code: 0x8033_810E, endpoint: "[::1]", method: .kerberos, credential: .ambient),
    Row(
      testDescription: "A port in the service's name, and CredSSP", code: 0x8033_80AE, method: .credSSP,
      change: { configuration, _ in configuration.namesServiceWithPort = true }),
    Row(
      testDescription: "A port in the service's name, and Basic", code: 0x8033_80AE, endpoint: "https://s", method: .basic,
      change: { configuration, _ in configuration.namesServiceWithPort = true }),
    Row(testDescription: "Basic over HTTPS", code: nil, endpoint: "https://s", method: .basic),
    Row(
      testDescription: "Basic with a colon in the name", code: 87, endpoint: "https://s", method: .basic,
      change: { configuration, _ in
        configuration.credential = .explicit(Credential(name: AccountName(domain: "", user: "a:b"), password: SecretBytes([0x61])))
      }),
    Row(
      testDescription: "Basic with an empty password", code: 0x8033_80B0, endpoint: "https://s", method: .basic,
      change: { configuration, _ in
        configuration.credential = .explicit(Credential(name: AccountName(domain: "", user: "a"), password: SecretBytes([])))
      }),
  ]

  static let trustRows: [Row] = [
    Row(
      testDescription: "NTLM over HTTP to a host that is not trusted", code: 0x8033_80E4, endpoint: "http://10.0.0.1"),
    Row(testDescription: "the same, trusted", code: nil, endpoint: "http://10.0.0.1", change: { _, policy in try trust(&policy) }),
    Row(testDescription: "the same over HTTPS", code: nil, endpoint: "https://10.0.0.1"),
    Row(
      testDescription: "Implicit credentials with Negotiate over HTTP, not trusted", code: 0x8033_80E5, endpoint: "http://10.0.0.1",
      credential: .agent),
    Row(testDescription: "the same over HTTPS", code: nil, endpoint: "https://10.0.0.1", credential: .agent),
    Row(
      testDescription: "the same without the checks of the certificate", code: 0x8033_80E5, endpoint: "https://10.0.0.1",
      credential: .agent,
      change: { configuration, _ in configuration.certificateExceptions = [.authority] }),
    Row(
      testDescription: "the same, allowed", code: nil, endpoint: "https://10.0.0.1", credential: .agent,
      change: { configuration, _ in
        configuration.certificateExceptions = [.name]
        configuration.allowsImplicitNegotiate = true
      }),
    Row(
      testDescription: "Implicit credentials allowed over HTTP", code: 0x8033_81B0, endpoint: "http://10.0.0.1", credential: .agent,
      change: { configuration, policy in
        configuration.allowsImplicitNegotiate = true
        try trust(&policy)
      }),
    Row(
      testDescription: "Default method to an address over HTTP, not trusted", code: 0x8033_81BB, endpoint: "http://10.0.0.1",
      change: { configuration, _ in configuration.isDefaultMethod = true }),
    Row(
      testDescription: "Default method to an address, implicit credentials", code: 0x8033_81BB, endpoint: "http://10.0.0.1",
      credential: .agent, change: { configuration, _ in configuration.isDefaultMethod = true }),
    Row(
      testDescription: "Default method to an address, trusted", code: nil, endpoint: "http://10.0.0.1",
      change: { configuration, policy in
        configuration.isDefaultMethod = true
        try trust(&policy)
      }),
    Row(
      testDescription: "Default method to an address over HTTPS", code: nil, endpoint: "https://10.0.0.1",
      change: { configuration, _ in configuration.isDefaultMethod = true }),
    Row(
      testDescription: "NTLM with typed credentials and without the checks", code: nil, endpoint: "https://10.0.0.1",
      change: { configuration, _ in configuration.certificateExceptions = [.authority, .name] }),
    Row(
      testDescription: "Basic without the checks, not trusted", code: 0x8033_80E4, endpoint: "https://s", method: .basic,
      change: { configuration, _ in configuration.certificateExceptions = [.name] }),
    Row(
      testDescription: "Basic without the checks, trusted", code: nil, endpoint: "https://s", method: .basic,
      change: { configuration, policy in
        configuration.certificateExceptions = [.authority]
        try trust(&policy)
      }),
    Row(
      testDescription: "Basic with a pin, whatever is left out", code: nil, endpoint: "https://s", method: .basic,
      change: { configuration, policy in
        configuration.certificateExceptions = [.authority]
        policy.pins = ["s": [[1]]]
      }),
    Row(
      testDescription: "Basic without the check for revocation", code: nil, endpoint: "https://s", method: .basic,
      change: { configuration, _ in configuration.certificateExceptions = [.revocation] }),
  ]

  static let disabledRows: [Row] = [
    Row(
      testDescription: "Basic is off", code: 0x8033_80DF, endpoint: "https://s", method: .basic,
      change: { _, policy in policy.basicEnabled = false }),
    Row(
      testDescription: "Negotiate is off", code: 0x8033_80E1, endpoint: "https://s",
      change: { _, policy in policy.negotiateEnabled = false }),
    Row(
      testDescription: "Kerberos is off", code: 0x8033_80E2, method: .kerberos, change: { _, policy in policy.kerberosEnabled = false }),
    Row(
      testDescription: "Certificate is off", code: 0x8033_80E3, endpoint: "https://s", method: .certificate, credential: .certificate,
      change: { _, policy in policy.certificateEnabled = false }),
    Row(
      testDescription: "CredSSP is off", code: 0x8033_81A2, method: .credSSP, change: { _, policy in policy.credSSPEnabled = false }),
  ]

  static let encryptionRows: [Row] = [
    Row(
      testDescription: "Unencrypted, and AllowUnencrypted is false", code: 0x8033_80DE,
      change: { configuration, policy in
        configuration.sendsUnencrypted = true
        try trust(&policy)
      }),
    Row(
      testDescription: "Unencrypted and allowed", code: nil, endpoint: "http://10.0.0.1",
      change: { configuration, policy in
        configuration.sendsUnencrypted = true
        policy.allowUnencrypted = true
        try trust(&policy)
      }),
    Row(
      testDescription: "Unencrypted and allowed to a host that is not trusted", code: 0x8033_80E4, endpoint: "http://10.0.0.1",
      change: { configuration, policy in
        configuration.sendsUnencrypted = true
        policy.allowUnencrypted = true
      }),
    Row(
      testDescription: "Unencrypted over HTTPS", code: 0x8033_80D7, endpoint: "https://s",
      change: { configuration, policy in
        configuration.sendsUnencrypted = true
        policy.allowUnencrypted = true
      }),
    Row(
      testDescription: "Unencrypted CredSSP", code: 0x8033_80AC, method: .credSSP,
      change: { configuration, policy in
        configuration.sendsUnencrypted = true
        policy.allowUnencrypted = true
      }),
    Row(
      testDescription: "Basic over HTTP without asking for unencrypted messages", code: 0x8033_80DE, method: .basic,
      change: { _, policy in
        policy.allowUnencrypted = true
        try trust(&policy)
      }),
    Row(
      testDescription: "Basic over HTTP, AllowUnencrypted false", code: 0x8033_80DE, method: .basic,
      change: { configuration, policy in
        configuration.sendsUnencrypted = true
        try trust(&policy)
      }),
    Row(
      testDescription: "Basic over HTTP, not trusted", code: 0x8033_80E4, method: .basic,
      change: { configuration, policy in
        configuration.sendsUnencrypted = true
        policy.allowUnencrypted = true
      }),
    Row(
      testDescription: "Basic over HTTP, all three", code: nil, method: .basic,
      change: { configuration, policy in
        configuration.sendsUnencrypted = true
        policy.allowUnencrypted = true
        try trust(&policy)
      }),
  ]

  static let certificateRows: [Row] =
    [
      Row(testDescription: "A certificate over HTTP", code: 0x8033_80D8, method: .certificate, credential: .certificate),
      Row(testDescription: "A certificate over HTTPS", code: nil, endpoint: "https://s", method: .certificate, credential: .certificate),
    ]
    + [CertificateVerifier.Exceptions.authority, .name, .revocation].map { exception in
      Row(
        testDescription: "Certificate option \(exception.rawValue) over HTTP", code: 0x8033_80D8,
        change: { configuration, policy in
          configuration.certificateExceptions = exception
          try trust(&policy)
        })
    }

  static let proxyRows: [Row] = [
    Row(
      testDescription: "A proxy and Kerberos", code: 0x8033_81B2, endpoint: "https://s", method: .kerberos, credential: .ambient,
      change: { configuration, _ in configuration.proxy = proxy }),
    Row(
      testDescription: "A proxy and CredSSP", code: 0x8033_81B3, endpoint: "https://s", method: .credSSP,
      change: { configuration, _ in configuration.proxy = proxy }),
    Row(
      testDescription: "A proxy that is to know who asks, and HTTP", code: 0x8033_81B1, endpoint: "http://10.0.0.1",
      change: { configuration, policy in
        configuration.proxy = proxy
        configuration.proxy?.credential = Credential(name: AccountName(domain: "", user: "u"), password: SecretBytes([0x61]))
        try trust(&policy)
      }),
    Row(
      testDescription: "A proxy and unencrypted HTTP", code: 0x8033_81B1, endpoint: "http://10.0.0.1",
      change: { configuration, policy in
        configuration.proxy = proxy
        configuration.sendsUnencrypted = true
        policy.allowUnencrypted = true
        try trust(&policy)
      }),
    Row(
      testDescription: "A proxy and Identify without authentication over HTTP", code: 0x8033_81B1, method: .none, credential: .none,
      change: { configuration, _ in configuration.proxy = proxy }),
    Row(
      testDescription: "A proxy and encrypted HTTP", code: nil, endpoint: "http://10.0.0.1",
      change: { configuration, policy in
        configuration.proxy = proxy
        try trust(&policy)
      }),
    Row(
      testDescription: "A proxy and Basic over HTTPS", code: nil, endpoint: "https://s", method: .basic,
      change: { configuration, _ in configuration.proxy = proxy }),
  ]

  @Test("A certificate that cannot prove a client is none") func uselessCertificates() throws {
    for (use, end, code) in [
      (ClientCertificateFixture.Use.server, 3600.0, CertificateError.Code.wrongUse), (.client, -60, .notValidNow),
    ] {
      let error = #expect(throws: CertificateError.self) {
        try ClientCertificateFixture(use: use, notAfter: Date(timeIntervalSinceNow: end))
      }
      #expect(error?.code == code)
    }
  }
}

import Certificates
import Foundation
import Logging
import NIOCore
import NIOPosix
import NIOSSL
import SecuritySupport
import Testing
import WSMan
import WinRMConfiguration
import WinRMHTTP

@testable import WinRMService

/// What an HTTPS listener does before and after TLS.
@Suite(.timeLimit(.minutes(2)))
struct HTTPSListenerTests {
  private let store: ServerCertificateStore
  private let certificate: ServerCertificate

  init() throws {
    store = ServerCertificateStore(directory: NSTemporaryDirectory() + "https-\(UUID().uuidString)")
    certificate = try Self.make(in: store)
  }

  private static func make(in store: ServerCertificateStore) throws -> ServerCertificate {
    let identity = try SelfSignedIdentity.make(
      commonName: "127.0.0.1", names: ["127.0.0.1"], notAfter: Date(timeIntervalSinceNow: 3600))
    let made = try ServerCertificate(certificates: [identity.certificateDER], privateKeyPEM: identity.privateKeyPEM)
    try store.add(made)
    return made
  }

  private func with<R>(
    limits: (inout ServiceLimits) -> Void = { _ in }, settings: (inout WinRMSettings) -> Void = { _ in },
    _ body: (ServiceFixture) async throws -> R
  ) async throws -> R {
    try await ServiceFixture.with(
      certificates: store, limits: limits,
      settings: { all in
        all.listeners[0] = ListenerSettings(address: "IP:127.0.0.1", transport: .https, port: 0)
        all.listeners[0].certificateThumbprint = certificate.thumbprint.text
        settings(&all)
      }, body)
  }

  private func tls(_ service: ServiceFixture) async throws -> RawConnection {
    var configuration = TLSConfiguration.makeClientConfiguration()
    configuration.certificateVerification = .none
    let context = try NIOSSLContext(configuration: configuration)
    return try await RawConnection.open(port: service.port, tls: context)
  }

  @Test("a proven caller's plain messages are carried out inside TLS, and answered plainly") func plainMessages() async throws {
    try await with { service in
      let connection = try await tls(service)
      let identify = try WSManRequest.identify.encode()
      // The body that comes with the last token counts.
      try await connection.send(
        post(identify, authorization: token("user:alice"), contentType: "application/soap+xml;charset=UTF-8"))
      let first = try await connection.answer()
      #expect(first.status == 200)
      #expect(first.values("Content-Type") == ["application/soap+xml;charset=UTF-8"])
      guard case .identify(let response) = try WSManResponse(decoding: first.body).body else {
        Issue.record("another answer")
        return
      }
      #expect(response.securityProfiles.count == 2 && !response.productVersion.contains("OS: 0.0.0"))
      for type in ["text/xml", "application/soap+xml;charset=ISO-8859-1", ""] {
        let other = try await tls(service)
        try await other.send(post(authorization: token("user:alice")))
        #expect(try await other.answer().status == 200)
        try await other.send(post(identify, contentType: type))
        #expect(try await other.answer().status == 415, "\(type)")
      }
    }
  }

  @Test("S-01: inside TLS too nothing is carried out for somebody unproven, nor beyond the size of an envelope") func unproven()
    async throws
  {
    try await with { service in
      let connection = try await tls(service)
      let create = try Ask.create().encode()
      try await connection.send(post(create, contentType: "application/soap+xml;charset=UTF-8"))
      #expect(try await connection.answer().status == 401)
      try await connection.send(post(create, authorization: token("next:"), contentType: "application/soap+xml;charset=UTF-8"))
      #expect(try await connection.answer().status == 401)
      try await connection.send(post(create, authorization: token("no"), contentType: "application/soap+xml;charset=UTF-8"))
      #expect(try await connection.answer().status == 401)
      #expect(service.authority.record.opened.isEmpty)
      let large = try await tls(service)
      try await large.send(post(authorization: token("user:alice")))
      #expect(try await large.answer().status == 200)
      try await large.send(
        post([UInt8](repeating: 0x20, count: 500 * 1024 + 1), contentType: "application/soap+xml;charset=UTF-8"))
      #expect(try await large.answer().status == 413)
    }
  }

  @Test("N-01: a logon gets the channel bindings of the certificate that its connection saw, also after a renewal") func bindings()
    async throws
  {
    try await with { service in
      let before = try await tls(service)
      try await before.send(post(authorization: token("next:")))
      #expect(try await before.answer().status == 401)
      let renewed = try Self.make(in: store)
      var settings = service.settings
      settings.listeners[0].certificateThumbprint = renewed.thumbprint.text
      try service.server.update(settings)
      await service.server.settled()
      let after = try await tls(service)
      try await after.send(post(authorization: token("next:")))
      #expect(try await after.answer().status == 401)
      try await before.send(post(authorization: token("no")))
      _ = try await before.answer()
      try await before.send(post(authorization: token("next:")))
      _ = try await before.answer()
      let hashes = try [certificate, renewed, certificate].map { try CertificateHash.serverEndPoint(certificateDER: $0.chainDER[0]) }
      #expect(service.authority.record.bindings == hashes.map { ChannelBindings(serverEndPointHash: $0) })
      #expect(!service.logText.contains("restart"))
    }
  }

  @Test("HTTP to an HTTPS listener is told so in clear text") func plainHTTP() async throws {
    try await with { service in
      let connection = try await service.connect()
      try await connection.send(post())
      let answer = try await connection.answer()
      #expect(answer.status == 400 && answer.closes)
      #expect(String(decoding: answer.body, as: UTF8.self).contains("https://"))
      await connection.untilClosed()
      #expect(service.logText.contains("HTTP, spoken to a listener for HTTPS"))
      #expect(!service.logText.contains("handshake failed"))
    }
  }

  @Test("H-03: a handshake that is not finished in time ends the connection; garbage does at once") func slowHandshake() async throws {
    try await with(limits: { $0.tlsHandshakeTimeout = .milliseconds(200) }) { service in
      let silent = try await service.connect()
      await silent.untilClosed()
      let slow = try await service.connect()
      try await slow.send([0x16, 3, 1, 2, 0])
      await slow.untilClosed()
      let garbage = try await service.connect()
      try await garbage.send([0xFF, 0, 1, 2, 3, 4, 5, 6, 7, 8])
      await garbage.untilClosed()
      #expect(service.logText.contains("not finished in time"))
      #expect(service.logText.contains("the TLS handshake failed"))
      // An authenticated connection outlives the deadline.
      let good = try await tls(service)
      try await good.send(post(authorization: token("user:alice")))
      #expect(try await good.answer().status == 200)
      try await Task.sleep(for: .milliseconds(400))
      try await good.send(post(authorization: token("user:alice")))
      #expect(try await good.answer().status == 200)
    }
  }

  @Test("a listener without a usable certificate is not served and said; the others are") func missingCertificate() async throws {
    try await with(settings: { settings in
      settings.listeners[0].certificateThumbprint = String(repeating: "0", count: 40)
      settings.listeners.append(ListenerSettings(address: "IP:127.0.0.1", port: 0))
    }) { service in
      let connection = try await service.connect()
      try await connection.send(post())
      #expect(try await connection.answer().status == 401)
      #expect(service.logText.contains("an HTTPS listener is not served"))
    }
  }

  @Test("S-06: CredSSP whose certificate is missing is offered and answered 500; repaired, it begins") func missingThumbprint() async throws
  {
    try await with(settings: { settings in
      settings.service.auth.credSSP = true
      settings.service.certificateThumbprint = String(repeating: "0", count: 40)
    }) { service in
      #expect(service.logText.contains("CredSSP cannot be used"))
      let connection = try await tls(service)
      try await connection.send(post(authorization: token("any", scheme: .credSSP)))
      let answer = try await connection.answer()
      #expect(answer.status == 500 && answer.closes && answer.values("WWW-Authenticate").isEmpty)
      #expect(!service.logText.contains("CredSSP is enabled"))
      var settings = service.settings
      settings.service.certificateThumbprint = certificate.thumbprint.text
      try service.server.update(settings)
      #expect(service.logText.contains("CredSSP is enabled"))
      // Opened to others and taken away again, without anybody who tells the service: nothing stands in for it.
      let early = try await tls(service)
      let key = "\(store.directory)/\(certificate.thumbprint).key"
      try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: key)
      try await early.send(post(authorization: token("any", scheme: .credSSP)))
      #expect(try await early.answer().status == 500)
      try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: key)
      let repaired = try await tls(service)
      try await repaired.send(post(authorization: token("any", scheme: .credSSP)))
      #expect(try await repaired.answer().status == 401)
      try store.remove(certificate.thumbprint)
      let last = try await tls(service)
      try await last.send(post(authorization: token("any", scheme: .credSSP)))
      #expect(try await last.answer().status == 500)
    }
  }
}

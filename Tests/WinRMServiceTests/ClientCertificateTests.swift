import Certificates
import Foundation
import InMemoryLogging
import Logging
import NIOSSL
import SecuritySupport
import TestCertificates
import Testing
import WSMan
import WinRMConfiguration
import WinRMHTTP

@testable import WinRMService

/// Logons by the certificate of the TLS connection.
@Suite(.timeLimit(.minutes(2)))
struct ClientCertificateTests {
  private let soap = MultipartEncrypted.originalContentType
  private let mutual = AuthenticationScheme.certificate.rawValue
  private let directory: String
  private let store: ServerCertificateStore
  private let server: ServerCertificate
  private let authority: TestAuthority
  private let verifier: ClientCertificateVerifier

  init() throws {
    directory = NSTemporaryDirectory() + "clients-\(UUID().uuidString)"
    let trusted = directory + "/trusted"
    try FileManager.default.createDirectory(atPath: trusted, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
    store = ServerCertificateStore(directory: directory + "/certificates")
    let identity = try SelfSignedIdentity.make(commonName: "127.0.0.1", names: ["127.0.0.1"], notAfter: Date(timeIntervalSinceNow: 3600))
    server = try ServerCertificate(certificates: [identity.certificateDER], privateKeyPEM: identity.privateKeyPEM)
    try store.add(server)
    authority = try .authority("clients")
    try authority.pem.write(toFile: trusted + "/clients.pem", atomically: true, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: trusted + "/clients.pem")
    verifier = ClientCertificateVerifier(authorities: ClientAuthorities(directory: trusted))
  }

  private func mapping(_ subject: String, _ user: String, uri: String = "*", enabled: Bool = true) throws -> CertificateMapping {
    try CertificateMapping(
      issuer: CertificateThumbprint(certificateDER: authority.der).text, subject: subject, uri: uri, userName: user, enabled: enabled)
  }

  private func with<R>(
    _ mappings: [CertificateMapping], settings: (inout WinRMSettings) -> Void = { _ in }, _ body: (ServiceFixture) async throws -> R
  ) async throws -> R {
    defer { try? FileManager.default.removeItem(atPath: directory) }
    return try await ServiceFixture.with(
      certificates: store, clientCertificates: verifier, limits: { $0.authenticationRefusals = 100 },
      settings: { all in
        all.listeners[0] = ListenerSettings(address: "IP:127.0.0.1", transport: .https, port: 0)
        all.listeners[0].certificateThumbprint = server.thumbprint.text
        all.service.auth.certificate = true
        all.certificateMappings = mappings
        settings(&all)
      }, body)
  }

  private func connect(_ service: ServiceFixture, _ client: TestAuthority?, beside: [TestAuthority] = []) async throws -> RawConnection {
    var configuration = TLSConfiguration.makeClientConfiguration()
    configuration.certificateVerification = .none
    if let client {
      configuration.certificateChain = try ([client] + beside).map { .certificate(try NIOSSLCertificate(bytes: $0.der, format: .der)) }
      configuration.privateKey = .privateKey(try NIOSSLPrivateKey(bytes: Array(client.keyPEM.utf8), format: .pem))
    }
    return try await RawConnection.open(port: service.port, tls: NIOSSLContext(configuration: configuration))
  }

  private func status(_ connection: RawConnection, _ request: WSManRequest = .identify, field: String? = nil) async throws -> Int {
    try await connection.send(post(try request.encode(), authorization: field ?? mutual, contentType: soap))
    return try await connection.answer().status
  }

  @Test("A mapped certificate is its account, with the header on each request; it is logged on once") func mapped() async throws {
    try await with([mapping("ann@localhost", "ann")]) { service in
      let connection = try await connect(service, authority.client("Ann@LocalHost"))
      #expect(try await status(connection) == 200)
      #expect(try await status(connection, Ask.create()) == 200)
      #expect(service.authority.record.certificates == ["ann"])
      #expect(service.authority.record.opened.count == 1)
      // S-02: the certificate alone is nobody.
      try await connection.send(post(try Ask.create().encode(), contentType: soap))
      let bare = try await connection.answer()
      #expect(bare.status == 401 && bare.values("WWW-Authenticate") == ["Negotiate"])
      try await connection.send(post(authorization: mutual))
      #expect(try await connection.answer().status == 200)
      try await connection.send(post(try WSManRequest.identify.encode(), authorization: mutual, contentType: soap))
      let answer = try await connection.answer()
      guard case .identify(let response) = try WSManResponse(decoding: answer.body).body else {
        Issue.record("another answer")
        return
      }
      #expect(response.securityProfiles.contains { $0 == mutual })
    }
  }

  @Test("An account that nobody can decide on is no missing mapping", arguments: ["undecided", "full", "unavailable"])
  func undecided(user: String) async throws {
    try await with([mapping("ann@localhost", user)]) { service in
      let connection = try await connect(service, authority.client("ann@localhost"))
      try await connection.send(post(try Ask.create().encode(), authorization: mutual, contentType: soap))
      let answer = try await connection.answer()
      #expect(answer.status == 503 && answer.closes && answer.body.isEmpty && answer.values("Retry-After") == ["2"])
      await connection.untilClosed()
      #expect(service.authority.record.certificates == [user] && service.authority.record.opened.isEmpty)
      // What the authority has logged is not logged again.
      let lines = service.log.entries.filter { $0.message.description == "logon refused" }
      #expect(lines.count == (user == "unavailable" ? 1 : 0))
    }
  }

  @Test("No certificate, one of strangers, one without a mapping, a disabled mapping: 401, and nobody is asked") func refused() async throws
  {
    try await with([mapping("ann@localhost", "ann"), mapping("off@localhost", "off", enabled: false)]) { service in
      let stranger = try TestAuthority.authority("clients")
      let expired = try authority.client("ann@localhost") { $0.notAfter = Date(timeIntervalSinceNow: -1) }
      let forServers = try authority.server("ann@localhost")
      let cases: [(TestAuthority?, String)] = [
        (nil, "the client has shown no certificate"), (try stranger.client("ann@localhost"), "no certificate that is trusted"),
        (
          try TestAuthority.make("ann") { $0.names = [try! TestAuthority.principalName("ann@localhost")] }, "no certificate that is trusted"
        ),
        (try authority.client("bob@localhost"), "no certificate mapping fits"),
        (try authority.client("off@localhost"), "no certificate mapping fits"),
        (expired, "not valid now"), (forServers, "not for clients"),
      ]
      for (client, reason) in cases {
        let connection = try await connect(service, client)
        #expect(try await status(connection) == 401)
        let last = service.log.entries.last { $0.message.description == "logon refused" }?.metadata["reason"]?.description
        #expect(last?.contains(reason) == true, "\(last ?? "") for \(reason)")
        // Another scheme is as good as without it.
        try await connection.send(post(authorization: token("user:alice")))
        #expect(try await connection.answer().status == 200)
      }
      #expect(service.authority.record.certificates.isEmpty)
    }
  }

  @Test("Switched off, a certificate is neither asked for nor taken; switched on, the next connection is asked") func setting() async throws
  {
    try await with([mapping("*", "ann")], settings: { $0.service.auth.certificate = false }) { service in
      let client = try authority.client("ann@localhost")
      let before = try await connect(service, client)
      #expect(try await status(before) == 401)
      var settings = service.settings
      settings.service.auth.certificate = true
      try service.server.update(settings)
      // It was not asked for when it began.
      #expect(try await status(before) == 401)
      let after = try await connect(service, client)
      #expect(try await status(after) == 200)
      settings.service.auth.certificate = false
      try service.server.update(settings)
      #expect(try await status(after) == 401)
    }
  }

  @Test("Over HTTP the scheme is not taken") func overHTTP() async throws {
    let mappings = [try mapping("*", "ann")]
    try await ServiceFixture.with(
      clientCertificates: verifier,
      settings: {
        $0.service.auth.certificate = true
        $0.service.allowUnencrypted = true
        $0.certificateMappings = mappings
      }
    ) { service in
      let connection = try await service.connect()
      #expect(try await status(connection) == 401)
      #expect(service.logText.contains("there is no HTTPS listener"))
    }
  }

  @Test("The resource of each request says which mapping counts, and mappings count as they are at it") func perRequest() async throws {
    let shell = ResourceURI.shellCmd.rawValue
    let mappings = [
      try mapping("ann@localhost", "ann", uri: "http://schemas.microsoft.com/wbem/wsman/1/windows/shell/*"),
      try mapping("ann@localhost", "guest"),
    ]
    try await with(mappings) { service in
      let connection = try await connect(service, authority.client("ann@localhost"))
      #expect(try await status(connection) == 200)
      #expect(try await status(connection, Ask.create()) == 200)
      #expect(try await status(connection) == 200)
      #expect(service.authority.record.certificates == ["guest", "ann", "guest"])
      #expect(service.authority.record.released.count == 2)
      var settings = service.settings
      settings.certificateMappings.removeFirst()
      try service.server.update(settings)
      #expect(try await status(connection, Ask.create()) == 200)
      #expect(service.authority.record.certificates == ["guest", "ann", "guest"])
      settings.certificateMappings = [try mapping("ann@localhost", "ann", uri: shell)]
      try service.server.update(settings)
      #expect(try await status(connection) == 401)
      #expect(try await status(connection, Ask.create()) == 200)
      settings.certificateMappings = []
      try service.server.update(settings)
      #expect(try await status(connection, Ask.create()) == 401)
      #expect(service.authority.record.opened.count == 3)
    }
  }

  @Test("An authority that is not trusted any more ends it on connections that stand") func distrust() async throws {
    try await with([mapping("*", "ann")]) { service in
      let connection = try await connect(service, authority.client("ann@localhost"))
      #expect(try await status(connection) == 200)
      try FileManager.default.removeItem(atPath: directory + "/trusted/clients.pem")
      try await Task.sleep(for: ClientCertificateVerifier.lookHolds)
      #expect(try await status(connection) == 401)
    }
  }

  @Test("An intermediate that the client sends along counts as issuer; large and other bodies are bounded") func chain() async throws {
    let below = try TestAuthority.authority("below", by: authority)
    let mapping = try CertificateMapping(
      issuer: CertificateThumbprint(certificateDER: below.der).text, subject: "*", uri: "*", userName: "ann")
    try await with([mapping]) { service in
      let client = try below.client("ann@localhost")
      #expect(try await status(try await connect(service, client, beside: [below])) == 200)
      #expect(try await status(try await connect(service, client)) == 401)
      #expect(try await status(try await connect(service, authority.client("ann@localhost"))) == 401)
      for (body, type, expected) in [
        ([UInt8](repeating: 0x20, count: 500 * 1024 + 1), soap, 413), (Array("<a/>".utf8), "text/xml", 415),
        (
          Array("--Encrypted".utf8),
          "multipart/encrypted;protocol=\"application/HTTP-SPNEGO-session-encrypted\";boundary=\"Encrypted Boundary\"", 400
        ),
      ] {
        let connection = try await connect(service, client, beside: [below])
        try await connection.send(post(body, authorization: mutual, contentType: type))
        #expect(try await connection.answer().status == expected)
      }
      // Nobody's large body is read.
      let nobody = try await connect(service, nil)
      try await nobody.send(post([UInt8](repeating: 0x20, count: 65 * 1024), authorization: mutual, contentType: soap))
      #expect(try await nobody.answer().status == 413)
    }
  }

  @Test("P-06: after another scheme's account a certificate is the same one or ends the connection") func otherScheme() async throws {
    try await with([mapping("*", "ann")]) { service in
      let client = try authority.client("ann@localhost")
      let same = try await connect(service, client)
      try await same.send(post(authorization: token("user:ann")))
      #expect(try await same.answer().status == 200)
      #expect(try await status(same) == 200)
      let other = try await connect(service, client)
      try await other.send(post(authorization: token("user:bob")))
      #expect(try await other.answer().status == 200)
      #expect(try await status(other) == 401)
      await other.untilClosed()
    }
  }

  // MARK: Which mapping

  @Test(
    "However a client spells the resource that it reaches, the mapping is the same",
    arguments: ["cmd", "cmd/", "CMD", "cmd*", "cmd/*"])
  func spellings(end: String) async throws {
    let shell = ResourceURI.shellCmd.rawValue
    let mappings = [
      try mapping("ann@localhost", "low", uri: shell.dropLast(3) + end), try mapping("ann@localhost", "admin"),
    ]
    try await with(mappings) { service in
      let connection = try await connect(service, authority.client("ann@localhost"))
      for spelling in [shell, shell + "/", shell.uppercased(), shell.uppercased() + "/"] {
        var request = Ask.create()
        request.header.resourceURI = ResourceURI(rawValue: spelling)
        #expect(try await status(connection, request) == 200, "\(spelling)")
      }
      #expect(service.authority.record.opened.count == 4)
      #expect(service.authority.record.certificates == ["low"])
    }
  }

  @Test("Slashes at the end of a resource or of a mapping's URI do not count; `X/*` is X and what lies below it") func slashes() throws {
    for (uri, resource, fits) in [
      ("http://a/b", "http://a/b//", true), ("http://a/b//", "HTTP://A/B", true), ("http://a/b", "http://a/bc", false),
      ("http://a/b*", "http://a/b/", true), ("http://a/b*", "http://a/bc", true), ("http://a/b/*", "http://a/b", true),
      ("http://a/b/*", "http://a/b/c/", true), ("http://a/b/*", "http://a/bc", false), ("http://a/b//*", "http://a/b/c", true),
      ("*", "", true), ("*", "/", true), ("http://a/b", "", false),
    ] {
      #expect(try mapping("*", "x", uri: uri).matches(resource: resource) == fits, "\(uri) \(resource)")
    }
  }

  /// The rules once more, in the words of MS-WSMV §3.1.4.1.35 and as slowly as can be.
  private func reference(_ mappings: [CertificateMapping], _ issuer: String, _ names: [String], _ resource: String) -> String? {
    func fits(_ pattern: [Character], _ text: [Character]) -> Bool {
      guard let first = pattern.first else { return text.isEmpty }
      if first == "*" { return (0...text.count).contains { fits(Array(pattern.dropFirst()), Array(text.dropFirst($0))) } }
      return text.first == first && fits(Array(pattern.dropFirst()), Array(text.dropFirst()))
    }
    func fits(_ pattern: String, _ text: String) -> Bool { fits(Array(pattern.lowercased()), Array(text.lowercased())) }
    var best: [CertificateMapping] = []
    for mapping in mappings where mapping.enabled && mapping.issuer == issuer {
      guard names.contains(where: { fits(mapping.subject, $0) }), fits(mapping.uri, resource) else { continue }
      guard let leader = best.first else {
        best = [mapping]
        continue
      }
      let (new, old) = ((mapping.subject.count, mapping.uri.count), (leader.subject.count, leader.uri.count))
      if new > old { best = [mapping] } else if new == old { best.append(mapping) }
    }
    return best.count == 1 ? best[0].userName : nil
  }

  @Test("Property: the mapping that is chosen is the one that the rules say") func selection() async throws {
    var generator = SystemRandomNumberGenerator()
    func word(_ length: ClosedRange<Int>) -> String {
      String((0..<Int.random(in: length, using: &generator)).map { _ in "abB.".randomElement(using: &generator) ?? "a" })
    }
    let issuer = CertificateThumbprint(certificateDER: try authority.der).text
    let anchors = try verifier.anchors()
    var chosen = 0
    for _ in 0..<12 {
      let client = try authority.client(word(1...4), word(1...4))
      let certificate = try await verifier.verify(chain: [client.der], anchors: anchors)
      for _ in 0..<400 {
        let mappings = try (0..<Int.random(in: 0...8, using: &generator)).map { number in
          let subject = [word(1...3), "*" + word(0...3)].randomElement(using: &generator) ?? "*"
          let uri = [word(1...3), word(0...3) + "*"].randomElement(using: &generator) ?? "*"
          let signer = Int.random(in: 0..<6, using: &generator) == 0 ? String(repeating: "0", count: 40) : issuer
          return try CertificateMapping(
            issuer: signer, subject: subject, uri: uri, userName: "u\(number)", enabled: Int.random(in: 0..<6, using: &generator) > 0)
        }
        let resource = word(0...4)
        let expected = reference(mappings, issuer, certificate.names, resource)
        #expect(
          mappings.selected(for: certificate, resource: resource)?.userName == expected, "\(mappings) \(certificate.names) \(resource)")
        chosen += expected == nil ? 0 : 1
      }
    }
    #expect(chosen > 400)
  }

  @Test("Letters beyond ASCII are themselves: what folds into one of them is another name") func lookalikes() throws {
    let mapping = try mapping("kim@localhost", "kim")
    #expect(mapping.matches(subject: "KIM@LOCALHOST"))
    #expect(!mapping.matches(subject: "\u{212A}im@localhost"))
    #expect(!mapping.matches(subject: "kim@localhost."))
    #expect(try !self.mapping("*@localhost", "x").matches(subject: "kim@evil.localhost"))
    #expect(try self.mapping("*localhost", "x").matches(subject: "kim@evil.localhost"))
    // A star in a certificate is a letter like others.
    #expect(!mapping.matches(subject: "*"))
    #expect(try !self.mapping("a.localhost", "x").matches(subject: "*.localhost"))
  }
}

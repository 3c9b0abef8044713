import Certificates
import CredSSP
import Foundation
import NIOSSL
import SecuritySupport
import Testing

@testable import MemoryTLS

@Suite struct HandshakeTests {
  @Test("Handshake, parameters and certificates", arguments: [(MemoryTLSVersion.v12, UInt16(0x0303)), (.v13, 0x0304)])
  func handshake(version: MemoryTLSVersion, number: UInt16) throws {
    var ends = try Ends(client: version)
    #expect(!ends.client.isHandshakeComplete && ends.client.parameters == nil && ends.client.peerCertificates.isEmpty)
    try ends.shake()
    let certificate = try identity.get().certificateDER
    #expect(ends.client.isHandshakeComplete && ends.server.isHandshakeComplete)
    #expect(ends.client.peerCertificates == [certificate])
    #expect(ends.server.ownCertificate == certificate)
    #expect(ends.client.ownCertificate == nil && ends.server.peerCertificates.isEmpty)
    #expect(ends.client.parameters?.version == number)
    #expect(ends.client.parameters == ends.server.parameters)
  }

  @Test("The version is the highest that both speak", arguments: [(MemoryTLSVersion.v12, MemoryTLSVersion.v13), (.v13, .v12)])
  func versions(client: MemoryTLSVersion, server: MemoryTLSVersion) throws {
    var ends = try Ends(client: client, server: server)
    try ends.shake()
    #expect(ends.client.parameters?.version == 0x0303 && ends.server.parameters?.version == 0x0303)
  }

  @Test("C-20: the cipher suite is the one that was offered", arguments: [UInt16(0xC009), 0xC00A, 0xC02B, 0xC02C, 0xCCA9])
  func suites(suite: UInt16) throws {
    let ends = try Ends.shaken(suites: [suite])
    #expect(ends.client.parameters == TLSParameters(version: 0x0303, cipherSuite: suite))
    #expect(ends.server.parameters == ends.client.parameters)
  }

  @Test("A ClientHello is short enough for an HTTP header line, and offers neither a name nor a session")
  func clientHello() throws {
    let hello = try MemoryTLS.client().start()
    #expect(hello.count < 400)
    #expect(records(hello).map(\.type) == [22])
    #expect(hello[43] == 0)  // no session to resume
    var sniffer = HelloSniffer()
    sniffer.absorb(hello)
    #expect(sniffer.hello?.version == 0x0303)
  }

  @Test("Flights cut into single bytes", arguments: [MemoryTLSVersion.v12, .v13]) func singleBytes(version: MemoryTLSVersion) throws {
    let ends = try Ends(client: version)
    var toServer = ends.pending
    var toClient: [UInt8] = []
    var received: [UInt8] = []
    for _ in 0..<6 {
      toClient = try toServer.flatMap { try ends.server.receive([$0]).toPeer }
      toServer = try toClient.flatMap { try ends.client.receive([$0]).toPeer }
      if ends.client.isHandshakeComplete && toServer.isEmpty { break }
    }
    for byte in try ends.client.seal(Array("bytes".utf8)) { received += try ends.server.receive([byte]).plaintext }
    #expect(received == Array("bytes".utf8))
    #expect(ends.client.parameters == ends.server.parameters && ends.client.parameters != nil)
  }

  @Test("One server context serves many engines") func contextReuse() throws {
    let context = try serverContext()
    let all = try (0..<10).map { _ in try Ends(context: context) }
    for index in all.indices {
      var ends = all[index]
      try ends.shake()
      #expect(ends.client.peerCertificates == all[index].server.ownCertificate.map { [$0] })
      #expect(try ends.server.receive(ends.client.seal([UInt8(index)])).plaintext == [UInt8(index)])
    }
  }

  @Test("The whole chain is collected, leaf first") func chain() throws {
    let leaf = try identity.get()
    let other = try SelfSignedIdentity.make(commonName: "other", notAfter: Date(timeIntervalSinceNow: 86_400))
    let context = try MemoryTLSServerContext(
      certificateChainDER: [leaf.certificateDER, other.certificateDER], privateKeyPEM: leaf.privateKeyPEM)
    var ends = try Ends(context: context)
    try ends.shake()
    #expect(ends.client.peerCertificates == [leaf.certificateDER, other.certificateDER])
    #expect(ends.server.ownCertificate == leaf.certificateDER)
  }

  @Test("A key in DER serves as well") func keyInDER() throws {
    let identity = try identity.get()
    let pem = identity.privateKeyPEM.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    let body = pem.split(separator: "\n").filter { !$0.hasPrefix("-----") }.joined()
    let der = SecretBytes(Array(try #require(Data(base64Encoded: body))))
    _ = try MemoryTLSServerContext(certificateChainDER: [identity.certificateDER], privateKeyDER: der)
  }

  @Test("S-06: an identity that cannot work is refused when the context is made") func badIdentity() throws {
    let one = try identity.get()
    let other = try SelfSignedIdentity.make(commonName: "other", notAfter: Date(timeIntervalSinceNow: 86_400))
    let cases: [([[UInt8]], SecretBytes)] = [
      ([], one.privateKeyPEM), ([[1, 2, 3]], one.privateKeyPEM), ([one.certificateDER], SecretBytes([])),
      ([one.certificateDER], SecretBytes(Array("-----BEGIN PRIVATE KEY-----".utf8))), ([one.certificateDER], other.privateKeyPEM),
    ]
    for (chain, key) in cases {
      #expect(try failure { try MemoryTLSServerContext(certificateChainDER: chain, privateKeyPEM: key) }?.code == .badIdentity)
    }
  }

  @Test("C-13: no common version is an error that names it") func noCommonVersion() throws {
    var settings = TLSConfiguration.makeClientConfiguration()
    settings.minimumTLSVersion = .tlsv1
    settings.maximumTLSVersion = .tlsv11
    settings.certificateVerification = .none
    let channel = MemoryChannel()
    channel.begin(with: try NIOSSLClientHandler(context: NIOSSLContext(configuration: settings), serverHostname: nil))
    let server = try MemoryTLS.server(context: serverContext())
    _ = try server.start()
    let error = try failure { try server.receive(channel.takeOutbound()) }
    #expect(error?.code == .handshakeFailed)
    #expect(error?.message.contains("TLS 1.1") == true, "\(error?.message ?? "")")
    #expect(records(server.alertForPeer).map(\.type) == [21])
    channel.end()
  }

  @Test("C-13: no common cipher suite is an error on both sides, and the client sees the server's alert") func noCommonSuite() throws {
    let ends = try Ends(client: .v12, context: serverContext(suites: [0xC00A]))
    let other = try MemoryTLS.client(configuration: .init(cipherSuites: [0xC02B]))
    let error = try failure { try ends.server.receive(other.start()) }
    #expect(error?.code == .handshakeFailed && error?.alert == nil)
    let seen = try failure { try other.receive(ends.server.alertForPeer) }
    #expect(seen?.code == .handshakeFailed)
    #expect(seen?.alert == 40, "\(seen?.message ?? "")")
    #expect(seen?.message.contains("TLS 1.2 at most") == true)
  }
}

import Certificates
import MemoryTLS
import NIOSSL
import SecuritySupport
import Synchronization

/// What an HTTPS listener shows, and what its connections bind their logons to.
struct ListenerIdentity: Sendable {
  let details: CertificateDetails
  var thumbprint: CertificateThumbprint { details.thumbprint }
  let context: NIOSSLContext
  /// The same, and the client is asked for a certificate, which it need not have.
  let askingContext: NIOSSLContext
  /// Of the certificate that ``context`` shows (RFC 5929 `tls-server-end-point`).
  let channelBindings: ChannelBindings

  /// - Throws: ``CertificateError`` when TLS cannot use certificate or key.
  init(_ certificate: ServerCertificate) throws(CertificateError) {
    details = certificate.details
    do {
      var configuration = try Self.configuration(certificate)
      context = try NIOSSLContext(configuration: configuration)
      configuration.certificateVerification = .optionalVerification
      // What is shown is verified when somebody wants to log on by it; see ``ClientChain``.
      configuration.trustRoots = .certificates([])
      askingContext = try NIOSSLContext(configuration: configuration)
      channelBindings = ChannelBindings(serverEndPointHash: try CertificateHash.serverEndPoint(certificateDER: certificate.chainDER[0]))
    } catch {
      throw CertificateError(.malformed, "TLS cannot use the certificate \(certificate.thumbprint): \(LibraryFault(error).reason)")
    }
  }

  /// TLS 1.2 with forward secrecy and authenticated encryption, and TLS 1.3; no early data, no other protocol
  /// than the one that is spoken when none is negotiated.
  private static func configuration(_ certificate: ServerCertificate) throws -> TLSConfiguration {
    var pem = certificate.privateKeyPEM.withUnsafeBytes(Array.init)
    defer { SecretBytes.wipe(&pem) }
    let chain = try certificate.chainDER.map { NIOSSLCertificateSource.certificate(try NIOSSLCertificate(bytes: $0, format: .der)) }
    let key = try NIOSSLPrivateKey(bytes: pem, format: .pem)
    var configuration = TLSConfiguration.makeServerConfiguration(certificateChain: chain, privateKey: .privateKey(key))
    configuration.minimumTLSVersion = .tlsv12
    configuration.cipherSuites = "ECDH+AESGCM:ECDH+CHACHA20:!aNULL:!eNULL:!MD5"
    configuration.certificateVerification = .none
    configuration.renegotiationSupport = .none
    return configuration
  }
}

/// The identity of a running HTTPS listener, which can be replaced: connections that begin later show the new one.
final class ListenerTLS: Sendable {
  private let identity: Mutex<ListenerIdentity>

  init(_ identity: ListenerIdentity) { self.identity = Mutex(identity) }

  /// What a connection that begins now shows.
  var current: ListenerIdentity { identity.withLock { $0 } }

  func replace(with new: ListenerIdentity) { identity.withLock { $0 = new } }
}

import Certificates
import Foundation
import NIOSSL
import SecuritySupport
import Synchronization

@testable import WinRM

/// The TLS of a server on 127.0.0.1 with a certificate that vouches for itself, and perhaps with trust in a client's.
struct TLSFixture {
  let context: NIOSSLContext
  let certificateDER: [UInt8]
  /// What proves it.
  var pins: [String: [[UInt8]]] { ["127.0.0.1": [CertificateHash.sha256(certificateDER: certificateDER)]] }

  init(
    names: [String] = ["127.0.0.1"], notAfter: Date = Date(timeIntervalSinceNow: 3600), clients: [UInt8]? = nil,
    version: TLSVersion? = nil
  ) throws {
    let identity = try SelfSignedIdentity.make(commonName: names[0], names: names, notAfter: notAfter)
    let key = try identity.privateKeyPEM.withUnsafeBytes { try NIOSSLPrivateKey(bytes: Array($0), format: .pem) }
    let certificate = try NIOSSLCertificate(bytes: identity.certificateDER, format: .der)
    var configuration = TLSConfiguration.makeServerConfiguration(
      certificateChain: [.certificate(certificate)], privateKey: .privateKey(key))
    if let clients {
      configuration.certificateVerification = .noHostnameVerification
      configuration.trustRoots = .certificates([try NIOSSLCertificate(bytes: clients, format: .der)])
    }
    if let version {
      configuration.minimumTLSVersion = version
      configuration.maximumTLSVersion = version
    }
    context = try NIOSSLContext(configuration: configuration)
    certificateDER = identity.certificateDER
  }
}

/// What clients told about their authentications.
final class Reports: Sendable {
  private let list = Mutex<[AuthenticationReport]>([])
  var all: [AuthenticationReport] { list.withLock { $0 } }
  func add(_ report: AuthenticationReport) { list.withLock { $0.append(report) } }
}

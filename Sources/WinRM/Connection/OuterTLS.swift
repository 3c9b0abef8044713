import Certificates
import NIOCore
import NIOSSL
import SecuritySupport
import Synchronization

/// The TLS of an HTTPS connection: the server must be proven by its chain and name, or by a pin.
struct OuterTLS: Sendable {
  /// The host as typed.
  var host: String
  /// SHA-256 hashes of certificates that prove the host whoever issued them.
  var pins: [[UInt8]]
  var verifier: CertificateVerifier
  /// What is not checked. A host that has pins is checked in full, or by its pin.
  var exceptions: CertificateVerifier.Exceptions = []
  /// What proves the user, where the server asks for a certificate.
  var clientCertificate: ClientCertificate?

  /// A handler for one connection. What the server showed, and why it was refused, is left in `proof`.
  func makeHandler(proof: TLSProof) throws -> NIOSSLClientHandler {
    var configuration = TLSConfiguration.makeClientConfiguration()
    configuration.minimumTLSVersion = .tlsv12
    configuration.certificateVerification = .noHostnameVerification  // the callback below checks everything
    configuration.applicationProtocols = ["http/1.1"]
    if let clientCertificate {
      configuration.certificateChain = try clientCertificate.chainDER.map { .certificate(try NIOSSLCertificate(bytes: $0, format: .der)) }
      configuration.privateKey = .privateKey(try Self.key(clientCertificate))
    }
    let isAddress = host.contains(":") || host.allSatisfy { $0.isNumber || $0 == "." }
    return try NIOSSLClientHandler(
      context: try NIOSSLContext(configuration: configuration), serverHostname: isAddress ? nil : host
    ) { certificates, promise in
      let chain = certificates.map { (try? $0.toDERBytes()) ?? [] }
      promise.completeWithTask { await self.check(chain, proof: proof) ? .certificateVerified : .failed }
    }
  }

  private static func key(_ certificate: ClientCertificate) throws -> NIOSSLPrivateKey {
    var pem = certificate.privateKeyPEM.withUnsafeBytes(Array.init)
    defer { SecretBytes.wipe(&pem) }
    return try NIOSSLPrivateKey(bytes: pem, format: .pem)
  }

  private func check(_ chain: [[UInt8]], proof: TLSProof) async -> Bool {
    proof.record(chain: chain)
    guard let leaf = chain.first else {
      proof.record(refusal: "the server showed no certificate")
      return false
    }
    let hash = CertificateHash.sha256(certificateDER: leaf)
    if pins.contains(where: { constantTimeEqual($0, hash) }) { return true }
    let verdict = await verifier.verify(chain: chain, host: host, exceptions: pins.isEmpty ? exceptions : [])
    guard case .refused(let reason) = verdict else { return true }
    proof.record(refusal: pins.isEmpty ? reason : "\(CertificateHash.mismatch(pins: pins, shown: hash)); and \(reason)")
    return false
  }
}

/// What the verification of one handshake saw.
final class TLSProof: Sendable {
  private let state = Mutex<(chain: [[UInt8]], refusal: String?)>(([], nil))
  private let tunnel = Mutex<ConnectionFailure?>(nil)

  var chain: [[UInt8]] { state.withLock { $0.chain } }
  var refusal: String? { state.withLock { $0.refusal } }
  /// Why the proxy made no way to the server.
  var tunnelFailure: ConnectionFailure? { tunnel.withLock { $0 } }
  func record(tunnel failure: ConnectionFailure) { tunnel.withLock { $0 = failure } }
  func record(chain: [[UInt8]]) { state.withLock { $0.chain = chain } }
  func record(refusal: String) { state.withLock { $0.refusal = refusal } }
}

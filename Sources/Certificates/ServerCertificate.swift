import Crypto
import CryptoExtras
public import SecuritySupport
import SwiftASN1
import X509

#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

/// A certificate with its chain and its private key, fit to prove a server.
public struct ServerCertificate: Sendable {
  /// DER, leaf first, then the authorities in between. A root at the end is left out: whoever does not have it does not trust it.
  public let chainDER: [[UInt8]]
  /// The leaf's key as PEM text in UTF-8.
  public let privateKeyPEM: SecretBytes
  /// What the leaf says.
  public let details: CertificateDetails

  public var thumbprint: CertificateThumbprint { details.thumbprint }

  /// - Parameters:
  ///   - certificates: DER, in any order; the leaf is the one that the key is for. Those that do not lead up from it are left out.
  ///   - privateKeyPEM: not encrypted.
  /// - Throws: ``CertificateError``: `malformed`, `keyDoesNotFit`, `unsupportedKey`.
  public init(certificates: [[UInt8]], privateKeyPEM: SecretBytes) throws(CertificateError) {
    var parsed: [(der: [UInt8], certificate: Certificate)] = []
    for der in certificates {
      guard let certificate = try? Certificate(derEncoded: der) else { throw .unreadable }
      parsed.append((der, certificate))
    }
    guard let first = parsed.first else { throw CertificateError(.malformed, "there is no certificate") }
    guard let leaf = parsed.firstIndex(where: { Self.fits(privateKeyPEM, $0.certificate.publicKey) }) else {
      let details = try CertificateDetails(certificateDER: first.der)
      guard details.key != nil else { throw Self.unsupportedKey }
      throw CertificateError(.keyDoesNotFit, "the private key is not the key of the certificate of \(details.subject)")
    }
    details = try CertificateDetails(certificateDER: parsed[leaf].der)
    chainDER = Self.chain(from: leaf, parsed)
    self.privateKeyPEM = privateKeyPEM
  }

  /// Reads PEM text: the certificate, those of the authorities in between, and the key, in any order.
  ///
  /// - Parameters:
  ///   - file: the certificates, perhaps with the key.
  ///   - key: the key, when it is kept apart.
  /// - Throws: ``CertificateError``.
  public init(pem file: SecretBytes, key: SecretBytes? = nil) throws(CertificateError) {
    let content = try PEMFile(file)
    guard !content.certificates.isEmpty else {
      throw CertificateError(
        .malformed,
        "it holds no certificate, neither in PEM form nor as PKCS #12 (.pfx, .p12). From DER: "
          + "openssl x509 -inform DER -in FILE -out certificate.pem")
    }
    let keys = try key.map { key throws(CertificateError) in try PEMFile(key) } ?? content
    guard let privateKey = keys.privateKeys.first else {
      throw keys.hasEncryptedKey
        ? CertificateError(
          .unsupportedKey,
          "the private key is encrypted, and nobody could type its passphrase when the service starts. Take it off: "
            + "openssl pkey -in KEY -out plain.pem")
        : CertificateError(.keyDoesNotFit, "there is no private key in PEM form; name its file with -key:FILE")
    }
    guard keys.privateKeys.count == 1 else {
      throw CertificateError(.keyDoesNotFit, "there are \(keys.privateKeys.count) private keys; one is needed")
    }
    try self.init(certificates: content.certificates, privateKeyPEM: privateKey)
  }

  /// Whether it can prove a server now.
  ///
  /// - Throws: ``CertificateError``: `notValidNow`, `wrongUse`, `unsupportedKey`.
  public func checkUse(now: Date = Date()) throws(CertificateError) {
    guard details.key != nil else { throw Self.unsupportedKey }
    guard details.isForServers else {
      throw CertificateError(
        .wrongUse, "the certificate is not for servers: its extended key usage lacks Server Authentication, or its key may not sign")
    }
    try checkKeyAndTime(now: now)
  }

  /// What servers and clients ask for alike.
  func checkKeyAndTime(now: Date) throws(CertificateError) {
    guard details.key != nil else { throw Self.unsupportedKey }
    guard details.notAfter >= now else {
      throw CertificateError(.notValidNow, "the certificate has expired: it was valid until \(details.notAfter.ISO8601Format())")
    }
    guard details.notBefore <= now else {
      throw CertificateError(.notValidNow, "the certificate is not valid before \(details.notBefore.ISO8601Format())")
    }
  }

  private static let unsupportedKey = CertificateError(
    .unsupportedKey, "the certificate's key is of a kind that is not served: use RSA with 2048 bits or more, P-256 or P-384")

  /// Whether the private key belongs to the public one.
  private static func fits(_ pem: SecretBytes, _ publicKey: Certificate.PublicKey) -> Bool {
    guard let der = PEMFile.keyDER(pem) else { return false }
    var bytes = der.withUnsafeBytes(Array.init)
    defer { SecretBytes.wipe(&bytes) }
    if _RSA.Signing.PublicKey(publicKey) != nil {
      return (try? _RSA.Signing.PrivateKey(derRepresentation: bytes)).map { Certificate.PublicKey($0.publicKey) == publicKey } ?? false
    }
    if P256.Signing.PublicKey(publicKey) != nil {
      return (try? P256.Signing.PrivateKey(derRepresentation: bytes)).map { Certificate.PublicKey($0.publicKey) == publicKey } ?? false
    }
    if P384.Signing.PublicKey(publicKey) != nil {
      return (try? P384.Signing.PrivateKey(derRepresentation: bytes)).map { Certificate.PublicKey($0.publicKey) == publicKey } ?? false
    }
    return false
  }

  /// The leaf, and each issuer that is there and signed the one before; a self-signed one ends it and is left out.
  private static func chain(from leaf: Int, _ all: [(der: [UInt8], certificate: Certificate)]) -> [[UInt8]] {
    var chain = [all[leaf].der]
    var used: Set<Int> = [leaf]
    var current = all[leaf].certificate
    while current.issuer != current.subject {
      let next = all.indices.first { index in
        let candidate = all[index].certificate
        return !used.contains(index) && candidate.subject == current.issuer
          && candidate.publicKey.isValidSignature(current.signature, for: current)
      }
      guard let next, all[next].certificate.issuer != all[next].certificate.subject else { break }
      used.insert(next)
      chain.append(all[next].der)
      current = all[next].certificate
    }
    return chain
  }
}

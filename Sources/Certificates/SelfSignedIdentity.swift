public import SecuritySupport

#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

/// A certificate that vouches for itself, with its private key: what the service shows in CredSSP when no certificate is configured.
public struct SelfSignedIdentity: Sendable {
  /// The certificate.
  public var certificateDER: [UInt8]
  /// The P-256 private key as PEM text in UTF-8 (`-----BEGIN PRIVATE KEY-----`).
  public var privateKeyPEM: SecretBytes

  public init(certificateDER: [UInt8], privateKeyPEM: SecretBytes) {
    self.certificateDER = certificateDER
    self.privateKeyPEM = privateKeyPEM
  }

  /// Makes a key and a certificate for it.
  ///
  /// - Parameters:
  ///   - commonName: the subject's and issuer's common name, such as `CREDSSP-host`.
  ///   - names: host names and IP addresses for the subject alternative name; may be empty.
  ///   - notBefore: default an hour ago, for clocks that run behind.
  ///   - notAfter: the last moment of validity.
  /// - Throws: ``CertificateError`` when a name cannot stand in a certificate.
  public static func make(
    commonName: String, names: [String] = [], notBefore: Date = Date(timeIntervalSinceNow: -3600), notAfter: Date
  ) throws -> SelfSignedIdentity {
    throw CertificateError(.local, "not made yet")
  }
}

/// Hashes of whole certificates.
public enum CertificateHash {
  /// The hash of RFC 5929 §4.1 for `tls-server-end-point` channel bindings: that of the certificate's signature, with SHA-256 in place of
  /// MD5 and SHA-1.
  ///
  /// - Throws: ``CertificateError``: `malformed`, or `unsupported` where the signature has no single hash (Ed25519).
  public static func serverEndPoint(certificateDER: [UInt8]) throws -> [UInt8] { throw CertificateError(.unsupported, "not made yet") }

  /// SHA-256 of the DER: what a pin is compared with.
  public static func sha256(certificateDER: [UInt8]) -> [UInt8] { [] }

  /// SHA-1 of the DER, in upper-case hexadecimal: the thumbprint by which Windows names a certificate.
  public static func thumbprint(certificateDER: [UInt8]) -> String { "" }
}

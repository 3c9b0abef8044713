import Crypto
public import SecuritySupport

/// Hashes of whole certificates.
public enum CertificateHash {
  /// The hash of RFC 5929 §4.1 for `tls-server-end-point` channel bindings: that of the certificate's signature, with SHA-256 in place of
  /// MD5 and SHA-1, and where the signature has no hash of its own (Ed25519) or an unknown one.
  ///
  /// - Throws: ``CertificateError`` `malformed` when the bytes are no certificate.
  public static func serverEndPoint(certificateDER: [UInt8]) throws -> [UInt8] {
    switch try SignatureHash(certificateDER: certificateDER) {
    case .sha256: Array(SHA256.hash(data: certificateDER))
    case .sha384: Array(SHA384.hash(data: certificateDER))
    case .sha512: Array(SHA512.hash(data: certificateDER))
    }
  }

  /// SHA-256 of the DER: what a pin is compared with.
  public static func sha256(certificateDER: [UInt8]) -> [UInt8] { Array(SHA256.hash(data: certificateDER)) }

  /// What is to be told of a certificate that is none of the pinned ones.
  ///
  /// - Parameter hash: its own SHA-256.
  public static func mismatch(pins: [[UInt8]], shown hash: [UInt8]) -> String {
    func text(_ hash: [UInt8]) -> String { hash.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() }
    return "it is not the pinned one: pinned is SHA-256 \(pins.map(text).joined(separator: " or ")), the server shows \(text(hash))"
  }

  /// SHA-1 of the DER in upper-case hexadecimal: the thumbprint by which Windows names a certificate. A name, no proof.
  public static func thumbprint(certificateDER: [UInt8]) -> String { CertificateThumbprint(certificateDER: certificateDER).text }
}

extension CertificateThumbprint {
  /// The thumbprint of a certificate.
  public init(certificateDER: [UInt8]) { self.init(sha1: Insecure.SHA1.hash(data: certificateDER)) }
}

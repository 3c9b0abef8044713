import SwiftASN1

/// The hash that channel bindings take over a certificate, read from its signature algorithm: SHA-384 or SHA-512 where the signature uses
/// them, and SHA-256 in every other case: MD5, SHA-1, algorithms without a hash of their own (Ed25519) and unknown ones.
enum SignatureHash: Equatable {
  case sha256, sha384, sha512

  /// Reads `signatureAlgorithm`, the second element of `Certificate` (RFC 5280 §4.1).
  init(certificateDER: [UInt8]) throws {
    let algorithm: (identifier: ASN1ObjectIdentifier, parameters: ASN1Node?)
    do {
      algorithm = try DER.sequence(DER.parse(certificateDER), identifier: .sequence) { nodes in
        guard nodes.next() != nil, let algorithm = nodes.next(), nodes.next() != nil else { throw Self.notACertificate }
        return try Self.algorithmIdentifier(algorithm)
      }
    } catch let error as CertificateError {
      throw error
    } catch {
      throw Self.notACertificate
    }
    if algorithm.identifier == .rsaPSS {
      self = try Self.hash(ofPSSParameters: algorithm.parameters)
    } else {
      self = Self.bySignature[algorithm.identifier] ?? .sha256
    }
  }

  private static let notACertificate = CertificateError(.malformed, "the bytes are no certificate")

  /// `AlgorithmIdentifier ::= SEQUENCE { algorithm OBJECT IDENTIFIER, parameters ANY OPTIONAL }`
  private static func algorithmIdentifier(_ node: ASN1Node) throws -> (ASN1ObjectIdentifier, ASN1Node?) {
    try DER.sequence(node, identifier: .sequence) { fields in
      let identifier = try ASN1ObjectIdentifier(derEncoded: &fields)
      return (identifier, fields.next())
    }
  }

  /// `RSASSA-PSS-params ::= SEQUENCE { hashAlgorithm [0] HashAlgorithm DEFAULT sha1Identifier, … }` (RFC 4055 §3.1). The default, SHA-1,
  /// is replaced by SHA-256 like every SHA-1.
  private static func hash(ofPSSParameters parameters: ASN1Node?) throws -> Self {
    guard let parameters else { return .sha256 }
    let identifier: ASN1ObjectIdentifier?
    do {
      identifier = try DER.sequence(parameters, identifier: .sequence) { fields in
        let hash = try DER.optionalExplicitlyTagged(&fields, tagNumber: 0, tagClass: .contextSpecific) { node in
          try algorithmIdentifier(node).0
        }
        while fields.next() != nil {}
        return hash
      }
    } catch {
      throw notACertificate
    }
    return identifier.flatMap { byDigest[$0] } ?? .sha256
  }

  private static let bySignature: [ASN1ObjectIdentifier: SignatureHash] = [
    [1, 2, 840, 113549, 1, 1, 12]: .sha384,  // sha384WithRSAEncryption
    [1, 2, 840, 113549, 1, 1, 13]: .sha512,  // sha512WithRSAEncryption
    [1, 2, 840, 10045, 4, 3, 3]: .sha384,  // ecdsa-with-SHA384
    [1, 2, 840, 10045, 4, 3, 4]: .sha512,  // ecdsa-with-SHA512
  ]

  private static let byDigest: [ASN1ObjectIdentifier: SignatureHash] = [
    [2, 16, 840, 1, 101, 3, 4, 2, 2]: .sha384,
    [2, 16, 840, 1, 101, 3, 4, 2, 3]: .sha512,
  ]
}

extension ASN1ObjectIdentifier {
  fileprivate static let rsaPSS: ASN1ObjectIdentifier = [1, 2, 840, 113549, 1, 1, 10]
}

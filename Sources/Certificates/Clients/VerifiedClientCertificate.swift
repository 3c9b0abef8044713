public import SecuritySupport
import SwiftASN1
import X509

#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

/// A client's certificate whose chain was verified. Only ``ClientCertificateVerifier`` makes one.
///
/// That the client has the private key is what TLS proves; this says whose key it is.
public struct VerifiedClientCertificate: Sendable, Hashable {
  public let thumbprint: CertificateThumbprint
  /// The certificate that directly signed it; itself where it vouches for itself.
  public let issuer: CertificateThumbprint
  /// The user principal names and DNS names of its alternative names, in their order. Mail addresses are no names here: authorities check
  /// them less, and they look like principals.
  public let names: [String]
  /// When it, or a certificate above it, ends being valid.
  public let notAfter: Date

  init(chain: [Certificate]) throws(CertificateError) {
    guard let leaf = chain.first, let end = chain.map(\.notValidAfter).min() else { throw .unreadable }
    thumbprint = try Self.thumbprint(of: leaf)
    issuer = try Self.thumbprint(of: chain.count > 1 ? chain[1] : leaf)
    names = Self.names(of: leaf)
    notAfter = end
  }

  private static func thumbprint(of certificate: Certificate) throws(CertificateError) -> CertificateThumbprint {
    var serializer = DER.Serializer()
    do { try serializer.serialize(certificate) } catch { throw .unreadable }
    return CertificateThumbprint(certificateDER: serializer.serializedBytes)
  }

  /// The most names that are looked at, and the longest, in bytes.
  static let maximumNames = 64
  static let maximumName = 1024

  /// Names with characters that nobody sees are left out: a rule cannot have meant them.
  private static func names(of certificate: Certificate) -> [String] {
    guard let alternatives = try? certificate.extensions.subjectAlternativeNames else { return [] }
    let texts = alternatives.prefix(maximumNames).compactMap { name -> String? in
      switch name {
      case .otherName(let name) where name.typeID == .userPrincipalName:
        name.value.flatMap { try? ASN1UTF8String(asn1Any: $0) }.flatMap(text)
      case .dnsName(let name): name
      default: nil
      }
    }
    return texts.filter { $0.utf8.count <= maximumName && !$0.isEmpty && $0 == $0.sanitizedForLog(limit: maximumName) }
  }

  private static func text(_ string: ASN1UTF8String) -> String? { String(validating: string.bytes, as: UTF8.self) }
}

extension ASN1ObjectIdentifier {
  /// szOID_NT_PRINCIPAL_NAME, whose value is a UTF8String (MS-WCCE §2.2.2.7.7.4 names it; RFC 4556 has the realm's own form beside it).
  static let userPrincipalName: ASN1ObjectIdentifier = [1, 3, 6, 1, 4, 1, 311, 20, 2, 3]
}

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

/// A certificate that vouches for itself, with its private key: what the service shows in CredSSP when no certificate is configured.
public struct SelfSignedIdentity: Sendable {
  /// The certificate.
  public var certificateDER: [UInt8]
  /// The private key as PEM text in UTF-8 (`-----BEGIN PRIVATE KEY-----`).
  public var privateKeyPEM: SecretBytes

  public init(certificateDER: [UInt8], privateKeyPEM: SecretBytes) {
    self.certificateDER = certificateDER
    self.privateKeyPEM = privateKeyPEM
  }

  /// Which key is made.
  public enum KeyKind: Sendable, Hashable {
    case p256
    /// RSA with 2048 bits, which takes about a tenth of a second to make. Clients built on pyspnego or requests-credssp understand no
    /// other key inside CredSSP.
    case rsa2048
  }

  /// The longest common name (RFC 5280 appendix A.1, ub-common-name), in characters. A longer one is cut: it is only a label.
  static let maximumCommonName = 64

  /// Makes a key and a certificate for it, signed with SHA-256, for use by TLS servers.
  ///
  /// - Parameters:
  ///   - commonName: the subject's and issuer's common name, such as `CREDSSP-host`.
  ///   - names: host names and IP addresses for the subject alternative name; may be empty.
  ///   - notBefore: default an hour ago, for clocks that run behind.
  ///   - notAfter: the last moment of validity.
  ///   - kind: the kind of key. Default P-256.
  /// - Throws: ``CertificateError`` `local` when a name cannot stand in a certificate.
  public static func make(
    commonName: String, names: [String] = [], notBefore: Date = Date(timeIntervalSinceNow: -3600), notAfter: Date, kind: KeyKind = .p256
  ) throws -> SelfSignedIdentity {
    let alternatives = try names.map(generalName)
    do {
      let (key, pem) = try privateKey(kind)
      let subject = try DistinguishedName { CommonName(String(commonName.prefix(maximumCommonName))) }
      let certificate = try Certificate(
        version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: key.publicKey, notValidBefore: notBefore,
        notValidAfter: notAfter, issuer: subject, subject: subject,
        signatureAlgorithm: kind == .p256 ? .ecdsaWithSHA256 : .sha256WithRSAEncryption,
        extensions: try extensions(alternatives, kind), issuerPrivateKey: key)
      var serializer = DER.Serializer()
      try serializer.serialize(certificate)
      return SelfSignedIdentity(certificateDER: serializer.serializedBytes, privateKeyPEM: pem)
    } catch {
      throw CertificateError(.local, "no certificate could be made for these names")
    }
  }

  private static func privateKey(_ kind: KeyKind) throws -> (Certificate.PrivateKey, pem: SecretBytes) {
    switch kind {
    case .p256:
      let key = P256.Signing.PrivateKey()
      return (.init(key), SecretBytes(Array(key.pemRepresentation.utf8)))
    case .rsa2048:
      let key = try _RSA.Signing.PrivateKey(keySize: .bits2048)
      return (.init(key), SecretBytes(Array(key.pemRepresentation.utf8)))
    }
  }

  private static func extensions(_ names: [GeneralName], _ kind: KeyKind) throws -> Certificate.Extensions {
    try Certificate.Extensions {
      Critical(BasicConstraints.notCertificateAuthority)
      Critical(KeyUsage(digitalSignature: true, keyEncipherment: kind == .rsa2048))
      try ExtendedKeyUsage([.serverAuth])
      if !names.isEmpty { SubjectAlternativeNames(names) }
    }
  }

  private static func generalName(_ text: String) throws -> GeneralName {
    if let address = IPAddressBytes(text) { return .ipAddress(ASN1OctetString(contentBytes: address.bytes[...])) }
    guard isDNSName(text) else {
      throw CertificateError(
        .local,
        "a host name in a certificate is an IP address, or labels of at most 63 ASCII letters, digits, - and _ with dots between them, 253 "
          + "characters in all; the first label may be *")
    }
    return .dnsName(text)
  }
  /// A name in the preferred form of RFC 1123 §2.1, with the underscores that some machines have, or `*` in place of its first label. What
  /// ends in a number is an address that cannot be read.
  private static func isDNSName(_ text: String) -> Bool {
    guard text.utf8.count <= 253 else { return false }
    var labels = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    if labels.count > 1, labels.first.map({ Array($0) == [UInt8(ascii: "*")] }) == true { labels.removeFirst() }
    let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
    if text.utf8.contains(UInt8(ascii: ".")), labels.last?.allSatisfy(digits.contains) == true { return false }
    return labels.allSatisfy { label in
      (1...63).contains(label.count) && label.first != UInt8(ascii: "-") && label.last != UInt8(ascii: "-")
        && label.allSatisfy { byte in
          (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) || digits.contains(byte) || byte == UInt8(ascii: "-")
            || byte == UInt8(ascii: "_")
        }
    }
  }
}

import Certificates
import Crypto
import Foundation
import SecuritySupport
import SwiftASN1
import X509

/// A certificate that vouches for itself, for clients unless a test wants it otherwise.
struct ClientCertificateFixture: Sendable {
  enum Use { case client, server }

  static let shared = Result { try ClientCertificateFixture() }

  let certificate: ClientCertificate
  /// DER.
  let der: [UInt8]

  init(use: Use = .client, notAfter: Date = Date(timeIntervalSinceNow: 3600)) throws {
    let key = P256.Signing.PrivateKey()
    let subject = try DistinguishedName { CommonName("alice") }
    let made = try Certificate(
      version: .v3, serialNumber: .init(), publicKey: .init(key.publicKey), notValidBefore: Date(timeIntervalSinceNow: -7200),
      notValidAfter: notAfter, issuer: subject, subject: subject, signatureAlgorithm: .ecdsaWithSHA256,
      extensions: Certificate.Extensions {
        Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
        Critical(KeyUsage(digitalSignature: true, keyCertSign: true))
        try ExtendedKeyUsage([use == .client ? .clientAuth : .serverAuth])
      }, issuerPrivateKey: .init(key))
    var serializer = DER.Serializer()
    try serializer.serialize(made)
    der = serializer.serializedBytes
    certificate = try ClientCertificate(
      ServerCertificate(certificates: [der], privateKeyPEM: SecretBytes(Array(key.pemRepresentation.utf8))))
  }
}

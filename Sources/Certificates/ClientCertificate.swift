public import SecuritySupport

#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

/// A certificate with its chain and its private key, fit to prove a user to a TLS server.
public struct ClientCertificate: Sendable {
  /// DER, leaf first, then the authorities in between.
  public let chainDER: [[UInt8]]
  /// The leaf's key as PEM text in UTF-8.
  public let privateKeyPEM: SecretBytes
  /// What the leaf says.
  public let details: CertificateDetails

  public var thumbprint: CertificateThumbprint { details.thumbprint }

  /// - Throws: ``CertificateError``: `notValidNow`, `wrongUse`, `unsupportedKey`.
  public init(_ certificate: ServerCertificate, now: Date = Date()) throws(CertificateError) {
    try certificate.checkClientUse(now: now)
    chainDER = certificate.chainDER
    privateKeyPEM = certificate.privateKeyPEM
    details = certificate.details
  }

  /// The certificate with this thumbprint in the first of some stores that has it.
  ///
  /// - Throws: ``CertificateError``: `notFound` when none has it; as ``ServerCertificateStore/load(_:)`` and ``init(_:now:)``.
  public static func load(
    _ thumbprint: CertificateThumbprint, from stores: [ServerCertificateStore], now: Date = Date()
  ) throws(CertificateError) -> ClientCertificate {
    for store in stores {
      do throws(CertificateError) {
        return try ClientCertificate(store.load(thumbprint), now: now)
      } catch {
        guard error.code == .notFound else { throw error }
      }
    }
    let places = stores.map(\.directory).joined(separator: " or ")
    throw CertificateError(.notFound, "there is no certificate with the thumbprint \(thumbprint) in \(places)")
  }
}

extension ServerCertificate {
  /// Whether it can prove a user now.
  ///
  /// - Throws: ``CertificateError``: `notValidNow`, `wrongUse`, `unsupportedKey`.
  public func checkClientUse(now: Date = Date()) throws(CertificateError) {
    try checkKeyAndTime(now: now)
    guard details.isForClients else {
      throw CertificateError(
        .wrongUse, "the certificate is not for clients: its extended key usage lacks Client Authentication, or its key may not sign")
    }
  }
}

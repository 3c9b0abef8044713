public import Certificates

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The certificate that CredSSP shows when the administrator has given none.
///
/// Its key is RSA: clients built on pyspnego or requests-credssp understand no other.
public enum ServiceCertificate {
  /// How long it is valid, in seconds: ten years. A client trusts it by its hash or not at all.
  private static let validity: Double = 10 * 365 * 86_400

  /// Makes a certificate for this computer.
  ///
  /// - Throws: ``CertificateError`` when the name cannot stand in a certificate.
  public static func make(machineName: String) throws -> SelfSignedIdentity {
    // A NetBIOS name is cut after 15 characters, perhaps behind a hyphen, with which no name of DNS ends.
    let name = String(machineName.reversed().drop { $0 == "-" }.reversed())
    return try SelfSignedIdentity.make(
      commonName: "CREDSSP-" + machineName, names: [name], notAfter: Date(timeIntervalSinceNow: validity), kind: .rsa2048)
  }
}

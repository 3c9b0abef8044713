import SwiftASN1
import X509

/// What a chain for a TLS client must be beyond RFC 5280's path rules: made for clients, which the client's own certificate has to say, and
/// signed with nothing broken.
struct ClientUsePolicy: VerifierPolicy {
  let verifyingCriticalExtensions: [ASN1ObjectIdentifier] = [.X509ExtensionID.extendedKeyUsage, .X509ExtensionID.keyUsage]

  /// Why a chain is refused, in words without the peer's.
  enum Reason: String {
    case notForClients = "it does not say that it is for clients (extended key usage)"
    case otherUse = "a certificate is not for clients (extended key usage)"
    case cannotSign = "its key may not sign (key usage)"
    case issuerCannotSign = "an issuer may not sign certificates (key usage)"
    case brokenHash = "a signature uses SHA-1"
  }

  mutating func chainMeetsPolicyRequirements(chain: UnverifiedCertificateChain) -> PolicyEvaluationResult {
    guard chain.leaf.extensions[oid: .X509ExtensionID.extendedKeyUsage] != nil else {
      return .failsToMeetPolicy(reason: PolicyFailureReason(Reason.notForClients.rawValue))
    }
    for certificate in chain where certificate.extensions[oid: .X509ExtensionID.extendedKeyUsage] != nil {
      guard let usage = try? certificate.extensions.extendedKeyUsage, usage.contains(.clientAuth) || usage.contains(.any) else {
        return .failsToMeetPolicy(reason: PolicyFailureReason(Reason.otherUse.rawValue))
      }
    }
    if let value = chain.leaf.extensions[oid: .X509ExtensionID.keyUsage] {
      guard let usage = try? KeyUsage(value), usage.digitalSignature else {
        return .failsToMeetPolicy(reason: PolicyFailureReason(Reason.cannotSign.rawValue))
      }
    }
    for issuer in chain.dropFirst() {
      guard let value = issuer.extensions[oid: .X509ExtensionID.keyUsage] else { continue }
      guard let usage = try? KeyUsage(value), usage.keyCertSign else {
        return .failsToMeetPolicy(reason: PolicyFailureReason(Reason.issuerCannotSign.rawValue))
      }
    }
    // The signature of the trusted certificate itself proves nothing and is not looked at.
    for certificate in chain.dropLast() where certificate.signatureAlgorithm == .sha1WithRSAEncryption {
      return .failsToMeetPolicy(reason: PolicyFailureReason(Reason.brokenHash.rawValue))
    }
    return .meetsPolicy
  }
}

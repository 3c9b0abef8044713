import SwiftASN1
import X509

/// What a chain for a TLS server must be beyond RFC 5280's path rules: made for servers, and signed with nothing broken.
struct ServerUsePolicy: VerifierPolicy {
  let verifyingCriticalExtensions: [ASN1ObjectIdentifier] = [.X509ExtensionID.extendedKeyUsage, .X509ExtensionID.keyUsage]

  mutating func chainMeetsPolicyRequirements(chain: UnverifiedCertificateChain) -> PolicyEvaluationResult {
    for certificate in chain {
      guard let usage = try? certificate.extensions.extendedKeyUsage else {
        if certificate.extensions[oid: .X509ExtensionID.extendedKeyUsage] == nil { continue }
        return .failsToMeetPolicy(reason: "an extended key usage cannot be read")
      }
      guard usage.contains(.serverAuth) || usage.contains(.any) else {
        return .failsToMeetPolicy(reason: "a certificate is not for servers")
      }
    }
    for issuer in chain.dropFirst() {
      guard let extensionValue = issuer.extensions[oid: .X509ExtensionID.keyUsage] else { continue }
      guard let usage = try? KeyUsage(extensionValue), usage.keyCertSign else {
        return .failsToMeetPolicy(reason: "an issuer may not sign certificates")
      }
    }
    // The signature of the trusted certificate itself proves nothing and is not looked at.
    for certificate in chain.dropLast() where certificate.signatureAlgorithm == .sha1WithRSAEncryption {
      return .failsToMeetPolicy(reason: "a signature uses SHA-1")
    }
    return .meetsPolicy
  }
}

/// Says which extensions are understood, so that one of them marked critical does not end the search for a chain. The others check them.
struct KnownExtensions: VerifierPolicy {
  let verifyingCriticalExtensions: [ASN1ObjectIdentifier] = [
    .X509ExtensionID.subjectAlternativeName, .X509ExtensionID.basicConstraints, .X509ExtensionID.nameConstraints,
    .X509ExtensionID.keyUsage, .X509ExtensionID.extendedKeyUsage,
  ]

  mutating func chainMeetsPolicyRequirements(chain: UnverifiedCertificateChain) -> PolicyEvaluationResult { .meetsPolicy }
}

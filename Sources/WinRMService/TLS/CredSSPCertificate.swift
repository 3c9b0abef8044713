import Certificates
import MemoryTLS
import SecuritySupport
import WinRMConfiguration

/// The certificate inside CredSSP: the one that `CertificateThumbprint` names, or, where the setting is empty, one that vouches for itself.
///
/// When the named one cannot be used there is none. Another one in its place would have clients delegate to a server that proves less than
/// its administrator says.
enum CredSSPCertificate: Sendable {
  case ready(Ready)
  case unusable(WinRMServiceError)

  var isReady: Bool {
    if case .ready = self { true } else { false }
  }

  struct Ready: Sendable {
    let context: MemoryTLSServerContext
    let chainDER: [[UInt8]]
    let isSelfMade: Bool

    init(chainDER: [[UInt8]], privateKeyPEM: SecretBytes, isSelfMade: Bool) throws {
      context = try MemoryTLSServerContext(certificateChainDER: chainDER, privateKeyPEM: privateKeyPEM)
      self.chainDER = chainDER
      self.isSelfMade = isSelfMade
    }

    /// What a client pins.
    var sha256: String {
      CertificateHash.sha256(certificateDER: chainDER[0]).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
  }

  /// The certificate that a setting names.
  ///
  /// - Parameter known: what was ready before; it is kept when the store still says the same.
  static func named(_ setting: String, in store: ServerCertificateStore?, known: Ready?) -> Self {
    do {
      guard let thumbprint = CertificateThumbprint(parsing: setting) else {
        throw CertificateError(.notFound, "\"\(setting.sanitizedForLog())\" is no thumbprint")
      }
      guard let store else { throw CertificateError(.notFound, "the service has no store of certificates") }
      let certificate = try store.load(thumbprint)
      if let known, !known.isSelfMade, known.chainDER == certificate.chainDER { return .ready(known) }
      return .ready(
        try Ready(chainDER: certificate.chainDER, privateKeyPEM: certificate.privateKeyPEM, isSelfMade: false))
    } catch {
      return .unusable(
        WinRMServiceError(
          .certificate,
          "the certificate of CertificateThumbprint cannot be used: \(error). Import it (winrm certificate import FILE), name another one, "
            + "or empty the setting: winrm set winrm/config/service @{CertificateThumbprint=\"\"}"))
    }
  }
}

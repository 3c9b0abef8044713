public import Certificates
public import LogonInterface

/// The certificate of a TLS connection as a logon. It has no tokens, so that it is no exchange.
public enum CertificateServerAuthentication {
  /// Logs on as the local account that a certificate is mapped to.
  ///
  /// - Throws: ``AuthenticationRefusal``.
  public static func logOn(
    _ certificate: VerifiedClientCertificate, as userName: String, logon: LogonClient, peer: PeerAddress,
    patience: MechanismPatience = MechanismPatience()
  ) async throws(AuthenticationRefusal) -> ProvenIdentity {
    try await authority(patience, late: { await logon.release($0) }) {
      try await logon.logOn(certificate, as: userName, peer: peer)
    }
  }
}

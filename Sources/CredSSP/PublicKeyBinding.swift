public import SecuritySupport

/// The proof that both ends see the same TLS connection (MS-CSSP §3.1.5, steps 3 and 4).
public enum PublicKeyBinding {
  /// What the client seals into `pubKeyAuth`.
  public static func clientProof(version: Int, clientNonce: [UInt8]?, subjectPublicKey: [UInt8]) throws(CredSSPError) -> [UInt8] {
    throw CredSSPError(.local, "not there yet")
  }
  /// What the server seals into `pubKeyAuth`.
  public static func serverProof(version: Int, clientNonce: [UInt8]?, subjectPublicKey: [UInt8]) throws(CredSSPError) -> [UInt8] {
    throw CredSSPError(.local, "not there yet")
  }
  /// For the holder of the acceptor's mechanism: checks the unsealed `pubKeyAuth` of the client, and gives what to seal in reply.
  public static func answer(to proof: PublicKeyProof, unsealed: [UInt8]) throws(CredSSPError) -> [UInt8] {
    throw CredSSPError(.local, "not there yet")
  }
  /// The content of the BIT STRING in the certificate's SubjectPublicKeyInfo, without the unused-bits octet.
  public static func subjectPublicKey(certificateDER: [UInt8]) throws(CredSSPError) -> [UInt8] {
    throw CredSSPError(.local, "not there yet")
  }
}

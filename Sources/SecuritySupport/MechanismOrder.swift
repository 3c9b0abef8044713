/// What a sans-IO core (SPNEGO, CredSSP) asks of whoever holds its inner mechanism.
///
/// A core emits one order at a time and does nothing until it is fed the matching ``MechanismAnswer``. The mechanism may live in the
/// same task, on a pool of blocking threads, behind a socket or in another process.
public enum MechanismOrder: Sendable, Equatable {
  /// Advance the mechanism with the peer's token (`nil` at the very start of an initiator). Answer: ``MechanismAnswer/stepped(_:)``.
  case step(token: [UInt8]?)
  /// Make the mechListMIC over `message` (RFC 4178 §5). NTLM re-initialises its sending RC4 handle afterwards and keeps counting
  /// (MS-SPNG §3.3.5.1). Answer: ``MechanismAnswer/mic(_:)``.
  case mic(message: [UInt8])
  /// Verify the peer's mechListMIC over `message`. NTLM re-initialises its receiving RC4 handle afterwards.
  /// Answer: ``MechanismAnswer/verified``; a wrong MIC is a failure of the mechanism, not an answer.
  case verify(message: [UInt8], mic: [UInt8])
  /// Seal `plaintext` with confidentiality. Answer: ``MechanismAnswer/sealed(_:)`` with signature || ciphertext in one piece.
  case seal(plaintext: [UInt8])
  /// Undo the peer's seal. Answer: ``MechanismAnswer/unsealed(_:)``.
  case unseal(sealed: [UInt8])
  /// CredSSP initiator, after the inner TLS handshake: may credentials go to this server, and which mechanisms may prove it?
  /// `serverCertificates` is the chain in DER, leaf first. Answer: ``MechanismAnswer/permitted``; a refusal is a failure.
  case askPolicy(serverCertificates: [[UInt8]])
  /// CredSSP initiator, last order of all: encode the credential as TSCredentials and seal it. The plain text stays with the holder of
  /// the credential. Answer: ``MechanismAnswer/sealed(_:)``.
  case sealCredentials
  /// CredSSP acceptor: check the client's public-key proof and make the server's. Answer: ``MechanismAnswer/sealed(_:)``.
  case provePublicKey(PublicKeyProof)
  /// CredSSP acceptor: unseal and take the delegated credentials; they stay with whoever answers. Answer: ``MechanismAnswer/accepted``.
  case acceptCredentials(sealed: [UInt8])
}

/// The answer to a ``MechanismOrder``.
public enum MechanismAnswer: Sendable, Equatable {
  case stepped(MechanismStep)
  case mic([UInt8])
  case verified
  case sealed([UInt8])
  case unsealed([UInt8])
  case permitted
  case accepted
}

/// What one step of a mechanism produced.
public struct MechanismStep: Sendable, Equatable {
  /// The token for the peer; `nil` when there is none to send.
  public var token: [UInt8]?
  /// Whether messages can be protected now (RFC 2743 §1.2.7, prot_ready). It can be true before ``isFinished``.
  public var mayProtect: Bool
  /// Whether the mechanism expects no further token from the peer.
  public var isFinished: Bool

  public init(token: [UInt8]?, mayProtect: Bool, isFinished: Bool) {
    self.token = token
    self.mayProtect = mayProtect
    self.isFinished = isFinished
  }
}

/// The client's proof that it sees the same TLS public key as the server (MS-CSSP §3.1.5).
public struct PublicKeyProof: Sendable, Equatable {
  /// The client's `pubKeyAuth`, sealed by the inner mechanism.
  public var sealed: [UInt8]
  /// The client's nonce: 32 bytes, present from version 5 on.
  public var clientNonce: [UInt8]?
  /// The effective CredSSP version, 2 … 6.
  public var version: Int
  /// The content of the BIT STRING of the server certificate's SubjectPublicKeyInfo, without the unused-bits octet.
  public var subjectPublicKey: [UInt8]

  public init(sealed: [UInt8], clientNonce: [UInt8]?, version: Int, subjectPublicKey: [UInt8]) {
    self.sealed = sealed
    self.clientNonce = clientNonce
    self.version = version
    self.subjectPublicKey = subjectPublicKey
  }
}

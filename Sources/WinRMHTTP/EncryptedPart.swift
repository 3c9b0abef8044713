/// The protocols of encrypted bodies (MS-WSMV §2.2.9.1).
public enum EncryptionProtocol: String, Sendable, Hashable, CaseIterable {
  /// Scheme Negotiate, whether NTLM or Kerberos is inside.
  case spnego = "application/HTTP-SPNEGO-session-encrypted"
  case kerberos = "application/HTTP-Kerberos-session-encrypted"
  case credSSP = "application/HTTP-CredSSP-session-encrypted"
}

/// One header and data pair of an encrypted body.
public struct EncryptedPart: Sendable, Equatable {
  /// The length of the plaintext in bytes, as the part declares it.
  public var plaintextLength: Int
  /// The signature or wrap header; empty for CredSSP.
  public var header: [UInt8]
  /// The 32-bit number before the data: the length of ``header``, for CredSSP that of the TLS trailer.
  public var headerLengthField: UInt32
  /// The ciphertext; for CredSSP whole TLS records.
  public var data: [UInt8]

  public init(plaintextLength: Int, header: [UInt8], headerLengthField: UInt32, data: [UInt8]) {
    self.plaintextLength = plaintextLength
    self.header = header
    self.headerLengthField = headerLengthField
    self.data = data
  }
}

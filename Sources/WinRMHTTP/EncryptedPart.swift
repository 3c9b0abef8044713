/// One header and data pair of an encrypted body.
public struct EncryptedPart: Sendable, Equatable {
  /// The length of the plaintext in bytes, as the part declares it. Whoever decrypts must compare.
  public var plaintextLength: Int
  /// The signature or the header of the wrap token; empty for CredSSP.
  public var header: [UInt8]
  /// The 32-bit number before the data: the length of ``header``, for CredSSP that of the TLS trailer. Receivers need not check the latter.
  public var headerLengthField: UInt32
  /// The ciphertext; for CredSSP whole TLS records.
  public var data: [UInt8]

  public init(plaintextLength: Int, header: [UInt8], headerLengthField: UInt32, data: [UInt8]) {
    self.plaintextLength = plaintextLength
    self.header = header
    self.headerLengthField = headerLengthField
    self.data = data
  }

  /// A part of an NTLM or Kerberos body: the number is the length of the header.
  public init(plaintextLength: Int, header: [UInt8], data: [UInt8]) {
    self.init(
      plaintextLength: plaintextLength, header: header, headerLengthField: UInt32(truncatingIfNeeded: header.count), data: data)
  }

  /// A part of a CredSSP body.
  public init(plaintextLength: Int, trailerLength: UInt32, records: [UInt8]) {
    self.init(plaintextLength: plaintextLength, header: [], headerLengthField: trailerLength, data: records)
  }

  /// The most plaintext that one part of a CredSSP body carries, in bytes: one TLS record.
  public static let maximumCredSSPPlaintext = 16_384
}

/// The outside of a wrap token (RFC 4121 §4.2.6.2), which says how WinRM splits it in two.
///
/// ```
///  0  05 04     TOK_ID
///  2  flags     1: sent by the acceptor, 2: sealed, 4: acceptor's subkey
///  3  FF
///  4  EC        extra count, big-endian
///  6  RRC       right rotation count, big-endian
///  8  SND_SEQ   64 bits, big-endian
/// 16  the rotated ciphertext
/// ```
public enum KerberosWrapToken {
  static let headerLength = 16
  static let sealedFlag: UInt8 = 2
  /// The confounder of the AES encryption types: one block.
  private static let confounderLength = 16

  /// The length of the part that travels before the data (MS-WSMV §2.2.9.1.1.2.2): header, checksum and confounder, brought together by
  /// the rotation. 60 for the SHA-1 encryption types, 64 and 72 for those of SHA-2.
  ///
  /// - Returns: `nil` when `token` is no sealed wrap token, or was rotated in another way.
  public static func signatureLength(of token: [UInt8]) -> Int? {
    guard token.count >= headerLength, token.starts(with: [0x05, 0x04]), token[2] & sealedFlag != 0, token[3] == 0xFF,
      token[4] == 0, token[5] == 0
    else { return nil }
    // The rotation brings checksum and encrypted header to the front.
    let rotation = Int(token[6]) << 8 | Int(token[7])
    let length = headerLength + rotation + confounderLength
    guard rotation > headerLength, rotation <= headerLength + 32, length <= token.count else { return nil }
    return length
  }
}

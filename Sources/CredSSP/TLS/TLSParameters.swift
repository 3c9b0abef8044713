/// What the inner handshake negotiated.
public struct TLSParameters: Sendable, Equatable {
  /// The protocol version on the wire: 0x0303 is TLS 1.2, 0x0304 is TLS 1.3.
  public var version: UInt16
  /// The cipher suite's number in the IANA registry.
  public var cipherSuite: UInt16

  public init(version: UInt16, cipherSuite: UInt16) {
    self.version = version
    self.cipherSuite = cipherSuite
  }
}

extension TLSParameters {
  /// The number that goes before an encrypted WinRM message (MS-WSMV §2.2.9.1.1.2.2): how many bytes the record has behind the encrypted
  /// form of `plaintextLength` bytes, which is authentication tag, or MAC and padding.
  ///
  /// Block ciphers are counted without encrypt-then-MAC (RFC 7366), which Schannel does not negotiate.
  ///
  /// - Parameter plaintextLength: bytes in the record, 0 … 16 384.
  public func trailerLength(plaintextLength: Int) -> Int {
    guard version < 0x0304 else { return 17 }  // tag and the inner content type
    switch RecordProtection(cipherSuite: cipherSuite) {
    case .aead: return 16
    case .stream(let mac): return mac
    case .block(let mac, let block): return mac + block - (plaintextLength % block + mac) % block
    }
  }
}

/// How a TLS 1.2 cipher suite protects a record.
enum RecordProtection: Equatable {
  /// AES-GCM, ChaCha20-Poly1305 and whatever is not listed here: a 16-byte tag.
  case aead
  /// RC4, with a MAC of so many bytes.
  case stream(mac: Int)
  /// CBC, with a MAC and a cipher block of so many bytes.
  case block(mac: Int, block: Int)

  init(cipherSuite: UInt16) {
    switch cipherSuite {
    case 0x0004: self = .stream(mac: 16)  // RSA_WITH_RC4_128_MD5
    case 0x0005, 0xC007, 0xC011: self = .stream(mac: 20)  // RC4_128_SHA: RSA, ECDHE_ECDSA, ECDHE_RSA
    case 0x000A, 0x0013, 0x0016, 0xC008, 0xC012: self = .block(mac: 20, block: 8)  // 3DES_EDE_CBC_SHA
    case 0x002F, 0x0032, 0x0033, 0xC009, 0xC013: self = .block(mac: 20, block: 16)  // AES_128_CBC_SHA
    case 0x0035, 0x0038, 0x0039, 0xC00A, 0xC014: self = .block(mac: 20, block: 16)  // AES_256_CBC_SHA
    case 0x003C, 0x0040, 0x0067, 0xC023, 0xC027: self = .block(mac: 32, block: 16)  // AES_128_CBC_SHA256
    case 0x003D, 0x006A, 0x006B: self = .block(mac: 32, block: 16)  // AES_256_CBC_SHA256
    case 0xC024, 0xC028: self = .block(mac: 48, block: 16)  // AES_256_CBC_SHA384
    default: self = .aead
    }
  }
}

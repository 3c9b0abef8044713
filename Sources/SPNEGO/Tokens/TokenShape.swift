import SecuritySupport

/// The longest token taken from a peer, in bytes. A Kerberos ticket with a large PAC reaches 48 KiB.
let maximumTokenLength = 65_536

func checkLength(of token: [UInt8]) throws(SPNEGOError) {
  guard token.count <= maximumTokenLength else { throw SPNEGOError(.limit, "the token is longer than \(maximumTokenLength) bytes") }
}

/// What a token is, told from its first bytes alone.
enum TokenShape: Equatable {
  /// `NTLMSSP\0`: NTLM without SPNEGO.
  case ntlm
  /// GSS wrapper with the number of Kerberos: Kerberos without SPNEGO.
  case kerberos
  /// GSS wrapper with the number of SPNEGO, or a bare NegTokenInit.
  case negTokenInit
  case negTokenResp
  case unknown

  init(_ token: [UInt8]) {
    switch token.first {
    case 0x4E: self = token.starts(with: Array("NTLMSSP\0".utf8)) ? .ntlm : .unknown
    case 0xA0: self = .negTokenInit
    case 0xA1: self = .negTokenResp
    case 0x60:
      switch Self.wrappedMechanism(token)?.canonical {
      case .spnego?: self = .negTokenInit
      case .kerberos?: self = .kerberos
      default: self = .unknown
      }
    default: self = .unknown
    }
  }

  /// The mechanism of a GSS InitialContextToken (RFC 2743 §3.1): tag 0x60, length of one to five octets, tag 0x06, one length octet.
  private static func wrappedMechanism(_ token: [UInt8]) -> MechanismIdentifier? {
    var reader = ByteReader(token)
    guard reader.readUInt8() == 0x60, let length = reader.readUInt8() else { return nil }
    if length > 0x7F {
      guard length > 0x80, length <= 0x84, reader.read(Int(length & 0x7F)) != nil else { return nil }
    }
    guard reader.readUInt8() == 0x06, let count = reader.readUInt8(), count < 0x80, let content = reader.read(Int(count)) else {
      return nil
    }
    return MechanismIdentifier(rawValue: Array(content))
  }
}

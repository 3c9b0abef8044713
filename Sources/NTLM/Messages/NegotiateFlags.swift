/// NEGOTIATE flags (MS-NLMP §2.2.2.5). Bits without a name are kept.
public struct NegotiateFlags: OptionSet, Sendable, Hashable {
  public var rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// Text is UTF-16LE.
  public static let unicode = Self(rawValue: 0x0000_0001)
  /// Text is in the code page of the machine.
  public static let oem = Self(rawValue: 0x0000_0002)
  /// CHALLENGE shall name the server.
  public static let requestTarget = Self(rawValue: 0x0000_0004)
  /// Messages can be signed.
  public static let sign = Self(rawValue: 0x0000_0010)
  /// Messages can be sealed.
  public static let seal = Self(rawValue: 0x0000_0020)
  /// Connectionless authentication.
  public static let datagram = Self(rawValue: 0x0000_0040)
  /// The LAN Manager session key.
  public static let lmKey = Self(rawValue: 0x0000_0080)
  /// NTLM authentication at all.
  public static let ntlm = Self(rawValue: 0x0000_0200)
  /// The client is anonymous.
  public static let anonymous = Self(rawValue: 0x0000_0800)
  /// NEGOTIATE carries the client's domain.
  public static let oemDomainSupplied = Self(rawValue: 0x0000_1000)
  /// NEGOTIATE carries the client's name.
  public static let oemWorkstationSupplied = Self(rawValue: 0x0000_2000)
  /// A signature block stands on every message.
  public static let alwaysSign = Self(rawValue: 0x0000_8000)
  /// The target name is a domain.
  public static let targetTypeDomain = Self(rawValue: 0x0001_0000)
  /// The target name is a server.
  public static let targetTypeServer = Self(rawValue: 0x0002_0000)
  /// Extended session security: separate keys and counters for the two directions.
  public static let extendedSessionSecurity = Self(rawValue: 0x0008_0000)
  /// The server may identify the client but not act for it.
  public static let identify = Self(rawValue: 0x0010_0000)
  /// The session key derived from the LM hash.
  public static let requestNonNTSessionKey = Self(rawValue: 0x0040_0000)
  /// CHALLENGE carries AV pairs.
  public static let targetInfo = Self(rawValue: 0x0080_0000)
  /// The version field is meaningful.
  public static let version = Self(rawValue: 0x0200_0000)
  /// 128-bit session keys.
  public static let key128 = Self(rawValue: 0x2000_0000)
  /// The client chooses the session key.
  public static let keyExchange = Self(rawValue: 0x4000_0000)
  /// 56-bit session keys; without effect beside ``key128``.
  public static let key56 = Self(rawValue: 0x8000_0000)

  /// What protected WinRM and CredSSP need from NEGOTIATE on. ``targetInfo`` joins them in CHALLENGE.
  static let required: Self = [.unicode, .ntlm, .extendedSessionSecurity, .sign, .seal, .keyExchange, .key128]

  /// What our NEGOTIATE offers, the same as a Windows client without its LAN Manager remains.
  static let offered: Self = required.union([.oem, .requestTarget, .alwaysSign, .version, .key56])

  /// Bits whose value decides how an exchange is protected. AUTHENTICATE may not hold one that CHALLENGE did not.
  static let decisive: Self = [
    .unicode, .oem, .sign, .seal, .datagram, .lmKey, .ntlm, .anonymous, .alwaysSign, .extendedSessionSecurity, .requestNonNTSessionKey,
    .key128, .keyExchange, .key56,
  ]
}

extension NegotiateFlags: CustomStringConvertible {
  /// `0xE28A8235`.
  public var description: String {
    let digits = String(rawValue, radix: 16, uppercase: true)
    return "0x" + String(repeating: "0", count: 8 - digits.count) + digits
  }
}

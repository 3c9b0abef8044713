/// The status of a Kerberos library call: what GSSAPI calls the minor status, and krb5 its error code.
///
/// Codes of KDCs and peers keep the numbers of RFC 4120 §7.5.9 as ``protocolCode``.
public struct KerberosStatus: RawRepresentable, Sendable, Hashable {
  public var rawValue: Int32
  public init(rawValue: Int32) { self.rawValue = rawValue }

  /// The status as GSSAPI hands it out.
  init(minor: UInt32) { rawValue = Int32(bitPattern: minor) }

  /// Where the krb5 library's table begins (`ERROR_TABLE_BASE_krb5`).
  static let base: Int32 = -1_765_328_384

  private init(offset: Int32) { rawValue = Self.base + offset }

  /// The library's symbol, such as `KRB5KDC_ERR_PREAUTH_FAILED`; `nil` for numbers that are not in its table.
  public var name: String? {
    let (offset, overflow) = rawValue.subtractingReportingOverflow(Self.base)
    return overflow ? nil : Self.names[offset]
  }

  /// The number of the protocol, 1 … 127, where the status came from a KDC or a peer.
  public var protocolCode: Int32? {
    let (offset, overflow) = rawValue.subtractingReportingOverflow(Self.base)
    return !overflow && (1...127).contains(offset) ? offset : nil
  }

  /// The account has expired.
  public static let nameExpired = Self(offset: 1)
  /// The KDC does not know the client.
  public static let clientUnknown = Self(offset: 6)
  /// The KDC does not know the service.
  public static let serviceUnknown = Self(offset: 7)
  /// A rule of the KDC forbids it.
  public static let policy = Self(offset: 12)
  public static let badOption = Self(offset: 13)
  /// No encryption type that both sides have.
  public static let encryptionTypeUnsupported = Self(offset: 14)
  /// The account is disabled or locked out.
  public static let clientRevoked = Self(offset: 18)
  public static let clientNotYetValid = Self(offset: 21)
  /// The password has expired or must be changed.
  public static let keyExpired = Self(offset: 23)
  /// The password is wrong.
  public static let preauthenticationFailed = Self(offset: 24)
  public static let mustUseUserToUser = Self(offset: 27)
  /// A key that does not fit.
  public static let badIntegrity = Self(offset: 31)
  public static let ticketExpired = Self(offset: 32)
  public static let ticketNotYetValid = Self(offset: 33)
  /// An authenticator that was seen before.
  public static let replay = Self(offset: 34)
  /// A ticket for another service.
  public static let notUs = Self(offset: 35)
  /// Clocks too far apart.
  public static let clockSkew = Self(offset: 37)
  public static let modified = Self(offset: 41)
  public static let badKeyVersion = Self(offset: 44)
  public static let noKey = Self(offset: 45)
  public static let mutualFailed = Self(offset: 46)
}

extension KerberosStatus: CustomStringConvertible {
  /// Name and number: `KRB5KDC_ERR_PREAUTH_FAILED (24)`, or the bare number.
  public var description: String {
    guard let name else { return "status \(rawValue)" }
    return "\(name) (\(protocolCode ?? rawValue))"
  }
}

/// The major status of a GSSAPI call (RFC 2744 §3.9.1).
public struct GSSMajorStatus: RawRepresentable, Sendable, Hashable {
  public var rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  public static let complete = Self(rawValue: 0)
  public static let continueNeeded = Self(rawValue: 1)

  /// Whether the call failed; bits of information, such as a gap in the sequence, do not count.
  public var isError: Bool { rawValue & 0xFFFF_0000 != 0 }

  static let badBindings: UInt32 = 4
  static let badSignature: UInt32 = 6
  static let noCredential: UInt32 = 7
  static let noContext: UInt32 = 8
  static let defectiveToken: UInt32 = 9
  static let defectiveCredential: UInt32 = 10
  static let credentialsExpired: UInt32 = 11
  static let contextExpired: UInt32 = 12

  /// The routine error, 0 … 255; 0 when there is none.
  var routine: UInt32 { rawValue >> 16 & 0xFF }

  private static let routineNames = [
    "", "GSS_S_BAD_MECH", "GSS_S_BAD_NAME", "GSS_S_BAD_NAMETYPE", "GSS_S_BAD_BINDINGS", "GSS_S_BAD_STATUS", "GSS_S_BAD_SIG",
    "GSS_S_NO_CRED", "GSS_S_NO_CONTEXT", "GSS_S_DEFECTIVE_TOKEN", "GSS_S_DEFECTIVE_CREDENTIAL", "GSS_S_CREDENTIALS_EXPIRED",
    "GSS_S_CONTEXT_EXPIRED", "GSS_S_FAILURE", "GSS_S_BAD_QOP", "GSS_S_UNAUTHORIZED", "GSS_S_UNAVAILABLE", "GSS_S_DUPLICATE_ELEMENT",
    "GSS_S_NAME_NOT_MN",
  ]
  private static let callingNames = ["", "GSS_S_CALL_INACCESSIBLE_READ", "GSS_S_CALL_INACCESSIBLE_WRITE", "GSS_S_CALL_BAD_STRUCTURE"]
  private static let supplements = [
    "GSS_S_CONTINUE_NEEDED", "GSS_S_DUPLICATE_TOKEN", "GSS_S_OLD_TOKEN", "GSS_S_UNSEQ_TOKEN", "GSS_S_GAP_TOKEN",
  ]
}

extension GSSMajorStatus: CustomStringConvertible {
  /// The symbols of RFC 2744, joined by `|`.
  public var description: String {
    var parts: [String] = []
    let calling = Int(rawValue >> 24)
    if calling != 0 { parts.append(Self.callingNames.indices.contains(calling) ? Self.callingNames[calling] : "calling error \(calling)") }
    let routine = Int(routine)
    if routine != 0 { parts.append(Self.routineNames.indices.contains(routine) ? Self.routineNames[routine] : "routine error \(routine)") }
    for (bit, name) in Self.supplements.enumerated() where rawValue >> UInt32(bit) & 1 == 1 { parts.append(name) }
    return parts.isEmpty ? "GSS_S_COMPLETE" : parts.joined(separator: "|")
  }
}

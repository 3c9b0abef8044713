/// The object identifier of a security mechanism, as the content of its DER `OBJECT IDENTIFIER` (without tag and length).
public struct MechanismIdentifier: RawRepresentable, Hashable, Sendable {
  public var rawValue: [UInt8]
  public init(rawValue: [UInt8]) { self.rawValue = rawValue }

  /// SPNEGO, 1.3.6.1.5.5.2 (RFC 4178).
  public static let spnego = Self(rawValue: [0x2B, 0x06, 0x01, 0x05, 0x05, 0x02])
  /// Kerberos 5, 1.2.840.113554.1.2.2 (RFC 4121).
  public static let kerberos = Self(rawValue: [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x12, 0x01, 0x02, 0x02])
  /// Kerberos 5 with the number that Windows 2000 mis-encoded, 1.2.840.48018.1.2.2. The same mechanism as ``kerberos`` (MS-SPNG §1.9).
  public static let microsoftKerberos = Self(rawValue: [0x2A, 0x86, 0x48, 0x82, 0xF7, 0x12, 0x01, 0x02, 0x02])
  /// Kerberos user-to-user, 1.2.840.113554.1.2.2.3.
  public static let kerberosUserToUser = Self(rawValue: [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x12, 0x01, 0x02, 0x02, 0x03])
  /// NTLM, 1.3.6.1.4.1.311.2.2.10 (MS-NLMP).
  public static let ntlm = Self(rawValue: [0x2B, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x02, 0x02, 0x0A])
  /// NEGOEX, 1.3.6.1.4.1.311.2.2.30. Never chosen here.
  public static let negoEx = Self(rawValue: [0x2B, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x02, 0x02, 0x1E])
}

extension MechanismIdentifier: CustomStringConvertible {
  /// The mechanism's name where it is known, otherwise the bytes in hexadecimal.
  public var description: String {
    switch self {
    case .spnego: "SPNEGO"
    case .kerberos: "Kerberos"
    case .microsoftKerberos: "Kerberos (Microsoft)"
    case .kerberosUserToUser: "Kerberos user-to-user"
    case .ntlm: "NTLM"
    case .negoEx: "NEGOEX"
    default: "OID " + rawValue.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
  }
}

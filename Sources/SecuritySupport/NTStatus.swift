/// An NTSTATUS value (MS-ERREF §2.3). Unknown values are kept.
public struct NTStatus: RawRepresentable, Hashable, Sendable {
  public var rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  public static let accessDenied = Self(rawValue: 0xC000_0022)
  public static let noLogonServers = Self(rawValue: 0xC000_005E)
  public static let noSuchUser = Self(rawValue: 0xC000_0064)
  public static let wrongPassword = Self(rawValue: 0xC000_006A)
  public static let logonFailure = Self(rawValue: 0xC000_006D)
  public static let accountRestriction = Self(rawValue: 0xC000_006E)
  public static let invalidLogonHours = Self(rawValue: 0xC000_006F)
  public static let invalidWorkstation = Self(rawValue: 0xC000_0070)
  public static let passwordExpired = Self(rawValue: 0xC000_0071)
  public static let accountDisabled = Self(rawValue: 0xC000_0072)
  public static let notSupported = Self(rawValue: 0xC000_00BB)
  public static let timeDifferenceAtDomainController = Self(rawValue: 0xC000_0133)
  public static let logonTypeNotGranted = Self(rawValue: 0xC000_015B)
  public static let accountExpired = Self(rawValue: 0xC000_0193)
  public static let passwordMustChange = Self(rawValue: 0xC000_0224)
  public static let accountLockedOut = Self(rawValue: 0xC000_0234)
  public static let badBindings = Self(rawValue: 0xC000_035B)
  public static let authenticationFirewallFailed = Self(rawValue: 0xC000_0413)

  /// The name in MS-ERREF, such as `STATUS_LOGON_FAILURE`; `nil` for a value not listed here.
  public var name: String? { Self.names[self] }

  private static let names: [NTStatus: String] = [
    .accessDenied: "STATUS_ACCESS_DENIED", .noLogonServers: "STATUS_NO_LOGON_SERVERS", .noSuchUser: "STATUS_NO_SUCH_USER",
    .wrongPassword: "STATUS_WRONG_PASSWORD", .logonFailure: "STATUS_LOGON_FAILURE",
    .accountRestriction: "STATUS_ACCOUNT_RESTRICTION", .invalidLogonHours: "STATUS_INVALID_LOGON_HOURS",
    .invalidWorkstation: "STATUS_INVALID_WORKSTATION", .passwordExpired: "STATUS_PASSWORD_EXPIRED",
    .accountDisabled: "STATUS_ACCOUNT_DISABLED", .notSupported: "STATUS_NOT_SUPPORTED",
    .timeDifferenceAtDomainController: "STATUS_TIME_DIFFERENCE_AT_DC", .logonTypeNotGranted: "STATUS_LOGON_TYPE_NOT_GRANTED",
    .accountExpired: "STATUS_ACCOUNT_EXPIRED", .passwordMustChange: "STATUS_PASSWORD_MUST_CHANGE",
    .accountLockedOut: "STATUS_ACCOUNT_LOCKED_OUT", .badBindings: "STATUS_BAD_BINDINGS",
    .authenticationFirewallFailed: "STATUS_AUTHENTICATION_FIREWALL_FAILED",
  ]
}

extension NTStatus: CustomStringConvertible {
  /// `STATUS_LOGON_FAILURE (0xC000006D)`, or the number alone.
  public var description: String {
    let digits = String(rawValue, radix: 16, uppercase: true)
    let number = "0x" + String(repeating: "0", count: 8 - digits.count) + digits
    return name.map { "\($0) (\(number))" } ?? "NTSTATUS \(number)"
  }
}

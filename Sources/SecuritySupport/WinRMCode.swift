/// A code that WinRM reports to its user: a WSMan HRESULT (0x8033xxxx) or a plain Win32 code such as 5 (access denied).
///
/// The three spellings of one number are hexadecimal (`0x80338012`), unsigned (`WSManFault Code`) and signed (`Error number:`).
public struct WinRMCode: RawRepresentable, Hashable, Sendable {
  /// The unsigned value, as in `WSManFault/@Code`.
  public var rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// ERROR_ACCESS_DENIED: authenticated, but not authorised.
  public static let accessDenied = Self(rawValue: 5)
  /// ERROR_LOGON_FAILURE: wrong user name or password.
  public static let logonFailure = Self(rawValue: 1326)
  /// ERROR_ACCOUNT_RESTRICTION.
  public static let accountRestriction = Self(rawValue: 1327)
  /// ERROR_PASSWORD_EXPIRED.
  public static let passwordExpired = Self(rawValue: 1330)
  /// ERROR_ACCOUNT_DISABLED.
  public static let accountDisabled = Self(rawValue: 1331)
  /// ERROR_ACCOUNT_EXPIRED.
  public static let accountExpired = Self(rawValue: 1793)
  /// ERROR_PASSWORD_MUST_CHANGE.
  public static let passwordMustChange = Self(rawValue: 1907)
  /// ERROR_ACCOUNT_LOCKED_OUT.
  public static let accountLockedOut = Self(rawValue: 1909)
  /// SEC_E_TARGET_UNKNOWN: no such service principal.
  public static let targetUnknown = Self(rawValue: 0x8009_0303)
  /// SEC_E_INVALID_TOKEN.
  public static let invalidToken = Self(rawValue: 0x8009_0308)
  /// SEC_E_NO_CREDENTIALS.
  public static let noCredentials = Self(rawValue: 0x8009_030E)
  /// SEC_E_NO_AUTHENTICATING_AUTHORITY: no domain controller answers.
  public static let noAuthenticatingAuthority = Self(rawValue: 0x8009_0311)
  /// SEC_E_WRONG_PRINCIPAL: the server has another key than the KDC believes.
  public static let wrongPrincipal = Self(rawValue: 0x8009_0322)
  /// SEC_E_TIME_SKEW.
  public static let timeSkew = Self(rawValue: 0x8009_0324)
  /// SEC_E_KDC_UNKNOWN_ETYPE.
  public static let encryptionTypeUnsupported = Self(rawValue: 0x8009_0342)
  /// SEC_E_BAD_BINDINGS.
  public static let badBindings = Self(rawValue: 0x8009_0346)
  /// ERROR_WSMAN_DESTINATION_UNREACHABLE.
  public static let destinationUnreachable = Self(rawValue: 0x8033_8012)
  /// ERROR_WSMAN_OPERATION_TIMEDOUT: poll again.
  public static let operationTimedOut = Self(rawValue: 0x8033_8029)
  /// ERROR_WSMAN_UNEXPECTED_SELECTORS: also a shell or command that no longer exists.
  public static let unexpectedSelectors = Self(rawValue: 0x8033_805B)
  /// ERROR_WSMAN_CREDS_PASSED_WITH_NO_AUTH_FLAG.
  public static let credentialsWithNoAuthentication = Self(rawValue: 0x8033_80AB)
  /// ERROR_WSMAN_CLIENT_USERNAME_PASSWORD_NEEDED.
  public static let userNameAndPasswordNeeded = Self(rawValue: 0x8033_80B0)
  /// ERROR_WSMAN_CONNECTIONSTR_INVALID.
  public static let connectionStringInvalid = Self(rawValue: 0x8033_80D9)
  /// The transport of the connection string is neither http nor https.
  public static let connectionStringTransportInvalid = Self(rawValue: 0x8033_80DA)
  /// The port of the connection string is not 1 … 65535.
  public static let connectionStringPortInvalid = Self(rawValue: 0x8033_80DB)
  /// ERROR_WSMAN_CLIENT_UNENCRYPTED_DISABLED.
  public static let unencryptedDisabled = Self(rawValue: 0x8033_80DE)
  /// ERROR_WSMAN_CLIENT_NEGOTIATE_AUTHENTICATION_DISABLED.
  public static let negotiateDisabled = Self(rawValue: 0x8033_80E1)
  /// ERROR_WSMAN_CLIENT_KERBEROS_AUTHENTICATION_DISABLED.
  public static let kerberosDisabled = Self(rawValue: 0x8033_80E2)
  /// ERROR_WSMAN_SERVER_NOT_TRUSTED: not proven, and not in TrustedHosts.
  public static let serverNotTrusted = Self(rawValue: 0x8033_80E4)
  /// ERROR_WSMAN_NO_IDENTIFY_FOR_LOCAL_SESSION.
  public static let noIdentifyForLocalSession = Self(rawValue: 0x8033_80FC)
  /// ERROR_WSMAN_KERBEROS_IPADDRESS: Kerberos knows names only.
  public static let kerberosToAddress = Self(rawValue: 0x8033_810B)
  /// ERROR_WSMAN_SERVER_DESTINATION_LOCALHOST: no service is called localhost.
  public static let kerberosToLocalhost = Self(rawValue: 0x8033_810E)
  /// ERROR_WSMAN_HTTP_REQUEST_TOO_LARGE_STATUS: HTTP 413.
  public static let httpRequestTooLarge = Self(rawValue: 0x8033_8111)
  /// ERROR_WSMAN_HTTP_SERVICE_UNAVAILABLE_STATUS: HTTP 503.
  public static let httpServiceUnavailable = Self(rawValue: 0x8033_8112)
  /// ERROR_WSMAN_HTTP_NOT_FOUND_STATUS: HTTP 404.
  public static let httpNotFound = Self(rawValue: 0x8033_8113)
  /// ERROR_WSMAN_NETWORK_TIMEDOUT.
  public static let networkTimedOut = Self(rawValue: 0x8033_8126)
  /// ERROR_WSMAN_HTTP_STATUS_BAD_REQUEST: HTTP 400.
  public static let httpBadRequest = Self(rawValue: 0x8033_8171)
  /// ERROR_WSMAN_CREDSSP_USERNAME_PASSWORD_NEEDED.
  public static let credSSPUserNameAndPasswordNeeded = Self(rawValue: 0x8033_81A1)
  /// ERROR_WSMAN_CLIENT_CREDSSP_AUTHENTICATION_DISABLED.
  public static let credSSPDisabledOnClient = Self(rawValue: 0x8033_81A2)
  /// ERROR_WSMAN_CLIENT_ALLOWFRESHCREDENTIALS: no policy entry names the target, or one denies it.
  public static let freshCredentialsNotAllowed = Self(rawValue: 0x8033_81A3)
  /// ERROR_WSMAN_CLIENT_ALLOWFRESHCREDENTIALS_NTLMONLY: the target is proven by NTLM only.
  public static let freshCredentialsNTLMOnly = Self(rawValue: 0x8033_81A4)
  /// ERROR_WSMAN_QUOTA_MAX_SHELLS.
  public static let quotaMaxShells = Self(rawValue: 0x8033_81A5)
  /// ERROR_WSMAN_NAME_NOT_RESOLVED.
  public static let nameNotResolved = Self(rawValue: 0x8033_81B9)
  /// ERROR_WSMAN_SSL_CONNECTION_ABORTED.
  public static let sslConnectionAborted = Self(rawValue: 0x8033_81BA)
  /// ERROR_WSMAN_MUTUAL_AUTH_FAILED: the server's identity could not be verified.
  public static let mutualAuthenticationFailed = Self(rawValue: 0x8033_81F0)

  /// The signed spelling, as `winrm` prints it after `Error number:`.
  public var signed: Int32 { Int32(bitPattern: rawValue) }
  /// The hexadecimal spelling: `0x` and upper-case digits without padding.
  public var hexadecimal: String { "0x" + String(rawValue, radix: 16, uppercase: true) }
}

extension WinRMCode: CustomStringConvertible {
  public var description: String { hexadecimal }
}

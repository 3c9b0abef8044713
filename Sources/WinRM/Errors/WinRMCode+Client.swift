public import SecuritySupport

// What a client refuses before anything goes to the network (wsmerror.h), beside the codes of SecuritySupport.
extension WinRMCode {
  /// ERROR_WSMAN_CERT_NOT_FOUND.
  public static let clientCertificateNotFound = Self(rawValue: 0x8033_8082)
  /// ERROR_WSMAN_CLIENT_INVALID_FLAG: options that do not go together.
  public static let invalidFlag = Self(rawValue: 0x8033_80AC)
  /// ERROR_WSMAN_CLIENT_SPN_WRONG_AUTH: a port in the service's name goes with Negotiate and Kerberos.
  public static let servicePortWithOtherMethod = Self(rawValue: 0x8033_80AE)
  /// ERROR_WSMAN_CLIENT_CERT_UNNEEDED_USERNAME: certificate authentication has no user name.
  public static let certificateWithUserName = Self(rawValue: 0x8033_80B1)
  /// ERROR_WSMAN_CLIENT_CERT_NEEDED.
  public static let certificateNeeded = Self(rawValue: 0x8033_80B4)
  /// ERROR_WSMAN_CLIENT_UNENCRYPTED_HTTP_ONLY.
  public static let unencryptedOverHTTPS = Self(rawValue: 0x8033_80D7)
  /// ERROR_WSMAN_CANNOT_USE_CERTIFICATES_FOR_HTTP.
  public static let certificateOptionsOverHTTP = Self(rawValue: 0x8033_80D8)
  /// ERROR_WSMAN_CLIENT_BASIC_AUTHENTICATION_DISABLED.
  public static let basicDisabled = Self(rawValue: 0x8033_80DF)
  /// ERROR_WSMAN_CLIENT_DIGEST_AUTHENTICATION_DISABLED.
  public static let digestDisabled = Self(rawValue: 0x8033_80E0)
  /// ERROR_WSMAN_CLIENT_CERTIFICATES_AUTHENTICATION_DISABLED.
  public static let certificateDisabled = Self(rawValue: 0x8033_80E3)
  /// ERROR_WSMAN_EXPLICIT_CREDENTIALS_REQUIRED: implicit credentials, and a server that nothing proves.
  public static let explicitCredentialsRequired = Self(rawValue: 0x8033_80E5)
  /// ERROR_WSMAN_CERT_INVALID_USAGE_CLIENT: the certificate is not for clients.
  public static let certificateNotForClients = Self(rawValue: 0x8033_8155)
  /// ERROR_WSMAN_CERT_MISSING_AUTH_FLAG: a certificate, and another method than certificate authentication.
  public static let certificateWithOtherMethod = Self(rawValue: 0x8033_8156)
  /// ERROR_WSMAN_PROXY_AUTHENTICATION_INVALID_FLAG.
  public static let proxyAuthenticationInvalid = Self(rawValue: 0x8033_819A)
  /// ERROR_WSMAN_CLIENT_CREDENTIALS_FOR_PROXY_AUTHENTICATION: they are missing.
  public static let proxyCredentialsNeeded = Self(rawValue: 0x8033_819B)
  /// ERROR_WSMAN_PROXY_ACCESS_TYPE.
  public static let proxyAccessInvalid = Self(rawValue: 0x8033_819C)
  /// ERROR_WSMAN_INVALID_OPTION_NO_PROXY_SERVER: credentials for a proxy, and no proxy.
  public static let proxyCredentialsWithoutProxy = Self(rawValue: 0x8033_819D)
  /// ERROR_WSMAN_CANNOT_USE_ALLOW_NEGOTIATE_IMPLICIT_CREDENTIALS_FOR_HTTP.
  public static let implicitNegotiateOverHTTP = Self(rawValue: 0x8033_81B0)
  /// ERROR_WSMAN_CANNOT_USE_PROXY_SETTINGS_FOR_HTTP.
  public static let proxyWithHTTP = Self(rawValue: 0x8033_81B1)
  /// ERROR_WSMAN_CANNOT_USE_PROXY_SETTINGS_FOR_KERBEROS.
  public static let proxyWithKerberos = Self(rawValue: 0x8033_81B2)
  /// ERROR_WSMAN_CANNOT_USE_PROXY_SETTINGS_FOR_CREDSSP.
  public static let proxyWithCredSSP = Self(rawValue: 0x8033_81B3)
  /// ERROR_WSMAN_DEFAULTAUTH_IPADDRESS.
  public static let defaultMethodToAddress = Self(rawValue: 0x8033_81BB)
  /// CERT_E_EXPIRED: not yet, or no longer, valid.
  public static let certificateNotValidNow = Self(rawValue: 0x800B_0101)
}

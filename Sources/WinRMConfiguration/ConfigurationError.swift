import DelegationPolicy
public import SecuritySupport

/// A file of the configuration cannot be used, or a value cannot be set.
public struct ConfigurationError: Error, Equatable, Sendable {
  /// What is wrong, as a number that can grow.
  public struct Code: RawRepresentable, Hashable, Sendable {
    public var rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    /// The file is there and cannot be read or written for a reason other than rights.
    public static let inputOutput = Self(rawValue: "inputOutput")
    /// Another program holds the lock of the configuration.
    public static let busy = Self(rawValue: "busy")
    /// The process may not read or write the file. WinRM code 5.
    public static let accessDenied = Self(rawValue: "accessDenied")
    /// Others than root and the reader could have written the file, so it is not believed.
    public static let unsafeFile = Self(rawValue: "unsafeFile")
    /// The file is not JSON5, or not the expected tree.
    public static let malformed = Self(rawValue: "malformed")
    /// A value is outside its range.
    public static let invalidValue = Self(rawValue: "invalidValue")
    /// The setting exists only to be read.
    public static let readOnly = Self(rawValue: "readOnly")
    /// Policy decides the setting, so it cannot be changed here. WinRM code 0x8033808A.
    public static let governedByPolicy = Self(rawValue: "governedByPolicy")
    /// The setting is no longer used and cannot be set.
    public static let deprecated = Self(rawValue: "deprecated")
    /// There is no such thing.
    public static let notFound = Self(rawValue: "notFound")
    /// It is there already.
    public static let alreadyExists = Self(rawValue: "alreadyExists")
  }

  public var code: Code
  /// What is wrong, in words for the administrator: one line. What a file says in it cannot look like another one.
  public var message: String
  /// The file it is about.
  public var file: String?
  /// Where in the file, counted from 1, when the reader of JSON says so.
  public var line: Int?
  public var column: Int?
  /// What in the file it is about: `Client.Auth.CredSSP`.
  var member: String?
  /// A more exact number than ``winrmCode`` would derive from ``code``.
  public var specificCode: WinRMCode?

  public init(
    _ code: Code, _ message: String, file: String? = nil, line: Int? = nil, column: Int? = nil, specificCode: WinRMCode? = nil
  ) {
    self.code = code
    self.message = DomainPolicy.line(message)
    self.file = file
    self.line = line
    self.column = column
    self.specificCode = specificCode
  }

  /// The number that WinRM reports.
  public var winrmCode: WinRMCode {
    if let specificCode { return specificCode }
    switch code {
    case .accessDenied: return .accessDenied
    case .unsafeFile, .malformed: return .configurationCorrupted
    case .invalidValue: return .schemaValidationError
    case .readOnly: return .readOnlyProperty
    case .governedByPolicy: return .governedByPolicy
    case .deprecated: return .deprecatedSetting
    case .notFound: return .resourceNotFound
    case .alreadyExists: return .alreadyExists
    default: return .internalError
    }
  }
}

extension ConfigurationError {
  /// Of a member of a file, which the message names at its beginning or not.
  init(_ code: Code, _ message: String, member: String) {
    self.init(code, message)
    self.member = member
  }

  /// The same with file, and line and column of the member.
  func located(in bytes: [UInt8], of file: String) -> ConfigurationError {
    var located = self
    located.file = file
    if line == nil, let member, let place = JSONReader.places(in: bytes)[member] {
      located.line = place.line
      located.column = place.column
    }
    return located
  }
}

extension ConfigurationError: CustomStringConvertible {
  /// `/etc/winrm/config.json:3:7: …`, or the message alone.
  public var description: String {
    guard let file else { return message }
    return ([file] + [line, column].compactMap { $0 }.map(String.init)).joined(separator: ":") + ": " + message
  }
}

extension ConfigurationError {
  init(_ error: DelegationPolicyError) {
    self.init(.invalidValue, error.message, specificCode: error.winrmCode)
  }
}

extension WinRMCode {
  /// ERROR_INVALID_PARAMETER.
  static let invalidParameter = Self(rawValue: 87)
  /// ERROR_WSMAN_RESOURCE_NOT_FOUND.
  static let resourceNotFound = Self(rawValue: 0x8033_8000)
  /// ERROR_WSMAN_ALREADY_EXISTS.
  static let alreadyExists = Self(rawValue: 0x8033_8033)
  /// ERROR_WSMAN_INVALID_RESOURCE_URI.
  static let invalidResourceURI = Self(rawValue: 0x8033_803B)
  /// ERROR_WSMAN_INVALID_SELECTORS.
  static let invalidSelectors = Self(rawValue: 0x8033_803D)
  /// ERROR_WSMAN_SCHEMA_VALIDATION_ERROR.
  static let schemaValidationError = Self(rawValue: 0x8033_8041)
  /// ERROR_WSMAN_UNSUPPORTED_FEATURE.
  static let unsupportedFeature = Self(rawValue: 0x8033_8042)
  /// ERROR_WSMAN_INSUFFCIENT_SELECTORS (spelled so in the header).
  static let insufficientSelectors = Self(rawValue: 0x8033_805A)
  /// ERROR_WSMAN_CONFIG_CORRUPTED: the stored configuration cannot be used.
  static let configurationCorrupted = Self(rawValue: 0x8033_8005)
  /// ERROR_WSMAN_POLICY_CORRUPTED: the stored policy cannot be used.
  static let policyCorrupted = Self(rawValue: 0x8033_8088)
  /// ERROR_WSMAN_CONFIG_CANNOT_CHANGE_GPO_CONTROLLED_SETTING.
  static let governedByPolicy = Self(rawValue: 0x8033_808A)
  /// The address of a listener is neither `*` nor `IP:` with an address.
  static let invalidListenerAddress = Self(rawValue: 0x8033_8089)
  /// ERROR_WSMAN_CONFIG_THUMBPRINT_SHOULD_BE_EMPTY: an HTTP listener has no certificate.
  static let thumbprintShouldBeEmpty = Self(rawValue: 0x8033_80EB)
  /// ERROR_WSMAN_CANNOT_CHANGE_KEYS: a selector cannot be changed.
  static let cannotChangeKeys = Self(rawValue: 0x8033_80ED)
  /// ERROR_WSMAN_INVALID_IPFILTER.
  static let invalidIPFilter = Self(rawValue: 0x8033_80EC)
  /// ERROR_WSMAN_CONFIG_READONLY_PROPERTY.
  static let readOnlyProperty = Self(rawValue: 0x8033_813F)
  /// ERROR_WSMAN_DEPRECATED_CONFIG_SETTING.
  static let deprecatedSetting = Self(rawValue: 0x8033_81AE)
  /// ERROR_SERVICE_CBT_HARDENING_INVALID.
  static let invalidChannelBindingLevel = Self(rawValue: 0x8033_81B8)
  /// ERROR_NOT_SUPPORTED.
  static let notSupported = Self(rawValue: 50)
  /// ERROR_WSMAN_INVALID_SECURITY_DESCRIPTOR.
  static let invalidSecurityDescriptor = Self(rawValue: 0x8033_815C)
  /// ERROR_WSMAN_URI_SECURITY_URI: the URI of a Security element is not below its resource.
  static let securityURIOutsideResource = Self(rawValue: 0x8033_81AF)
  /// ERROR_WSMAN_CERTMAPPING_CONFIGLIMIT_EXCEEDED.
  static let tooManyCertificateMappings = Self(rawValue: 0x8033_8153)
  /// ERROR_WSMAN_CERTMAPPING_INVALIDUSERCREDENTIALS.
  static let invalidMappingCredentials = Self(rawValue: 0x8033_8154)
  /// ERROR_WSMAN_URISECURITY_INVALIDURIKEY.
  static let invalidMappingURI = Self(rawValue: 0x8033_8160)
  /// ERROR_WSMAN_CERTMAPPING_INVALIDSUBJECTKEY.
  static let invalidMappingSubject = Self(rawValue: 0x8033_8161)
  /// ERROR_WSMAN_CERTMAPPING_INVALIDISSUERKEY.
  static let invalidMappingIssuer = Self(rawValue: 0x8033_8162)
  /// ERROR_WSMAN_CERTMAPPING_PASSWORDTOOLONG.
  static let mappingPasswordTooLong = Self(rawValue: 0x8033_816A)
  /// ERROR_WSMAN_CERTMAPPING_PASSWORDBLANK.
  static let mappingPasswordBlank = Self(rawValue: 0x8033_816B)
  /// ERROR_WSMAN_CONFIG_CANNOT_CHANGE_CERTMAPPING_KEYS.
  static let cannotChangeMappingKeys = Self(rawValue: 0x8033_8172)
  /// ERROR_INTERNAL_ERROR.
  static let internalError = Self(rawValue: 1359)
}

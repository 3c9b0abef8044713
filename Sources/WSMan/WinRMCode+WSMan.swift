public import SecuritySupport

/// The numbers of faults that the shell protocol uses; names and meanings from `wsmerror.h`.
extension WinRMCode {
  /// ERROR_INVALID_PARAMETER.
  public static let invalidParameter = Self(rawValue: 87)
  /// ERROR_OPERATION_ABORTED: the shell or command went away while an operation waited.
  public static let operationAborted = Self(rawValue: 995)
  /// ERROR_RETRY: nothing has been done, and the same may be asked again.
  public static let retry = Self(rawValue: 1237)
  /// ERROR_FILE_NOT_FOUND as HRESULT: no such program.
  public static let fileNotFound = Self(rawValue: 0x8007_0002)
  /// ERROR_WSMAN_RESOURCE_NOT_FOUND.
  public static let resourceNotFound = Self(rawValue: 0x8033_8000)
  /// ERROR_WSMAN_SOAP_VERSION_MISMATCH.
  public static let soapVersionMismatch = Self(rawValue: 0x8033_800D)
  /// ERROR_WSMAN_INVALID_MESSAGE_INFORMATION_HEADER.
  public static let invalidMessageInformationHeader = Self(rawValue: 0x8033_800F)
  /// ERROR_WSMAN_SOAP_FAULT_MUST_UNDERSTAND.
  public static let mustUnderstand = Self(rawValue: 0x8033_8010)
  /// ERROR_WSMAN_MESSAGE_INFORMATION_HEADER_REQUIRED.
  public static let messageInformationHeaderRequired = Self(rawValue: 0x8033_8011)
  /// ERROR_WSMAN_ACTION_NOT_SUPPORTED.
  public static let actionNotSupported = Self(rawValue: 0x8033_8013)
  /// The action contradicts the resource.
  public static let actionMismatch = Self(rawValue: 0x8033_8031)
  /// ERROR_WSMAN_CONCURRENCY.
  public static let concurrency = Self(rawValue: 0x8033_8032)
  /// ERROR_WSMAN_ALREADY_EXISTS.
  public static let alreadyExists = Self(rawValue: 0x8033_8033)
  /// ERROR_WSMAN_ENCODING_LIMIT.
  public static let encodingLimit = Self(rawValue: 0x8033_8035)
  /// ERROR_WSMAN_INVALID_RESOURCE_URI.
  public static let invalidResourceURI = Self(rawValue: 0x8033_803B)
  /// ERROR_WSMAN_SCHEMA_VALIDATION_ERROR.
  public static let schemaValidationError = Self(rawValue: 0x8033_8041)
  /// ERROR_WSMAN_UNSUPPORTED_FEATURE.
  public static let unsupportedFeature = Self(rawValue: 0x8033_8042)
  /// ERROR_WSMAN_MAX_ENVELOPE_SIZE_EXCEEDED.
  public static let maxEnvelopeSizeExceeded = Self(rawValue: 0x8033_8048)
  /// ERROR_WSMAN_CHARACTER_SET.
  public static let characterSet = Self(rawValue: 0x8033_804C)
  /// ERROR_WSMAN_OPTIONS_NOT_SUPPORTED.
  public static let optionsNotSupported = Self(rawValue: 0x8033_8051)
  /// ERROR_WSMAN_OPTIONS_INVALID_NAME.
  public static let optionsInvalidName = Self(rawValue: 0x8033_8052)
  /// ERROR_WSMAN_INSUFFCIENT_SELECTORS.
  public static let insufficientSelectors = Self(rawValue: 0x8033_805A)
  /// ERROR_WSMAN_INVALID_SELECTOR_VALUE.
  public static let invalidSelectorValue = Self(rawValue: 0x8033_805D)
  /// ERROR_WSMAN_DUPLICATE_SELECTORS.
  public static let duplicateSelectors = Self(rawValue: 0x8033_805F)
  /// ERROR_WSMAN_UNSUPPORTED_ADDRESSING_MODE.
  public static let unsupportedAddressingMode = Self(rawValue: 0x8033_8076)
  /// ERROR_WSMAN_FRAGMENT_TRANSFER_NOT_SUPPORTED.
  public static let fragmentTransferNotSupported = Self(rawValue: 0x8033_8077)
  /// ERROR_WSMAN_MIN_ENVELOPE_SIZE.
  public static let minimumEnvelopeSize = Self(rawValue: 0x8033_807E)
  /// ERROR_WSMAN_MUSTUNDERSTAND_ON_LOCALE_UNSUPPORTED.
  public static let localeMustUnderstand = Self(rawValue: 0x8033_8087)
  /// ERROR_WSMAN_INVALID_SELECTOR_NAME.
  public static let invalidSelectorName = Self(rawValue: 0x8033_8118)
  /// ERROR_WINRS_CODE_PAGE_NOT_SUPPORTED.
  public static let codePageNotSupported = Self(rawValue: 0x8033_8140)
  /// ERROR_WSMAN_SHELL_INVALID_INPUT_STREAM.
  public static let shellInvalidInputStream = Self(rawValue: 0x8033_818B)
  /// ERROR_WSMAN_SHELL_INVALID_DESIRED_STREAMS.
  public static let shellInvalidDesiredStreams = Self(rawValue: 0x8033_818D)
  /// ERROR_WSMAN_QUOTA_MAX_OPERATIONS.
  public static let quotaMaxOperations = Self(rawValue: 0x8033_81A6)
  /// ERROR_WSMAN_QUOTA_MAX_SHELLUSERS.
  public static let quotaMaxShellUsers = Self(rawValue: 0x8033_81AB)
  /// ERROR_WSMAN_REMOTESHELLS_NOT_ALLOWED.
  public static let remoteShellsNotAllowed = Self(rawValue: 0x8033_81AC)
  /// ERROR_WSMAN_QUOTA_MAX_COMMANDS_PER_SHELL_PPQ.
  public static let quotaMaxCommandsPerShell = Self(rawValue: 0x8033_81E9)
  /// ERROR_WINRS_IDLETIMEOUT_OUTOFBOUNDS.
  public static let idleTimeoutOutOfBounds = Self(rawValue: 0x8033_81F2)
}

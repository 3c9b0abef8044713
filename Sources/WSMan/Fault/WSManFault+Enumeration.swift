public import SecuritySupport

/// The faults of WS-Transfer and WS-Enumeration.
extension WSManFault {
  /// The context is unknown, used up, or has expired (0x8033801B).
  public static func invalidEnumerationContext() -> WSManFault {
    WSManFault(
      code: .receiver, subcode: XMLName(.enumeration, "InvalidEnumerationContext"), wsmanCode: .invalidEnumerationContext,
      reason: "The enumeration context is not known here: it was never given, has been used already, or has expired.")
  }

  /// The resource has no filters (0x80338018).
  public static func filteringNotSupported() -> WSManFault {
    WSManFault(
      code: .sender, subcode: XMLName(.enumeration, "FilteringNotSupported"), wsmanCode: .filteringNotSupported,
      reason: "The resource cannot be filtered.")
  }

  /// The resource does not know the language of the filter (0x80338019).
  public static func filterDialectUnavailable() -> WSManFault {
    WSManFault(
      code: .sender, subcode: XMLName(.enumeration, "FilterDialectRequestedUnavailable"), wsmanCode: .filterDialectUnavailable,
      reason: "The resource does not know the dialect of the filter.")
  }

  /// The filter is not what its language asks for (0x8033801A).
  public static func cannotProcessFilter(_ reason: String) -> WSManFault {
    WSManFault(
      code: .sender, subcode: XMLName(.enumeration, "CannotProcessFilter"), wsmanCode: .cannotProcessFilter, reason: reason)
  }

  /// The resource knows one way only to deal with subclasses (0x80338137).
  public static func polymorphismModeNotSupported() -> WSManFault {
    WSManFault(
      code: .sender, subcode: XMLName(namespace: XMLNamespace.cimBinding.rawValue, localName: "PolymorphismModeNotSupported"),
      wsmanCode: .polymorphismModeUnsupported, reason: "The PolymorphismMode is not supported for this resource.")
  }

  /// A setting that can only be read (0x8033813F).
  public static func readOnlyProperty(_ reason: String) -> WSManFault {
    WSManFault(
      code: .sender, subcode: XMLName(.wsman, "UnsupportedFeature"), detail: .readOnly, wsmanCode: .configurationReadOnlyProperty,
      reason: reason)
  }

  /// The number that stands for the fault when the service sent none, as those do that are not of Microsoft's family: by the subcode, and by
  /// the detail where that says more.
  public var impliedCode: WinRMCode? {
    if let detail, let code = Self.byDetail[detail.name] { return code }
    guard let subcode else { return code == .versionMismatch ? .soapVersionMismatch : code == .mustUnderstand ? .mustUnderstand : nil }
    return Self.bySubcode[subcode.localName]
  }

  private static let byDetail: [String: WinRMCode] = [
    "ResourceNotFound": .resourceNotFound, "InvalidResourceURI": .invalidResourceURI, "InsufficientSelectors": .insufficientSelectors,
    "UnexpectedSelectors": .unexpectedSelectors, "DuplicateSelectors": .duplicateSelectors, "ActionMismatch": .actionMismatch,
    "FragmentLevelAccess": .fragmentTransferNotSupported, "Locale": .localeMustUnderstand, "AddressingMode": .unsupportedAddressingMode,
    "MaxEnvelopeSize": .maxEnvelopeSizeExceeded, "MinimumEnvelopeLimit": .minimumEnvelopeSize, "CharacterSet": .characterSet,
  ]

  /// `wsmerror.h`.
  private static let bySubcode: [String: WinRMCode] = [
    "AccessDenied": .accessDenied, "ActionNotSupported": .actionNotSupported, "AlreadyExists": .alreadyExists,
    "CannotProcessFilter": .cannotProcessFilter, "Concurrency": .concurrency, "DestinationUnreachable": .resourceNotFound,
    "EncodingLimit": .encodingLimit, "EndpointUnavailable": .endpointUnavailable,
    "FilterDialectRequestedUnavailable": .filterDialectUnavailable, "FilteringNotSupported": .filteringNotSupported,
    "InternalError": WinRMCode(rawValue: 1359), "InvalidEnumerationContext": .invalidEnumerationContext,
    "InvalidMessageInformationHeader": .invalidMessageInformationHeader, "InvalidOptions": .invalidOptions,
    "InvalidParameter": .invalidParameter, "InvalidRepresentation": .invalidRepresentation, "InvalidResourceURI": .invalidResourceURI,
    "InvalidSelectors": .invalidSelectors, "MessageInformationHeaderRequired": .messageInformationHeaderRequired,
    "QuotaLimit": .quotaLimit, "SchemaValidationError": .schemaValidationError, "TimedOut": .operationTimedOut,
    "UnsupportedFeature": .unsupportedFeature,
  ]
}

extension FaultDetail {
  /// In the spelling that MS-WSMV has for this one detail: without `wsman/` before `faultDetail`.
  public static let enumerationMode = Self(rawValue: "http://schemas.dmtf.org/wbem/wsman/1/faultDetail/EnumerationMode")
  public static let readOnly = Self(rawValue: "http://schemas.dmtf.org/wbem/wsman/1/wsman/faultDetail/ReadOnly")
}

extension WinRMCode {
  /// ERROR_WSMAN_ENDPOINT_UNAVAILABLE.
  public static let endpointUnavailable = Self(rawValue: 0x8033_8014)
  /// ERROR_WSMAN_INVALID_REPRESENTATION.
  public static let invalidRepresentation = Self(rawValue: 0x8033_8015)
  /// ERROR_WSMAN_ENUMERATE_FILTERING_NOT_SUPPORTED.
  public static let filteringNotSupported = Self(rawValue: 0x8033_8018)
  /// ERROR_WSMAN_ENUMERATE_FILTER_DIALECT_REQUESTED_UNAVAILABLE.
  public static let filterDialectUnavailable = Self(rawValue: 0x8033_8019)
  /// ERROR_WSMAN_ENUMERATE_CANNOT_PROCESS_FILTER.
  public static let cannotProcessFilter = Self(rawValue: 0x8033_801A)
  /// ERROR_WSMAN_ENUMERATE_INVALID_ENUMERATION_CONTEXT.
  public static let invalidEnumerationContext = Self(rawValue: 0x8033_801B)
  /// ERROR_WSMAN_INVALID_OPTIONS.
  public static let invalidOptions = Self(rawValue: 0x8033_8037)
  /// ERROR_WSMAN_INVALID_SELECTORS.
  public static let invalidSelectors = Self(rawValue: 0x8033_803D)
  /// ERROR_WSMAN_QUOTA_LIMIT.
  public static let quotaLimit = Self(rawValue: 0x8033_803F)
  /// ERROR_WSMAN_POLYMORPHISM_MODE_UNSUPPORTED.
  public static let polymorphismModeUnsupported = Self(rawValue: 0x8033_8137)
  /// ERROR_WSMAN_CONFIG_READONLY_PROPERTY.
  public static let configurationReadOnlyProperty = Self(rawValue: 0x8033_813F)
}

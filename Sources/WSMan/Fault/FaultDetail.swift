/// The refinement of a fault (`w:FaultDetail`, DSP0226 §14). Unknown values are kept.
public struct FaultDetail: RawRepresentable, Hashable, Sendable {
  /// The whole URI.
  public var rawValue: String
  public init(rawValue: String) { self.rawValue = rawValue }

  private init(_ name: String) { rawValue = "http://schemas.dmtf.org/wbem/wsman/1/wsman/faultDetail/" + name }

  public static let actionMismatch = Self("ActionMismatch")
  public static let addressingMode = Self("AddressingMode")
  public static let characterSet = Self("CharacterSet")
  public static let duplicateSelectors = Self("DuplicateSelectors")
  public static let expirationTime = Self("ExpirationTime")
  public static let fragmentLevelAccess = Self("FragmentLevelAccess")
  public static let insufficientSelectors = Self("InsufficientSelectors")
  public static let invalidResourceURI = Self("InvalidResourceURI")
  public static let invalidValue = Self("InvalidValue")
  public static let locale = Self("Locale")
  public static let maxEnvelopeSize = Self("MaxEnvelopeSize")
  public static let minimumEnvelopeLimit = Self("MinimumEnvelopeLimit")
  public static let notSupported = Self("NotSupported")
  public static let optionLimit = Self("OptionLimit")
  public static let resourceNotFound = Self("ResourceNotFound")
  public static let selectorLimit = Self("SelectorLimit")
  public static let unexpectedSelectors = Self("UnexpectedSelectors")

  /// The last part of the URI, such as `UnexpectedSelectors`.
  public var name: String { rawValue.split(separator: "/").last.map(String.init) ?? rawValue }
}

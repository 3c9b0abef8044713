/// What went wrong with a message that is not a fault of the peer's service: it could not be read, or ours could not be written.
///
/// Two errors are equal when their codes are. ``message`` never holds text that the peer sent.
public struct WSManError: Error, Sendable {
  /// The kind of failure. New kinds may be added.
  public struct Code: RawRepresentable, Hashable, Sendable {
    public var rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    /// The bytes are not well-formed XML with namespaces.
    public static let malformedXML = Self(rawValue: "malformedXML")
    /// A document type declaration or a processing instruction: SOAP 1.2 §5 forbids both.
    public static let forbiddenXML = Self(rawValue: "forbiddenXML")
    /// A character encoding other than UTF-8 and UTF-16.
    public static let unsupportedEncoding = Self(rawValue: "unsupportedEncoding")
    /// A limit of ``XMLLimits`` was exceeded.
    public static let limit = Self(rawValue: "limit")
    /// Well-formed XML, but not the SOAP message that was expected.
    public static let malformedMessage = Self(rawValue: "malformedMessage")
    /// A value given by this program's caller cannot be carried by XML or by the protocol; the message names the field.
    public static let invalidValue = Self(rawValue: "invalidValue")
  }

  /// The kind of failure.
  public var code: Code
  /// One sentence for people, without the peer's text.
  public var message: String

  public init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }
}

extension WSManError: Equatable {
  public static func == (left: Self, right: Self) -> Bool { left.code == right.code }
}

extension WSManError: CustomStringConvertible {
  public var description: String { "\(code.rawValue): \(message)" }
}

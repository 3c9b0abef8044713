/// What is wrong with a header or a body of the HTTP binding. Two errors are equal when their codes are.
public struct WinRMHTTPError: Error, Sendable {
  /// The kind of failure. New kinds may be added.
  public struct Code: RawRepresentable, Hashable, Sendable {
    public var rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    /// The header or body is not of the form that its type promises.
    public static let malformed = Self(rawValue: "malformed")
    /// A content type or encryption protocol other than the one in force.
    public static let wrongProtocol = Self(rawValue: "wrongProtocol")
    /// A declared length does not agree with the bytes.
    public static let lengthMismatch = Self(rawValue: "lengthMismatch")
    /// Larger or more than allowed.
    public static let limit = Self(rawValue: "limit")
    /// A value given by this program's caller cannot be put into a header.
    public static let invalidValue = Self(rawValue: "invalidValue")
  }

  public var code: Code
  /// One sentence for people, without the peer's text.
  public var message: String

  public init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }
}

extension WinRMHTTPError: Equatable {
  public static func == (left: Self, right: Self) -> Bool { left.code == right.code }
}

extension WinRMHTTPError: CustomStringConvertible {
  public var description: String { "\(code.rawValue): \(message)" }
}

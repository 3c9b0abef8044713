/// A policy file, or an answer of the directory, that is not what it should be.
///
/// There is one kind of error for all of them, because there is one thing to do: not to believe the policy that it stands in.
public struct GroupPolicyError: Error, Equatable, Sendable {
  /// What is wrong, as a number that can grow.
  public struct Code: RawRepresentable, Hashable, Sendable {
    public var rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    /// The bytes or the text do not follow their grammar.
    public static let malformed = Self(rawValue: "malformed")
    /// More than is taken: nothing was allocated for it.
    public static let limitExceeded = Self(rawValue: "limitExceeded")
    /// It follows the grammar and says something that is not understood here, and that may not be passed over.
    public static let unsupported = Self(rawValue: "unsupported")
  }

  public var code: Code
  /// What is wrong, for the administrator. It may quote what stands there: print it as untrusted text.
  public var message: String
  /// Where in the file, in bytes, when that is known.
  public var offset: Int?

  public init(_ code: Code, _ message: String, offset: Int? = nil) {
    self.code = code
    self.message = message
    self.offset = offset
  }

  /// Equal by code: messages are for people.
  public static func == (left: Self, right: Self) -> Bool { left.code == right.code }
}

extension GroupPolicyError: CustomStringConvertible {
  public var description: String { offset.map { "\(message) (at byte \($0))" } ?? message }
}

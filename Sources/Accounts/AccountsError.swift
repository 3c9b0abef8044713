/// What can go wrong with the accounts file.
public struct AccountsError: Error, Sendable {
  /// What kind of failure it was.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    private enum Value: String { case unreadable, unwritable, insecureFile, malformed, invalidName, invalidPassword, exists, notFound }
    private let value: Value

    /// The file or its directory cannot be read.
    public static let unreadable = Self(value: .unreadable)
    /// The file cannot be written.
    public static let unwritable = Self(value: .unwritable)
    /// The file belongs to someone else, or others may read or write it. Nothing of it is used.
    public static let insecureFile = Self(value: .insecureFile)
    /// The file's text is not what this version writes.
    public static let malformed = Self(value: .malformed)
    /// The account's or the Unix user's name is not acceptable.
    public static let invalidName = Self(value: .invalidName)
    /// The password is empty, too long, or not UTF-8.
    public static let invalidPassword = Self(value: .invalidPassword)
    /// There is such an account already.
    public static let exists = Self(value: .exists)
    /// There is no such account.
    public static let notFound = Self(value: .notFound)

    public var description: String { value.rawValue }
  }

  public var code: Code
  /// What happened, and what to do about it. Never a secret.
  public var message: String

  public init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }
}

extension AccountsError: Equatable {
  /// Equal by code.
  public static func == (left: Self, right: Self) -> Bool { left.code == right.code }
}

extension AccountsError: CustomStringConvertible {
  public var description: String { message }
}

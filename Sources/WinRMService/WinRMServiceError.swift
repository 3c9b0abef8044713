/// Why the service does not start.
public struct WinRMServiceError: Error, Sendable, Equatable {
  /// The kind of failure. New kinds may be added.
  public struct Code: RawRepresentable, Hashable, Sendable {
    public var rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    /// No authentication scheme is enabled that the service has.
    public static let noAuthentication = Self(rawValue: "noAuthentication")
    /// The certificate for CredSSP cannot be made or used.
    public static let certificate = Self(rawValue: "certificate")
  }

  public var code: Code
  /// What is wrong and what to do, for the administrator.
  public var message: String

  public init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }
}

extension WinRMServiceError: CustomStringConvertible {
  public var description: String { message }
}

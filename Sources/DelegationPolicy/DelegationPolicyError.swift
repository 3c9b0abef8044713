public import SecuritySupport

/// A pattern or a list of hosts that does not follow its grammar.
public struct DelegationPolicyError: Error, Equatable, Sendable {
  /// What is wrong, as a number that can grow.
  public struct Code: RawRepresentable, Hashable, Sendable {
    public var rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    /// A delegation pattern is not `SERVICE/host`, `SERVICE/*.domain` or `SERVICE/*`.
    public static let malformedPattern = Self(rawValue: "malformedPattern")
    /// An item of TrustedHosts is not a name, an address, a pattern with one `*` at one end, or `<local>`.
    public static let malformedTrustedHosts = Self(rawValue: "malformedTrustedHosts")
  }

  public var code: Code
  /// What is wrong with which text, for the person who wrote it.
  public var message: String
  /// Whether a pattern has the form of one, and only its host is none that an endpoint can have: it would match nothing.
  package var isAboutHost = false

  public init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  /// The code that WinRM reports: 0x8033809F for TrustedHosts, 87 (parameter incorrect) for a pattern.
  public var winrmCode: WinRMCode { code == .malformedTrustedHosts ? .invalidHostNamePattern : .invalidParameter }
}

extension DelegationPolicyError: CustomStringConvertible {
  public var description: String { message }
}

extension WinRMCode {
  /// ERROR_WSMAN_INVALID_HOSTNAME_PATTERN: TrustedHosts holds an invalid name or pattern.
  static let invalidHostNamePattern = Self(rawValue: 0x8033_809F)
  /// ERROR_INVALID_PARAMETER.
  static let invalidParameter = Self(rawValue: 87)
}

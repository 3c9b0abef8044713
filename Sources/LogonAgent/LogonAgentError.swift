/// Why an agent did not help.
public struct LogonAgentError: Error, Sendable {
  /// What kind of failure it was.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    public let description: String
    private init(_ name: String) { description = name }

    /// Nobody listens at the socket: the session has ended, or the path is wrong.
    public static let unreachable = Self("unreachable")
    /// The socket's owner is neither root nor this user.
    public static let untrusted = Self("untrusted")
    /// The agent said no.
    public static let refused = Self("refused")
    /// The server's CHALLENGE cannot be answered: it is malformed, or offers too little protection.
    public static let badChallenge = Self("bad challenge")
    /// Bytes that are no frame of this protocol.
    public static let malformed = Self("malformed")
    /// A frame or a name is too long.
    public static let limit = Self("limit")
    /// No answer in time.
    public static let timedOut = Self("timed out")
    /// The connection ended before the answer.
    public static let closed = Self("closed")
    /// The asking task was cancelled.
    public static let cancelled = Self("cancelled")
    /// A call that the state of the exchange does not allow.
    public static let outOfSequence = Self("out of sequence")
    /// The socket cannot be made.
    public static let local = Self("local")
  }

  public var code: Code
  /// What happened; never a secret.
  public var message: String

  public init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }
}

extension LogonAgentError: Equatable {
  /// Equal by code.
  public static func == (left: Self, right: Self) -> Bool { left.code == right.code }
}

extension LogonAgentError: CustomStringConvertible {
  public var description: String { "logon agent: \(code): \(message)" }
}

public import SecuritySupport

/// Why an authentication of a client, or the protection of a message, failed.
public struct AuthenticationError: Error, Sendable {
  /// The family of an ``AuthenticationError``.
  public struct Code: Hashable, Sendable {
    private enum Value { case refused, malformed, unproven, policy, mechanism, timeout, protection, outOfSequence, limit }
    private let value: Value

    /// The peer said no to the credentials.
    public static let refused = Self(value: .refused)
    /// The peer's token is not what the protocol says.
    public static let malformed = Self(value: .malformed)
    /// The peer did not prove that it is who it should be: a wrong MIC, a wrong public-key proof, an exchange ended early.
    public static let unproven = Self(value: .unproven)
    /// Our own policy forbids to go on; ``AuthenticationError/winRMCode`` says which rule.
    public static let policy = Self(value: .policy)
    /// The holder of the mechanism failed: the agent, a library.
    public static let mechanism = Self(value: .mechanism)
    /// The holder of the mechanism did not answer in time.
    public static let timeout = Self(value: .timeout)
    /// A protected message does not verify, is not protected, or is too large.
    public static let protection = Self(value: .protection)
    /// A call that does not fit the state.
    public static let outOfSequence = Self(value: .outOfSequence)
    /// A limit on tokens or legs was passed.
    public static let limit = Self(value: .limit)
  }

  public var code: Code
  /// What happened, without secrets and without text of the peer.
  public var message: String
  /// What the peer gave as its reason, where the protocol carries one.
  public var status: NTStatus?
  /// The number that the user sees, where a rule of ours refused.
  public var winRMCode: WinRMCode?
  /// The error of the layer below.
  public var cause: (any Error)?

  public init(_ code: Code, _ message: String, status: NTStatus? = nil, winRMCode: WinRMCode? = nil, cause: (any Error)? = nil) {
    self.code = code
    self.message = message
    self.status = status
    self.winRMCode = winRMCode
    self.cause = cause
  }
}

extension AuthenticationError: CustomStringConvertible {
  public var description: String {
    var text = message
    if let winRMCode { text += " (\(winRMCode))" }
    if let status { text += " (\(status))" }
    return text
  }
}

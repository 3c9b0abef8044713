public import SecuritySupport

/// Why an NTLM exchange or a protected message was refused. Two errors are equal when their codes are.
public struct NTLMError: Error, Sendable, Equatable {
  /// What kind of fault it was.
  public var code: Code
  /// One sentence for a log. It holds no secret and no text of the peer.
  public var message: String

  public init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  public static func == (left: Self, right: Self) -> Bool { left.code == right.code }

  /// The NTSTATUS that a server tells its client about this refusal; `nil` where the connection is simply closed.
  public var status: NTStatus? {
    switch code {
    case .logonFailure, .badMIC: .logonFailure
    case .badBindings: .badBindings
    case .unsupported, .missingFlags: .notSupported
    default: nil
    }
  }

  /// The kinds of fault. New ones may be added.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    public let description: String
    private init(_ name: String) { description = name }

    /// The peer's bytes are not what MS-NLMP §2.2 describes.
    public static let malformed = Self("malformed")
    /// The peer's message is well formed but breaks a rule of the protocol.
    public static let violation = Self("violation")
    /// A call or a message that the state of the exchange does not allow.
    public static let outOfSequence = Self("outOfSequence")
    /// NTLMv1, LM, anonymous or guest: refused by this implementation.
    public static let unsupported = Self("unsupported")
    /// The peer did not offer, or did not keep, a flag that protection needs (MS-NLMP §2.2.2.5).
    public static let missingFlags = Self("missingFlags")
    /// Wrong user name or password. The two cannot be told apart.
    public static let logonFailure = Self("logonFailure")
    /// The client's channel bindings are absent or those of another channel (RFC 5929).
    public static let badBindings = Self("badBindings")
    /// The MIC of AUTHENTICATE is absent or wrong: one of the three messages was changed on its way.
    public static let badMIC = Self("badMIC")
    /// The signature of a protected message is wrong.
    public static let badSignature = Self("badSignature")
    /// A protected message arrived out of order, twice, or not at all.
    public static let badSequence = Self("badSequence")
    /// A message, a name or a counter exceeds its limit.
    public static let limit = Self("limit")
    /// A mistake of our own caller, such as an empty user name.
    public static let local = Self("local")
  }
}

extension NTLMError: CustomStringConvertible {
  public var description: String { "NTLM \(code): \(message)" }
}

/// A failure of the SPNEGO negotiation. Neither `message` nor `description` holds bytes of the peer.
public struct SPNEGOError: Error, Equatable, Sendable {
  /// Whose fault it is, and of what kind.
  public struct Code: Hashable, Sendable, CustomStringConvertible {
    public let description: String

    /// The peer's token is not the DER that RFC 4178 asks for.
    public static let malformed = Self(description: "malformed")
    /// The peer's token is well formed, but not allowed at this point.
    public static let violation = Self(description: "violation")
    /// A mechListMIC is due and the peer did not send it: somebody may have changed the list of mechanisms (RFC 4178 §5).
    public static let missingMIC = Self(description: "missing mechListMIC")
    /// The peers have no mechanism in common.
    public static let noCommonMechanism = Self(description: "no common mechanism")
    /// The peer answered `reject`.
    public static let refused = Self(description: "refused")
    /// A fixed limit on size or count was passed.
    public static let limit = Self(description: "limit")
    /// This side called in the wrong order, or its mechanism gave an answer that does not fit.
    public static let local = Self(description: "local")
  }

  public var code: Code
  /// One sentence for a log.
  public var message: String

  public init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }
}

extension SPNEGOError: CustomStringConvertible {
  public var description: String { "SPNEGO: \(code): \(message)" }
}

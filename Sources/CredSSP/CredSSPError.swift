public import SecuritySupport

/// A failure of the CredSSP exchange. Neither `message` nor `description` holds bytes of the peer.
public struct CredSSPError: Error, Sendable {
  /// Whose fault it is, and of what kind.
  public struct Code: Hashable, Sendable, CustomStringConvertible {
    public let description: String

    /// The peer's bytes are not what MS-CSSP §2.2 describes.
    public static let malformed = Self(description: "malformed")
    /// The peer's message is well formed, but not allowed at this point, or contradicts an earlier one.
    public static let violation = Self(description: "violation")
    /// The peer speaks a version below the configured minimum; ``CredSSPError/peerVersion`` has it.
    public static let unsupportedVersion = Self(description: "unsupported version")
    /// A kind of credential or certificate that is known, but not supported.
    public static let unsupported = Self(description: "unsupported")
    /// The public-key proof does not belong to this TLS connection: somebody stands in the middle (CVE-2018-0886).
    public static let publicKeyMismatch = Self(description: "public key mismatch")
    /// The peer sent an error code; ``CredSSPError/status`` has it.
    public static let refused = Self(description: "refused")
    /// A fixed limit on size or count was passed.
    public static let limit = Self(description: "limit")
    /// The inner TLS failed; ``CredSSPError/cause`` has the engine's error.
    public static let tls = Self(description: "TLS")
    /// This side called in the wrong order, or its mechanism gave an answer that does not fit.
    public static let local = Self(description: "local")
  }

  public var code: Code
  /// One sentence for a log.
  public var message: String
  /// The peer's error code (``Code/refused``), or the one to tell the peer.
  public var status: NTStatus?
  /// The version that the peer named, with ``Code/unsupportedVersion``.
  public var peerVersion: Int?
  /// The error below this one.
  public var cause: (any Error)?

  public init(_ code: Code, _ message: String, status: NTStatus? = nil, peerVersion: Int? = nil, cause: (any Error)? = nil) {
    self.code = code
    self.message = message
    self.status = status
    self.peerVersion = peerVersion
    self.cause = cause
  }
}

extension CredSSPError: Equatable {
  /// Equal in everything but the cause.
  public static func == (left: Self, right: Self) -> Bool {
    left.code == right.code && left.message == right.message && left.status == right.status && left.peerVersion == right.peerVersion
  }
}

extension CredSSPError: CustomStringConvertible {
  public var description: String { "CredSSP: \(code): \(message)" }
}

public import LogonInterface
public import SecuritySupport
public import WinRMHTTP

/// The accepting side of one authentication exchange, for the network side of the service.
///
/// What holds or opens secrets happens in the logon authority; here are tokens and TLS. One task owns it. After a refusal, or after
/// ``ServerLeg/established(token:identity:)``, `receive` refuses everything.
public protocol ServerAuthentication: AnyObject {
  /// The scheme whose tokens it takes.
  var scheme: AuthenticationScheme { get }

  /// Feeds the token of one `Authorization` header.
  ///
  /// - Throws: ``AuthenticationRefusal``: the exchange is over, and the connection's next one needs a new object.
  func receive(_ token: [UInt8]) async throws(AuthenticationRefusal) -> ServerLeg

  /// The protector of the connection's messages, once established. To be called once.
  ///
  /// - Throws: ``AuthenticationRefusal`` with `outOfSequence` before that.
  func protector() throws(AuthenticationRefusal) -> any MessageProtector

  /// Gives the exchange up because the connection is gone. Does nothing after the exchange ended.
  func abandon() async
}

/// What the server does after one token.
public enum ServerLeg: Sendable {
  /// Answer 401 with this token (it may be empty) and wait for the next.
  case challenge([UInt8])
  /// The peer is proven. The token, if any, goes into the answer to the same request.
  case established(token: [UInt8]?, identity: ProvenIdentity)
}

/// The end of an exchange without an identity.
public struct AuthenticationRefusal: Error, Sendable {
  /// The family of an ``AuthenticationRefusal``.
  public struct Code: Hashable, Sendable {
    private enum Value { case malformed, refused, undecided, unavailable, timeout, outOfSequence, limit }
    private let value: Value

    /// The peer's token is not what the protocol says.
    public static let malformed = Self(value: .malformed)
    /// The peer could not prove who it is.
    public static let refused = Self(value: .refused)
    /// The authority has no time for the peer, or nobody could say whether it is let in: its proof was not found wrong.
    public static let undecided = Self(value: .undecided)
    /// The authority cannot work now.
    public static let unavailable = Self(value: .unavailable)
    /// The authority did not answer in time.
    public static let timeout = Self(value: .timeout)
    /// A call that does not fit the state.
    public static let outOfSequence = Self(value: .outOfSequence)
    /// Too many tokens.
    public static let limit = Self(value: .limit)
  }

  public var code: Code
  /// For the log, without secrets and without text of the peer.
  public var message: String
  /// What the peer may be told.
  public var status: NTStatus?
  /// A last token for the peer (a CredSSP error code, a SPNEGO rejection) to go with the 401; `nil` where there is none.
  public var token: [UInt8]?
  /// Whether the logon authority refused, and so has logged it. What the network side refuses by itself is its own to log.
  public var isLoggedByAuthority = false

  public init(_ code: Code, _ message: String, status: NTStatus? = nil, token: [UInt8]? = nil) {
    self.code = code
    self.message = message
    self.status = status
    self.token = token
  }
}

extension AuthenticationRefusal: CustomStringConvertible {
  public var description: String { status.map { "\(message) (\($0))" } ?? message }
}

public import WinRMHTTP

/// The initiating side of one authentication exchange on one connection.
///
/// One task owns it. After a throw it is over: the connection is to be closed.
public protocol ClientAuthentication: AnyObject {
  /// The scheme named in `Authorization`.
  var scheme: AuthenticationScheme { get }

  /// The next token to send. `token` is the peer's, `nil` at the start.
  ///
  /// - Throws: ``AuthenticationError``, or the error of a cancelled task.
  func next(_ token: [UInt8]?) async throws -> AuthenticationLeg

  /// Whether nothing more is expected from the peer but the HTTP status that says yes.
  var isFinished: Bool { get }

  /// The protector of the connection's messages. To be called once, after the peer said 200 and ``isFinished`` is true.
  func protector() throws -> any MessageProtector
}

/// What the client does after one token.
public enum AuthenticationLeg: Sendable, Equatable {
  /// Send the token and wait for the peer's next.
  case send([UInt8])
  /// The exchange is complete; the last token, if any, still has to be sent.
  case finished(lastToken: [UInt8]?)
}

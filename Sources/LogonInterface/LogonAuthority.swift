/// Whoever keeps the secrets: accounts, challenges, delegated credentials, the right to become another user.
///
/// An authority answers each request by itself and trusts nothing that the asking side claims: identifiers are unguessable, and what
/// they stand for is looked up in the authority's own tables. Requests and replies are values with a length-limited codec
/// (``LogonCodec``), so that an authority may live in the same process or behind a socket without any change to its callers. The one
/// thing that a codec cannot carry is an open file: across a process boundary the descriptors of
/// ``LogonReply/started(process:standardInput:standardOutput:standardError:)`` travel beside the frame as `SCM_RIGHTS`, and the
/// numbers in the frame are replaced by the received ones.
public protocol LogonAuthority: Sendable {
  /// Answers one request.
  ///
  /// - Throws: ``LogonFailure``. Its message is for the log of the asking side and tells less than the authority's own log.
  func perform(_ request: LogonRequest) async throws(LogonFailure) -> LogonReply
}

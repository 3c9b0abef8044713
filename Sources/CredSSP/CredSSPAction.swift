public import SecuritySupport

/// What the caller of ``CredSSPInitiator`` or ``CredSSPAcceptor`` does next.
public enum CredSSPAction: Sendable, Equatable {
  /// Let whoever holds the inner mechanism, the credential or the policy carry out the order, and feed the answer to `answer(_:)`.
  case ask(MechanismOrder)
  /// Send the bytes as a token and wait for the peer's. The token can be empty: a TLS 1.3 server has nothing to say to the client's
  /// Finished, and an end that received a part of a message waits for the rest.
  case send([UInt8])
  /// The exchange is over. On the initiator the token holds the credentials and still goes to the acceptor, whose HTTP status then tells
  /// success or failure. On the acceptor the credentials were accepted and there is normally nothing to send.
  case finished(token: [UInt8]?)
}

public import SecuritySupport

/// What the caller of ``SPNEGOInitiator`` or ``SPNEGOAcceptor`` does next.
public enum SPNEGOAction: Sendable, Equatable {
  /// Let the mechanism carry out the order and feed its answer to `answer(_:)`. Orders are ``MechanismOrder/step(token:)``,
  /// ``MechanismOrder/mic(message:)`` and ``MechanismOrder/verify(message:mic:)`` only. The mechanism is never
  /// ``MechanismIdentifier/microsoftKerberos``: that number and ``MechanismIdentifier/kerberos`` name one mechanism.
  case ask(MechanismOrder, of: MechanismIdentifier)
  /// Send the token and wait for the peer's next one.
  case send([UInt8])
  /// The negotiation is complete. The token, if any, still goes to the peer.
  case established(token: [UInt8]?)
}

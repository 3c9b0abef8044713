public import SecuritySupport

/// The client half of SPNEGO (RFC 4178, MS-SPNG).
public struct SPNEGOInitiator: Sendable {
  /// The mechanism in use, once the acceptor has picked one.
  public private(set) var mechanism: MechanismIdentifier?
  /// Whether messages can be protected now; possibly before ``isFinished``.
  public private(set) var mayProtect = false
  /// Whether no further token is expected.
  public private(set) var isFinished = false

  /// - Parameter mechanisms: in order of preference, not empty.
  public init(mechanisms: [MechanismIdentifier]) {}
  public mutating func start() throws(SPNEGOError) -> SPNEGOAction { throw SPNEGOError(.local, "not there yet") }
  public mutating func receive(_ token: [UInt8]) throws(SPNEGOError) -> SPNEGOAction { throw SPNEGOError(.local, "not there yet") }
  public mutating func answer(_ answer: MechanismAnswer) throws(SPNEGOError) -> SPNEGOAction { throw SPNEGOError(.local, "not there yet") }
}

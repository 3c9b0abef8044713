public import SecuritySupport

/// The client half of CredSSP (MS-CSSP §3.1.5): the side that delegates a credential.
public struct CredSSPInitiator {
  /// The version that the acceptor named in its first message.
  public private(set) var peerVersion: Int?

  /// - Parameter clientNonce: 32 fresh random bytes.
  public init(tls: any TLSEngine, configuration: CredSSPConfiguration = .init(), clientNonce: [UInt8]) {}
  public mutating func start() throws(CredSSPError) -> CredSSPAction { throw CredSSPError(.local, "not there yet") }
  public mutating func receive(_ token: [UInt8]) throws(CredSSPError) -> CredSSPAction { throw CredSSPError(.local, "not there yet") }
  public mutating func answer(_ answer: MechanismAnswer) throws(CredSSPError) -> CredSSPAction {
    throw CredSSPError(.local, "not there yet")
  }
}

public import SecuritySupport

/// The server half of CredSSP (MS-CSSP §3.1.5): the side that receives a credential.
public struct CredSSPAcceptor {
  /// The version that the initiator named in its first message.
  public private(set) var peerVersion: Int?

  public init(tls: any TLSEngine, configuration: CredSSPConfiguration = .init()) {}
  public mutating func receive(_ token: [UInt8]) throws(CredSSPError) -> CredSSPAction { throw CredSSPError(.local, "not there yet") }
  public mutating func answer(_ answer: MechanismAnswer) throws(CredSSPError) -> CredSSPAction {
    throw CredSSPError(.local, "not there yet")
  }
  /// After the holder of the mechanism refused, or after this end threw: the message that tells the initiator, where the effective
  /// version has room for it (3, 4 and 6), otherwise `nil`.
  public mutating func fail(_ status: NTStatus) throws(CredSSPError) -> [UInt8]? { throw CredSSPError(.local, "not there yet") }
}

public import SecuritySupport

/// The server half of SPNEGO (RFC 4178, MS-SPNG), which also takes bare NTLM and Kerberos tokens.
public struct SPNEGOAcceptor: Sendable {
  /// How the initiator wraps its tokens. The answers have the same form.
  public enum Form: Sendable, Equatable { case spnego, rawNTLM, rawKerberos }

  public private(set) var form: Form?
  public private(set) var mechanism: MechanismIdentifier?
  public private(set) var mayProtect = false
  public private(set) var isFinished = false
  /// A token that tells the initiator of the failure; `nil` where the form has none.
  public var rejection: [UInt8]? { nil }

  public init(mechanisms: [MechanismIdentifier]) {}
  public mutating func receive(_ token: [UInt8]) throws(SPNEGOError) -> SPNEGOAction { throw SPNEGOError(.local, "not there yet") }
  public mutating func answer(_ answer: MechanismAnswer) throws(SPNEGOError) -> SPNEGOAction { throw SPNEGOError(.local, "not there yet") }
}

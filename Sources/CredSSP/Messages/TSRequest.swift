public import SecuritySupport

/// The one message of CredSSP (MS-CSSP §2.2.1).
public struct TSRequest: Sendable, Equatable {
  public var version: Int
  public var negoTokens: [[UInt8]]
  public var authInfo: [UInt8]?
  public var pubKeyAuth: [UInt8]?
  public var errorCode: NTStatus?
  public var clientNonce: [UInt8]?

  public init(
    version: Int, negoTokens: [[UInt8]] = [], authInfo: [UInt8]? = nil, pubKeyAuth: [UInt8]? = nil, errorCode: NTStatus? = nil,
    clientNonce: [UInt8]? = nil
  ) {
    self.version = version
    self.negoTokens = negoTokens
    self.authInfo = authInfo
    self.pubKeyAuth = pubKeyAuth
    self.errorCode = errorCode
    self.clientNonce = clientNonce
  }

  public init(decoding bytes: [UInt8]) throws(CredSSPError) { throw CredSSPError(.local, "not there yet") }
  public func encode() -> [UInt8] { [] }
}

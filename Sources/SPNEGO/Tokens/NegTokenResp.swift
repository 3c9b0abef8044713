public import SecuritySupport
import SwiftASN1

/// Every token but the first (RFC 4178 §4.2.2).
///
/// ```
/// NegTokenResp ::= SEQUENCE {
///   negState       [0] ENUMERATED OPTIONAL,
///   supportedMech  [1] MechType OPTIONAL,
///   responseToken  [2] OCTET STRING OPTIONAL,
///   mechListMIC    [3] OCTET STRING OPTIONAL }
/// ```
public struct NegTokenResp: Sendable, Equatable {
  public var negState: NegState?
  /// In the acceptor's first reply only.
  public var supportedMech: MechanismIdentifier?
  public var responseToken: [UInt8]?
  public var mechListMIC: [UInt8]?

  public init(
    negState: NegState?, supportedMech: MechanismIdentifier? = nil, responseToken: [UInt8]? = nil, mechListMIC: [UInt8]? = nil
  ) {
    self.negState = negState
    self.supportedMech = supportedMech
    self.responseToken = responseToken
    self.mechListMIC = mechListMIC
  }

  /// - Throws: ``SPNEGOError/Code/malformed`` or ``SPNEGOError/Code/limit``.
  public init(decoding token: [UInt8]) throws(SPNEGOError) {
    try checkLength(of: token)
    let choice = try parseDER(token[...])
    guard choice.identifier == ASN1Identifier(tagWithNumber: 1, tagClass: .contextSpecific), case .constructed(let members) = choice.content
    else { throw SPNEGOError(.malformed, "the token is not a NegTokenResp") }
    var iterator = members.makeIterator()
    guard let sequence = iterator.next(), iterator.next() == nil else {
      throw SPNEGOError(.malformed, "NegTokenResp does not hold one value")
    }
    let fields = try DERFields(of: sequence, name: "NegTokenResp")
    if let state = fields[0] {
      guard state.identifier == .enumerated, case .primitive(let content) = state.content, content.count == 1, let value = content.first,
        value <= NegState.requestMIC.rawValue
      else { throw SPNEGOError(.malformed, "negState is none of the four states") }
      negState = NegState(rawValue: value)
    }
    if let mechanism = fields[1] { supportedMech = try MechanismIdentifier(decoding: mechanism) }
    responseToken = try fields.octets(2, name: "responseToken")
    mechListMIC = try fields.octets(3, name: "mechListMIC")
    // Old Windows versions repeat the response token where the MIC belongs (MS-SPNG §3.1.5.1, product note).
    if mechListMIC == responseToken { mechListMIC = nil }
  }

  public func encode() -> [UInt8] {
    var fields: [UInt8] = []
    if let negState { fields += encodeDER(0xA0, encodeDER(0x0A, [negState.rawValue])) }
    if let supportedMech { fields += encodeDER(0xA1, encodeDER(0x06, supportedMech.rawValue)) }
    if let responseToken { fields += encodeDER(0xA2, encodeDER(0x04, responseToken)) }
    if let mechListMIC { fields += encodeDER(0xA3, encodeDER(0x04, mechListMIC)) }
    return encodeDER(0xA1, encodeDER(0x30, fields))
  }
}

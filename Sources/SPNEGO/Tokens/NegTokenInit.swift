import SecuritySupport
import SwiftASN1

/// The initiator's first token (RFC 4178 §4.2.1), also in the shape that a server sends as a hint (MS-SPNG §2.2.1, NegTokenInit2).
///
/// ```
/// NegTokenInit ::= SEQUENCE {
///   mechTypes    [0] MechTypeList,
///   reqFlags     [1] ContextFlags OPTIONAL,     -- never sent, always ignored
///   mechToken    [2] OCTET STRING OPTIONAL,
///   mechListMIC  [3] OCTET STRING OPTIONAL }    -- NegTokenInit2: negHints [3], mechListMIC [4]
/// ```
public struct NegTokenInit: Sendable, Equatable {
  /// The mechanisms and the bytes that a mechListMIC covers.
  public var mechTypes: MechTypeList
  /// The optimistic token for the first mechanism.
  public var mechToken: [UInt8]?
  public var mechListMIC: [UInt8]?
  /// The `hintName` of a NegTokenInit2. It means nothing (MS-SPNG §3.2.5.2).
  public var hintName: [UInt8]?

  public init(mechTypes: MechTypeList, mechToken: [UInt8]? = nil, mechListMIC: [UInt8]? = nil, hintName: [UInt8]? = nil) {
    self.mechTypes = mechTypes
    self.mechToken = mechToken
    self.mechListMIC = mechListMIC
    self.hintName = hintName
  }

  /// Reads a token with the GSS wrapper (RFC 2743 §3.1), or without it as some old peers send it.
  ///
  /// - Throws: ``SPNEGOError/Code/malformed`` or ``SPNEGOError/Code/limit``. An empty list of mechanisms is not an error here.
  public init(decoding token: [UInt8]) throws(SPNEGOError) {
    try checkLength(of: token)
    var choice = try parseDER(token[...])
    if choice.identifier == ASN1Identifier(tagWithNumber: 0, tagClass: .application) {
      guard case .constructed(let members) = choice.content else { throw SPNEGOError(.malformed, "the GSS wrapper is not constructed") }
      var iterator = members.makeIterator()
      guard let mechanism = iterator.next(), try MechanismIdentifier(decoding: mechanism) == .spnego, let inner = iterator.next(),
        iterator.next() == nil
      else { throw SPNEGOError(.malformed, "the GSS wrapper does not hold one SPNEGO token") }
      choice = inner
    }
    guard choice.identifier == ASN1Identifier(tagWithNumber: 0, tagClass: .contextSpecific), case .constructed(let members) = choice.content
    else { throw SPNEGOError(.malformed, "the token is not a NegTokenInit") }
    var iterator = members.makeIterator()
    guard let sequence = iterator.next(), iterator.next() == nil else {
      throw SPNEGOError(.malformed, "NegTokenInit does not hold one value")
    }
    let fields = try DERFields(of: sequence, name: "NegTokenInit")
    guard let list = fields[0] else { throw SPNEGOError(.malformed, "NegTokenInit has no mechTypes") }
    mechTypes = try MechTypeList(decoding: list)
    mechToken = try fields.octets(2, name: "mechToken")
    if let hints = fields[3], hints.identifier == .sequence {
      hintName = try Self.hintName(in: hints)
      mechListMIC = try fields.octets(4, name: "mechListMIC")
    } else {
      mechListMIC = try fields.octets(3, name: "mechListMIC")
    }
  }

  private static func hintName(in hints: ASN1Node) throws(SPNEGOError) -> [UInt8]? {
    guard let name = try DERFields(of: hints, name: "negHints")[0] else { return nil }
    guard name.identifier == .generalString, case .primitive(let content) = name.content else {
      throw SPNEGOError(.malformed, "hintName is not a GeneralString")
    }
    return Array(content)
  }

  /// The token with the GSS wrapper.
  public func encode() -> [UInt8] {
    var fields = encodeDER(0xA0, mechTypes.encoded)
    if let mechToken { fields += encodeDER(0xA2, encodeDER(0x04, mechToken)) }
    if let hintName { fields += encodeDER(0xA3, encodeDER(0x30, encodeDER(0xA0, encodeDER(0x1B, hintName)))) }
    if let mechListMIC { fields += encodeDER(hintName == nil ? 0xA3 : 0xA4, encodeDER(0x04, mechListMIC)) }
    return encodeDER(0x60, encodeDER(0x06, MechanismIdentifier.spnego.rawValue) + encodeDER(0xA0, encodeDER(0x30, fields)))
  }
}

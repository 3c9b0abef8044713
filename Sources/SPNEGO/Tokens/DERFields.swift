import SwiftASN1

/// The fields of a SEQUENCE whose members carry explicit context tags: `[0]`, `[1]` …, ascending, each at most once.
struct DERFields {
  private var fields: [UInt: ASN1Node] = [:]

  /// - Parameter name: of the structure, for the error.
  init(of node: ASN1Node, name: StaticString) throws(SPNEGOError) {
    guard node.identifier == .sequence, case .constructed(let members) = node.content else {
      throw SPNEGOError(.malformed, "\(name) is not a SEQUENCE")
    }
    var last: UInt?
    for member in members {
      guard member.identifier.tagClass == .contextSpecific, case .constructed(let content) = member.content else {
        throw SPNEGOError(.malformed, "\(name) has a member without a context tag")
      }
      let number = member.identifier.tagNumber
      if let last, number <= last { throw SPNEGOError(.malformed, "\(name) has a field twice or out of order") }
      last = number
      var inner = content.makeIterator()
      guard let value = inner.next(), inner.next() == nil else {
        throw SPNEGOError(.malformed, "\(name) has a field that does not hold one value")
      }
      fields[number] = value
    }
  }

  /// The value of a field; `nil` when it is absent.
  subscript(number: UInt) -> ASN1Node? { fields[number] }

  /// The content of an OCTET STRING. An empty one counts as absent: some acceptors write it when they have no token.
  func octets(_ number: UInt, name: StaticString) throws(SPNEGOError) -> [UInt8]? {
    guard let node = fields[number] else { return nil }
    guard node.identifier == .octetString, case .primitive(let content) = node.content else {
      throw SPNEGOError(.malformed, "\(name) is not an OCTET STRING")
    }
    return content.isEmpty ? nil : Array(content)
  }
}

/// Parses one DER value without anything behind it. Depth is limited by the parser.
func parseDER(_ bytes: ArraySlice<UInt8>) throws(SPNEGOError) -> ASN1Node {
  do { return try DER.parse(bytes) } catch { throw SPNEGOError(.malformed, "the token is not DER") }
}

/// Encodes one DER value with the shortest length.
func encodeDER(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] {
  var bytes = [tag]
  if content.count < 0x80 {
    bytes.append(UInt8(truncatingIfNeeded: content.count))
  } else {
    let length = stride(from: Int.bitWidth - 8, through: 0, by: -8).map { UInt8(truncatingIfNeeded: content.count >> $0) }.drop { $0 == 0 }
    bytes.append(0x80 | UInt8(truncatingIfNeeded: length.count))
    bytes += length
  }
  return bytes + content
}

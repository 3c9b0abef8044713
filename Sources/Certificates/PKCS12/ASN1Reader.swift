import SwiftASN1

/// One element of ASN.1 in BER, with what stands in it.
struct ASN1Reader {
  private let node: ASN1Node

  init(_ bytes: [UInt8]) throws { node = try BER.parse(bytes) }

  private init(_ node: ASN1Node) { self.node = node }

  /// The element with its tag and length.
  var encoded: [UInt8] { Array(node.encodedBytes) }

  var identifier: ASN1Identifier { node.identifier }

  struct Children {
    fileprivate var rest: ArraySlice<ASN1Reader>

    /// The next element, which has this tag.
    mutating func next(_ identifier: ASN1Identifier) throws -> ASN1Reader {
      guard let next = rest.popFirst(), next.identifier == identifier else {
        throw CertificateError(.malformed, "the PKCS #12 file is damaged")
      }
      return next
    }

    mutating func nextIfAny() throws -> ASN1Reader? { rest.popFirst() }
  }

  func children() throws -> Children { Children(rest: try childList(maximum: 16)[...]) }

  /// - Throws: ``CertificateError`` `malformed` for an element that holds none, or more.
  func childList(maximum: Int) throws -> [ASN1Reader] {
    guard case .constructed(let nodes) = node.content else { throw CertificateError(.malformed, "the PKCS #12 file is damaged") }
    let list = nodes.prefix(maximum + 1).map(ASN1Reader.init)
    guard list.count <= maximum else { throw CertificateError(.malformed, "the PKCS #12 file has too many parts") }
    return list
  }

  /// The bytes of an OCTET STRING, also of one in pieces, and of one whose tag is a context's.
  func octets() throws -> [UInt8] {
    switch node.content {
    case .primitive(let bytes): Array(bytes)
    case .constructed: try childList(maximum: 4096).flatMap { try $0.octets() }
    }
  }

  func objectIdentifier() throws -> ASN1ObjectIdentifier { try ASN1ObjectIdentifier(berEncoded: node) }

  /// A number of at most four bytes, zero or more.
  func number() throws -> Int {
    let bytes = try octets()
    guard identifier == .integer, (1...4).contains(bytes.count), bytes[0] < 0x80 else {
      throw CertificateError(.malformed, "the PKCS #12 file has a number that is out of range")
    }
    return bytes.reduce(0) { $0 << 8 | Int($1) }
  }
}

/// Takes values from the front of bytes. Indices are those of the whole token, so that a flaw can say where it is.
struct TokenCursor {
  var rest: ArraySlice<UInt8>

  init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

  var isAtEnd: Bool { rest.isEmpty }
  var offset: Int { rest.startIndex }

  mutating func take(_ count: Int, _ what: String) throws(TokenFlaw) -> ArraySlice<UInt8> {
    guard count >= 0, count <= rest.count else {
      throw TokenFlaw("\(what) needs \(count) bytes, and \(rest.count) are left", at: offset)
    }
    defer { rest = rest.dropFirst(count) }
    return rest.prefix(count)
  }

  /// A number with its least significant byte first.
  mutating func little(_ count: Int, _ what: String) throws(TokenFlaw) -> UInt64 {
    try take(count, what).reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// A number with its most significant byte first.
  mutating func big(_ count: Int, _ what: String) throws(TokenFlaw) -> UInt64 {
    try take(count, what).reduce(0) { $0 << 8 | UInt64($1) }
  }
}

/// One value of DER: an identifier octet and the contents.
struct DERValue {
  var tag: UInt8
  var content: ArraySlice<UInt8>

  /// The number in `[n]`; `nil` for another class or a primitive value.
  var contextNumber: Int? { tag & 0xE0 == 0xA0 ? Int(tag & 0x1F) : nil }
}

extension TokenCursor {
  /// Takes one value. Refused are identifiers of several octets, indefinite lengths and lengths that have a shorter form.
  mutating func der() throws(TokenFlaw) -> DERValue {
    let start = offset
    let tag = UInt8(try big(1, "an identifier octet"))
    guard tag & 0x1F != 0x1F else { throw TokenFlaw("An identifier of several octets", at: start) }
    let first = Int(try big(1, "a length"))
    var length = first
    if first >= 0x80 {
      let octets = first & 0x7F
      guard (1...4).contains(octets) else {
        throw TokenFlaw(octets == 0 ? "An indefinite length, which DER does not have" : "A length of \(octets) octets", at: start)
      }
      length = Int(try big(octets, "a length"))
      guard length >= 0x80, length >> (8 * (octets - 1)) != 0 else {
        throw TokenFlaw("A length that is not in its shortest form", at: start)
      }
    }
    guard length <= rest.count else { throw TokenFlaw("A value of \(length) bytes where \(rest.count) are left", at: start) }
    return DERValue(tag: tag, content: try take(length, "a value"))
  }

  /// Takes one value that must have that identifier.
  mutating func der(_ tag: UInt8, _ what: String) throws(TokenFlaw) -> ArraySlice<UInt8> {
    let start = offset
    let value = try der()
    guard value.tag == tag else {
      throw TokenFlaw("\(what): identifier 0x\(hexadecimal(value.tag)) where 0x\(hexadecimal(tag)) belongs", at: start)
    }
    return value.content
  }
}

/// Universal identifiers of ASN.1.
enum DERTag {
  static let integer: UInt8 = 0x02
  static let bitString: UInt8 = 0x03
  static let octetString: UInt8 = 0x04
  static let objectIdentifier: UInt8 = 0x06
  static let enumerated: UInt8 = 0x0A
  static let generalizedTime: UInt8 = 0x18
  static let generalString: UInt8 = 0x1B
  static let sequence: UInt8 = 0x30
}

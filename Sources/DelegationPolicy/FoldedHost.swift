/// A host name or address the way policy compares it: ASCII letters in lower case, no brackets, no final dot, every other byte as typed.
///
/// Nothing is resolved, and no address is rewritten: policy is about the text that the user typed. Only ASCII letters are folded, because
/// that is what DNS folds: a Unicode look-alike that some table maps to an ASCII letter is another name.
package struct FoldedHost: Hashable, Sendable {
  /// Never empty.
  package let bytes: [UInt8]

  /// `nil` for text that can be no host: empty, with blanks, control or invisible characters, or one of `/ * @ , \ " < >`.
  package init?(_ text: String) {
    var bytes = Array(text.utf8)
    if bytes.first == UInt8(ascii: "["), bytes.last == UInt8(ascii: "]"), bytes.contains(UInt8(ascii: ":")) {
      bytes = Array(bytes.dropFirst().dropLast())
    }
    if bytes.count > 1, bytes.last == UInt8(ascii: ".") { bytes.removeLast() }
    guard !bytes.isEmpty, bytes != [UInt8(ascii: ".")], !bytes.contains(where: Self.isForbidden),
      text.unicodeScalars.allSatisfy({ !$0.isInvisible })
    else { return nil }
    self.bytes = bytes.map(Self.folded)
  }

  /// The folded text.
  package var text: String { String(decoding: bytes, as: UTF8.self) }

  /// Whether the text has the shape of an IPv6 address. Names and IPv4 addresses have no colon.
  var isIPv6Shaped: Bool { bytes.contains(UInt8(ascii: ":")) }

  /// Whether the text has the shape of an IPv4 address in any notation that resolvers take: digits and dots, or one hexadecimal number.
  var isIPv4Shaped: Bool {
    let isDotted = bytes.allSatisfy { $0 == UInt8(ascii: ".") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    return isDotted || bytes.starts(with: Array("0x".utf8))
  }

  private static func folded(_ byte: UInt8) -> UInt8 {
    (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
  }

  private static let forbidden = Set("/*@,\\\"<>[]".utf8)

  private static func isForbidden(_ byte: UInt8) -> Bool { byte <= 0x20 || byte == 0x7F || forbidden.contains(byte) }
}

extension Unicode.Scalar {
  /// A blank of any kind, a control character, or one that shows nothing: no name has one, and nobody would see it.
  package var isInvisible: Bool {
    guard !isASCII else { return value <= 0x20 || value == 0x7F }
    switch properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .spaceSeparator, .surrogate: return true
    default: return properties.isWhitespace || properties.isDefaultIgnorableCodePoint
    }
  }
}

extension String {
  /// For a message: what nobody would see is written as `\u{A0}`.
  package var withVisibleScalars: String {
    unicodeScalars.reduce(into: "") { result, scalar in
      let isVisible = scalar == " " || !scalar.isInvisible
      result += isVisible ? String(scalar) : "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
    }
  }
}

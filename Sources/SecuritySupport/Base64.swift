import FoundationEssentials

/// Base64 with its padding and the standard alphabet (RFC 4648 §4).
package enum Base64 {
  /// The bytes of a text; `nil` for anything else, white space included. Foundation's decoder takes any number of padding characters; the
  /// length of the padding is checked here.
  package static func decode(_ text: String) -> [UInt8]? {
    guard text.utf8.reversed().prefix(while: { $0 == UInt8(ascii: "=") }).count <= 2 else { return nil }
    return Data(base64Encoded: text).map { [UInt8]($0) }
  }

  /// The text of bytes: letters, digits and `+/=` only, without line breaks.
  package static func encode(_ bytes: some Sequence<UInt8>) -> String { Data(bytes).base64EncodedString() }
}

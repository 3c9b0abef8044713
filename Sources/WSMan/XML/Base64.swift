import FoundationEssentials

/// Base64 as SOAP carries it.
enum Base64 {
  /// The bytes of base64 text; white space inside is allowed, anything else that is not base64 gives `nil`.
  static func decode(_ text: String) -> [UInt8]? {
    if let bytes = strict(text) { return bytes }
    let packed = String(decoding: text.utf8.filter { $0 != 0x20 && $0 != 0x09 && $0 != 0x0A && $0 != 0x0D }, as: UTF8.self)
    guard packed.utf8.count != text.utf8.count else { return nil }
    return strict(packed)
  }

  /// Foundation's decoder takes any number of padding characters; the length of the padding is checked here.
  private static func strict(_ text: String) -> [UInt8]? {
    guard text.utf8.reversed().prefix(while: { $0 == UInt8(ascii: "=") }).count <= 2 else { return nil }
    return Data(base64Encoded: text).map { [UInt8]($0) }
  }

  /// The base64 text of bytes, with padding and without line breaks.
  static func encode(_ bytes: [UInt8]) -> [UInt8] { [UInt8](Data(bytes).base64EncodedData()) }
}

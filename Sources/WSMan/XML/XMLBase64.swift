import SecuritySupport

/// Base64 as XML carries it (XML Schema Part 2 §3.2.16).
enum XMLBase64 {
  /// The bytes of base64 text; white space inside is allowed, anything else that is not base64 gives `nil`.
  static func decode(_ text: String) -> [UInt8]? {
    if let bytes = Base64.decode(text) { return bytes }
    let packed = String(decoding: text.utf8.filter { $0 != 0x20 && $0 != 0x09 && $0 != 0x0A && $0 != 0x0D }, as: UTF8.self)
    guard packed.utf8.count != text.utf8.count else { return nil }
    return Base64.decode(packed)
  }
}

/// GUIDs as WS-Management writes them: text, compared as text, given back as it came.
public enum GUIDText {
  /// A new random GUID (version 4) in upper case, `XXXXXXXX-XXXX-4XXX-XXXX-XXXXXXXXXXXX`.
  public static func random() -> String {
    var generator = SystemRandomNumberGenerator()
    var bytes = (0..<16).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    bytes[6] = bytes[6] & 0x0F | 0x40
    bytes[8] = bytes[8] & 0x3F | 0x80
    var text = ""
    for (index, byte) in bytes.enumerated() {
      if [4, 6, 8, 10].contains(index) { text.append("-") }
      let digits = String(byte, radix: 16, uppercase: true)
      text += byte < 16 ? "0" + digits : digits
    }
    return text
  }

  /// A new message id: `uuid:` and a random GUID.
  public static func randomMessageID() -> String { "uuid:" + random() }

  /// Whether `text` is a GUID in its 36-character form, in any case, with or without `uuid:` before it.
  public static func isValid(_ text: String) -> Bool {
    let body = text.lowercased().hasPrefix("uuid:") ? text.utf8.dropFirst(5) : text.utf8[...]
    guard body.count == 36 else { return false }
    for (index, byte) in body.enumerated() {
      if [8, 13, 18, 23].contains(index) {
        guard byte == UInt8(ascii: "-") else { return false }
      } else {
        guard Character(UnicodeScalar(byte)).isHexDigit else { return false }
      }
    }
    return true
  }
}

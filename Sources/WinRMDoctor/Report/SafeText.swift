/// Text for people that may come from a peer: no character of it drives a terminal or turns the direction of reading.
enum SafeText {
  /// The longest evidence that is shown, in characters.
  static let limit = 1200

  static func printable(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars.prefix(limit) {
      switch scalar.value {
      case 0x09, 0x0A, 0x0D: result.append(" ")
      case 0x00...0x1F, 0x7F...0x9F, 0x061C, 0x200E, 0x200F, 0x2028, 0x2029, 0x202A...0x202E, 0x2066...0x2069, 0xFEFF:
        result.append("\u{FFFD}")
      default: result.append(scalar)
      }
    }
    if text.unicodeScalars.count > limit { result.append(contentsOf: " ...".unicodeScalars) }
    return String(result)
  }
}

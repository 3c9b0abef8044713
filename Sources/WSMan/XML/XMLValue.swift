/// Readers of the simple types that attributes and texts hold.
enum XMLValue {
  /// `xs:boolean`: `true`, `false`, `1`, `0`; Windows also writes them in upper case.
  static func boolean(_ text: String) -> Bool? {
    switch text.trimmingXMLSpace.lowercased() {
    case "true", "1": true
    case "false", "0": false
    default: nil
    }
  }

  /// A number with an optional sign; one that no `Int` holds becomes `Int.max` or `Int.min`. `nil` for other text.
  static func clampedInteger(_ text: String) -> Int? {
    let text = text.trimmingXMLSpace
    if let value = Int(text) { return value }
    let isNegative = text.utf8.first == UInt8(ascii: "-")
    let digits = isNegative || text.utf8.first == UInt8(ascii: "+") ? text.utf8.dropFirst() : text.utf8[...]
    guard !digits.isEmpty, digits.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }) else { return nil }
    return isNegative ? .min : .max
  }

  /// A 32-bit number that some write unsigned, some signed and some in hexadecimal: taken modulo 2³².
  static func unsigned32(_ text: String) -> UInt32? {
    let text = text.trimmingXMLSpace
    if text.lowercased().hasPrefix("0x") { return UInt32(text.dropFirst(2), radix: 16) }
    guard let value = Int64(text), value >= Int64(Int32.min), value <= Int64(UInt32.max) else { return nil }
    return UInt32(truncatingIfNeeded: value)
  }

  /// The words of a list separated by white space.
  static func list(_ text: String) -> [String] {
    text.utf8.split { $0 == 0x20 || $0 == 0x09 || $0 == 0x0A || $0 == 0x0D }.map { String(Substring($0)) }
  }
}

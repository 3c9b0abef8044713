extension JSONValue {
  /// Reads a whole word as a number of JSON5: `12`, `-2.5`, `+3`, `.5`, `6e3`, `0x1F`, `Infinity`, `NaN`; `nil` when it is none. It is an
  /// integer wherever it is one, however it is written.
  init?(number word: ArraySlice<UInt8>) {
    var rest = word
    let isNegative = rest.first == UInt8(ascii: "-")
    if isNegative || rest.first == UInt8(ascii: "+") { rest.removeFirst() }
    let digits = String(decoding: rest, as: UTF8.self)
    let magnitude: Double
    switch digits {
    case "Infinity": magnitude = .infinity
    case "NaN": magnitude = .nan
    case _ where digits.hasPrefix("0x") || digits.hasPrefix("0X"):
      // A sign is read before, and is none of a number's digits.
      guard rest.dropFirst(2).allSatisfy({ Character(UnicodeScalar($0)).isHexDigit }), let integer = UInt64(digits.dropFirst(2), radix: 16)
      else { return nil }
      self.init(integer: integer, isNegative)
      return
    default:
      guard Self.isDecimal(rest) else { return nil }
      if let integer = UInt64(digits) {
        self.init(integer: integer, isNegative)
        return
      }
      guard let real = Double(digits) else { return nil }
      magnitude = real
    }
    let real = isNegative ? -magnitude : magnitude
    self = Int64(exactly: real).map { .integer($0) } ?? .real(real)
  }

  private init(integer: UInt64, _ isNegative: Bool) {
    if let whole = isNegative ? Int64(exactly: -Int128(integer)) : Int64(exactly: integer) {
      self = .integer(whole)
    } else {
      self = .real(isNegative ? -Double(integer) : Double(integer))
    }
  }

  /// Digits, with a point before, between or after them and an exponent, and no zero before them.
  private static func isDecimal(_ text: ArraySlice<UInt8>) -> Bool {
    var rest = text
    func digits() -> Int {
      let count = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }.count
      rest.removeFirst(count)
      return count
    }
    let whole = digits()
    guard whole < 2 || text.first != UInt8(ascii: "0") else { return false }
    var fraction = 0
    if rest.first == UInt8(ascii: ".") {
      rest.removeFirst()
      fraction = digits()
    }
    guard whole + fraction > 0 else { return false }
    if let byte = rest.first, byte | 0x20 == UInt8(ascii: "e") {
      rest.removeFirst()
      if rest.first == UInt8(ascii: "-") || rest.first == UInt8(ascii: "+") { rest.removeFirst() }
      guard digits() > 0 else { return false }
    }
    return rest.isEmpty
  }
}

// How values are written.

func hexadecimal(_ byte: UInt8) -> String {
  let text = String(byte, radix: 16, uppercase: true)
  return byte < 16 ? "0" + text : text
}

enum TokenText {
  /// How many bytes of an opaque value are shown.
  private static let shownBytes = 64

  /// `4E544C4D`; of long values the beginning and the length.
  static func hex(_ bytes: ArraySlice<UInt8>) -> String {
    guard bytes.count > shownBytes else { return bytes.map(hexadecimal).joined() }
    return bytes.prefix(shownBytes / 2).map(hexadecimal).joined() + "... (\(bytes.count) bytes)"
  }

  static func hex(_ number: UInt64, digits: Int) -> String {
    let text = String(number, radix: 16, uppercase: true)
    return "0x" + String(repeating: "0", count: max(0, digits - text.count)) + text
  }

  /// What stands for a value that is encrypted or secret.
  static func opaque(_ bytes: ArraySlice<UInt8>, _ what: String) -> String { "\(bytes.count) bytes, \(what)" }

  /// Little-endian UTF-16, as NTLM has it; unpaired surrogates become U+FFFD.
  static func utf16(_ bytes: ArraySlice<UInt8>) -> String {
    var units: [UInt16] = []
    var rest = bytes
    while rest.count >= 2 {
      let low = UInt16(rest.removeFirst())
      units.append(UInt16(rest.removeFirst()) << 8 | low)
    }
    return String(decoding: units, as: UTF16.self)
  }

  /// Bytes that should be UTF-8 or ASCII.
  static func utf8(_ bytes: ArraySlice<UInt8>) -> String { String(decoding: bytes, as: UTF8.self) }

  /// The names of the bits that are set, and the bits that have none.
  static func flags(_ value: UInt64, _ names: [(bit: UInt64, name: String)]) -> String {
    var rest = value
    var shown: [String] = []
    for (bit, name) in names where value & bit != 0 {
      shown.append(name)
      rest &= ~bit
    }
    if rest != 0 { shown.append(hex(rest, digits: 1)) }
    return shown.joined(separator: " ")
  }

  /// A number with the name that a table has for it.
  static func named(_ value: UInt64, _ names: [UInt64: String]) -> String { names[value].map { "\(value) (\($0))" } ?? "\(value)" }

  /// A FILETIME: 100 nanoseconds since 1601 (MS-DTYP §2.3.3).
  static func fileTime(_ ticks: UInt64) -> String {
    let seconds = ticks / 10_000_000
    let (days, time) = (Int(seconds / 86_400), seconds % 86_400)
    // Days since 0000-03-01 in the proleptic Gregorian calendar; 1601-01-01 is day 584 694.
    let day = days + 584_694
    let era = day / 146_097
    let dayOfEra = day % 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    func two(_ number: some BinaryInteger) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let date = "\(year)-\(two(month))-\(two(dayOfYear - (153 * monthFromMarch + 2) / 5 + 1))"
    let fraction = String(ticks % 10_000_000)
    let decimals = String(repeating: "0", count: 7 - fraction.count) + fraction
    return "\(date)T\(two(time / 3_600)):\(two(time / 60 % 60)):\(two(time % 60)).\(decimals)Z"
  }
}

/// Reads JSON5: comments, final commas, unquoted names and single quotes are allowed, because people write these files.
///
/// It is the only reader of these files, and takes less than JSON5: nothing that could stand for two things. No name stands twice in an object,
/// none is spelled with a backslash, and the text is UTF-8, with a byte order mark or without.
struct JSONReader {
  /// Configuration is a few levels deep.
  static let maximumDepth = 100
  /// No member that is known here has a longer path, in bytes. Where longer ones are is not kept.
  static let maximumPathLength = 200

  private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

  private struct Stop: Error {
    var position: Int
    var expectation: String
  }

  /// The text without its byte order mark.
  private let bytes: [UInt8]
  private var position = 0
  private var depth = 0
  /// The path of what is being read, and where each member was found.
  private var path: [UInt8] = []
  private var members: [String: Int] = [:]

  private init(_ bytes: [UInt8]) {
    self.bytes = bytes.starts(with: Self.byteOrderMark) ? Array(bytes.dropFirst(Self.byteOrderMark.count)) : bytes
  }

  /// What a whole text says.
  static func read(_ bytes: [UInt8]) throws(JSONMistake) -> JSONValue {
    var reader = JSONReader(bytes)
    do throws(Stop) {
      return try reader.document()
    } catch {
      let place = reader.place(of: error.position)
      throw JSONMistake(line: place.line, column: place.column, expectation: error.expectation)
    }
  }

  /// Where the members of a text begin, by their paths: `Client.Auth.CredSSP`, `Listener[0].Port`.
  static func places(in bytes: [UInt8]) -> [String: (line: Int, column: Int)] {
    var reader = JSONReader(bytes)
    do throws(Stop) { _ = try reader.document() } catch {}  // what was read before is still true
    return reader.members.mapValues { reader.place(of: $0) }
  }

  /// Counted from 1. CR, LF and both together end a line.
  private func place(of position: Int) -> (line: Int, column: Int) {
    var (line, start) = (1, 0)
    for index in 0..<min(position, bytes.count)
    where bytes[index] == .lineFeed || (bytes[index] == .carriageReturn && (index + 1 == bytes.count || bytes[index + 1] != .lineFeed)) {
      (line, start) = (line + 1, index + 1)
    }
    return (line, position - start + 1)
  }

  private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  private func isNext(_ text: StaticString) -> Bool {
    text.withUTF8Buffer { bytes[position...].starts(with: $0) }
  }

  private func stop(_ expectation: String, at place: Int? = nil) -> Stop { Stop(position: place ?? position, expectation: expectation) }

  private mutating func document() throws(Stop) -> JSONValue {
    let value = try value()
    guard next == nil else { throw stop("the end of the file") }
    return value
  }

  /// A value with the blanks on both sides.
  private mutating func value() throws(Stop) -> JSONValue {
    try skipBlanks()
    let value: JSONValue
    switch next {
    case UInt8(ascii: "{")?:
      var values: [String: JSONValue] = [:]
      try sequence(until: UInt8(ascii: "}"), of: "a name or }") { (reader, _) throws(Stop) in try reader.member(of: &values) }
      value = .object(values)
    case UInt8(ascii: "[")?:
      var values: [JSONValue] = []
      try sequence(until: UInt8(ascii: "]"), of: "a value or ]") { (reader, index) throws(Stop) in
        values.append(try reader.within("[\(index)]", at: reader.position))
      }
      value = .list(values)
    case UInt8(ascii: "\"")?, UInt8(ascii: "'")?: value = .text(try text())
    case let byte? where Self.isScalarByte(byte): value = try scalar()
    default: throw stop("a value, in a text of UTF-8")
    }
    try skipBlanks()
    return value
  }

  private mutating func sequence(
    until end: UInt8, of expectation: String, _ item: (inout JSONReader, Int) throws(Stop) -> Void
  ) throws(Stop) {
    depth += 1
    guard depth <= Self.maximumDepth else { throw stop("less nesting") }
    position += 1
    try skipBlanks()
    var index = 0
    while next != end {
      guard next != nil else { throw stop(expectation) }
      try item(&self, index)
      index += 1
      if next == UInt8(ascii: ",") {
        position += 1
        try skipBlanks()
      } else if next != end {
        throw stop("a comma or \(Character(UnicodeScalar(end)))")
      }
    }
    position += 1
    depth -= 1
  }

  /// A value that is a member of what is being read.
  private mutating func within(_ step: String, at start: Int) throws(Stop) -> JSONValue {
    let count = path.count
    path += step.utf8
    if path.count <= Self.maximumPathLength { members[String(decoding: path, as: UTF8.self)] = start }
    let value = try value()
    path.removeLast(path.count - count)
    return value
  }

  /// - Parameter values: those of the object so far.
  private mutating func member(of values: inout [String: JSONValue]) throws(Stop) {
    let start = position
    let name: String
    if next == UInt8(ascii: "\"") || next == UInt8(ascii: "'") {
      name = try text()
    } else {
      skip { Self.isWordByte($0) }
      guard position > start, !Self.isDigit(bytes[start]) else {
        throw stop("a name, in quotes unless it has letters, digits, _ and $ only and begins with no digit", at: start)
      }
      name = String(decoding: bytes[start..<position], as: UTF8.self)
    }
    let isPlain = !bytes[start..<position].contains(UInt8(ascii: "\\"))
    try skipBlanks()
    guard next == UInt8(ascii: ":") else { throw stop("a colon") }
    position += 1
    guard isPlain else { throw stop(JSONMistake.plainName, at: start) }
    // The same name twice means that one of the two has no effect, and nobody sees which.
    guard values[name] == nil else { throw stop(JSONMistake.anotherName, at: start) }
    values[name] = try within((path.isEmpty ? "" : ".") + name, at: start)
  }

  /// A text in quotes.
  private mutating func text() throws(Stop) -> String {
    let start = position
    let quote = next
    position += 1
    var content: [UInt8] = []
    while let byte = next, byte != quote {
      if byte == UInt8(ascii: "\\") {
        position += 1
        guard next != nil else { break }
        try escape(into: &content)
      } else {
        guard byte != .lineFeed, byte != .carriageReturn else { throw stop("the closing quote") }
        guard byte >= 0x20 else { throw stop("no control character") }
        content.append(byte)
        position += 1
      }
    }
    guard next != nil else { throw stop("a closing quote for this text", at: start) }
    position += 1
    guard let text = String(validating: content, as: UTF8.self) else { throw stop("a text of UTF-8", at: start) }
    return text
  }

  /// What stands behind a backslash.
  private mutating func escape(into content: inout [UInt8]) throws(Stop) {
    let start = position - 1
    guard let byte = next else { return }
    position += 1
    switch byte {
    case UInt8(ascii: "b"): content.append(0x08)
    case UInt8(ascii: "f"): content.append(0x0C)
    case UInt8(ascii: "n"): content.append(.lineFeed)
    case UInt8(ascii: "r"): content.append(.carriageReturn)
    case UInt8(ascii: "t"): content.append(0x09)
    case UInt8(ascii: "v"): content.append(0x0B)
    case UInt8(ascii: "u"):
      var unit = try hexadecimal(digits: 4, of: start)
      if (0xD800..<0xDC00).contains(unit), isNext("\\u") {
        position += 2
        let low = try hexadecimal(digits: 4, of: start)
        guard (0xDC00..<0xE000).contains(low) else { throw stop("a whole character", at: start) }
        unit = 0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00)
      }
      guard let scalar = Unicode.Scalar(unit) else { throw stop("a whole character", at: start) }
      content += UTF8.encode(scalar).map(Array.init) ?? []
    case UInt8(ascii: "x"): content += Array(String(UnicodeScalar(UInt8(try hexadecimal(digits: 2, of: start)))).utf8)
    case .lineFeed: break
    case .carriageReturn: if next == .lineFeed { position += 1 }
    case UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "\\"), UInt8(ascii: "/"): content.append(byte)
    default: throw stop("an escape that JSON knows", at: start)
    }
  }

  private mutating func hexadecimal(digits count: Int, of start: Int) throws(Stop) -> UInt32 {
    var number: UInt32 = 0
    for _ in 0..<count {
      guard let byte = next, let digit = Character(UnicodeScalar(byte)).hexDigitValue else {
        throw stop("\(count) hexadecimal digits", at: start)
      }
      number = number << 4 | UInt32(digit)
      position += 1
    }
    return number
  }

  /// A value without quotes and brackets.
  private mutating func scalar() throws(Stop) -> JSONValue {
    let start = position
    skip(while: Self.isScalarByte)
    let word = bytes[start..<position]
    switch String(decoding: word, as: UTF8.self) {
    case "true": return .boolean(true)
    case "false": return .boolean(false)
    case "null": return .null
    default:
      guard let number = JSONValue(number: word) else { throw stop("true, false, null, a number or a text in quotes", at: start) }
      return number
    }
  }

  /// Blanks, line ends and both kinds of comment.
  private mutating func skipBlanks() throws(Stop) {
    while let byte = next {
      if byte <= 0x20 {
        guard [0x20, 0x09, .lineFeed, .carriageReturn, 0x0B, 0x0C].contains(byte) else { throw stop("no control character") }
        position += 1
      } else if isNext("\u{A0}") {  // as editors and web pages put it between words
        position += 2
      } else if isLineSeparator {
        position += 3
      } else if byte == UInt8(ascii: "/") {
        try comment()
      } else {
        return
      }
    }
  }

  /// U+2028 and U+2029 end a line, for JSON5 and on the screen.
  private var isLineSeparator: Bool { next == 0xE2 && (isNext("\u{2028}") || isNext("\u{2029}")) }

  private mutating func comment() throws(Stop) {
    let start = position
    position += 1
    switch next {
    case UInt8(ascii: "/")?:
      while let byte = next, byte != .lineFeed, byte != .carriageReturn, !isLineSeparator { try skipOfComment(byte) }
    case UInt8(ascii: "*")?:
      position += 1
      while let byte = next, !isNext("*/") { try skipOfComment(byte) }
      guard next != nil else { throw stop("an end of this comment", at: start) }
      position += 2
    default: throw stop("a value or a comment", at: start)
    }
  }

  /// NUL is in no text, and in every one of UTF-16.
  private mutating func skipOfComment(_ byte: UInt8) throws(Stop) {
    guard byte != 0 else { throw stop("no control character") }
    position += 1
  }

  private mutating func skip(while isInside: (UInt8) -> Bool) {
    while let byte = next, isInside(byte) { position += 1 }
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

  private static func isWordByte(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) || isDigit(byte) || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "$")
  }

  private static func isScalarByte(_ byte: UInt8) -> Bool {
    isWordByte(byte) || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "+") || byte == UInt8(ascii: ".")
  }
}

extension UInt8 {
  fileprivate static let lineFeed = UInt8(ascii: "\n")
  fileprivate static let carriageReturn = UInt8(ascii: "\r")
}

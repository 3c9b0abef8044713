/// Where a text stops being JSON5, for the person who mends it. The decoder only says that it does.
///
/// It reads the syntax and builds nothing; it is asked when the decoder has refused, for members that stand twice, and for their places.
struct JSONMistake: Equatable {
  /// Counted from 1; columns in bytes.
  var line: Int
  var column: Int
  /// What should stand there.
  var expectation: String
  /// Whether it is JSON5 all the same, and says something twice, or could.
  var isAmbiguous: Bool { expectation == Self.anotherName || expectation == Self.plainName }

  /// One name can be spelled in many ways with it, and none that is known here needs it.
  private static let plainName = "a name without backslash"
  private static let anotherName = "another name, because this one is there already"

  /// The first mistake, or `nil` when this reader sees none.
  static func find(in bytes: [UInt8]) -> JSONMistake? {
    var reader = Reader(bytes: bytes)
    do throws(Stop) {
      try reader.document()
      return nil
    } catch {
      let place = place(of: error.position, in: bytes)
      return JSONMistake(line: place.line, column: place.column, expectation: error.expectation)
    }
  }

  /// Where the members of a text that is JSON5 begin, by their paths: `Client.Auth.CredSSP`, `Listener[0].Port`.
  static func places(in bytes: [UInt8]) -> [String: (line: Int, column: Int)] {
    var reader = Reader(bytes: bytes)
    do throws(Stop) { try reader.document() } catch {}  // what was read before is still true
    return reader.members.mapValues { place(of: $0, in: bytes) }
  }

  private static func place(of position: Int, in bytes: [UInt8]) -> (line: Int, column: Int) {
    let before = bytes[..<min(position, bytes.count)]
    let lineStart = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
    return (before.count { $0 == UInt8(ascii: "\n") } + 1, position - lineStart + 1)
  }

  private struct Stop: Error {
    var position: Int
    var expectation: String
  }

  private struct Reader {
    /// Configuration is a few levels deep.
    static let maximumDepth = 100
    /// No member that is known here has a longer path, in bytes. Where longer ones are is not kept.
    static let maximumPathLength = 200

    let bytes: [UInt8]
    var position = 0
    var depth = 0
    /// The path of what is being read, and where each member was found.
    private var path: [UInt8] = []
    private(set) var members: [String: Int] = [:]

    init(bytes: [UInt8]) { self.bytes = bytes }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    private func stop(_ expectation: String, at place: Int? = nil) -> Stop { Stop(position: place ?? position, expectation: expectation) }

    mutating func document() throws(Stop) {
      try value()
      guard next == nil else { throw stop("the end of the file") }
    }

    /// A value with the blanks on both sides.
    private mutating func value() throws(Stop) {
      try skipBlanks()
      switch next {
      case UInt8(ascii: "{")?:
        var names: Set<ArraySlice<UInt8>> = []
        try sequence(until: UInt8(ascii: "}"), of: "a name or }") { (reader, _) throws(Stop) in
          try reader.member(&names)
        }
      case UInt8(ascii: "[")?:
        try sequence(until: UInt8(ascii: "]"), of: "a value or ]") { (reader, index) throws(Stop) in
          try reader.within(Array("[\(index)]".utf8), at: reader.position)
        }
      case UInt8(ascii: "\"")?, UInt8(ascii: "'")?: try string()
      case let byte? where Self.isWordByte(byte) || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "+") || byte == UInt8(ascii: "."):
        try scalar()
      default: throw stop("a value")
      }
      try skipBlanks()
    }

    private mutating func sequence(
      until end: UInt8, of expectation: String, _ item: (inout Reader, Int) throws(Stop) -> Void
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
    private mutating func within(_ step: some Collection<UInt8>, at start: Int) throws(Stop) {
      let count = path.count
      path += step
      if path.count <= Self.maximumPathLength { members[String(decoding: path, as: UTF8.self)] = start }
      try value()
      path.removeLast(path.count - count)
    }

    /// - Parameter names: those of the object so far.
    private mutating func member(_ names: inout Set<ArraySlice<UInt8>>) throws(Stop) {
      let start = position
      let name: ArraySlice<UInt8>
      if next == UInt8(ascii: "\"") || next == UInt8(ascii: "'") {
        try string()
        name = bytes[(start + 1)..<(position - 1)]
      } else {
        skip { Self.isWordByte($0) }
        guard position > start else { throw stop("a name") }
        name = bytes[start..<position]
      }
      try skipBlanks()
      guard next == UInt8(ascii: ":") else { throw stop("a colon") }
      position += 1
      guard !name.contains(UInt8(ascii: "\\")) else { throw stop(JSONMistake.plainName, at: start) }
      // The same name twice means that one of the two has no effect, and nobody sees which.
      guard names.insert(name).inserted else { throw stop(JSONMistake.anotherName, at: start) }
      try within((path.isEmpty ? [] : [UInt8(ascii: ".")]) + name, at: start)
    }

    private mutating func string() throws(Stop) {
      let start = position
      let quote = next
      position += 1
      while let byte = next, byte != quote {
        // A backslash protects the byte behind it, also the end of a line.
        guard byte == UInt8(ascii: "\\") || byte != UInt8(ascii: "\n") else { throw stop("the closing quote") }
        position += byte == UInt8(ascii: "\\") ? 2 : 1
      }
      guard next != nil else { throw stop("a closing quote for this text", at: start) }
      position += 1
    }

    private mutating func scalar() throws(Stop) {
      let start = position
      skip { Self.isWordByte($0) || [UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: ".")].contains($0) }
      let word = String(decoding: bytes[start..<position], as: UTF8.self)
      let isNumber = word.utf8.contains { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } && !(word.first?.isLetter ?? true)
      guard isNumber || ["true", "false", "null", "Infinity", "-Infinity", "+Infinity", "NaN", "-NaN", "+NaN"].contains(word) else {
        throw stop("true, false, null, a number or a text in quotes", at: start)
      }
    }

    /// Blanks, line ends and both kinds of comment.
    private mutating func skipBlanks() throws(Stop) {
      while let byte = next {
        if byte <= 0x20 {
          guard [0x20, 0x09, 0x0A, 0x0D, 0x0B, 0x0C].contains(byte) else { throw stop("no control character") }
          position += 1
        } else if byte == UInt8(ascii: "/") {
          try comment()
        } else {
          return
        }
      }
    }

    private mutating func comment() throws(Stop) {
      let start = position
      position += 1
      switch next {
      case UInt8(ascii: "/")?: skip { $0 != UInt8(ascii: "\n") }
      case UInt8(ascii: "*")?:
        position += 1
        while position + 1 < bytes.count, !(bytes[position] == UInt8(ascii: "*") && bytes[position + 1] == UInt8(ascii: "/")) {
          position += 1
        }
        guard position + 1 < bytes.count else { throw stop("an end of this comment", at: start) }
        position += 2
      default: throw stop("a value or a comment", at: start)
      }
    }

    private mutating func skip(while isInside: (UInt8) -> Bool) {
      while let byte = next, isInside(byte) { position += 1 }
    }

    private static func isWordByte(_ byte: UInt8) -> Bool {
      (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "$") || byte >= 0x80
    }
  }
}

import Testing

@testable import WinRMConfiguration

@Suite struct JSONReaderTests {
  @Test(
    "The place and the expectation of a mistake",
    arguments: [
      ("{\n  \"a\": \"b\" \"c\"\n}", 2, 12, "a comma or }"),
      ("{\"a\": tru }", 1, 7, "true, false, null"),
      ("{a: 1", 1, 6, "a comma or }"),
      ("", 1, 1, "a value"),
      ("{\n\n  a 1}", 3, 5, "a colon"),
      ("[1, 2", 1, 6, "a comma or ]"),
      ("[1 2]", 1, 4, "a comma or ]"),
      ("{\"a\": \"x\n\"}", 1, 9, "the closing quote"),
      ("\"abc", 1, 1, "a closing quote"),
      ("{} {}", 1, 4, "the end of the file"),
      ("/* x", 1, 1, "an end of this comment"),
      ("{,}", 1, 2, "a name"),
      ("\u{0}", 1, 1, "no control character"),
      ("\"a\\", 1, 1, "a closing quote"),
    ])
  func places(text: String, line: Int, column: Int, expectation: String) throws {
    let mistake = try #require(JSONMistake.find(in: Array(text.utf8)))
    #expect(mistake.line == line)
    #expect(mistake.column == column)
    #expect(mistake.expectation.hasPrefix(expectation), "\(mistake.expectation)")
    #expect(throws: ConfigurationError.self) { try JSONValue(parsing: Array(text.utf8), file: "f") }
  }

  @Test(
    "What people write is read",
    arguments: [
      "{}", "[]", "{a: 1, 'b': \"c\", }", "// x\n{\"a\": [1, -2.5, +3, .5, 0x1F, true, null,], /* y */}", "\"a\\\"b\"", "  1  ",
      "{\"ü\": \"ß\"}",
    ])
  func accepted(text: String) throws {
    _ = try JSONValue(parsing: Array(text.utf8), file: "f")
    #expect(JSONMistake.find(in: Array(text.utf8)) == nil)
  }

  @Test("A name that is spelled in another way cannot stand beside itself")
  func spelling() throws {
    let text = #"{"DenyFreshCredentials.List": ["WSMAN/evil"], "DenyFresh\u0043redentials.List": ["WSMAN/none"]}"#
    let error = #expect(throws: ConfigurationError.self) { try JSONValue(parsing: Array(text.utf8), file: "f") }
    #expect(error?.column == 47 && error?.message.contains("a name without backslash") == true, "\(String(describing: error))")
    for text in [#"{"a": 1, "a": 2}"#, #"{a: {"b": 1, 'b': 2}}"#, #"[{a: 1, "a": 2}]"#] {
      #expect(throws: ConfigurationError.self) { try JSONValue(parsing: Array(text.utf8), file: "f") }
    }
    _ = try JSONValue(parsing: Array(#"{"a.b": 1, "a": {"b": 2}}"#.utf8), file: "f")
  }

  @Test(
    "What a text says",
    arguments: [
      (#"{"a": [1, -2, "b"], c: {}}"#, JSONValue.object(["a": .list([.integer(1), .integer(-2), .text("b")]), "c": .object([:])])),
      (#"[true, false, null]"#, .list([.boolean(true), .boolean(false), .null])),
      (#"["\u0041\x42\n\t\r\b\f\v\/\"\'\\", '"', "'"]"#, .list([.text("AB\n\t\r\u{8}\u{C}\u{B}/\"'\\"), .text("\""), .text("'")])),
      (#""\uD83D\uDE00 \xE9""#, .text("\u{1F600} é")),
      ("'a\\\nb\\\r\nc\\\rd'", .text("abcd")),
      ("\u{FEFF}{a:\u{A0}1}", .object(["a": .integer(1)])),
      (
        "[0, 1.0, 6e3, 0x1F, -0x10, +.5, 5., 1e-1]",
        .list([0, 1, 6000, 31, -16].map(JSONValue.integer) + [0.5].map(JSONValue.real) + [.integer(5), .real(0.1)])
      ),
      (
        "[9223372036854775807, -9223372036854775808, 9223372036854775808]",
        .list([.integer(.max), .integer(.min), .real(9223372036854775808)])
      ),
      ("[Infinity, -Infinity, 1e999]", .list([.real(.infinity), .real(-.infinity), .real(.infinity)])),
    ])
  func values(text: String, value: JSONValue) throws {
    #expect(try JSONValue(parsing: Array(text.utf8), file: "f") == value)
  }

  @Test(
    "What is no JSON5, or could be read in two ways, is refused",
    arguments: [
      "{1: 2}", "{ü: 1}", "{a\u{A0}b: 1}", "01", "0x", "0x-0", "0x1G", "1e", ".", "+", "--1", "1_000", "Infinit", "True", "[1,,2]", "[,]",
      "\"a\tb\"", "\"a\rb\"", #""\q""#, #""\0""#, #""\u12""#, #""\uD800""#, #""\uDC00""#, #""\uD800\u0041""#, "{a: 1}\0", "// a\0\n1",
      "/* \0 */ 1",
      "1 \u{FEFF}", "/", "/x", "// only a comment",
    ])
  func refused(text: String) {
    let error = #expect(throws: ConfigurationError.self) { try JSONValue(parsing: Array(text.utf8), file: "f") }
    #expect(error?.code == .malformed && error?.line != nil)
  }

  @Test(
    "A comment ends with its line, whatever ends that, for the places of members too",
    arguments: ["\n", "\r", "\r\n", "\u{2028}", "\u{2029}"])
  func comments(lineEnd: String) throws {
    let text = "// a: 1, \(lineEnd){\(lineEnd)b: 1, // c: 2\(lineEnd)d: 3}"
    #expect(try JSONValue(parsing: Array(text.utf8), file: "f") == .object(["b": .integer(1), "d": .integer(3)]))
    let error = #expect(throws: ConfigurationError.self) {
      try JSONValue(parsing: Array("// x\(lineEnd){\"a\": 1, // y\(lineEnd)\"a\": 2,\n}".utf8), file: "f")
    }
    #expect(error?.message.contains("ambiguous") == true)
    if lineEnd.utf8.count < 3 { #expect(error?.line == 3 && error?.column == 1) }
  }

  @Test("A text in another encoding is refused")
  func encodings() {
    let text = #"{"a": 1, "a": 2}"#
    let little = text.utf16.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)] }
    let big = text.utf16.flatMap { [UInt8($0 >> 8), UInt8(truncatingIfNeeded: $0)] }
    let wide = text.utf8.flatMap { [$0, 0, 0, 0] as [UInt8] }
    let marked: [[UInt8]] = [[0xFF, 0xFE] + little, [0xFE, 0xFF] + big, [0xFF, 0xFE, 0, 0] + wide]
    for bytes in [little, big, wide] + marked {
      let error = #expect(throws: ConfigurationError.self) { try JSONValue(parsing: bytes, file: "f") }
      #expect(error?.code == .malformed && error?.message.hasPrefix("it is not JSON") == true)
    }
    for bytes: [UInt8] in [[0x22, 0xFC, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22], [0x22, 0xC0, 0x80, 0x22]] {
      #expect(throws: ConfigurationError.self) { try JSONValue(parsing: bytes, file: "f") }
    }
  }

  @Test("Two names that are the same text are the same name, and a byte order mark hides none")
  func sameNames() {
    for text in [
      #"{"AllowKerberos": 1, "Allow\#u{212A}erberos": 0}"#, "\u{FEFF}{\"a\": 1, \"a\": 2}", "{a: 1, a\u{A0}: 2}",
    ] {
      let error = #expect(throws: ConfigurationError.self) { try JSONValue(parsing: Array(text.utf8), file: "f") }
      #expect(error?.message.contains("another name") == true, "\(String(describing: error))")
      #expect(error?.line == 1)
    }
  }

  @Test("A long name around many members does not count for each of them")
  func longNames() {
    let members = (0..<8000).map { "\"\($0)\": 1" }.joined(separator: ", ")
    let text = "{\"\(String(repeating: "n", count: 100_000))\": {\(members)}}"
    let places = JSONReader.places(in: Array(text.utf8))
    #expect(places.keys.reduce(0) { $0 + $1.utf8.count } < 1_000_000)
    #expect(JSONMistake.find(in: Array(text.utf8)) == nil)
  }

  @Test("Every truncation and much nesting end with an answer")
  func hostile() {
    let text = Array("{a: [1, {'b': \"c\\\"d\"}, /* e */ true], // f\n g: null}".utf8)
    for count in 0..<text.count { #expect(JSONMistake.find(in: Array(text[..<count])) != nil) }
    for byte in UInt8.min...UInt8.max {
      for index in text.indices {
        var changed = text
        changed[index] = byte
        _ = JSONMistake.find(in: changed)
      }
    }
    #expect(JSONMistake.find(in: [UInt8](repeating: UInt8(ascii: "["), count: 1_000_000))?.expectation == "less nesting")
  }
}

import Testing

@testable import WinRMConfiguration

@Suite struct JSONMistakeTests {
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
    "What the decoder accepts has no mistake",
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

  @Test("A long name around many members does not count for each of them")
  func longNames() {
    let members = (0..<8000).map { "\"\($0)\": 1" }.joined(separator: ", ")
    let text = "{\"\(String(repeating: "n", count: 100_000))\": {\(members)}}"
    let places = JSONMistake.places(in: Array(text.utf8))
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

/// What a configuration file says, before its meaning is known.
enum JSONValue: Equatable {
  case null
  case boolean(Bool)
  case integer(Int64)
  case real(Double)
  case text(String)
  case list([JSONValue])
  case object([String: JSONValue])

  /// Reads what ``JSONReader`` takes.
  ///
  /// - Throws: `malformed`, with line and column.
  init(parsing bytes: [UInt8], file: String) throws(ConfigurationError) {
    do throws(JSONMistake) {
      self = try JSONReader.read(bytes)
    } catch {
      let what = error.isAmbiguous ? "it is ambiguous" : "it is not JSON"
      throw ConfigurationError(
        .malformed, "\(what): here should stand \(error.expectation)", file: file, line: error.line, column: error.column)
    }
  }

  /// What kind of value it is, for messages.
  var kind: String {
    switch self {
    case .null: "null"
    case .boolean: "true or false"
    case .integer, .real: "a number"
    case .text: "a text"
    case .list: "a list"
    case .object: "an object"
    }
  }
}

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// What a configuration file says, before its meaning is known.
enum JSONValue: Equatable {
  case null
  case boolean(Bool)
  case integer(Int64)
  case real(Double)
  case text(String)
  case list([JSONValue])
  case object([String: JSONValue])

  /// Reads JSON5: comments, final commas and unquoted keys are allowed, because people write these files.
  ///
  /// - Throws: `malformed`, with line and column.
  init(parsing bytes: [UInt8], file: String) throws(ConfigurationError) {
    let decoder = JSONDecoder()
    decoder.allowsJSON5 = true
    do {
      self = try decoder.decode(JSONValue.self, from: Data(bytes))
    } catch {
      let mistake = JSONMistake.find(in: bytes)
      let text = mistake.map { "it is not JSON: here should stand \($0.expectation)" } ?? "it is not JSON"
      throw ConfigurationError(.malformed, text, file: file, line: mistake?.line, column: mistake?.column)
    }
    // The decoder takes one of two members of the same name.
    if let mistake = JSONMistake.find(in: bytes), mistake.isAmbiguous {
      throw ConfigurationError(
        .malformed, "it is ambiguous: here should stand \(mistake.expectation)", file: file, line: mistake.line, column: mistake.column)
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

extension JSONValue: Decodable {
  private struct Key: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  init(from decoder: any Decoder) throws {
    // Most values are texts, and each form that does not fit costs an error.
    if let text = try? decoder.singleValueContainer().decode(String.self) {
      self = .text(text)
    } else if let object = try? decoder.container(keyedBy: Key.self) {
      var values: [String: JSONValue] = [:]
      for key in object.allKeys { values[key.stringValue] = try object.decode(JSONValue.self, forKey: key) }
      self = .object(values)
    } else if var list = try? decoder.unkeyedContainer() {
      var values: [JSONValue] = []
      while !list.isAtEnd { values.append(try list.decode(JSONValue.self)) }
      self = .list(values)
    } else {
      self = try Self(scalar: decoder.singleValueContainer())
    }
  }

  private init(scalar: any SingleValueDecodingContainer) throws {
    if scalar.decodeNil() {
      self = .null
    } else if let value = try? scalar.decode(Bool.self) {
      self = .boolean(value)
    } else if let value = try? scalar.decode(Int64.self) {
      self = .integer(value)
    } else {
      self = .real(try scalar.decode(Double.self))
    }
  }
}

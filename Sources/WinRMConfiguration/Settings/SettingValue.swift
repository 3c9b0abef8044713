/// The value of one setting.
public enum SettingValue: Sendable, Equatable {
  case boolean(Bool)
  case integer(UInt32)
  case text(String)
  case list([String])

  /// The text that `winrm` prints: `true`, `5985`, `wsman`. Items of a list are separated by a comma and a blank.
  public var text: String {
    switch self {
    case .boolean(let value): value ? "true" : "false"
    case .integer(let value): String(value)
    case .text(let value): value
    case .list(let values): values.joined(separator: ", ")
    }
  }

  /// Reads what somebody typed as a value of the same kind as `self`; `nil` when it is none.
  func parsing(_ text: String) -> SettingValue? {
    switch self {
    case .boolean:
      switch text.lowercased() {
      case "true", "1": return .boolean(true)
      case "false", "0": return .boolean(false)
      default: return nil
      }
    case .integer:
      guard text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else { return nil }
      return UInt32(text).map(SettingValue.integer)
    case .text: return .text(text)
    case .list:
      return .list(text.split(separator: ",").map { String($0.trimmingBlanks) }.filter { !$0.isEmpty })
    }
  }

  /// The value of a file as a value of the same kind as `self`; `nil` when it is none.
  func decoding(_ json: JSONValue) -> SettingValue? {
    switch (self, json) {
    case (.boolean, .boolean(let value)): return .boolean(value)
    case (.integer, .integer(let value)): return UInt32(exactly: value).map(SettingValue.integer)
    case (.text, .text(let value)): return .text(value)
    case (.list, .list(let values)):
      var texts: [String] = []
      for value in values {
        guard case .text(let text) = value else { return nil }
        texts.append(text)
      }
      return .list(texts)
    default: return nil
    }
  }

  var json: JSONText {
    switch self {
    case .boolean(let value): .boolean(value)
    case .integer(let value): .integer(UInt64(value))
    case .text(let value): .text(value)
    case .list(let values): .list(values.map(JSONText.text))
    }
  }

  /// What must be written, for messages.
  var expectation: String {
    switch self {
    case .boolean: "true or false"
    case .integer: "a number from 0 to 4294967295"
    case .text: "a text"
    case .list: "a list of texts"
    }
  }
}

extension StringProtocol {
  var trimmingBlanks: SubSequence {
    guard let first = firstIndex(where: { $0 != " " && $0 != "\t" }), let last = lastIndex(where: { $0 != " " && $0 != "\t" }) else {
      return self[endIndex...]
    }
    return self[first...last]
  }
}

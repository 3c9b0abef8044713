/// Writes JSON the way people keep it: keys in a given order, two spaces of indentation, short lists on one line.
indirect enum JSONText {
  case boolean(Bool)
  case integer(UInt64)
  case text(String)
  case list([JSONText])
  case object([(key: String, value: JSONText)])

  /// The members of an object; none of anything else.
  var members: [(key: String, value: JSONText)] {
    switch self {
    case .object(let members): members
    case .boolean, .integer, .text, .list: []
    }
  }

  /// The whole document with a final line feed.
  var document: String { rendered(indentation: "") + "\n" }

  private func rendered(indentation: String) -> String {
    let inner = indentation + "  "
    switch self {
    case .boolean(let value): return value ? "true" : "false"
    case .integer(let value): return String(value)
    case .text(let value): return Self.quoted(value)
    case .list(let values) where values.allSatisfy(\.isScalar):
      return "[" + values.map { $0.rendered(indentation: inner) }.joined(separator: ", ") + "]"
    case .list(let values):
      return "[\n" + values.map { inner + $0.rendered(indentation: inner) }.joined(separator: ",\n") + "\n\(indentation)]"
    case .object(let members) where members.isEmpty: return "{}"
    case .object(let members):
      let lines = members.map { "\(inner)\(Self.quoted($0.key)): \($0.value.rendered(indentation: inner))" }
      return "{\n" + lines.joined(separator: ",\n") + "\n\(indentation)}"
    }
  }

  private var isScalar: Bool {
    switch self {
    case .boolean, .integer, .text: true
    case .list, .object: false
    }
  }

  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\t": result += "\\t"
      // U+2028 and U+2029 would be line ends to some readers of JSON5.
      case _ where scalar.value < 0x20 || scalar.value == 0x7F || scalar.value == 0x2028 || scalar.value == 0x2029:
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}

/// Writes XML in UTF-8 without insignificant white space.
///
/// A character that XML 1.0 cannot carry is written as U+FFFD, and the field it stood in is remembered: whoever writes for a caller that
/// can be told throws ``problem``; whoever must answer in any case does not.
struct XMLWriter {
  private(set) var bytes: [UInt8] = []
  /// The first value that could not be written as it was.
  private(set) var problem: WSManError?

  /// An attribute to write: a name of ours, with prefix, and its value. Without a value nothing is written.
  typealias Attribute = (name: StaticString, value: String?)

  init() { bytes.reserveCapacity(2_048) }

  /// Writes an element with its content; without any, an empty-element tag. `tag` is a name of ours, with prefix.
  mutating func element(
    _ tag: StaticString, _ attributes: [Attribute] = [], _ content: (inout XMLWriter) -> Void = { _ in }
  ) {
    raw("<")
    raw(tag)
    for case (let name, let value?) in attributes {
      raw(" ")
      raw(name)
      raw("=\"")
      attribute(value, field: "attribute \(name) of \(tag)")
      raw("\"")
    }
    let mark = bytes.count
    raw(">")
    content(&self)
    if bytes.count == mark + 1 {
      bytes[mark] = UInt8(ascii: "/")
      raw(">")
    } else {
      raw("</")
      raw(tag)
      raw(">")
    }
  }

  /// Writes an element that holds text.
  mutating func element(
    _ tag: StaticString, _ attributes: [Attribute] = [], text: String, field: @autoclosure () -> String? = nil
  ) {
    element(tag, attributes) { $0.text(text, field: field() ?? "\(tag)") }
  }

  /// Writes text, escaped. `field` names it for the error.
  mutating func text(_ text: String, field: @autoclosure () -> String) { escape(text, inAttribute: false, field: field()) }

  /// Writes the value of an attribute, escaped, without the quotes.
  mutating func attribute(_ value: String, field: @autoclosure () -> String) { escape(value, inAttribute: true, field: field()) }

  /// Writes bytes that need no escaping.
  mutating func raw(_ text: StaticString) {
    text.withUTF8Buffer { bytes.append(contentsOf: $0) }
  }

  /// Writes bytes that need no escaping: base64, or names that were checked.
  mutating func raw(_ content: some Sequence<UInt8>) { bytes.append(contentsOf: content) }

  private mutating func escape(_ value: String, inAttribute: Bool, field: @autoclosure () -> String) {
    var value = value
    var isLegal = true
    value.withUTF8 { source in
      bytes.reserveCapacity(bytes.count + source.count)
      var plain = source.startIndex
      var index = source.startIndex
      while index < source.endIndex {
        guard let replacement = Self.replacement(source, index, inAttribute, &isLegal) else {
          index += 1
          continue
        }
        bytes.append(contentsOf: source[plain..<index])
        replacement.text.withUTF8Buffer { bytes.append(contentsOf: $0) }
        index += replacement.length
        plain = index
      }
      bytes.append(contentsOf: source[plain...])
    }
    if !isLegal, problem == nil {
      problem = WSManError(.invalidValue, "\(field()) holds a control character that XML 1.0 cannot carry.")
    }
  }

  /// What stands for the character at `index`, and how many bytes it replaces; `nil` for a byte that goes as it is.
  private static func replacement(
    _ source: UnsafeBufferPointer<UInt8>, _ index: Int, _ inAttribute: Bool, _ isLegal: inout Bool
  ) -> (text: StaticString, length: Int)? {
    switch source[index] {
    case UInt8(ascii: "&"): return ("&amp;", 1)
    case UInt8(ascii: "<"): return ("&lt;", 1)
    case UInt8(ascii: ">"): return ("&gt;", 1)
    case UInt8(ascii: "\""): return inAttribute ? ("&quot;", 1) : nil
    case 0x09: return inAttribute ? ("&#9;", 1) : nil
    case 0x0A: return inAttribute ? ("&#10;", 1) : nil
    case 0x0D: return ("&#13;", 1)  // a bare one would be read as a line feed
    case 0x00..<0x20:
      isLegal = false
      return ("\u{FFFD}", 1)
    case 0xEF where index + 2 < source.count && source[index + 1] == 0xBF && source[index + 2] >= 0xBE:
      isLegal = false  // U+FFFE, U+FFFF
      return ("\u{FFFD}", 3)
    default: return nil
    }
  }
}

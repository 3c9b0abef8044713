/// The pieces of header values: tokens and quoted strings (RFC 9110 §5.6).
struct HeaderScanner {
  private var rest: Substring.UTF8View

  init(_ text: String) { rest = Substring(text).utf8 }

  var isAtEnd: Bool { rest.isEmpty }

  /// Whether a space or tab is next.
  var isAtSpace: Bool { rest.first == 0x20 || rest.first == 0x09 }

  mutating func skipSpace() { rest = rest.drop { $0 == 0x20 || $0 == 0x09 } }

  /// Takes `byte` if it is next.
  mutating func take(_ byte: UInt8) -> Bool {
    guard rest.first == byte else { return false }
    rest.removeFirst()
    return true
  }

  /// Takes a text that is next, in any case of ASCII letters; what was taken.
  mutating func take(prefix: String) -> String? {
    let next = rest.prefix(prefix.utf8.count)
    guard next.count == prefix.utf8.count, zip(next, prefix.utf8).allSatisfy({ Self.lowercased($0) == Self.lowercased($1) }) else {
      return nil
    }
    rest.removeFirst(next.count)
    return String(Substring(next))
  }

  private static func lowercased(_ byte: UInt8) -> UInt8 { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte }

  /// Takes the longest run of bytes for which `isPart` holds.
  mutating func run(_ isPart: (UInt8) -> Bool) -> String {
    let run = rest.prefix(while: isPart)
    rest.removeFirst(run.count)
    return String(Substring(run))
  }

  /// Takes a token.
  mutating func token() -> String? {
    let text = run(Self.isTokenByte)
    return text.isEmpty ? nil : text
  }

  /// Takes base64 text with its padding; empty when there is none.
  mutating func token68() -> String {
    run { AuthenticationToken.isBase64Byte($0) } + run { $0 == UInt8(ascii: "=") }
  }

  /// Takes a quoted string with its quotes; what it stands for, or `nil` when it does not end.
  mutating func quotedString() -> String? {
    guard take(UInt8(ascii: "\"")) else { return nil }
    var bytes: [UInt8] = []
    while let byte = rest.popFirst() {
      switch byte {
      case UInt8(ascii: "\""): return String(validating: bytes, as: UTF8.self)
      case UInt8(ascii: "\\"):
        guard let escaped = rest.popFirst() else { return nil }
        bytes.append(escaped)
      default: bytes.append(byte)
      }
    }
    return nil
  }

  static func isTokenByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
    default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }
  }
}

/// A `Content-Type` value taken apart. Names are in lower case; values are as written, without quotes.
struct MediaType {
  var name: String
  var parameters: [(name: String, value: String)] = []

  /// Reads a header value. Values without quotes reach to the next semicolon: some write `boundary=Encrypted Boundary`.
  init(parsing text: String) throws(WinRMHTTPError) {
    guard text.utf8.count <= 1_024 else { throw WinRMHTTPError(.limit, "A Content-Type header is too long.") }
    var scanner = HeaderScanner(text)
    scanner.skipSpace()
    name = scanner.run { HeaderScanner.isTokenByte($0) || $0 == UInt8(ascii: "/") }.lowercased()
    scanner.skipSpace()
    while !scanner.isAtEnd {
      guard scanner.take(UInt8(ascii: ";")) else { throw Self.malformed }
      scanner.skipSpace()
      if scanner.isAtEnd { break }  // a semicolon at the end
      guard let name = scanner.token(), scanner.take(UInt8(ascii: "=")) else { throw Self.malformed }
      if let quoted = scanner.quotedString() {
        parameters.append((name.lowercased(), quoted))
      } else {
        let plain = scanner.run { $0 != UInt8(ascii: ";") && $0 != UInt8(ascii: "\"") }
        parameters.append((name.lowercased(), plain.trimmingSpace))
      }
      scanner.skipSpace()
    }
  }

  /// The one parameter of that name.
  func parameter(_ name: String) throws(WinRMHTTPError) -> String {
    let values = parameters.filter { $0.name == name }
    guard values.count == 1, let value = values.first?.value, !value.isEmpty else {
      throw WinRMHTTPError(.malformed, "The Content-Type needs the parameter \(name) once.")
    }
    return value
  }

  private static let malformed = WinRMHTTPError(.malformed, "A Content-Type header is malformed.")
}

extension String {
  /// The text without spaces and tabs at both ends.
  var trimmingSpace: String {
    guard let start = utf8.firstIndex(where: { $0 != 0x20 && $0 != 0x09 }),
      let last = utf8.lastIndex(where: { $0 != 0x20 && $0 != 0x09 })
    else { return "" }
    return String(self[start...last])
  }
}

import SecuritySupport

/// The tokens that authentication headers carry.
enum AuthenticationToken {
  /// The largest token that is read or written, in bytes before base64: a Kerberos ticket with a large PAC fits, and little else is needed.
  static let maximumLength = 98_304

  /// The most that a header value with such a token can be long, in bytes.
  static let maximumHeaderLength = (maximumLength + 2) / 3 * 4 + 64

  /// Whether a byte can stand in base64 text before the padding.
  static func isBase64Byte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
    default: byte == UInt8(ascii: "+") || byte == UInt8(ascii: "/")
    }
  }

  /// The bytes of a base64 token.
  static func decode(_ text: String) throws(WinRMHTTPError) -> [UInt8] {
    guard text.utf8.count <= (maximumLength + 2) / 3 * 4 else {
      throw WinRMHTTPError(.limit, "An authentication token is larger than \(maximumLength) bytes.")
    }
    guard let token = Base64.decode(text) else { throw WinRMHTTPError(.malformed, "An authentication token is not base64.") }
    return token
  }

  /// Base64 text, in which nothing of a token can end a header line.
  static func encode(_ token: [UInt8]) -> String { Base64.encode(token) }
}

public import SecuritySupport

/// The user name and password of scheme Basic (RFC 7617 §2).
public struct BasicCredentials: Sendable {
  /// The longest user name, in bytes of UTF-8: an account name with the longest name of a host before it.
  public static let maximumUserNameLength = 512
  /// The longest password, in bytes of UTF-8.
  public static let maximumPasswordLength = 1024

  /// As the client wrote it, with or without a domain.
  public var userName: String
  /// In UTF-8.
  public var password: SecretBytes

  public init(userName: String, password: SecretBytes) {
    self.userName = userName
    self.password = password
  }

  /// Reads the decoded token: user name, colon, password. The first colon ends the user name; the password may hold others.
  ///
  /// RFC 7617 leaves the encoding open. What is UTF-8 is UTF-8; what is not is taken for ISO 8859-1, which Python's `requests` sends.
  ///
  /// - Throws: ``WinRMHTTPError``: `malformed` without a colon, with an empty name, or with a control character, NUL among them; `limit` for
  ///   a name or password that is too long.
  public init(decoding token: [UInt8]) throws(WinRMHTTPError) {
    guard token.count <= Self.maximumUserNameLength + 1 + Self.maximumPasswordLength else {
      throw WinRMHTTPError(.limit, "The credentials of Basic are too long.")
    }
    guard let colon = token.firstIndex(of: UInt8(ascii: ":")) else {
      throw WinRMHTTPError(.malformed, "The credentials of Basic have no colon.")
    }
    guard !token.contains(where: { $0 < 0x20 || $0 == 0x7F }) else {
      throw WinRMHTTPError(.malformed, "The credentials of Basic hold a control character.")
    }
    let isUTF8 = Self.isUTF8(token)
    let name = token[..<colon]
    let text = isUTF8 ? String(validating: name, as: UTF8.self) : String(String.UnicodeScalarView(name.map { UnicodeScalar($0) }))
    guard let text, !text.isEmpty else { throw WinRMHTTPError(.malformed, "The credentials of Basic name nobody.") }
    let password = Self.password(token[(colon + 1)...], isUTF8: isUTF8)
    guard text.utf8.count <= Self.maximumUserNameLength, password.count <= Self.maximumPasswordLength else {
      throw WinRMHTTPError(.limit, "The credentials of Basic are too long.")
    }
    self.init(userName: text, password: password)
  }

  /// Whether bytes are UTF-8, found out without a copy of them.
  private static func isUTF8(_ bytes: [UInt8]) -> Bool {
    !transcode(bytes.makeIterator(), from: UTF8.self, to: UTF8.self, stoppingOnError: true) { _ in }
  }

  /// The password in UTF-8, written to its place alone.
  private static func password(_ bytes: ArraySlice<UInt8>, isUTF8: Bool) -> SecretBytes {
    guard !isUTF8 else { return SecretBytes(bytes) }
    let count = bytes.reduce(0) { $0 + ($1 < 0x80 ? 1 : 2) }
    return SecretBytes(count: count) { target in
      var position = 0
      for byte in bytes {
        if byte < 0x80 {
          target[position] = byte
          position += 1
        } else {
          target[position] = 0xC0 | byte >> 6
          target[position + 1] = 0x80 | byte & 0x3F
          position += 2
        }
      }
    }
  }
}

extension BasicCredentials: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// The name may be a password that somebody typed into the wrong field.
  public var description: String { "credentials of Basic, not shown" }
  public var debugDescription: String { description }
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}

import SecuritySupport

/// The layout of encrypted bodies (MS-WSMV §2.2.9): `multipart/encrypted`, and `multipart/x-multi-encrypted` for CredSSP bodies of
/// more than 16 384 bytes.
///
/// It looks like MIME and is not: headers begin with a tab, no empty line follows them, and no line break stands between the data and the
/// next boundary. Data may hold the boundary's text, so a reader counts bytes and never searches.
public enum MultipartEncrypted {
  /// What is inside, unless a caller says otherwise.
  public static let originalContentType = "application/soap+xml;charset=UTF-8"

  static let boundary = "Encrypted Boundary"
  static let single = "multipart/encrypted"
  static let multiple = "multipart/x-multi-encrypted"

  /// Whether the content type is that of an encrypted body.
  public static func isEncrypted(contentType: String) -> Bool {
    var scanner = HeaderScanner(contentType)
    scanner.skipSpace()
    let name = scanner.run { HeaderScanner.isTokenByte($0) || $0 == UInt8(ascii: "/") }.lowercased()
    return name == single || name == multiple
  }

  /// Writes a body and the content type that belongs to it, byte for byte as the Windows client does.
  ///
  /// - Parameters:
  ///   - parts: one part; several for CredSSP only.
  ///   - originalContentType: the type of the plaintext; control characters in it are left out.
  public static func encode(
    _ parts: [EncryptedPart], protocol encryption: EncryptionProtocol, originalContentType: String = originalContentType
  ) -> (contentType: String, body: [UInt8]) {
    let original = originalContentType.unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7F }
    var body: [UInt8] = []
    body.reserveCapacity(parts.reduce(128) { $0 + $1.header.count + $1.data.count + 320 })
    for part in parts {
      body += Array("--\(boundary)\r\n\tContent-Type: \(encryption.rawValue)\r\n".utf8)
      body += Array("\tOriginalContent: type=\(String(original));Length=\(part.plaintextLength)\r\n".utf8)
      body += Array("--\(boundary)\r\n\tContent-Type: application/octet-stream\r\n".utf8)
      body.append(littleEndian: part.headerLengthField)
      body += part.header
      body += part.data
    }
    body += Array("--\(boundary)--\r\n".utf8)
    let name = parts.count > 1 ? multiple : single
    return ("\(name);protocol=\"\(encryption.rawValue)\";boundary=\"\(boundary)\"", body)
  }

  /// Reads a body.
  ///
  /// Tolerated, because some implementation does it: a space after the dashes of a boundary, part headers without a tab or in
  /// another case, either name of the GSS protocols in a part, a missing or doubled line break at the end, a last boundary without its dashes.
  ///
  /// - Parameter protocols: the protocols of the security context in force.
  /// - Throws: ``WinRMHTTPError`` with `wrongProtocol` for another content type or protocol, `malformed`, `lengthMismatch` where a declared
  ///   length does not lead to a boundary, or `limit`.
  public static func decode(
    contentType: String, body: [UInt8], accepting protocols: Set<EncryptionProtocol>, limits: MultipartLimits = MultipartLimits()
  ) throws(WinRMHTTPError) -> [EncryptedPart] {
    guard body.count <= limits.maximumBytes else {
      throw WinRMHTTPError(.limit, "An encrypted body has \(body.count) bytes; at most \(limits.maximumBytes) are read.")
    }
    guard isEncrypted(contentType: contentType) else {
      throw WinRMHTTPError(.wrongProtocol, "The body is not encrypted: its Content-Type is not multipart/encrypted.")
    }
    let type = try MediaType(parsing: contentType)
    guard let encryption = EncryptionProtocol(name: try type.parameter("protocol")), protocols.contains(encryption) else {
      throw WinRMHTTPError(.wrongProtocol, "The body's encryption protocol is not that of the security context.")
    }
    guard encryption == .credSSP || type.name == single else {
      throw WinRMHTTPError(.wrongProtocol, "Only CredSSP bodies come in several parts.")
    }
    var reader = try MultipartReader(body, boundary: try type.parameter("boundary"), encryption: encryption, limits: limits)
    return try reader.parts()
  }
}

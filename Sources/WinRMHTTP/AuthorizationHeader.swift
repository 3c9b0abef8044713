/// The value of an `Authorization` header.
public struct AuthorizationHeader: Sendable, Equatable {
  /// The scheme as written, in any case.
  public var schemeName: String
  /// The decoded token; `nil` when there is none. For Basic it is `user:password` in UTF-8.
  public var token: [UInt8]?

  /// The scheme, if it is one of WinRM's.
  public var scheme: AuthenticationScheme? { AuthenticationScheme(name: schemeName) }

  /// Reads a header value: a scheme, alone or with one base64 token of at most 96 KiB. `nil` for anything else.
  public init?(parsing text: String) {
    guard text.utf8.count <= AuthenticationToken.maximumHeaderLength else { return nil }
    var scanner = HeaderScanner(text)
    scanner.skipSpace()
    if let name = scanner.take(prefix: AuthenticationScheme.certificate.rawValue) {
      // Alone: what it stands for is in the TLS connection.
      scanner.skipSpace()
      guard scanner.isAtEnd else { return nil }
      schemeName = name
      return
    }
    guard let name = scanner.token() else { return nil }
    schemeName = name
    guard scanner.isAtEnd || scanner.isAtSpace else { return nil }
    scanner.skipSpace()
    if scanner.isAtEnd { return }
    let encoded = scanner.token68()
    scanner.skipSpace()
    guard !encoded.isEmpty, scanner.isAtEnd, let bytes = try? AuthenticationToken.decode(encoded) else { return nil }
    token = bytes
  }

  /// The header value that carries a token. It holds nothing but the scheme's name and base64, so that no token can add a header line.
  ///
  /// An empty token, which CredSSP knows, leaves the scheme alone. A certificate's scheme has none.
  public static func value(scheme: AuthenticationScheme, token: [UInt8]) -> String {
    token.isEmpty || scheme == .certificate ? scheme.rawValue : scheme.rawValue + " " + AuthenticationToken.encode(token)
  }
}

extension AuthorizationHeader: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// The scheme alone: a token can hold a password.
  public var description: String { "\(scheme?.description ?? "unknown scheme") (\(token?.count ?? 0) bytes not shown)" }
  public var debugDescription: String { description }
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// The value of an `Authorization` header.
public struct AuthorizationHeader: Sendable, Equatable {
  /// The scheme as written, in any case.
  public var schemeName: String
  /// The decoded token; `nil` when there is none.
  public var token: [UInt8]?

  /// The scheme, if it is one of WinRM's.
  public var scheme: AuthenticationScheme? { AuthenticationScheme(name: schemeName) }

  /// Reads a header value; `nil` when it is none or its token is malformed or larger than allowed.
  public init?(parsing text: String) { return nil }

  /// The header value of a token.
  public static func value(scheme: AuthenticationScheme, token: [UInt8]) -> String { "" }
}

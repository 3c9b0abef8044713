/// One challenge of a `WWW-Authenticate` header.
public struct Challenge: Sendable, Equatable {
  public var scheme: AuthenticationScheme
  /// The decoded token; `nil` when the challenge names the scheme alone.
  public var token: [UInt8]?

  public init(scheme: AuthenticationScheme, token: [UInt8]? = nil) {
    self.scheme = scheme
    self.token = token
  }

  public static func parse(wwwAuthenticate lines: [String]) throws(WinRMHTTPError) -> [Challenge] { [] }

  /// The header value: `Negotiate`, `Negotiate <base64>`, or `Basic realm="WSMAN"`.
  public var headerValue: String { scheme.rawValue }
}

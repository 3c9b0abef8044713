/// One challenge of a `WWW-Authenticate` header.
public struct Challenge: Sendable, Equatable {
  public var scheme: AuthenticationScheme
  /// The decoded token; `nil` when the challenge names the scheme alone.
  public var token: [UInt8]?

  public init(scheme: AuthenticationScheme, token: [UInt8]? = nil) {
    self.scheme = scheme
    self.token = token
  }

  /// The most challenges that are read from one response.
  public static let maximumCount = 32

  /// Reads the values of all `WWW-Authenticate` headers of a response: several lines, several challenges on one line, any case.
  /// Challenges of schemes that WinRM does not have are passed over, with their parameters.
  ///
  /// - Throws: ``WinRMHTTPError`` with `malformed`, or `limit` for a token above 96 KiB or too many challenges.
  public static func parse(wwwAuthenticate lines: [String]) throws(WinRMHTTPError) -> [Challenge] {
    var challenges: [Challenge] = []
    for line in lines {
      guard line.utf8.count <= AuthenticationToken.maximumHeaderLength * 2 else {
        throw WinRMHTTPError(.limit, "A WWW-Authenticate header is too long.")
      }
      var scanner = HeaderScanner(line)
      while let (name, token) = try nextChallenge(&scanner) {
        guard let scheme = AuthenticationScheme(name: name) else { continue }
        guard challenges.count < maximumCount else { throw WinRMHTTPError(.limit, "There are too many authentication challenges.") }
        var challenge = Challenge(scheme: scheme)
        // Basic has no token in a challenge; what stands there is nothing to us.
        if scheme != .basic, let token { challenge.token = try AuthenticationToken.decode(token) }
        challenges.append(challenge)
      }
    }
    return challenges
  }

  /// The header value: `Negotiate`, `Negotiate <base64>`, or `Basic realm="WSMAN"`.
  public var headerValue: String {
    if let token { return AuthorizationHeader.value(scheme: scheme, token: token) }
    return scheme == .basic ? "Basic realm=\"WSMAN\"" : scheme.rawValue
  }

  /// The next scheme with its token68, or with parameters, which are skipped (RFC 9110 §11.3). `nil` at the end.
  private static func nextChallenge(_ scanner: inout HeaderScanner) throws(WinRMHTTPError) -> (scheme: String, token: String?)? {
    skipCommas(&scanner)
    guard !scanner.isAtEnd else { return nil }
    guard let scheme = scanner.token() else { throw WinRMHTTPError(.malformed, "A WWW-Authenticate header names no scheme.") }
    scanner.skipSpace()
    if scanner.isAtEnd || scanner.take(comma) { return (scheme, nil) }
    var ahead = scanner
    let token = ahead.token68()
    ahead.skipSpace()
    if !token.isEmpty, ahead.isAtEnd || ahead.take(comma) {
      scanner = ahead
      return (scheme, token)
    }
    guard takeParameter(&scanner) else { throw WinRMHTTPError(.malformed, "An authentication challenge is malformed.") }
    repeat { skipCommas(&scanner) } while takeParameter(&scanner)
    return (scheme, nil)
  }

  /// Takes `name=value` or `name="value"`; `false`, without movement, when something else is next.
  private static func takeParameter(_ scanner: inout HeaderScanner) -> Bool {
    var ahead = scanner
    guard ahead.token() != nil else { return false }
    ahead.skipSpace()
    guard ahead.take(UInt8(ascii: "=")) else { return false }
    ahead.skipSpace()
    guard ahead.quotedString() ?? ahead.token() != nil else { return false }
    scanner = ahead
    return true
  }

  private static func skipCommas(_ scanner: inout HeaderScanner) {
    repeat { scanner.skipSpace() } while scanner.take(comma)
  }

  private static let comma = UInt8(ascii: ",")
}

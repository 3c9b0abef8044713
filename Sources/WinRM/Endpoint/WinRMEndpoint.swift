import DelegationPolicy
import SecuritySupport

/// Where a WinRM service is: `[TRANSPORT://]HOST[:PORT][/PREFIX]`.
public struct WinRMEndpoint: Sendable, Hashable {
  /// How the connection is carried.
  public enum Scheme: String, Sendable, Hashable {
    case http
    case https
  }

  /// What fills the gaps of an endpoint; from the client's configuration.
  public struct Defaults: Sendable, Hashable {
    /// The port for a host without scheme. Default 5985.
    public var httpPort: Int
    /// The port for a host without scheme when TLS is asked for. Default 5986.
    public var httpsPort: Int
    /// The path, without slashes around it. Default `wsman`.
    public var urlPrefix: String

    public init(httpPort: Int = 5985, httpsPort: Int = 5986, urlPrefix: String = "wsman") {
      self.httpPort = httpPort
      self.httpsPort = httpsPort
      self.urlPrefix = urlPrefix
    }
  }

  public let scheme: Scheme
  /// The host as typed, without brackets. It is what policies, certificates and service principal names are compared with.
  public let host: String
  /// 1 … 65 535.
  public let port: Int
  /// The path, with its leading slash.
  public let path: String
  /// The scheme's WinRM port, tried when ``port`` refuses the connection: set when the scheme was typed and the port was not, so that
  /// the documented `https://host` finds both the old port 443 and 5986.
  public let fallbackPort: Int?

  /// Takes a typed endpoint apart.
  ///
  /// A scheme without a port means 80 or 443, as on Windows; a bare host means WinRM's own port.
  ///
  /// - Parameters:
  ///   - text: what the user typed. IPv6 addresses stand in brackets.
  ///   - useSSL: `-usessl`: HTTPS on the WinRM port for a bare host; with `http://` it is an error.
  /// - Throws: ``WinRMError`` at stage `policy`: `connectionStringInvalid`, `connectionStringTransportInvalid`,
  ///   `connectionStringPortInvalid`, or 0x803381BE for `http://` with `useSSL`.
  public init(parsing text: String, useSSL: Bool = false, defaults: Defaults = Defaults()) throws(WinRMError) {
    var rest = Substring(text)
    let typedScheme = try Self.takeScheme(&rest)
    if typedScheme == .http, useSSL { throw .endpoint(.schemeConflict, text) }
    scheme = typedScheme ?? (useSSL ? .https : .http)

    let slash = rest.firstIndex(of: "/")
    let authority = rest[..<(slash ?? rest.endIndex)]
    let suffix = slash.map { rest[rest.index(after: $0)...] } ?? ""
    path = "/" + (suffix.isEmpty ? defaults.urlPrefix : try Self.checkedPath(suffix, of: text))

    let (typedHost, typedPort) = try Self.split(authority, of: text)
    host = typedHost
    let winrmPort = scheme == .https ? defaults.httpsPort : defaults.httpPort
    let oldPort = scheme == .https ? 443 : 80
    if let typedPort {
      (port, fallbackPort) = (typedPort, nil)
    } else if typedScheme != nil {
      (port, fallbackPort) = (oldPort, winrmPort == oldPort ? nil : winrmPort)
    } else {
      (port, fallbackPort) = (winrmPort, nil)
    }
  }

  /// `host:port`, with brackets around an IPv6 address.
  public var authority: String { authority(port: port) }

  func authority(port: Int) -> String { "\(bracketedHost):\(port)" }

  /// The URL of the `To` header.
  func url(port: Int) -> String { "\(scheme.rawValue)://\(authority(port: port))\(path)" }

  private var bracketedHost: String { isIPv6 ? "[\(host)]" : host }

  /// Whether the host is an IPv6 literal.
  public var isIPv6: Bool { host.contains(":") }

  /// Whether the host is an address, of either family and in any spelling: no name ends in a number.
  public var isAddress: Bool {
    guard !isIPv6, let last = host.split(separator: ".").last?.lowercased() else { return isIPv6 }
    return last.allSatisfy { $0.isASCII && $0.isNumber } || (last.hasPrefix("0x") && last.dropFirst(2).allSatisfy(\.isHexDigit))
  }

  /// Whether the host is a name or an address of loopback under which no server is known.
  public var isLocalhost: Bool { ["localhost", "localhost.", "127.0.0.1", "::1"].contains(host.lowercased()) }
}

extension WinRMEndpoint: CustomStringConvertible {
  public var description: String { url(port: port) }
}

extension WinRMEndpoint {
  private static func takeScheme(_ rest: inout Substring) throws(WinRMError) -> Scheme? {
    guard let mark = rest.firstRange(ofLiteral: "://") else { return nil }
    let name = rest[..<mark.lowerBound]
    guard let scheme = Scheme(rawValue: name.lowercased()) else { throw .endpoint(.transport, String(rest)) }
    rest = rest[mark.upperBound...]
    return scheme
  }

  private static func split(_ authority: Substring, of text: String) throws(WinRMError) -> (host: String, port: Int?) {
    if authority.first == "[" {
      guard let close = authority.firstIndex(of: "]") else { throw .endpoint(.syntax, text) }
      let address = authority[authority.index(after: authority.startIndex)..<close]
      if address.contains("%") { throw .endpoint(.zone, text) }
      guard HostSyntax.isIPv6Address(address) else { throw .endpoint(.syntax, text) }
      return (String(address), try port(authority[authority.index(after: close)...], of: text))
    }
    let colons = authority.count { $0 == ":" }
    if colons > 1 { throw .endpoint(authority.contains("%") ? .zone : .brackets, text) }
    let cut = authority.firstIndex(of: ":") ?? authority.endIndex
    let host = authority[..<cut]
    guard HostSyntax.isName(host) else { throw .endpoint(.syntax, text) }
    return (String(host), try port(authority[cut...], of: text))
  }

  /// A port with its colon in front, or nothing.
  private static func port(_ text: Substring, of whole: String) throws(WinRMError) -> Int? {
    guard let first = text.first else { return nil }
    guard first == ":" else { throw .endpoint(.syntax, whole) }
    let digits = text.dropFirst()
    guard digits.allSatisfy({ $0.isASCII && $0.isNumber }), let port = Int(digits), (1...65535).contains(port) else {
      throw .endpoint(.port, whole)
    }
    return port
  }

  /// Printable ASCII without what would end the request line, start a query or carry a header.
  private static func checkedPath(_ suffix: Substring, of text: String) throws(WinRMError) -> String {
    let isClean = suffix.utf8.allSatisfy { (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "#") && $0 != UInt8(ascii: "\\") }
    guard isClean, suffix.utf8.count <= 1024 else { throw .endpoint(.syntax, text) }
    return String(suffix)
  }
}

extension WinRMEndpoint {
  /// The text with dots in place of what stands before an `@`: it may be a user's name with the password.
  package static func withoutUserInformation(_ text: String) -> String {
    guard let at = text.lastIndex(of: "@") else { return text }
    let scheme = text[..<at].firstRange(ofLiteral: "://").map { text[..<$0.upperBound] } ?? ""
    return "\(scheme.dropLast(3).allSatisfy(\.isLetter) ? scheme : "")...\(text[at...])"
  }
}

extension Substring {
  fileprivate func firstRange(ofLiteral literal: String) -> Range<Index>? {
    var start = startIndex
    while start < endIndex {
      if self[start...].hasPrefix(literal) { return start..<index(start, offsetBy: literal.count) }
      formIndex(after: &start)
    }
    return nil
  }
}

private enum EndpointFlaw { case syntax, transport, port, zone, brackets, schemeConflict }

extension WinRMError {
  fileprivate static func endpoint(_ flaw: EndpointFlaw, _ typed: String) -> WinRMError {
    let text = WinRMEndpoint.withoutUserInformation(typed)
    guard text != typed else { return endpoint(flaw, text, Self.formOfEndpoint) }
    // Whatever else is wrong with it, the user does not stand there.
    return endpoint(
      flaw == .zone || flaw == .brackets ? .syntax : flaw, text,
      "name the user with -username (the password is asked for), and \(Self.formOfEndpoint)")
  }

  private static let formOfEndpoint =
    "write [TRANSPORT://]HOST[:PORT][/PREFIX], for example server, https://server:5986 or [2001:db8::1]"

  private static func endpoint(_ flaw: EndpointFlaw, _ text: String, _ form: String) -> WinRMError {
    let (code, cause, next): (WinRMCode, String, String) =
      switch flaw {
      case .syntax: (.connectionStringInvalid, "\"\(text)\" is no endpoint", form)
      case .transport: (.connectionStringTransportInvalid, "the transport of \"\(text)\" is neither http nor https", form)
      case .port: (.connectionStringPortInvalid, "the port of \"\(text)\" is not 1 to 65535", form)
      case .zone:
        (
          .connectionStringInvalid, "\"\(text)\" has a zone after %, which WinRM endpoints cannot carry",
          "use an address without a zone, or a host name"
        )
      case .brackets:
        (.connectionStringInvalid, "\"\(text)\" looks like an IPv6 address without brackets", "write [ADDRESS] or [ADDRESS]:PORT")
      case .schemeConflict:
        (
          WinRMCode(rawValue: 0x8033_81BE), "\"\(text)\" says http, and the SSL switch says https",
          "leave the switch away, or write the host without http://"
        )
      }
    return WinRMError(code: code, stage: .policy, cause: cause, nextStep: next)
  }
}

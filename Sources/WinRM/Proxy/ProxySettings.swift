public import SecuritySupport

/// The way to servers through an HTTP proxy.
///
/// HTTPS goes through a tunnel (CONNECT), in which the proxy sees bytes of TLS. HTTP goes through as requests whose messages are encrypted
/// end to end; the proxy must keep one connection to the server for each of ours, or authentication fails. Nothing unencrypted, no scheme
/// Kerberos and no CredSSP goes through a proxy.
public struct ProxySettings: Sendable {
  /// The variables of the environment that name proxies, as other programs read them: `https_proxy` or `HTTPS_PROXY`; `http_proxy` in
  /// lower case alone, because a CGI server sets the other one from a header of its client; `no_proxy` or `NO_PROXY`.
  public static let variables = ["https_proxy", "HTTPS_PROXY", "http_proxy", "no_proxy", "NO_PROXY"]

  /// ``variables`` that are set.
  public var environment: [String: String]
  /// Name and password for the proxy, which sees them (Basic), as does who listens on the way there: for HTTPS only. `nil`, the default,
  /// for none; what stands in the proxy's URL is not used.
  public var credential: Credential?

  public init(environment: [String: String], credential: Credential? = nil) {
    self.environment = environment
    self.credential = credential
  }

  /// The proxy for a server; `nil` where it is reached directly: no variable names one, or `no_proxy` names the server.
  ///
  /// - Throws: ``WinRMError`` for a variable that cannot be used.
  func server(for endpoint: WinRMEndpoint) throws(WinRMError) -> ProxyServer? {
    let names = endpoint.scheme == .https ? ["https_proxy", "HTTPS_PROXY"] : ["http_proxy"]
    guard let (name, text) = first(of: names) else { return nil }
    if let (_, exceptions) = first(of: ["no_proxy", "NO_PROXY"]), Self.isExcepted(endpoint.host, by: exceptions) { return nil }
    var server: ProxyServer
    do { server = try ProxyServer(parsing: text) } catch {
      throw WinRMError(
        code: .proxyAccessInvalid, stage: .policy, cause: "the variable \(name) names no proxy that can be used: \(error.reason)",
        nextStep: "set \(name)=http://HOST:PORT, or leave -proxyaccess away")
    }
    server.credential = credential
    return server
  }

  private func first(of names: [String]) -> (name: String, value: String)? {
    for name in names {
      guard let value = environment[name] else { continue }
      return value.isEmpty ? nil : (name, value)  // set and empty: none
    }
    return nil
  }

  /// Whether `no_proxy` names a host: `*`, the host itself, or a domain that it is in, with or without a dot in front. Addresses are
  /// compared as text.
  static func isExcepted(_ host: String, by list: String) -> Bool {
    let host = folded(Substring(host))
    return list.split(whereSeparator: { $0 == "," || $0 == " " || $0 == "\t" }).contains { item in
      if item == "*" { return true }
      var pattern = folded(item)
      if pattern.hasPrefix("["), pattern.hasSuffix("]") { pattern = String(pattern.dropFirst().dropLast()) }
      while pattern.hasPrefix(".") { pattern.removeFirst() }
      guard !pattern.isEmpty else { return false }
      return host == pattern || host.hasSuffix("." + pattern)
    }
  }

  private static func folded(_ name: Substring) -> String {
    let name = name.lowercased()
    return name.hasSuffix(".") ? String(name.dropLast()) : name
  }
}

/// An HTTP proxy.
struct ProxyServer: Sendable {
  var host: String
  var port: Int
  /// For `Proxy-Authorization: Basic`.
  var credential: Credential?

  /// `host:port`, with brackets around an IPv6 address.
  var authority: String { "\(host.contains(":") ? "[\(host)]" : host):\(port)" }

  /// Why a text names no proxy.
  struct Mistake: Error { var reason: String }

  /// Reads `[http://][USER[:PASSWORD]@]HOST[:PORT][/]`; the port is 1080 where none is given, as with curl. User and password are left out.
  init(parsing text: String) throws(Mistake) {
    var rest = Substring(text)
    if let mark = rest.range(of: "://") {
      guard rest[..<mark.lowerBound].lowercased() == "http" else {
        throw Mistake(reason: "only proxies that are spoken to in HTTP (http://HOST:PORT) are supported")
      }
      rest = rest[mark.upperBound...]
    }
    if let slash = rest.firstIndex(of: "/") { rest = rest[..<slash] }
    if let at = rest.lastIndex(of: "@") { rest = rest[rest.index(after: at)...] }
    guard let endpoint = try? WinRMEndpoint(parsing: String(rest), defaults: .init(httpPort: 1080)) else {
      throw Mistake(reason: "it is not of the form http://HOST:PORT")
    }
    (host, port) = (endpoint.host, endpoint.port)
  }
}

extension Substring {
  fileprivate func range(of literal: String) -> Range<Index>? {
    indices.lazy.first { self[$0...].hasPrefix(literal) }.map { $0..<index($0, offsetBy: literal.count) }
  }
}

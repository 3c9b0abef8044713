import NIOHTTP1

/// What a request is addressed to: the listener's prefix, or its anonymous Identify.
enum RequestTarget: Equatable {
  /// `POST /<prefix>`.
  case service
  /// `POST /<prefix>-anon/identify`: Identify without authentication and nothing else.
  case anonymousIdentify

  /// Finds out which of the listeners that share a port a request is for.
  ///
  /// - Parameter prefixes: their URLPrefixes, in the order in which they are asked.
  /// - Throws: as ``init(method:uri:prefix:)``.
  static func find(method: HTTPMethod, uri: String, prefixes: [String]) throws(HTTPRefusal) -> (target: Self, prefix: String) {
    var refusal = HTTPRefusal(.notFound, "no such path")
    for prefix in prefixes {
      do throws(HTTPRefusal) {
        return (try Self(method: method, uri: uri, prefix: prefix), prefix)
      } catch {
        // A path that is there with another method says more than one that is not.
        if error.status != .notFound { refusal = error }
      }
    }
    throw refusal
  }

  /// Takes the request line apart. The query is ignored (PowerShell adds `?PSVersion=…`), and so are case and a slash at the end.
  ///
  /// - Parameter prefix: the listener's URLPrefix, without slashes at its ends.
  /// - Throws: 404 for another path, 405 for another method, 400 for a target that is not a path.
  init(method: HTTPMethod, uri: String, prefix: String) throws(HTTPRefusal) {
    guard uri.utf8.first == UInt8(ascii: "/"), uri.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
      throw HTTPRefusal(.badRequest, "a request target that is not a path")
    }
    var path = uri.prefix { $0 != "?" }.lowercased()
    if path.count > 1, path.hasSuffix("/") { path.removeLast() }
    let name = prefix.lowercased()
    switch path {
    case "/" + name: self = .service
    case "/" + name + "-anon/identify": self = .anonymousIdentify
    default: throw HTTPRefusal(.notFound, "no such path")
    }
    guard method == .POST else { throw HTTPRefusal(.methodNotAllowed, "not POST", headers: ["Allow": "POST"]) }
  }
}

import NIOHTTP1
import WinRMAuthentication
import WinRMHTTP

/// A connection with the authentication that belongs to it. One task at a time uses it.
final class AuthenticatedConnection {
  private let http: HTTPConnection
  /// Protects the bodies; `nil` where TLS around the connection does, or nothing does (unencrypted messages, anonymous Identify).
  private let protector: (any MessageProtector)?
  /// What every request brings along; `nil` where the connection itself is authenticated.
  private let authorization: RequestAuthorization?
  private let headers: HTTPHeaders
  /// The path, or the whole URL for a proxy.
  private let target: String
  private let encoding: MessageEncoding
  /// Whether the server has answered a request that brought its proof along.
  private(set) var isAuthorized = false

  init(
    http: HTTPConnection, protector: (any MessageProtector)?, authorization: RequestAuthorization?, headers: HTTPHeaders, target: String,
    encoding: MessageEncoding
  ) {
    self.http = http
    self.protector = protector
    self.authorization = authorization
    self.headers = headers
    self.target = target
    self.encoding = encoding
  }

  /// Sends one envelope in UTF-8 and returns the answer in plain text.
  ///
  /// - Parameter limit: the largest envelope accepted, in bytes.
  /// - Throws: ``HTTPExchangeError``, ``AuthenticationError``, ``HandshakeFailure``, ``EnvelopeFailure``, `CancellationError`. The
  ///   connection is then to be closed: what comes next on it would not be the answer to the next request.
  func exchange(_ envelope: [UInt8], extraHeaders: [(String, String)] = [], limit: Int, timeout: Duration) async throws -> [UInt8] {
    var headers = headers
    for (name, value) in extraHeaders { headers.replaceOrAdd(name: name, value: value) }
    var body = encoding.encode(envelope)
    if let protector {
      let protected = try await protector.protect(body, originalContentType: encoding.contentType)
      headers.replaceOrAdd(name: "Content-Type", value: protected.contentType)
      body = protected.body
    }
    if let authorization { headers.replaceOrAdd(name: "Authorization", value: authorization.headerValue) }
    headers.add(name: "Content-Length", value: String(body.count))
    let response = try await http.exchange(
      HTTPRequest(path: target, headers: headers, body: body), limit: Self.wireLimit(limit), timeout: timeout)
    if authorization != nil {
      if response.status == .unauthorized { throw Self.refusal(response) }
      isAuthorized = true
    }
    return try await open(response, limit: limit)
  }

  private static func refusal(_ response: HTTPResponse) -> HandshakeFailure {
    guard let offered = try? Challenge.parse(wwwAuthenticate: response.headers["WWW-Authenticate"]) else { return .malformedHeader }
    return .refused(offered: offered.map(\.scheme), status: nil)
  }

  func close() { http.close() }

  /// What an envelope of `limit` bytes can be on the wire: each part adds its headers and its signature or record.
  private static func wireLimit(_ limit: Int) -> Int { limit + (limit / 16_384 + 2) * 512 }

  private func open(_ response: HTTPResponse, limit: Int) async throws -> [UInt8] {
    guard !response.body.isEmpty else { throw EnvelopeFailure.noBody(response.status) }
    guard let protector else {
      guard (200..<300).contains(response.status.code) || response.status.code >= 400 else { throw EnvelopeFailure.noBody(response.status) }
      guard response.contentType.lowercased().hasPrefix("application/soap+xml") else { throw EnvelopeFailure.notSOAP(response.status) }
      return response.body
    }
    guard MultipartEncrypted.isEncrypted(contentType: response.contentType) else { throw EnvelopeFailure.notEncrypted(response.status) }
    return try await protector.unprotect(contentType: response.contentType, body: response.body, limit: limit)
  }
}

/// An answer without an envelope that could be used.
enum EnvelopeFailure: Error, Sendable {
  /// Only a status.
  case noBody(HTTPResponseStatus)
  /// An unencrypted body in answer to an encrypted request.
  case notEncrypted(HTTPResponseStatus)
  /// A body of another type.
  case notSOAP(HTTPResponseStatus)
}

extension MessageEncoding {
  var contentType: String { "application/soap+xml;charset=\(rawValue)" }

  /// An envelope in UTF-8 in this encoding.
  func encode(_ envelope: [UInt8]) -> [UInt8] {
    switch self {
    case .utf8: return envelope
    case .utf16:
      var bytes: [UInt8] = [0xFF, 0xFE]
      bytes.reserveCapacity(envelope.count * 2 + 2)
      for unit in String(decoding: envelope, as: UTF8.self).utf16 {
        bytes.append(UInt8(truncatingIfNeeded: unit))
        bytes.append(UInt8(truncatingIfNeeded: unit >> 8))
      }
      return bytes
    }
  }
}

import NIOHTTP1
import WinRMAuthentication
import WinRMHTTP

/// A connection with the authentication that belongs to it. One task at a time uses it.
final class AuthenticatedConnection {
  private let http: HTTPConnection
  /// Protects the bodies; `nil` where TLS around the connection does, or nothing does (anonymous Identify).
  private let protector: (any MessageProtector)?
  private let headers: HTTPHeaders
  private let path: String

  init(http: HTTPConnection, protector: (any MessageProtector)?, headers: HTTPHeaders, path: String) {
    self.http = http
    self.protector = protector
    self.headers = headers
    self.path = path
  }

  /// Sends one envelope and returns the answer in plain text.
  ///
  /// - Parameter limit: the largest envelope accepted, in bytes.
  /// - Throws: ``HTTPExchangeError``, ``AuthenticationError``, ``EnvelopeFailure``, `CancellationError`. The connection is then to be
  ///   closed: what comes next on it would not be the answer to the next request.
  func exchange(_ envelope: [UInt8], extraHeaders: [(String, String)] = [], limit: Int, timeout: Duration) async throws -> [UInt8] {
    var headers = headers
    for (name, value) in extraHeaders { headers.replaceOrAdd(name: name, value: value) }
    var body = envelope
    if let protector {
      let protected = try await protector.protect(envelope)
      headers.replaceOrAdd(name: "Content-Type", value: protected.contentType)
      body = protected.body
    }
    headers.add(name: "Content-Length", value: String(body.count))
    let response = try await http.exchange(
      HTTPRequest(path: path, headers: headers, body: body), limit: Self.wireLimit(limit), timeout: timeout)
    return try await open(response, limit: limit)
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

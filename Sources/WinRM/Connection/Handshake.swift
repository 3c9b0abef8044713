import NIOHTTP1
import SecuritySupport
import WinRMAuthentication
import WinRMHTTP

/// Authenticates one connection: empty POSTs whose headers carry the tokens, until the server says 200.
struct Handshake {
  var connection: HTTPConnection
  var path: String
  var headers: HTTPHeaders
  /// The time for the whole exchange.
  var timeout: Duration

  /// More round trips than any mechanism needs (CredSSP with TLS 1.2 takes six).
  static let maximumLegs = 16

  /// Bodies during authentication mean nothing; a server may still send a short text.
  static let bodyLimit = 65_536

  /// - Returns: the protector for the connection's messages.
  /// - Throws: ``HandshakeFailure``, ``AuthenticationError``, ``HTTPExchangeError``, `CancellationError`.
  func run(_ authentication: any ClientAuthentication) async throws -> any MessageProtector {
    let deadline = ContinuousClock.now.advanced(by: timeout)
    var leg = try await authentication.next(nil)
    for number in 1...Self.maximumLegs {
      let response = try await post(leg.token ?? [], authentication.scheme, until: deadline)
      switch response.status.code {
      case 200:
        try await finish(authentication, response)
        return try authentication.protector()
      case 401:
        let token = try await challenge(response, authentication, leg: number)
        if case .finished = leg { throw HandshakeFailure.refused(offered: [], status: await lastWord(token, authentication)) }
        leg = try await authentication.next(token)
        guard leg.token != nil else { throw HandshakeFailure.malformedHeader }  // finished by a token that came with a no
      default: throw HandshakeFailure.status(response.status)
      }
    }
    throw HandshakeFailure.tooManyLegs
  }

  /// Asks which schemes the server offers, before a password goes there readable.
  ///
  /// - Throws: ``HandshakeFailure/notOffered(offered:)`` where `scheme` is not among them.
  func askFor(_ scheme: AuthenticationScheme) async throws {
    var headers = headers
    headers.add(name: "Content-Length", value: "0")
    let response = try await connection.exchange(
      HTTPRequest(path: path, headers: headers, body: []), limit: Self.bodyLimit, timeout: timeout)
    guard response.status == .unauthorized else { throw HandshakeFailure.status(response.status) }
    let offered = try challenges(response).map(\.scheme)
    guard offered.contains(scheme) else { throw HandshakeFailure.notOffered(offered: offered) }
  }

  private func post(_ token: [UInt8], _ scheme: AuthenticationScheme, until deadline: ContinuousClock.Instant) async throws -> HTTPResponse
  {
    let remaining = ContinuousClock.now.duration(to: deadline)
    guard remaining > .zero else { throw HTTPExchangeError.timedOut }
    var headers = headers
    headers.add(name: "Authorization", value: AuthorizationHeader.value(scheme: scheme, token: token))
    headers.add(name: "Content-Length", value: "0")
    return try await connection.exchange(
      HTTPRequest(path: path, headers: headers, body: []), limit: Self.bodyLimit, timeout: remaining)
  }

  /// The server said yes: it must also have proven itself, where the mechanism has it do so.
  private func finish(_ authentication: any ClientAuthentication, _ response: HTTPResponse) async throws {
    if authentication.isFinished { return }
    guard let token = try challenges(response).first(where: { $0.scheme == authentication.scheme })?.token else {
      throw HandshakeFailure.endedEarly
    }
    guard case .finished(lastToken: nil) = try await authentication.next(token) else { throw HandshakeFailure.endedEarly }
  }

  /// The token of a 401.
  private func challenge(_ response: HTTPResponse, _ authentication: any ClientAuthentication, leg: Int) async throws -> [UInt8] {
    let all = try challenges(response)
    let ours = all.filter { $0.scheme == authentication.scheme }
    if let token = ours.lazy.compactMap(\.token).first { return token }
    let offered = all.map(\.scheme)
    if ours.isEmpty { throw HandshakeFailure.notOffered(offered: offered) }
    // A server of TLS 1.3 has no answer to the client's Finished: its empty token looks like a bare scheme name.
    if authentication.scheme == .credSSP, all.count == 1, leg > 1, !authentication.isFinished { return [] }
    throw HandshakeFailure.refused(offered: offered, status: nil)
  }

  private func challenges(_ response: HTTPResponse) throws -> [Challenge] {
    do { return try Challenge.parse(wwwAuthenticate: response.headers["WWW-Authenticate"]) } catch {
      throw HandshakeFailure.malformedHeader
    }
  }

  /// The reason in the token of a final 401, where it has one.
  private func lastWord(_ token: [UInt8], _ authentication: any ClientAuthentication) async -> NTStatus? {
    do {
      _ = try await authentication.next(token)
      return nil
    } catch {
      return (error as? AuthenticationError)?.status
    }
  }
}

/// What the server's answers during authentication meant.
enum HandshakeFailure: Error, Sendable {
  /// The scheme is not among those that the server offers.
  case notOffered(offered: [AuthenticationScheme])
  /// 401 in place of the next token, or after the last one.
  case refused(offered: [AuthenticationScheme], status: NTStatus?)
  /// 200 before the server had proven itself.
  case endedEarly
  /// Neither 200 nor 401.
  case status(HTTPResponseStatus)
  /// The header with the token cannot be read.
  case malformedHeader
  /// The server goes on and on.
  case tooManyLegs
}

extension AuthenticationLeg {
  fileprivate var token: [UInt8]? {
    switch self {
    case .send(let token): token
    case .finished(let token): token
    }
  }
}

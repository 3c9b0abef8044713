import LogonInterface
import Logging
import NIOHTTP1
import SecuritySupport
import WinRMAuthentication
import WinRMHTTP

/// The authentication of one connection: a local variable of the connection's task, so that no other connection can ever see it.
///
/// One connection carries one security context at a time, and one account for its whole life.
struct ConnectionAuthentication {
  /// Somebody is proven, and their messages can be read.
  struct Established {
    let identity: ProvenIdentity
    let protector: any MessageProtector
  }

  private enum State {
    case anonymous
    case negotiating(any ServerAuthentication, legs: Int)
    case established(Established)
  }

  /// What one `Authorization` field leads to.
  enum Outcome {
    /// Nobody is proven; this is the answer.
    case answer(HTTPAnswer)
    /// Somebody is proven; the field goes with the answer to the same request.
    case established(headers: HTTPHeaders)
  }

  private let offer: AuthenticationOffer
  private let logon: LogonClient
  private let peer: PeerAddress
  private let channelBindings: ChannelBindings?
  private let limits: ServiceLimits
  private let logger: Logger
  private var state = State.anonymous
  private var account: ProvenIdentity?
  private var refusals = 0

  /// - Parameter channelBindings: those of the HTTPS connection; `nil` over HTTP.
  init(
    offer: AuthenticationOffer, logon: LogonClient, peer: PeerAddress, channelBindings: ChannelBindings?, limits: ServiceLimits,
    logger: Logger
  ) {
    self.offer = offer
    self.logon = logon
    self.peer = peer
    self.channelBindings = channelBindings
    self.limits = limits
    self.logger = logger
  }

  /// Who is proven now; `nil` before and between exchanges.
  var established: Established? {
    if case .established(let established) = state { established } else { nil }
  }

  /// The answer to a request that needs somebody proven: 401 with every scheme offered, one field for each.
  func challenge(closes: Bool = false) -> HTTPAnswer {
    var headers = HTTPHeaders()
    for scheme in offer.schemes { headers.add(name: "WWW-Authenticate", value: Challenge(scheme: scheme).headerValue) }
    return HTTPAnswer(.unauthorized, headers: headers, closes: closes)
  }

  /// A request came without `Authorization` before anybody was proven: an exchange under way is given up.
  mutating func interrupt() async {
    if case .negotiating(let exchange, _) = state {
      state = .anonymous
      await exchange.abandon()
    }
  }

  /// Takes the values of a request's `Authorization` fields.
  ///
  /// On a connection with somebody proven the exchange starts over: the old context is gone at once, whatever comes of the new one.
  mutating func receive(_ fields: [String]) async -> Outcome {
    if case .established(let old) = state {
      state = .anonymous
      await logon.release(old.identity)
    }
    guard fields.count == 1, let field = fields.first, let header = AuthorizationHeader(parsing: field), let scheme = header.scheme,
      let token = header.token, token.count <= limits.tokenSize
    else {
      await interrupt()
      return .answer(refused("an Authorization field that cannot be read"))
    }
    let exchange: any ServerAuthentication
    let legs: Int
    do {
      guard let found = try await self.exchange(for: scheme) else { return .answer(refused("a scheme that is not offered")) }
      (exchange, legs) = found
    } catch {
      // The fault is this service's: no other credentials would help, so the peer is not told that its own were wrong.
      logger.error("\(scheme.rawValue) cannot be carried out", metadata: ["reason": "\("\(error)".sanitizedForLog(limit: 500))"])
      return .answer(.closing(.internalServerError))
    }
    guard legs < limits.authenticationLegs else {
      await exchange.abandon()
      return .answer(refused("too many legs"))
    }
    do {
      switch try await exchange.receive(token) {
      case .challenge(let answer):
        state = .negotiating(exchange, legs: legs + 1)
        return .answer(HTTPAnswer(.unauthorized, headers: Self.tokenField(scheme, answer)))
      case .established(let token, let identity):
        return await establish(identity, exchange: exchange, token: token, scheme: scheme)
      }
    } catch {
      return .answer(refused(error, scheme: scheme))
    }
  }

  /// The connection is gone: what is under way is given up, and credentials that no shell took over are wiped.
  mutating func end() async {
    switch exchangeState(with: .anonymous) {
    case .anonymous: break
    case .negotiating(let exchange, _): await exchange.abandon()
    case .established(let established): await logon.release(established.identity)
    }
  }

  // MARK: Steps

  /// The exchange that a token of `scheme` belongs to: the one under way, or a new one. It is taken out of the state.
  private mutating func exchange(for scheme: AuthenticationScheme) async throws -> (any ServerAuthentication, legs: Int)? {
    if case .negotiating(let exchange, let legs) = exchangeState(with: .anonymous) {
      if exchange.scheme == scheme { return (exchange, legs) }
      await exchange.abandon()
    }
    return try offer.begin(scheme, peer: peer, channelBindings: channelBindings).map { ($0, 0) }
  }

  private mutating func establish(
    _ identity: ProvenIdentity, exchange: any ServerAuthentication, token: [UInt8]?, scheme: AuthenticationScheme
  ) async -> Outcome {
    do {
      let protector = try exchange.protector()
      guard account?.isSameAccount(as: identity) ?? true else {
        await logon.release(identity)
        logger.notice("connection closed", metadata: ["reason": "another account on one connection"])
        return .answer(challenge(closes: true))
      }
      account = identity
      state = .established(Established(identity: identity, protector: protector))
      return .established(headers: token.map { Self.tokenField(scheme, $0) } ?? [:])
    } catch {
      await logon.release(identity)
      return .answer(refused(error, scheme: scheme))
    }
  }

  /// An exchange has failed. What the logon authority refused it has logged; the rest is logged here.
  private mutating func refused(_ refusal: AuthenticationRefusal, scheme: AuthenticationScheme) -> HTTPAnswer {
    var answer = refused(refusal.message, isLogged: refusal.isLoggedByAuthority)
    if let token = refusal.token {
      let others = offer.schemes.filter { $0 != scheme }
      answer.headers = HTTPHeaders(others.map { ("WWW-Authenticate", Challenge(scheme: $0).headerValue) })
      answer.headers.add(contentsOf: Self.tokenField(scheme, token))
    }
    return answer
  }

  private mutating func refused(_ reason: String, isLogged: Bool = false) -> HTTPAnswer {
    refusals += 1
    // Nobody is refused who has gone away in the middle.
    if !isLogged, !Task.isCancelled { logger.notice("logon refused", metadata: ["reason": "\(reason.sanitizedForLog())"]) }
    return challenge(closes: refusals >= limits.authenticationRefusals)
  }

  private mutating func exchangeState(with next: State) -> State {
    defer { state = next }
    return state
  }

  private static func tokenField(_ scheme: AuthenticationScheme, _ token: [UInt8]) -> HTTPHeaders {
    ["WWW-Authenticate": AuthorizationHeader.value(scheme: scheme, token: token)]
  }
}

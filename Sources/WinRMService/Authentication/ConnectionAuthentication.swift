import Certificates
import LogonInterface
import Logging
import NIOHTTP1
import SecuritySupport
import WinRMAuthentication
import WinRMConfiguration
import WinRMHTTP

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The authentication of one connection: a local variable of the connection's task, so that no other connection can ever see it.
///
/// One connection carries one security context at a time, and one account for its whole life.
struct ConnectionAuthentication {
  /// Somebody is proven, and their messages can be read.
  struct Established {
    let identity: ProvenIdentity
    /// What protects messages; `nil` for schemes that protect none.
    let protector: (any MessageProtector)?
    /// Whether what was proven holds for the connection. Basic and certificates are said again with each request, and a request without them
    /// is nobody's.
    var isConnectionBound: Bool { protector != nil }
    /// The account that a certificate stands for, as its mapping names it.
    var mappedName: String?
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

  private let live: LiveSettings
  private let logon: LogonClient
  private let peer: PeerAddress
  private let channelBindings: ChannelBindings?
  private let limits: ServiceLimits
  private let logger: Logger
  private var state = State.anonymous
  private var account: ProvenIdentity?
  /// What Basic proved.
  private var credentials = CredentialMemory()
  /// What the client has shown in TLS.
  private let clientChain: ClientChain.Reader
  /// What was verified of it, and with which authorities.
  private var certificate: (verified: VerifiedClientCertificate, anchors: ClientCertificateVerifier.Anchors)?
  private var refusals = 0

  private var offer: AuthenticationOffer { live.offer }

  /// - Parameters:
  ///   - channelBindings: those of the HTTPS connection; `nil` over HTTP.
  ///   - clientChain: what the client has shown in TLS, in DER.
  init(
    live: LiveSettings, clientChain: @escaping ClientChain.Reader = { [] }, logon: LogonClient, peer: PeerAddress,
    channelBindings: ChannelBindings?, limits: ServiceLimits, logger: Logger
  ) {
    self.live = live
    self.clientChain = clientChain
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
    for scheme in offer.schemes(over: peer.transport) where scheme.canBeOffered {
      headers.add(name: "WWW-Authenticate", value: Challenge(scheme: scheme).headerValue)
    }
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
  /// On a connection with somebody proven the exchange starts over: the old context is gone at once, whatever comes of the new one. The same
  /// credentials of Basic are no new exchange.
  mutating func receive(_ fields: [String]) async -> Outcome {
    guard fields.count == 1, let field = fields.first, var header = AuthorizationHeader(parsing: field), let scheme = header.scheme,
      var token = header.token, token.count <= limits.tokenSize
    else {
      await forget()
      await interrupt()
      return .answer(refused("an Authorization field that cannot be read"))
    }
    // The clear text of Basic's is not left lying about; that of the header is HTTP's.
    header.token = nil
    defer { if scheme == .basic { SecretBytes.wipe(&token) } }
    if scheme == .basic, isKnown(token) { return .established(headers: [:]) }
    await forget()
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
      case .established(let answer, let identity):
        if scheme == .basic { credentials.remember(token) }
        return await establish(identity, exchange: exchange, token: answer, scheme: scheme)
      }
    } catch  where Self.isUndecided(error, scheme: scheme) {
      return .answer(undecided(error))
    } catch {
      return .answer(refused(error, scheme: scheme))
    }
  }

  /// Whether the credentials were not looked at, or nothing was found wrong with them and nobody could say whether they are enough. Whoever
  /// is told 401 would take them for wrong, and give others.
  ///
  /// CredSSP says that no domain answers by the status of its own answer. Where the keys for Kerberos are missing, NTLM may still do; a
  /// password and a certificate have no other way.
  private static func isUndecided(_ refusal: AuthenticationRefusal, scheme: AuthenticationScheme) -> Bool {
    guard refusal.token == nil else { return false }
    if refusal.status == .noLogonServers || refusal.code == .timeout || refusal.code == .undecided { return true }
    return (scheme == .basic || scheme == .certificate) && refusal.code == .unavailable
  }

  private func undecided(_ refusal: AuthenticationRefusal) -> HTTPAnswer {
    if !refusal.isLoggedByAuthority { logger.notice("logon refused", metadata: ["reason": "\(refusal.message.sanitizedForLog())"]) }
    return .overloaded
  }

  /// Whether a token of Basic is the one that has proven who is there, and is still accepted.
  private func isKnown(_ token: [UInt8]) -> Bool {
    guard case .established(let established) = state, established.identity.scheme == .basic else { return false }
    return credentials.knows(token) && offer.schemes(over: peer.transport).contains(.basic)
  }

  /// Nobody is proven any more.
  private mutating func forget() async {
    guard case .established(let old) = state else { return }
    state = .anonymous
    credentials.forget()
    await logon.release(old.identity)
  }

  // MARK: Certificates

  /// Whether a request's `Authorization` fields say that the certificate of the connection stands for somebody.
  static func namesCertificate(_ fields: [String]) -> Bool {
    fields.count == 1 && fields.first.flatMap(AuthorizationHeader.init(parsing:))?.scheme == .certificate
  }

  /// Looks at the certificate of the connection, before the request's body is read: it has to be verified, and a mapping has to fit it.
  ///
  /// - Returns: the answer when it does not.
  mutating func checkCertificate() async -> HTTPAnswer? {
    do throws(AuthenticationRefusal) {
      _ = try await verifiedCertificate()
      return nil
    } catch {
      await forget()
      await interrupt()
      return refused(error.message)
    }
  }

  /// Finds the account that the certificate stands for at a resource, and logs it on unless it is already.
  ///
  /// Mappings count as they are now. One connection may have several accounts by its one certificate, for different resources.
  ///
  /// - Parameter resource: the resource URI of the request; empty for none.
  mutating func receiveCertificate(for resource: String) async -> Outcome {
    await interrupt()
    do throws(AuthenticationRefusal) {
      let (certificate, rules) = try await verifiedCertificate()
      guard let mapping = rules.mappings.selected(for: certificate, resource: resource) else {
        throw AuthenticationRefusal(.refused, "no single certificate mapping fits the certificate and the resource")
      }
      if case .established(let known) = state, known.mappedName == mapping.userName { return .established(headers: [:]) }
      await forget()
      let identity = try await CertificateServerAuthentication.logOn(certificate, as: mapping.userName, logon: logon, peer: peer)
      guard account.map({ $0.scheme == .certificate || $0.isSameAccount(as: identity) }) ?? true else {
        await logon.release(identity)
        return .answer(differs())
      }
      account = identity
      state = .established(Established(identity: identity, protector: nil, mappedName: mapping.userName))
      return .established(headers: [:])
    } catch {
      await forget()
      return .answer(
        Self.isUndecided(error, scheme: .certificate)
          ? undecided(error) : refused(error.message, isLogged: error.isLoggedByAuthority))
    }
  }

  /// The certificate of the connection. It is verified once, and again when it has expired or when other authorities are trusted.
  private mutating func verifiedCertificate() async throws(AuthenticationRefusal) -> (VerifiedClientCertificate, ClientCertificateRules) {
    let offer = offer
    guard offer.schemes(over: peer.transport).contains(.certificate), let rules = offer.certificates else {
      throw AuthenticationRefusal(.refused, "a scheme that is not offered")
    }
    do throws(CertificateError) {
      let anchors = try await rules.verifier.recentAnchors()
      let now = Date()
      if certificate.map({ $0.anchors != anchors || $0.verified.notAfter < now }) ?? true {
        certificate = nil
        let chain = await clientChain()
        guard !chain.isEmpty else { throw CertificateError(.notFound, "the client has shown no certificate") }
        certificate = (try await rules.verifier.verify(chain: chain, anchors: anchors, now: now), anchors)
      }
    } catch {
      throw AuthenticationRefusal(.refused, error.message)
    }
    guard let verified = certificate?.verified, !rules.mappings.fitting(verified).isEmpty else {
      throw AuthenticationRefusal(.refused, "no certificate mapping fits the certificate")
    }
    return (verified, rules)
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
      let protector = scheme == .basic ? nil : try exchange.protector()
      guard account?.isSameAccount(as: identity) ?? true else {
        await logon.release(identity)
        return .answer(differs())
      }
      account = identity
      state = .established(Established(identity: identity, protector: protector))
      return .established(headers: token.map { Self.tokenField(scheme, $0) } ?? [:])
    } catch {
      await logon.release(identity)
      return .answer(refused(error, scheme: scheme))
    }
  }

  /// Another account on a connection that has had one.
  private func differs() -> HTTPAnswer {
    logger.notice("connection closed", metadata: ["reason": "another account on one connection"])
    return challenge(closes: true)
  }

  /// An exchange has failed. What the logon authority refused it has logged; the rest is logged here.
  private mutating func refused(_ refusal: AuthenticationRefusal, scheme: AuthenticationScheme) -> HTTPAnswer {
    var answer = refused(refusal.message, isLogged: refusal.isLoggedByAuthority)
    if let token = refusal.token {
      let others = offer.schemes(over: peer.transport).filter { $0 != scheme && $0.canBeOffered }
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

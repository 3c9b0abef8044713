import LogonInterface
import Logging
import NIOCore
import NIOHTTP1
import SecuritySupport
import WinRMAuthentication
import WinRMHTTP

/// One connection: one task from its first request to its last, with the authentication as a local variable.
struct HTTPConnection {
  typealias Requests = NIOAsyncChannelInboundStream<HTTPServerRequestPart>.AsyncIterator

  private let channel: any Channel
  private let life: ConnectionLife
  private let listener: ListenerContext
  private let peer: PeerAddress
  private let logger: Logger
  private var authentication: ConnectionAuthentication
  /// Whether a protected message has come. Then the client protects all of them, and one in clear would be somebody else's on the path.
  private var hasProtectedMessage = false
  /// Called once, when somebody is proven for the first time.
  private let onAuthenticated: () -> Void

  /// - Parameters:
  ///   - channelBindings: those of the HTTPS connection; `nil` over HTTP.
  ///   - clientChain: what the client has shown in TLS, in DER.
  init(
    channel: any Channel, life: ConnectionLife, listener: ListenerContext, peer: PeerAddress, channelBindings: ChannelBindings?,
    clientChain: @escaping ClientChain.Reader = { [] }, logger: Logger, onAuthenticated: @escaping () -> Void
  ) {
    self.channel = channel
    self.life = life
    self.listener = listener
    self.peer = peer
    self.logger = logger
    self.onAuthenticated = onAuthenticated
    authentication = ConnectionAuthentication(
      live: listener.live, clientChain: clientChain, logon: listener.logon, peer: peer, channelBindings: channelBindings,
      limits: listener.limits, logger: logger)
  }

  /// Serves requests until one of them ends the connection, the peer closes it, or the task is cancelled.
  mutating func serve(_ requests: NIOAsyncChannelInboundStream<HTTPServerRequestPart>) async {
    do {
      var iterator = requests.makeAsyncIterator()
      var goesOn = true
      while goesOn, case .head(let head)? = try await iterator.next(isolation: #isolation) {
        goesOn = try await serve(head, from: &iterator)
      }
    } catch {
      logger.debug("connection ended", metadata: ["reason": "it was lost"])
    }
    await authentication.end()
  }

  /// Answers one request.
  ///
  /// - Returns: whether the connection takes another one.
  private mutating func serve(_ head: HTTPRequestHead, from requests: inout Requests) async throws -> Bool {
    do {
      // First, so that a GET without a length hears that the method is wrong.
      let (target, prefix) = try RequestTarget.find(method: head.method, uri: head.uri, prefixes: listener.prefixes())
      life.prefix = prefix
      let framing = try RequestFraming(head)
      if framing.contentLength > listener.limits.authenticatedBody { throw HTTPRefusal(.payloadTooLarge, "the body is too large") }
      let request = Request(head: head, framing: framing)
      if let established = authentication.established {
        // The anonymous door stands beside protected messages as little as any other answer in clear.
        guard target == .service else { throw HTTPRefusal(.badRequest, "an anonymous request on an authenticated connection") }
        if !request.hasAuthorization, established.isConnectionBound {
          return try await message(request, of: established, headers: [:], from: &requests)
        }
      }
      return try await negotiate(request, target: target, from: &requests)
    } catch let refusal as HTTPRefusal {
      logger.notice("request refused", metadata: ["status": "\(refusal.status.code)", "reason": "\(refusal.reason)"])
      try await send(refusal.answer)
      return false
    }
  }

  // MARK: Before anybody is proven

  private mutating func negotiate(_ request: Request, target: RequestTarget, from requests: inout Requests) async throws -> Bool {
    guard request.hasAuthorization, target == .service else {
      await authentication.interrupt()
      let body = try await body(of: request, limit: listener.limits.unauthenticatedBody, from: &requests)
      if target == .anonymousIdentify || request.asksAnonymously, let envelope = listener.dispatcher.anonymousAnswer(to: body) {
        return try await send(HTTPAnswer(.ok, headers: ["Content-Type": MultipartEncrypted.originalContentType], body: envelope))
      }
      return try await send(authentication.challenge())
    }
    let fields = request.head.headers["Authorization"]
    if ConnectionAuthentication.namesCertificate(fields) { return try await certified(request, from: &requests) }
    switch await authentication.receive(fields) {
    case .answer(let answer):
      _ = try await body(of: request, limit: listener.limits.unauthenticatedBody, from: &requests)
      return try await send(answer)
    case .established(let headers):
      noteAuthenticated()
      guard let established = authentication.established, isMessage(request, of: established) else {
        // Some clients repeat their first body with every token; nothing that travelled in clear is ever looked at.
        _ = try await body(of: request, limit: listener.limits.unauthenticatedBody, from: &requests)
        return try await send(HTTPAnswer(.ok, headers: headers))
      }
      return try await message(request, of: established, headers: headers, from: &requests)
    }
  }

  private func noteAuthenticated() {
    guard !life.isAuthenticated else { return }
    life.isAuthenticated = true
    onAuthenticated()
  }

  /// A request of somebody whom a certificate proves. Which account that is depends on the resource, so that the envelope is read first; it is
  /// read only for a certificate that is verified and mapped to somebody.
  private mutating func certified(_ request: Request, from requests: inout Requests) async throws -> Bool {
    if let refusal = await authentication.checkCertificate() {
      _ = try await body(of: request, limit: listener.limits.unauthenticatedBody, from: &requests)
      return try await send(refusal)
    }
    guard !request.isEncrypted else { throw HTTPRefusal(.badRequest, "an encrypted body where nothing was agreed to encrypt with") }
    let hasBody = request.framing.contentLength > 0
    guard !hasBody || request.isPlainSOAP else { throw HTTPRefusal(.unsupportedMediaType, "a body that is not SOAP in UTF-8") }
    let envelope = try await body(of: request, limit: listener.limits.envelopeSize, from: &requests)
    switch await authentication.receiveCertificate(for: listener.dispatcher.resource(of: envelope)) {
    case .answer(let answer): return try await send(answer)
    case .established(let headers):
      noteAuthenticated()
      guard hasBody, let established = authentication.established else { return try await send(HTTPAnswer(.ok, headers: headers)) }
      return try await answer(envelope, of: established, isEncrypted: false, headers: headers)
    }
  }

  // MARK: Protected messages

  /// Whether the body can be a message of a proven peer: an encrypted one, or, inside TLS and where the settings allow it, a plain one.
  private func isMessage(_ request: Request, of established: ConnectionAuthentication.Established) -> Bool {
    request.isEncrypted || (request.framing.contentLength > 0 && acceptsPlainMessages(of: established))
  }

  private func acceptsPlainMessages(of established: ConnectionAuthentication.Established) -> Bool {
    // Basic is proven again with each request, and inside TLS nobody else can write.
    if hasProtectedMessage, established.isConnectionBound, listener.transport == .http { return false }
    return listener.live.offer.acceptsPlainMessages(of: established.identity, over: listener.transport)
  }

  /// Decrypts a request, has it carried out, and encrypts the answer. A request that came in clear, inside TLS or because the settings allow
  /// it, is answered in clear; over HTTP none is taken once a protected one has come.
  private mutating func message(
    _ request: Request, of established: ConnectionAuthentication.Established, headers: HTTPHeaders, from requests: inout Requests
  ) async throws -> Bool {
    guard request.isEncrypted || acceptsPlainMessages(of: established) else {
      throw HTTPRefusal(.internalServerError, "an unencrypted body")
    }
    let plaintext = try await plaintext(of: request, established, from: &requests)
    if request.isEncrypted { hasProtectedMessage = true }
    return try await answer(plaintext, of: established, isEncrypted: request.isEncrypted, headers: headers)
  }

  private func answer(
    _ plaintext: [UInt8], of established: ConnectionAuthentication.Established, isEncrypted: Bool, headers: HTTPHeaders
  ) async throws -> Bool {
    let caller = Caller(identity: established.identity, peer: peer)
    guard let answer = await listener.dispatcher.answer(to: plaintext, of: caller) else { return false }
    do {
      try Task.checkCancellation()
      let (contentType, body) =
        if isEncrypted, let protector = established.protector {
          try await protector.protect(answer.envelope)
        } else { (MultipartEncrypted.originalContentType, answer.envelope) }
      var headers = headers
      headers.add(name: "Content-Type", value: contentType)
      let goesOn = try await send(HTTPAnswer(answer.isFault ? .internalServerError : .ok, headers: headers, body: body))
      answer.delivery?.confirm()
      return goesOn
    } catch {
      answer.delivery?.restore()
      throw error
    }
  }

  private func plaintext(
    of request: Request, _ established: ConnectionAuthentication.Established, from requests: inout Requests
  ) async throws -> [UInt8] {
    guard request.isEncrypted else {
      guard request.isPlainSOAP else { throw HTTPRefusal(.unsupportedMediaType, "a body that is not SOAP in UTF-8 or UTF-16") }
      return try await body(of: request, limit: listener.limits.envelopeSize, from: &requests)
    }
    guard let protector = established.protector else {
      throw HTTPRefusal(.badRequest, "an encrypted body where nothing was agreed to encrypt with")
    }
    let body = try await body(of: request, limit: listener.limits.authenticatedBody, from: &requests)
    do {
      return try await protector.unprotect(
        contentType: request.contentType, body: body, limit: listener.limits.envelopeSize)
    } catch {
      throw HTTPRefusal(.badRequest, "an encrypted body that cannot be read")
    }
  }

  // MARK: Reading and writing

  private func body(of request: Request, limit: Int, from requests: inout Requests) async throws -> [UInt8] {
    try await MessageBody(channel: channel).read(request.framing, limit: limit, from: &requests)
  }

  /// Writes an answer and returns when it has left.
  ///
  /// - Returns: whether the connection takes another request.
  @discardableResult
  private func send(_ answer: HTTPAnswer) async throws -> Bool {
    var answer = answer
    answer.idleTimeout = life.isAuthenticated ? listener.limits.idleTimeout : listener.limits.unauthenticatedHeadTimeout
    try await channel.writeAndFlush(answer).get()
    return !answer.closes
  }

  /// A request head that HTTP has nothing against.
  private struct Request {
    let head: HTTPRequestHead
    let framing: RequestFraming

    var hasAuthorization: Bool { head.headers.contains(name: "Authorization") }
    var contentType: String { head.headers.first(name: "Content-Type") ?? "" }
    var isEncrypted: Bool { framing.contentLength > 0 && MultipartEncrypted.isEncrypted(contentType: contentType) }
    var isPlainSOAP: Bool { SOAPMediaType.isPlain(contentType) }
    /// `WSMANIDENTIFY: unauthenticated`.
    var asksAnonymously: Bool { head.headers.first(name: "WSMANIDENTIFY")?.lowercased() == "unauthenticated" }
  }
}

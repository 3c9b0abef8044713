import Certificates
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import NIOTLS

/// One TCP connection, with TLS where asked for, that carries one request at a time.
///
/// It never opens another connection by itself: an authentication belongs to the connection it was made on.
struct HTTPConnection: Sendable {
  private let channel: any Channel
  private let handler: NIOLoopBound<HTTPExchangeHandler>
  /// The server's certificates over HTTPS, DER, leaf first.
  let serverCertificates: [[UInt8]]

  /// Header limits: a token of 96 KiB in Base64 and the ordinary headers around it.
  static var decoderLimits: NIOHTTPDecoderLimitConfiguration {
    var limits = NIOHTTPDecoderLimitConfiguration()
    limits.maxHeaderFieldSize = 140 * 1024
    limits.maxHeaderListSize = 192 * 1024
    limits.maxHeaderFieldCount = 100
    return limits
  }

  /// Opens a connection, through a proxy where one is given: HTTPS in a tunnel, HTTP as requests to the proxy.
  ///
  /// - Parameter proof: where what the TLS handshake saw is left, also when it failed.
  /// - Throws: ``ConnectionFailure``, or ``HTTPExchangeError/turnedAway`` when the peer answered at once, `lost` when it ended the connection
  ///   without a word, `alert` where it was shown a certificate, `foreign` where it speaks another protocol.
  static func open(
    host: String, port: Int, tls: OuterTLS?, proxy: ProxyServer? = nil, timeout: Duration, proof: TLSProof = TLSProof()
  ) async throws -> HTTPConnection {
    let beginning = AnswerBeginning(of: .http)
    let beginningOfTLS = AnswerBeginning(of: .tls)
    let channel: any Channel
    do {
      channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .connectTimeout(TimeAmount(timeout))
        .channelOption(.tcpOption(.tcp_nodelay), value: 1)
        .channelInitializer { channel in
          channel.eventLoop.makeCompletedFuture {
            func setUp(_ channel: any Channel) throws {
              if tls != nil { try channel.pipeline.syncOperations.addHandler(AnswerBeginning.Handler(beginningOfTLS)) }
              try Self.setUp(channel, tls: tls, proof: proof, beginning: beginning)
            }
            guard let proxy, tls != nil else { return try setUp(channel) }
            let target = "\(host.contains(":") ? "[\(host)]" : host):\(port)"
            try channel.pipeline.syncOperations.addHandler(
              ProxyTunnelHandler(proxy: proxy, target: target, onFailure: { proof.record(tunnel: $0) }, establish: setUp))
          }
        }
        .connect(host: proxy?.host ?? host, port: proxy?.port ?? port).get()
    } catch {
      let failure = ConnectionFailure(connecting: error)
      throw proxy == nil ? failure : .proxy(failure)
    }
    let limit = TimeAmount(timeout)
    do {
      if proxy != nil, tls != nil {
        try await ProxyTunnelHandler.finish(on: channel, within: limit, orThrow: ConnectionFailure.tunnelTimedOut)
      }
    } catch {
      channel.close(promise: nil)
      if error is CancellationError { throw error }
      throw proof.tunnelFailure ?? (error as? ConnectionFailure) ?? .tunnelMalformed
    }
    do {
      if tls != nil { try await HandshakeHandler.finish(on: channel, within: limit, orThrow: ChannelError.connectTimeout(limit)) }
    } catch {
      channel.close(promise: nil)
      if error is CancellationError { throw error }
      throw beginningOfTLS.foreign.map { .foreignAnswer($0) } ?? ConnectionFailure(tls: error, refusal: proof.refusal)
    }
    do {
      let handler = try await channel.eventLoop.submit {
        NIOLoopBound(try channel.pipeline.syncOperations.handler(type: HTTPExchangeHandler.self), eventLoop: channel.eventLoop)
      }.get()
      return HTTPConnection(channel: channel, handler: handler, serverCertificates: proof.chain)
    } catch {
      channel.close(promise: nil)
      // The peer has ended the connection, and the pipeline is gone. With TLS 1.3 that is how it refuses a certificate.
      if let answer = beginning.foreign { throw HTTPExchangeError.foreign(answer) }
      guard tls?.clientCertificate == nil else { throw HTTPExchangeError.alert }
      throw beginning.isEmpty ? HTTPExchangeError.lost(requestWasWritten: false) : .turnedAway
    }
  }

  /// Sends one request and waits for its answer.
  ///
  /// - Parameter limit: the largest body accepted, in bytes.
  /// - Throws: ``HTTPExchangeError``, or `CancellationError` when the task is cancelled; then the connection is closed, because the answer
  ///   to the request may still come.
  func exchange(_ request: HTTPRequest, limit: Int, timeout: Duration) async throws -> HTTPResponse {
    try Task.checkCancellation()
    let promise = channel.eventLoop.makePromise(of: HTTPResponse.self)
    return try await withTaskCancellationHandler {
      channel.eventLoop.execute {
        handler.value.start(request, limit: limit, timeout: TimeAmount(timeout), on: channel, promise: promise)
      }
      do { return try await promise.futureResult.get() } catch {
        if Task.isCancelled { throw CancellationError() }
        throw error
      }
    } onCancel: {
      close()
    }
  }

  /// Closes the connection; a request under way fails.
  func close() { channel.close(promise: nil) }

  /// The address at the other end, without the port.
  var remoteAddress: String? { channel.remoteAddress?.ipAddress }

  private static func setUp(_ channel: any Channel, tls: OuterTLS?, proof: TLSProof, beginning: AnswerBeginning) throws {
    let pipeline = channel.pipeline.syncOperations
    if let tls {
      try pipeline.addHandler(try tls.makeHandler(proof: proof))
      try pipeline.addHandler(HandshakeHandler())
    }
    try pipeline.addHandler(AnswerBeginning.Handler(beginning))
    try pipeline.addHTTPClientHandlers(enableOutboundHeaderValidation: true, decoderLimitConfiguration: decoderLimits)
    try pipeline.addHandler(HTTPExchangeHandler(beginning: beginning))
  }
}

/// Tells when the TLS handshake is over.
private final class HandshakeHandler: AwaitedHandler {
  typealias InboundIn = ByteBuffer

  var result = FirstResult()

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if case .handshakeCompleted = event as? TLSUserEvent { result.end(.success(())) }
    context.fireUserInboundEventTriggered(event)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    result.end(.failure(error))
    context.fireErrorCaught(error)
  }

  func channelInactive(context: ChannelHandlerContext) {
    result.end(.failure(ChannelError.eof))
    context.fireChannelInactive()
  }

  func handlerRemoved(context: ChannelHandlerContext) { result.end(.failure(ChannelError.eof)) }
}

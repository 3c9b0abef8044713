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

  /// Opens a connection.
  ///
  /// - Throws: ``ConnectionFailure``, or ``HTTPExchangeError/turnedAway`` when the peer ended the connection at once.
  static func open(host: String, port: Int, tls: OuterTLS?, timeout: Duration) async throws -> HTTPConnection {
    let proof = TLSProof()
    let channel: any Channel
    do {
      channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .connectTimeout(TimeAmount(timeout))
        .channelOption(.tcpOption(.tcp_nodelay), value: 1)
        .channelInitializer { channel in
          channel.eventLoop.makeCompletedFuture { try setUp(channel, tls: tls, proof: proof) }
        }
        .connect(host: host, port: port).get()
    } catch {
      throw ConnectionFailure(connecting: error)
    }
    do {
      if tls != nil { try await awaitHandshake(channel, timeout: timeout) }
    } catch {
      channel.close(promise: nil)
      if error is CancellationError { throw error }
      throw ConnectionFailure(tls: error, refusal: proof.refusal)
    }
    do {
      let handler = try await channel.eventLoop.submit {
        NIOLoopBound(try channel.pipeline.syncOperations.handler(type: HTTPExchangeHandler.self), eventLoop: channel.eventLoop)
      }.get()
      return HTTPConnection(channel: channel, handler: handler, serverCertificates: proof.chain)
    } catch {
      channel.close(promise: nil)
      throw HTTPExchangeError.turnedAway  // the peer has ended the connection, and the pipeline is gone
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

  private static func setUp(_ channel: any Channel, tls: OuterTLS?, proof: TLSProof) throws {
    let pipeline = channel.pipeline.syncOperations
    if let tls {
      try pipeline.addHandler(try tls.makeHandler(proof: proof))
      try pipeline.addHandler(HandshakeHandler())
    }
    try pipeline.addHTTPClientHandlers(enableOutboundHeaderValidation: true, decoderLimitConfiguration: decoderLimits)
    try pipeline.addHandler(HTTPExchangeHandler())
  }

  private static func awaitHandshake(_ channel: any Channel, timeout: Duration) async throws {
    try await channel.eventLoop.flatSubmit {
      do {
        let handshake = try channel.pipeline.syncOperations.handler(type: HandshakeHandler.self)
        let timer = channel.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(timeout)) {
          handshake.end(.failure(ChannelError.connectTimeout(TimeAmount(timeout))))
        }
        let finished = handshake.finished(on: channel.eventLoop)
        finished.whenComplete { _ in timer.cancel() }
        return finished
      } catch {
        return channel.eventLoop.makeFailedFuture(error)
      }
    }.get()
  }
}

/// Tells when the TLS handshake is over. There is a promise only once somebody waits, and it is kept before the handler goes.
private final class HandshakeHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  private enum State {
    case running
    case awaited(EventLoopPromise<Void>)
    case finished(Result<Void, any Error>)
  }
  private var state = State.running

  /// To be asked once, on the event loop.
  func finished(on loop: any EventLoop) -> EventLoopFuture<Void> {
    switch state {
    case .running:
      let promise = loop.makePromise(of: Void.self)
      state = .awaited(promise)
      return promise.futureResult
    case .awaited(let promise): return promise.futureResult
    case .finished(.success): return loop.makeSucceededVoidFuture()
    case .finished(.failure(let error)): return loop.makeFailedFuture(error)
    }
  }

  /// The first result counts.
  func end(_ result: Result<Void, any Error>) {
    switch state {
    case .running: state = .finished(result)
    case .awaited(let promise):
      state = .finished(result)
      promise.completeWith(result)
    case .finished: break
    }
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if case .handshakeCompleted = event as? TLSUserEvent { end(.success(())) }
    context.fireUserInboundEventTriggered(event)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    end(.failure(error))
    context.fireErrorCaught(error)
  }

  func channelInactive(context: ChannelHandlerContext) {
    end(.failure(ChannelError.eof))
    context.fireChannelInactive()
  }

  func handlerRemoved(context: ChannelHandlerContext) { end(.failure(ChannelError.eof)) }
}

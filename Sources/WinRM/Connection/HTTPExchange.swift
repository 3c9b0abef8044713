import NIOCore
import NIOHTTP1
import NIOSSL

/// One POST.
struct HTTPRequest: Sendable {
  /// The path, or the whole URL for a proxy.
  var path: String
  var headers: HTTPHeaders
  var body: [UInt8]
}

/// One answer, its body collected.
struct HTTPResponse: Sendable {
  var status: HTTPResponseStatus
  var headers: HTTPHeaders
  var body: [UInt8]

  /// The first content type; empty without one.
  var contentType: String { headers.first(name: "Content-Type") ?? "" }
}

/// Why a request on a connection got no answer.
enum HTTPExchangeError: Error, Sendable, Equatable {
  /// The connection is gone. `requestWasWritten` is false only when no byte of the request can have reached the peer.
  case lost(requestWasWritten: Bool)
  /// The peer ended TLS with an alert, as it does with TLS 1.3 when it does not accept the client's certificate.
  case alert
  /// No answer in time. The peer may have carried the request out.
  case timedOut
  /// The peer's bytes are no answer in HTTP.
  case malformed
  /// The peer speaks another protocol.
  case foreign(ForeignAnswer)
  /// The peer answered in HTTP before it was asked: it turns connections away, because it has too many.
  case turnedAway
  /// The answer is larger than allowed.
  case tooLarge
  /// A second request while the first was under way.
  case busy
}

/// Carries one request at a time over a channel and collects its answer within limits. Lives on the channel's event loop.
final class HTTPExchangeHandler: ChannelInboundHandler {
  typealias InboundIn = HTTPClientResponsePart
  typealias OutboundOut = HTTPClientRequestPart

  private enum State {
    case idle
    case awaitingHead(Pending)
    case awaitingEnd(Pending, HTTPResponseHead, ByteBuffer)
    case closed(HTTPExchangeError)
  }

  private struct Pending {
    var promise: EventLoopPromise<HTTPResponse>
    var limit: Int
    var timer: Scheduled<Void>
  }

  private var state = State.idle
  /// What the peer said first.
  private let beginning: AnswerBeginning
  /// Whether the peer has answered a request: its TLS is content with us then.
  private var hasAnswered = false

  init(beginning: AnswerBeginning) { self.beginning = beginning }

  /// Writes a request. The promise gets the answer or an ``HTTPExchangeError``.
  ///
  /// - Parameter limit: the largest body accepted, in bytes.
  func start(
    _ request: HTTPRequest, limit: Int, timeout: TimeAmount, on channel: any Channel, promise: EventLoopPromise<HTTPResponse>
  ) {
    switch state {
    case .idle: break
    case .closed(.turnedAway): return promise.fail(HTTPExchangeError.turnedAway)
    case .closed(.alert): return promise.fail(HTTPExchangeError.alert)
    case .closed(.foreign(let answer)): return promise.fail(HTTPExchangeError.foreign(answer))
    case .closed: return promise.fail(HTTPExchangeError.lost(requestWasWritten: false))
    case .awaitingHead, .awaitingEnd: return promise.fail(HTTPExchangeError.busy)
    }
    guard channel.isActive else { return promise.fail(HTTPExchangeError.lost(requestWasWritten: false)) }
    let timer = channel.eventLoop.assumeIsolated().scheduleTask(in: timeout) { self.end(.timedOut, channel: channel) }
    state = .awaitingHead(Pending(promise: promise, limit: limit, timer: timer))
    let head = HTTPRequestHead(version: .http1_1, method: .POST, uri: request.path, headers: request.headers)
    channel.write(HTTPClientRequestPart.head(head), promise: nil)
    if !request.body.isEmpty {
      channel.write(HTTPClientRequestPart.body(.byteBuffer(ByteBuffer(bytes: request.body))), promise: nil)
    }
    channel.writeAndFlush(HTTPClientRequestPart.end(nil), promise: nil)
  }

  /// Ends the request under way and the connection.
  func end(_ reason: HTTPExchangeError, channel: any Channel) {
    // Who never spoke HTTP is neither busy nor gone.
    let reason = beginning.foreign.map { .foreign($0) } ?? reason
    switch state {
    case .awaitingHead(let pending), .awaitingEnd(let pending, _, _):
      pending.timer.cancel()
      state = .closed(reason)
      pending.promise.fail(reason)
    case .idle: state = .closed(reason)
    case .closed: break
    }
    channel.close(promise: nil)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch (state, unwrapInboundIn(data)) {
    case (.awaitingHead(let pending), .head(let head)): state = .awaitingEnd(pending, head, ByteBuffer())
    case (.awaitingEnd(let pending, let head, var body), .body(var bytes)):
      guard body.readableBytes + bytes.readableBytes <= pending.limit else { return end(.tooLarge, channel: context.channel) }
      state = .idle  // one owner for the buffer while it grows
      body.writeBuffer(&bytes)
      state = .awaitingEnd(pending, head, body)
    case (.awaitingEnd(let pending, let head, let body), .end):
      pending.timer.cancel()
      hasAnswered = true
      state = head.isKeepAlive ? .idle : .closed(.lost(requestWasWritten: false))
      pending.promise.succeed(HTTPResponse(status: head.status, headers: head.headers, body: Array(body.readableBytesView)))
      if !head.isKeepAlive { context.close(promise: nil) }
    case (.closed, _): break
    case (.idle, _): end(.turnedAway, channel: context.channel)
    case (.awaitingHead, .body), (.awaitingHead, .end), (.awaitingEnd, .head): end(.malformed, channel: context.channel)
    }
  }

  func channelInactive(context: ChannelHandlerContext) {
    end(.lost(requestWasWritten: true), channel: context.channel)
    context.fireChannelInactive()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    if error as? NIOHTTPDecoderError == .unsolicitedResponse { return end(.turnedAway, channel: context.channel) }
    // An end without TLS's own goodbye is another error, and an end like any other.
    if error is BoringSSLError, !hasAnswered { return end(.alert, channel: context.channel) }
    end(error is HTTPParserError ? .malformed : .lost(requestWasWritten: true), channel: context.channel)
  }
}

import Logging
import NIOCore
import NIOHTTP1

/// Keeps one connection within its limits of time and order, and writes its answers.
///
/// It stands between the HTTP codec and the connection's task. One request is in flight at a time: a second head before the answer to
/// the first ends the connection, because messages protected by one security context have one order. Every phase but the making of an
/// answer has a deadline. After a closing answer the connection is only half closed for a moment and what still arrives is thrown away,
/// since closing a socket with unread bytes would take the answer from the peer.
final class ConnectionGuard: ChannelDuplexHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias InboundOut = HTTPServerRequestPart
  typealias OutboundIn = HTTPAnswer
  typealias OutboundOut = HTTPServerResponsePart

  /// Tells the guard that the connection's task serves no further request.
  struct TaskHasEnded: Sendable {}

  private enum Phase {
    /// Waiting for a request head.
    case awaitingHead
    /// The head has gone to the task; the body is arriving.
    case readingBody
    /// The request is complete; the task makes its answer.
    case answering
    /// The last answer has been written.
    case lingering
    case closed
  }

  /// Those that hold now.
  private var limits: ServiceLimits { live.limits }
  private let live: LiveSettings
  private let refusal: ConnectionLedger.Refusal?
  private let life: ConnectionLife
  private let logger: Logger
  private var phase = Phase.awaitingHead
  private var deadline: Scheduled<Void>?
  private var lifetime: Scheduled<Void>?
  private var closesAfterAnswer = false
  private var isStarted = false

  init(live: LiveSettings, refusal: ConnectionLedger.Refusal?, life: ConnectionLife, logger: Logger) {
    self.live = live
    self.refusal = refusal
    self.life = life
    self.logger = logger
  }

  // MARK: Life

  func handlerAdded(context: ChannelHandlerContext) {
    if context.channel.isActive { start(context) }
  }

  func channelActive(context: ChannelHandlerContext) {
    start(context)
    context.fireChannelActive()
  }

  private func start(_ context: ChannelHandlerContext) {
    guard !isStarted else { return }
    isStarted = true
    // Clients take an answer for one only after they have asked.
    if refusal != nil { return schedule(context, after: min(limits.refusedHeadTimeout, limits.unauthenticatedHeadTimeout)) }
    schedule(context, after: min(limits.unauthenticatedHeadTimeout, limits.bodyTimeout))
    let loopBound = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
    lifetime = context.eventLoop.scheduleTask(in: TimeAmount(limits.unauthenticatedLifetime)) {
      let (handler, context) = loopBound.value
      guard !handler.life.isAuthenticated, handler.phase != .lingering else { return }
      handler.logger.debug("nobody authenticated in time")
      handler.close(context)
    }
  }

  func channelInactive(context: ChannelHandlerContext) {
    phase = .closed
    deadline?.cancel()
    lifetime?.cancel()
    life.closed.happen()
    context.fireChannelInactive()
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    deadline?.cancel()
    lifetime?.cancel()
    life.closed.happen()
  }

  // MARK: Requests

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch (phase, unwrapInboundIn(data)) {
    case (.awaitingHead, .head) where refusal != nil:
      end(context, with: .overloaded)
    case (.awaitingHead, .head):
      phase = .readingBody
      schedule(context, after: life.isAuthenticated ? limits.bodyTimeout : min(limits.bodyTimeout, limits.unauthenticatedHeadTimeout))
      context.fireChannelRead(data)
    case (.readingBody, .body):
      context.fireChannelRead(data)
    case (.readingBody, .end):
      phase = .answering
      deadline?.cancel()
      context.fireChannelRead(data)
    case (.answering, _), (.awaitingHead, _), (.readingBody, .head):
      logger.notice("connection closed", metadata: ["reason": "a request before the answer to the one before"])
      close(context)
    case (.lingering, _), (.closed, _):
      break
    }
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    if phase == .lingering { context.read() }
    context.fireChannelReadComplete()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    switch phase {
    case .awaitingHead, .readingBody:
      guard let error = error as? HTTPParserError else { return close(context) }
      let isTooLarge = error == .headerOverflow
      logger.notice("request refused", metadata: ["reason": isTooLarge ? "the head passes its limits" : "not HTTP"])
      end(context, with: .closing(isTooLarge ? .requestHeaderFieldsTooLarge : .badRequest))
    case .answering:
      close(context)
    case .lingering, .closed:
      break
    }
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if event is ChannelShouldQuiesceEvent {
      closesAfterAnswer = true
      if phase == .awaitingHead { close(context) }
    }
    if event is TaskHasEnded, phase != .lingering { close(context) }
    context.fireUserInboundEventTriggered(event)
  }

  // MARK: Answers

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    var answer = unwrapOutboundIn(data)
    guard answer.status.code >= 200 else {
      return context.writeAndFlush(wrapOutboundOut(.head(answer.head(date: ""))), promise: promise)
    }
    switch phase {
    case .answering where !answer.closes && !closesAfterAnswer:
      phase = .awaitingHead
      put(context, answer, promise: promise)
      schedule(context, after: answer.idleTimeout ?? limits.unauthenticatedHeadTimeout)
    case .answering, .readingBody, .awaitingHead:
      answer.closes = true
      end(context, with: answer, promise: promise)
    case .lingering, .closed:
      promise?.fail(ChannelError.ioOnClosedChannel)
    }
  }

  private func put(_ context: ChannelHandlerContext, _ answer: HTTPAnswer, promise: EventLoopPromise<Void>?) {
    context.write(wrapOutboundOut(.head(answer.head(date: HTTPDate.now()))), promise: nil)
    if !answer.body.isEmpty { context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: answer.body)))), promise: nil) }
    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: promise)
  }

  /// Writes the last answer and lets the peer read it.
  private func end(_ context: ChannelHandlerContext, with answer: HTTPAnswer, promise: EventLoopPromise<Void>? = nil) {
    phase = .lingering
    let written = promise ?? context.eventLoop.makePromise()
    let loopBound = NIOLoopBound(context, eventLoop: context.eventLoop)
    written.futureResult.assumeIsolated().whenSuccess { loopBound.value.close(mode: .output, promise: nil) }
    put(context, answer, promise: written)
    schedule(context, after: limits.lingerTimeout)
    context.read()
  }

  private func close(_ context: ChannelHandlerContext) {
    phase = .closed
    deadline?.cancel()
    lifetime?.cancel()
    context.close(promise: nil)
  }

  // MARK: Deadlines

  private func schedule(_ context: ChannelHandlerContext, after duration: Duration) {
    deadline?.cancel()
    let loopBound = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
    deadline = context.eventLoop.scheduleTask(in: TimeAmount(duration)) {
      let (handler, context) = loopBound.value
      handler.deadlinePassed(context)
    }
  }

  private func deadlinePassed(_ context: ChannelHandlerContext) {
    switch phase {
    case .readingBody:
      logger.notice("request refused", metadata: ["reason": "its body did not come in time"])
      end(context, with: .closing(.internalServerError))
    case .awaitingHead where refusal != nil:
      end(context, with: .overloaded)
    case .awaitingHead, .lingering:
      close(context)
    case .answering, .closed:
      break
    }
  }
}

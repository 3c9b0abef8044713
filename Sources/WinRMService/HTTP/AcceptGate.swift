import Logging
import NIOCore
import Synchronization

/// How many connections may be open at a time, over all sockets. Beyond that they wait in the backlog, so that descriptors stay bounded;
/// connections beyond MaxConnections alone are accepted and told 503.
final class AcceptGate: Sendable {
  private let count = Atomic(0)
  private let limit: @Sendable () -> Int

  /// - Parameter limit: asked for each connection.
  init(limit: @escaping @Sendable () -> Int) { self.limit = limit }

  fileprivate var isOpen: Bool { count.load(ordering: .relaxed) < limit() }

  fileprivate func enter() { count.add(1, ordering: .relaxed) }
  fileprivate func leave() { count.subtract(1, ordering: .relaxed) }

  /// Holds the accepting of one socket back while the gate is shut.
  final class Handler: ChannelDuplexHandler {
    typealias InboundIn = Channel
    typealias InboundOut = Channel
    typealias OutboundIn = Never

    /// A connection of another socket may have ended: nobody tells this one.
    private static let recheck = TimeAmount.milliseconds(200)

    private let gate: AcceptGate
    private var isWaiting = false

    init(_ gate: AcceptGate) { self.gate = gate }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      let gate = gate
      gate.enter()
      unwrapInboundIn(data).closeFuture.whenComplete { _ in gate.leave() }
      context.fireChannelRead(data)
    }

    func read(context: ChannelHandlerContext) {
      guard !gate.isOpen else { return context.read() }
      guard !isWaiting else { return }
      isWaiting = true
      let bound = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
      context.eventLoop.scheduleTask(in: Self.recheck) {
        let (handler, context) = bound.value
        handler.isWaiting = false
        if context.channel.isActive { handler.read(context: context) }
      }
    }
  }
}

/// Keeps a listener going when a connection cannot be accepted, for instance because descriptors have run out.
final class AcceptErrorHandler: ChannelInboundHandler {
  typealias InboundIn = Channel

  private let logger: Logger
  private var lastReport: NIODeadline?

  init(logger: Logger) { self.logger = logger }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    if let lastReport, NIODeadline.now() - lastReport < .seconds(10) { return }
    lastReport = .now()
    let code = (error as? IOError)?.errnoCode
    logger.error("a connection could not be accepted", metadata: ["errno": "\(code.map(String.init) ?? "none")"])
  }
}

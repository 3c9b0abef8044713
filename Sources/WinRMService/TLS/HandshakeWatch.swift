import Logging
import MemoryTLS
import NIOCore
import NIOSSL
import NIOTLS
import SecuritySupport

/// Ends a connection whose TLS handshake takes too long, and says why one failed. It stands behind the TLS handler.
final class HandshakeWatch: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  private let timeout: Duration
  private let logger: Logger
  private var deadline: Scheduled<Void>?
  private var isOver = false

  init(timeout: Duration, logger: Logger) {
    self.timeout = timeout
    self.logger = logger
  }

  func handlerAdded(context: ChannelHandlerContext) {
    let bound = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
    deadline = context.eventLoop.scheduleTask(in: TimeAmount(timeout)) {
      let (handler, context) = bound.value
      guard handler.end() else { return }
      handler.logger.notice("connection refused", metadata: ["reason": "the TLS handshake was not finished in time"])
      context.close(promise: nil)
    }
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if case .handshakeCompleted = event as? TLSUserEvent { _ = end() }
    if event is TransportSniffer.HasRefused { _ = end() }
    context.fireUserInboundEventTriggered(event)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    if end() {
      let reason = LibraryFault(error).reason.sanitizedForLog()
      logger.notice("connection refused", metadata: ["reason": "the TLS handshake failed: \(reason)"])
    }
    context.fireErrorCaught(error)
  }

  func channelInactive(context: ChannelHandlerContext) {
    _ = end()
    context.fireChannelInactive()
  }

  func handlerRemoved(context: ChannelHandlerContext) { _ = end() }

  /// - Returns: whether the handshake was still under way.
  private func end() -> Bool {
    defer { isOver = true }
    deadline?.cancel()
    return !isOver
  }
}

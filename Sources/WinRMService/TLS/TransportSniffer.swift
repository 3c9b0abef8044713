import Logging
import NIOCore

/// Looks at the first byte of a connection: whoever speaks HTTP to an HTTPS listener, or TLS to an HTTP one, is told so in clear text and
/// turned away, instead of being left with an error of a layer that is not there.
final class TransportSniffer: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  /// Tells the handlers behind that nothing more will come to them.
  struct HasRefused: Sendable {}

  private enum State { case undecided, passing, refusing }

  private let servesTLS: Bool
  private let lingerTimeout: Duration
  private let logger: Logger
  private var state = State.undecided

  init(servesTLS: Bool, lingerTimeout: Duration, logger: Logger) {
    self.servesTLS = servesTLS
    self.lingerTimeout = lingerTimeout
    self.logger = logger
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    if state == .undecided, let first = unwrapInboundIn(data).readableBytesView.first {
      state = isForeign(first) ? .refusing : .passing
      if state == .refusing { refuse(context) }
    }
    if state != .refusing { context.fireChannelRead(data) }
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    // What is left unread would take the answer from the peer when the socket is closed.
    if state == .refusing { context.read() } else { context.fireChannelReadComplete() }
  }

  /// TLS begins with the type of a handshake record (RFC 8446 §5.1), HTTP with the first letter of a method.
  private func isForeign(_ first: UInt8) -> Bool {
    servesTLS ? (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(first & 0xDF) : first == 0x16
  }

  private func refuse(_ context: ChannelHandlerContext) {
    let reason = servesTLS ? "HTTP, spoken to a listener for HTTPS" : "TLS, spoken to a listener for HTTP"
    logger.notice("connection refused", metadata: ["reason": "\(reason)"])
    context.fireUserInboundEventTriggered(HasRefused())
    // Who speaks TLS would not read it.
    let advice = servesTLS ? "This listener speaks HTTPS: use https://.\r\n" : ""
    let answer = """
      HTTP/1.1 400 Bad Request\r
      Server: winrmd\r
      Content-Type: text/plain\r
      Content-Length: \(advice.utf8.count)\r
      Connection: close\r
      \r
      \(advice)
      """
    let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
    context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: answer))).assumeIsolated().whenComplete { _ in
      bound.value.close(mode: .output, promise: nil)
    }
    context.eventLoop.scheduleTask(in: TimeAmount(lingerTimeout)) { bound.value.close(promise: nil) }
    context.read()
  }
}

import NIOCore
import NIOHTTP1
import SecuritySupport
import WinRMHTTP

/// Asks a proxy for a tunnel to a server (RFC 9110 §9.3.6), and passes on what comes through it. It stays, so that whoever waits for the
/// tunnel finds it also when the tunnel is quickly there.
final class ProxyTunnelHandler: AwaitedHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  /// The longest answer that is read, in bytes.
  static let maximumAnswer = 16_384

  var result = FirstResult()
  private let proxy: ProxyServer
  /// `host:port` of the server.
  private let target: String
  /// Puts what speaks through the tunnel into the pipeline.
  private let establish: (any Channel) throws -> Void
  /// Told why there is no tunnel: when the connection ends at once, the handler is gone before anybody can wait for it.
  private let onFailure: (ConnectionFailure) -> Void
  private var answer = ByteBuffer()
  private var isEstablished = false

  init(
    proxy: ProxyServer, target: String, onFailure: @escaping (ConnectionFailure) -> Void, establish: @escaping (any Channel) throws -> Void
  ) {
    self.proxy = proxy
    self.target = target
    self.onFailure = onFailure
    self.establish = establish
  }

  func channelActive(context: ChannelHandlerContext) {
    var request = "CONNECT \(target) HTTP/1.1\r\nHost: \(target)\r\n"
    if let credential = proxy.credential { request += "Proxy-Authorization: \(RequestAuthorization.basicHeader(credential))\r\n" }
    context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: request + "\r\n")), promise: nil)
    context.fireChannelActive()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard !isEstablished else { return context.fireChannelRead(data) }
    var bytes = unwrapInboundIn(data)
    answer.writeBuffer(&bytes)
    let view = answer.readableBytesView
    // Whoever speaks another protocol waits for more than would ever come.
    guard Self.beginsAsHTTP(view) else { return fail(.tunnelMalformed, context) }
    guard let end = Self.endOfHead(view) else {
      if answer.readableBytes > Self.maximumAnswer { fail(.tunnelMalformed, context) }
      return
    }
    guard let status = Self.status(of: view) else { return fail(.tunnelMalformed, context) }
    guard (200..<300).contains(status) else { return fail(.tunnelRefused(status: status), context) }
    // A server of TLS waits for its client: whoever speaks first is not the server.
    guard end == view.endIndex else { return fail(.tunnelMalformed, context) }
    do {
      isEstablished = true
      answer = ByteBuffer()
      try establish(context.channel)
      result.end(.success(()))
    } catch {
      result.end(.failure(error))
      context.close(promise: nil)
    }
  }

  func channelInactive(context: ChannelHandlerContext) {
    result.end(.failure(ConnectionFailure.tunnelMalformed))
    context.fireChannelInactive()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    guard !isEstablished else { return context.fireErrorCaught(error) }
    fail(.tunnelMalformed, context)
  }

  func handlerRemoved(context: ChannelHandlerContext) { result.end(.failure(ConnectionFailure.tunnelMalformed)) }

  private func fail(_ failure: ConnectionFailure, _ context: ChannelHandlerContext) {
    onFailure(failure)
    result.end(.failure(failure))
    context.close(promise: nil)
  }

  private static func beginsAsHTTP(_ bytes: ByteBufferView) -> Bool {
    let start = Array("HTTP/1.".utf8)
    return bytes.prefix(start.count).elementsEqual(start.prefix(bytes.count))
  }

  /// The index after the empty line; `nil` where it has not come.
  private static func endOfHead(_ bytes: ByteBufferView) -> Int? {
    guard bytes.count >= 4 else { return nil }
    let end = (bytes.startIndex...(bytes.endIndex - 4)).first { bytes[$0..<$0 + 4].elementsEqual("\r\n\r\n".utf8) }
    return end.map { $0 + 4 }
  }

  /// The number in `HTTP/1.1 200 Connection established`.
  static func status(of bytes: ByteBufferView) -> UInt? {
    let line = bytes.prefix { $0 != 0x0D }
    guard line.count >= 12, line.starts(with: "HTTP/1.".utf8) else { return nil }
    let words = line.split(separator: 0x20, maxSplits: 2, omittingEmptySubsequences: false)
    guard words.count >= 2, words[0].count == 8, words[1].count == 3 else { return nil }
    let digits = words[1].map { UInt($0) &- 0x30 }
    guard digits.allSatisfy({ $0 <= 9 }), digits[0] >= 1 else { return nil }
    return digits.reduce(0) { $0 * 10 + $1 }
  }
}

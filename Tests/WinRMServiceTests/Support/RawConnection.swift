import NIOCore
import NIOPosix
import NIOSSL

/// One TCP connection on which the test writes bytes and reads HTTP answers, without any help from an HTTP library.
final class RawConnection: Sendable {
  struct Answer: Sendable {
    var status: Int
    var headers: [(name: String, value: String)]
    var body: [UInt8]

    func values(_ name: String) -> [String] { headers.filter { $0.name.lowercased() == name.lowercased() }.map(\.value) }
    var closes: Bool { values("Connection").contains("close") }
  }

  struct Closed: Error {}

  private let channel: any Channel
  private let bytes: Inbox

  private init(channel: any Channel, bytes: Inbox) {
    self.channel = channel
    self.bytes = bytes
  }

  /// - Parameter tls: speaks TLS; whoever the server is.
  static func open(port: Int, host: String = "127.0.0.1", tls: NIOSSLContext? = nil) async throws -> RawConnection {
    let inbox = Inbox()
    let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          if let tls { try channel.pipeline.syncOperations.addHandler(NIOSSLClientHandler(context: tls, serverHostname: nil)) }
          try channel.pipeline.syncOperations.addHandler(InboxHandler(inbox))
        }
      }
      .connect(host: host, port: port).get()
    return RawConnection(channel: channel, bytes: inbox)
  }

  /// A connection to a Unix socket.
  static func open(socket path: String) async throws -> RawConnection {
    let inbox = Inbox()
    let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(InboxHandler(inbox)) }
      }
      .connect(unixDomainSocketPath: path).get()
    return RawConnection(channel: channel, bytes: inbox)
  }

  func send(_ text: String) async throws { try await send(Array(text.utf8)) }
  func send(_ bytes: [UInt8]) async throws { try await channel.writeAndFlush(ByteBuffer(bytes: bytes)).get() }

  /// Sends without waiting or failing: the peer may have closed already.
  func push(_ bytes: [UInt8]) { channel.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil) }

  func withChannel(_ body: (any Channel) -> Void) { body(channel) }

  func close() { channel.close(promise: nil) }

  /// The next answer.
  ///
  /// - Throws: ``Closed`` when the connection ends before it is complete.
  func answer() async throws -> Answer {
    let head = String(decoding: try await bytes.take(through: Array("\r\n\r\n".utf8)), as: UTF8.self)
    var lines = head.split(separator: "\r\n").map(String.init)
    guard !lines.isEmpty, let status = Int(lines.removeFirst().split(separator: " ").dropFirst().first ?? "") else { throw Closed() }
    let headers = lines.map { line in
      let parts = line.split(separator: ":", maxSplits: 1).map { String($0) }
      return (name: parts[0], value: parts.count > 1 ? String(parts[1].drop { $0 == " " }) : "")
    }
    var answer = Answer(status: status, headers: headers, body: [])
    let length = answer.values("Content-Length").first.flatMap(Int.init) ?? 0
    answer.body = try await bytes.take(length)
    return answer
  }

  /// Returns when the peer has closed the connection.
  func untilClosed() async { await bytes.untilEnd() }
}

/// Bytes that have arrived.
actor Inbox {
  private var bytes: [UInt8] = []
  private var hasEnded = false
  private var waiters: [CheckedContinuation<Void, Never>] = []

  func append(_ more: [UInt8]) {
    bytes += more
    wake()
  }

  func end() {
    hasEnded = true
    wake()
  }

  private func wake() {
    let all = waiters
    waiters = []
    for waiter in all { waiter.resume() }
  }

  func take(_ count: Int) async throws -> [UInt8] {
    while bytes.count < count { try await more() }
    defer { bytes.removeFirst(count) }
    return Array(bytes.prefix(count))
  }

  func take(through end: [UInt8]) async throws -> [UInt8] {
    var searched = 0
    while true {
      if bytes.count >= end.count, searched <= bytes.count - end.count {
        for start in searched...bytes.count - end.count where bytes[start..<start + end.count].elementsEqual(end) {
          return try await take(start + end.count)
        }
        searched = bytes.count - end.count + 1
      }
      try await more()
    }
  }

  func untilEnd() async { while !hasEnded { await withCheckedContinuation { waiters.append($0) } } }

  private func more() async throws {
    guard !hasEnded else { throw RawConnection.Closed() }
    await withCheckedContinuation { waiters.append($0) }
  }
}

private final class InboxHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  private let continuation: AsyncStream<[UInt8]?>.Continuation

  init(_ inbox: Inbox) {
    let (stream, continuation) = AsyncStream<[UInt8]?>.makeStream()
    self.continuation = continuation
    Task {
      for await bytes in stream { if let bytes { await inbox.append(bytes) } else { await inbox.end() } }
    }
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    continuation.yield(Array(unwrapInboundIn(data).readableBytesView))
  }

  func channelInactive(context: ChannelHandlerContext) {
    continuation.yield(nil)
    continuation.finish()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}

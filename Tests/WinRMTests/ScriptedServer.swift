import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization

/// What a test's server does with a request.
enum Reaction: Sendable {
  case reply(UInt, [(String, String)], [UInt8])
  /// Closes after the answer, without saying so in it.
  case replyThenClose(UInt, [(String, String)], [UInt8])
  case close
  /// Never answers.
  case silence
  case raw([UInt8])
}

struct SeenRequest: Sendable {
  /// Counts connections from 0.
  var connection: Int
  var head: HTTPRequestHead
  var body: [UInt8]
}

/// An HTTP server on the loopback interface that does what a test says, and keeps every byte that came.
final class ScriptedServer: Sendable {
  typealias Script = @Sendable (SeenRequest) async -> Reaction

  private struct Record {
    var bytes: [UInt8] = []
    var connections = 0
    var requests: [SeenRequest] = []
  }
  private let record = Mutex(Record())
  private let channel: any Channel

  private init(channel: any Channel) { self.channel = channel }

  var port: Int { channel.localAddress?.port ?? 0 }
  /// Everything that clients wrote, after TLS.
  var bytes: [UInt8] { record.withLock { $0.bytes } }
  var connectionCount: Int { record.withLock { $0.connections } }
  var requests: [SeenRequest] { record.withLock { $0.requests } }

  static func run<R>(
    host: String = "127.0.0.1", tls: NIOSSLContext? = nil, script: @escaping Script, body: (ScriptedServer) async throws -> R
  ) async throws -> R {
    let holder = ServerHolder()
    let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelInitializer { child in
        child.eventLoop.makeCompletedFuture {
          guard let server = holder.server else { throw ChannelError.eof }
          let number = server.record.withLock { record in
            defer { record.connections += 1 }
            return record.connections
          }
          let pipeline = child.pipeline.syncOperations
          if let tls { try pipeline.addHandler(NIOSSLServerHandler(context: tls)) }
          try pipeline.addHandler(Recorder { bytes in server.record.withLock { $0.bytes += bytes } })
          try pipeline.configureHTTPServerPipeline(withPipeliningAssistance: false, withErrorHandling: false)
          try pipeline.addHandler(
            Responder(number: number) { seen in
              server.record.withLock { $0.requests.append(seen) }
              return await script(seen)
            })
        }
      }
      .bind(host: host, port: 0).get()
    let server = ScriptedServer(channel: channel)
    holder.server = server
    do {
      let result = try await body(server)
      try await channel.close()
      return result
    } catch {
      try? await channel.close()
      throw error
    }
  }
}

/// A server that says the same to everybody, at once or when it hears something: 503, unless it is told otherwise.
enum TurningAwayServer {
  static let unavailable = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"

  static func run<R>(saying answer: String = unavailable, speaksFirst: Bool = true, _ body: (Int) async throws -> R) async throws -> R {
    let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelInitializer { child in
        child.eventLoop.makeCompletedFuture { try child.pipeline.syncOperations.addHandler(TurnAway(answer, speaksFirst)) }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    do {
      let result = try await body(channel.localAddress?.port ?? 0)
      try await channel.close()
      return result
    } catch {
      try? await channel.close()
      throw error
    }
  }

  private final class TurnAway: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let answer: String
    private var isDue: Bool
    private let speaksFirst: Bool

    init(_ answer: String, _ speaksFirst: Bool) { (self.answer, self.speaksFirst, isDue) = (answer, speaksFirst, true) }

    func channelActive(context: ChannelHandlerContext) { if speaksFirst { speak(context) } }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { if isDue { speak(context) } }

    private func speak(_ context: ChannelHandlerContext) {
      isDue = false
      context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: answer)), promise: nil)
      context.close(mode: .output, promise: nil)
    }
  }
}

private final class ServerHolder: Sendable {
  private let state = Mutex<ScriptedServer?>(nil)
  var server: ScriptedServer? {
    get { state.withLock { $0 } }
    set { state.withLock { $0 = newValue } }
  }
}

private final class Recorder: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  private let take: @Sendable ([UInt8]) -> Void

  init(take: @escaping @Sendable ([UInt8]) -> Void) { self.take = take }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    take(Array(unwrapInboundIn(data).readableBytesView))
    context.fireChannelRead(data)
  }
}

private final class Responder: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart
  private let number: Int
  private let script: ScriptedServer.Script
  private var head: HTTPRequestHead?
  private var body: [UInt8] = []

  init(number: Int, script: @escaping ScriptedServer.Script) {
    self.number = number
    self.script = script
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head): (self.head, body) = (head, [])
    case .body(let bytes): body += bytes.readableBytesView
    case .end:
      guard let head else { return }
      answer(SeenRequest(connection: number, head: head, body: body), on: context.channel)
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

  private func answer(_ seen: SeenRequest, on channel: any Channel) { Self.start(script, seen, channel) }

  private static func start(_ script: @escaping ScriptedServer.Script, _ seen: SeenRequest, _ channel: any Channel) {
    Task.detached { await play(script, seen, channel) }
  }

  private static func play(_ script: ScriptedServer.Script, _ seen: SeenRequest, _ channel: any Channel) async {
    carryOut(await script(seen), on: channel)
  }

  private static func carryOut(_ reaction: Reaction, on channel: any Channel) {
    switch reaction {
    case .reply(let status, let headers, let body): write(status, headers, body, on: channel)
    case .replyThenClose(let status, let headers, let body):
      write(status, headers, body, on: channel)
      channel.close(promise: nil)
    case .close: channel.close(promise: nil)
    case .silence: break
    case .raw(let bytes): writeRaw(bytes, on: channel)
    }
  }

  private static func writeRaw(_ bytes: [UInt8], on channel: any Channel) {
    channel.eventLoop.execute {
      guard let encoder = try? channel.pipeline.syncOperations.context(handlerType: HTTPResponseEncoder.self) else { return }
      encoder.writeAndFlush(NIOAny(ByteBuffer(bytes: bytes)), promise: nil)
    }
  }

  private static func write(_ status: UInt, _ headers: [(String, String)], _ body: [UInt8], on channel: any Channel) {
    var fields = HTTPHeaders(headers)
    fields.add(name: "Content-Length", value: String(body.count))
    let head = HTTPResponseHead(version: .http1_1, status: HTTPResponseStatus(statusCode: Int(status)), headers: fields)
    channel.write(HTTPServerResponsePart.head(head), promise: nil)
    if !body.isEmpty { channel.write(HTTPServerResponsePart.body(.byteBuffer(ByteBuffer(bytes: body))), promise: nil) }
    channel.writeAndFlush(HTTPServerResponsePart.end(nil), promise: nil)
  }
}

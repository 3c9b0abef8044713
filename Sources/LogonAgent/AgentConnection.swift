import NIOCore
import NIOPosix
import SecuritySupport

/// A connection to an agent that carries one question at a time.
final class AgentConnection: Sendable {
  private let channel: any Channel
  private let handler: NIOLoopBound<AgentClientHandler>

  private init(channel: any Channel, handler: NIOLoopBound<AgentClientHandler>) {
    self.channel = channel
    self.handler = handler
  }

  static func open(_ path: String) async throws(LogonAgentError) -> AgentConnection {
    let descriptor = try UnixSocket.connect(path: path)
    do {
      return try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .withConnectedSocket(descriptor) { channel in
          channel.eventLoop.makeCompletedFuture {
            let handler = AgentClientHandler()
            try channel.pipeline.syncOperations.addHandlers(ByteToMessageHandler(AgentFrameDecoder()), handler)
            return AgentConnection(channel: channel, handler: NIOLoopBound(handler, eventLoop: channel.eventLoop))
          }
        }
    } catch {
      throw LogonAgentError(.unreachable, "the session's agent socket cannot be used")
    }
  }

  func close() { channel.close(promise: nil) }

  /// Sends one request and waits for its reply, at most `limit` long. Cancelling the task ends the wait.
  func ask(_ request: AgentRequest, within limit: Duration) async throws(LogonAgentError) -> AgentReply {
    let frame = request.encode()
    guard frame.count <= AgentCodec.maximumLength else { throw LogonAgentError(.limit, "the request is too long") }
    let promise = channel.eventLoop.makePromise(of: [UInt8].self)
    do {
      var payload = try await withTaskCancellationHandler {
        let (handler, channel) = (handler, channel)
        channel.eventLoop.execute { handler.value.ask(frame, on: channel, within: TimeAmount(limit), promise: promise) }
        return try await promise.futureResult.get()
      } onCancel: {
        promise.fail(LogonAgentError(.cancelled, "the wait for the agent was cancelled"))
      }
      defer { SecretBytes.wipe(&payload) }
      return try AgentReply(decoding: payload)
    } catch let error as LogonAgentError {
      throw error
    } catch {
      throw LogonAgentError(.closed, "the agent closed the connection")
    }
  }
}

/// Hands each payload to the question that waits. Lives on its event loop.
final class AgentClientHandler: ChannelInboundHandler {
  typealias InboundIn = [UInt8]

  private var waiting: EventLoopPromise<[UInt8]>?
  private var isOpen = true

  func ask(_ frame: [UInt8], on channel: any Channel, within limit: TimeAmount, promise: EventLoopPromise<[UInt8]>) {
    guard isOpen else { return promise.fail(LogonAgentError(.closed, "the agent closed the connection")) }
    guard waiting == nil else { return promise.fail(LogonAgentError(.outOfSequence, "a question is being answered")) }
    waiting = promise
    let timer = channel.eventLoop.scheduleTask(in: limit) {
      promise.fail(LogonAgentError(.timedOut, "the agent gave no answer in time"))
    }
    promise.futureResult.whenComplete { _ in timer.cancel() }
    channel.writeAndFlush(ByteBuffer(bytes: frame), promise: nil)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard let promise = waiting else { return context.close(promise: nil) }
    waiting = nil
    promise.succeed(unwrapInboundIn(data))
  }

  func channelInactive(context: ChannelHandlerContext) {
    end(LogonAgentError(.closed, "the agent closed the connection"))
    context.fireChannelInactive()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    end(error as? LogonAgentError ?? LogonAgentError(.closed, "the connection to the agent failed"))
    context.close(promise: nil)
  }

  private func end(_ error: LogonAgentError) {
    isOpen = false
    waiting?.fail(error)
    waiting = nil
  }
}

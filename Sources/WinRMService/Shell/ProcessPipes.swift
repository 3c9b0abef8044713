import LogonInterface
import NIOCore
import NIOPosix

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The three pipes of a process, on event loops.
struct ProcessPipes: Sendable {
  let input: any Channel
  private let outputs: [any Channel]

  /// Takes over the pipes of `process`, which are closed when this throws.
  static func open(_ process: StartedProcess, into output: CommandOutput, group: any EventLoopGroup) async throws -> ProcessPipes {
    let pipe = NIOPipeBootstrap(group: group)
    let input: any Channel
    do {
      input = try await pipe.takingOwnershipOfDescriptor(output: process.standardInput).get()
    } catch {
      for descriptor in [process.standardInput, process.standardOutput, process.standardError] { _ = close(descriptor) }
      throw error
    }
    var outputs: [any Channel] = []
    let rest = [(CommandOutput.Stream.standardOutput, process.standardOutput), (.standardError, process.standardError)]
    for (index, (stream, descriptor)) in rest.enumerated() {
      let reading = pipe.channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 65_536))
        .channelOption(.maxMessagesPerRead, value: 1).channelInitializer {
          channel in
          channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHandler(OutputPipeHandler(stream: stream, output: output))
          }
        }
      do {
        outputs.append(try await reading.takingOwnershipOfDescriptor(input: descriptor).get())
      } catch {
        for (_, descriptor) in rest[index...] { _ = close(descriptor) }
        for channel in outputs + [input] { channel.close(promise: nil) }
        throw error
      }
    }
    return ProcessPipes(input: input, outputs: outputs)
  }

  /// Closes the reading ends. The output is then ended, as if the process had closed its own.
  func closeOutputs() { for channel in outputs { channel.close(promise: nil) } }
}

/// Carries what a process writes to its ``CommandOutput``, and reads no more while that is full.
private final class OutputPipeHandler: ChannelDuplexHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundIn = Never

  private let stream: CommandOutput.Stream
  private let output: CommandOutput
  private var isResting = false
  private var hasHeldRead = false

  init(stream: CommandOutput.Stream, output: CommandOutput) {
    self.stream = stream
    self.output = output
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let loopBound = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
    let eventLoop = context.eventLoop
    isResting = true
    let mayRead = output.append(unwrapInboundIn(data), to: stream) {
      eventLoop.execute {
        let (handler, context) = loopBound.value
        handler.resume(context)
      }
    }
    if mayRead { isResting = false }
  }

  func read(context: ChannelHandlerContext) {
    if isResting { hasHeldRead = true } else { context.read() }
  }

  private func resume(_ context: ChannelHandlerContext) {
    isResting = false
    guard hasHeldRead else { return }
    hasHeldRead = false
    context.read()
  }

  func channelInactive(context: ChannelHandlerContext) {
    output.end(stream)
    context.fireChannelInactive()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}

import NIOCore
import NIOTLS

/// A channel between two arrays: what is fed goes through the pipeline, what comes out at either end is collected.
final class MemoryChannel: Channel, ChannelCore, @unchecked Sendable {  // as MemoryEventLoop
  let loop = MemoryEventLoop()
  private(set) var isActive = false
  /// The first error that no handler dealt with.
  private(set) var error: (any Error)?
  /// Whether TLS said that its handshake is done.
  fileprivate(set) var isHandshakeComplete = false

  private var outbound = ByteBuffer()
  private var unflushed = ByteBuffer()
  private var inbound = ByteBuffer()
  private var isOpen = true
  private let closePromise: EventLoopPromise<Void>
  private lazy var ownPipeline = ChannelPipeline(channel: self)

  init() { closePromise = loop.makePromise() }

  // MARK: What MemoryTLS does with it

  /// Puts TLS into the pipeline and begins; a client's handler writes its ClientHello.
  func begin(with handler: any ChannelHandler) {
    loop.run { [self] in
      do {
        try ownPipeline.syncOperations.addHandlers([handler, HandshakeObserver(channel: self)])
        isActive = true
        ownPipeline.syncOperations.fireChannelActive()
      } catch { self.error = error }
    }
  }

  /// Bytes from the peer.
  func feed(_ bytes: [UInt8]) {
    loop.run { [self] in
      ownPipeline.syncOperations.fireChannelRead(NIOAny(ByteBuffer(bytes: bytes)))
      ownPipeline.syncOperations.fireChannelReadComplete()
    }
  }

  /// Plaintext for the peer.
  func send(_ bytes: [UInt8]) {
    loop.run { [self] in ownPipeline.syncOperations.writeAndFlush(NIOAny(ByteBuffer(bytes: bytes)), promise: nil) }
  }

  /// Ends the channel, which breaks the cycle between it and its pipeline.
  func end() {
    loop.run { [self] in close0(error: ChannelError.eof, mode: .all, promise: nil) }
  }

  /// Whether either end closed the channel.
  var isClosed: Bool { !isOpen }

  func takeOutbound() -> [UInt8] { Self.take(&outbound) }
  func takeInbound() -> [UInt8] { Self.take(&inbound) }

  private static func take(_ buffer: inout ByteBuffer) -> [UInt8] {
    defer { buffer.clear() }
    return Array(buffer.readableBytesView)
  }

  // MARK: Channel

  var allocator: ByteBufferAllocator { ByteBufferAllocator() }
  var closeFuture: EventLoopFuture<Void> { closePromise.futureResult }
  var pipeline: ChannelPipeline { ownPipeline }
  var eventLoop: any EventLoop { loop }
  var localAddress: SocketAddress? { nil }
  var remoteAddress: SocketAddress? { nil }
  var parent: (any Channel)? { nil }
  var isWritable: Bool { true }
  var _channelCore: any ChannelCore { self }

  func setOption<Option: ChannelOption>(_ option: Option, value: Option.Value) -> EventLoopFuture<Void> {
    loop.makeFailedFuture(ChannelError.operationUnsupported)
  }

  func getOption<Option: ChannelOption>(_ option: Option) -> EventLoopFuture<Option.Value> {
    loop.makeFailedFuture(ChannelError.operationUnsupported)
  }

  // MARK: ChannelCore

  func localAddress0() throws -> SocketAddress { throw ChannelError.unknownLocalAddress }
  func remoteAddress0() throws -> SocketAddress { throw ChannelError.unknownLocalAddress }
  func register0(promise: EventLoopPromise<Void>?) { promise?.succeed(()) }
  func bind0(to: SocketAddress, promise: EventLoopPromise<Void>?) { promise?.fail(ChannelError.operationUnsupported) }
  func connect0(to: SocketAddress, promise: EventLoopPromise<Void>?) { promise?.fail(ChannelError.operationUnsupported) }
  func read0() {}
  func triggerUserOutboundEvent0(_ event: Any, promise: EventLoopPromise<Void>?) { promise?.fail(ChannelError.operationUnsupported) }

  func write0(_ data: NIOAny, promise: EventLoopPromise<Void>?) {
    var bytes = unwrapData(data, as: ByteBuffer.self)
    unflushed.writeBuffer(&bytes)
    promise?.succeed(())
  }

  func flush0() {
    outbound.writeBuffer(&unflushed)
    unflushed.clear()
  }

  func close0(error: any Error, mode: CloseMode, promise: EventLoopPromise<Void>?) {
    promise?.succeed(())
    guard isOpen else { return }
    (isOpen, isActive) = (false, false)
    ownPipeline.syncOperations.fireChannelInactive()
    loop.run { [self] in
      removeHandlers(pipeline: ownPipeline)
      closePromise.succeed(())
    }
  }

  func channelRead0(_ data: NIOAny) {
    var bytes = unwrapData(data, as: ByteBuffer.self)
    inbound.writeBuffer(&bytes)
  }

  func errorCaught0(error: any Error) {
    if self.error == nil { self.error = error }
  }
}

/// Stands behind TLS and notes the end of the handshake.
private final class HandshakeObserver: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  private weak var channel: MemoryChannel?

  init(channel: MemoryChannel) { self.channel = channel }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if case .handshakeCompleted = event as? TLSUserEvent { channel?.isHandshakeComplete = true }
    context.fireUserInboundEventTriggered(event)
  }
}

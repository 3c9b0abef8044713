import HummingbirdCore
import LogonInterface
import Logging
import NIOCore
import NIOHTTP1
import NIOSSL
import SecuritySupport
import WinRMHTTP

/// The listener's connections, as HummingbirdCore's servers have them: how a pipeline is made, and the task that serves it.
struct ConnectionChannel: ServerChildChannel {
  /// One accepted connection.
  struct Value: ServerChildChannelValue {
    let asyncChannel: NIOAsyncChannel<HTTPServerRequestPart, Never>
    let life: ConnectionLife
    let entry: ConnectionLedger.Entry
    /// What logons are bound to over HTTPS.
    let channelBindings: ChannelBindings?
    /// What the client shows in TLS.
    let clientChain: ClientChain
    var channel: any Channel { asyncChannel.channel }
  }

  let listener: ListenerContext

  func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
    let (entry, refusal) = listener.ledger.admit(channel.remoteAddress)
    let life = ConnectionLife()
    let guardLogger = self.logger(for: channel)
    if let refusal, let unreported = listener.ledger.report(refusal) {
      guardLogger.notice("connection refused", metadata: ["reason": "\(refusal.rawValue)", "unreportedBefore": "\(unreported)"])
    }
    return channel.eventLoop.makeCompletedFuture {
      // Nobody speaks to us after closing their side: the end of input is the end of the connection.
      try channel.syncOptions?.setOption(.allowRemoteHalfClosure, value: false)
      let pipeline = channel.pipeline.syncOperations
      let identity = listener.tls?.current
      let clientChain = ClientChain()
      try addTransport(to: pipeline, identity: identity, clientChain: clientChain, logger: guardLogger)
      try pipeline.addHTTP(listener.limits)
      try pipeline.addHandler(ConnectionGuard(live: listener.live, refusal: refusal, life: life, logger: guardLogger))
      return Value(
        asyncChannel: try NIOAsyncChannel(
          wrappingChannelSynchronously: channel, configuration: .init(inboundType: HTTPServerRequestPart.self, outboundType: Never.self)),
        life: life, entry: entry, channelBindings: identity?.channelBindings, clientChain: clientChain)
    }.flatMapErrorThrowing { error in
      listener.ledger.leave(entry, wasAuthenticated: false)
      throw error
    }
  }

  /// TLS where it belongs, and whoever notices when it is missing, or there where it does not belong.
  private func addTransport(
    to pipeline: ChannelPipeline.SynchronousOperations, identity: ListenerIdentity?, clientChain: ClientChain, logger: Logger
  ) throws {
    try pipeline.addHandler(
      TransportSniffer(servesTLS: identity != nil, lingerTimeout: listener.limits.lingerTimeout, logger: logger))
    guard let identity else { return }
    let asksForCertificate = listener.live.offer.schemes(over: .https).contains(.certificate)
    try pipeline.addHandler(
      asksForCertificate
        ? NIOSSLServerHandler(context: identity.askingContext, customVerificationCallback: clientChain.receive)
        : NIOSSLServerHandler(context: identity.context))
    try pipeline.addHandler(HandshakeWatch(timeout: listener.limits.tlsHandshakeTimeout, logger: logger))
  }

  func handle(value: Value, logger: Logger) async {
    let logger = self.logger(for: value.channel)
    do {
      try await value.asyncChannel.executeThenClose { requests in
        await withTaskGroup(of: Void.self) { group in
          group.addTask {
            var connection = HTTPConnection(
              channel: value.channel, life: value.life, listener: listener, peer: peer(of: value.channel),
              channelBindings: value.channelBindings, clientChain: { await value.clientChain.der(on: value.channel) }, logger: logger,
              onAuthenticated: { listener.ledger.authenticated(value.entry) })
            await connection.serve(requests)
            // The guard closes the connection when a last answer has been written; nothing else is left to be done on it.
            value.channel.pipeline.fireUserInboundEventTriggered(ConnectionGuard.TaskHasEnded())
          }
          // A connection that vanishes takes its pending operation with it.
          await value.life.closed.wait()
          group.cancelAll()
        }
      }
    } catch {
      logger.debug("connection ended", metadata: ["reason": "it was lost"])
    }
    listener.ledger.leave(value.entry, wasAuthenticated: value.life.isAuthenticated)
  }

  private func peer(of channel: any Channel) -> PeerAddress {
    let host = channel.remoteAddress?.ipAddress ?? "unknown"
    return PeerAddress(host: unmappedIPv4(host) ?? host, port: channel.remoteAddress?.port ?? 0, transport: listener.transport)
  }

  private func logger(for channel: any Channel) -> Logger {
    var logger = listener.logger
    logger[metadataKey: "peer"] = "\(peer(of: channel))"
    return logger
  }
}

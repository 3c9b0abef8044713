import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1

/// The connections of the local socket, as HummingbirdCore's `Server` asks for them.
struct LocalConnectionChannel: ServerChildChannel {
  /// One accepted connection.
  struct Value: ServerChildChannelValue {
    let asyncChannel: NIOAsyncChannel<HTTPServerRequestPart, Never>
    let life: ConnectionLife
    let peer: LocalPeer
    let isAdmitted: Bool
    var channel: any Channel { asyncChannel.channel }
  }

  let context: LocalContext

  func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
    LocalPeer.of(channel).flatMapThrowing { peer in
      let isAdmitted = context.ledger.admit(peer.userID)
      do { return try value(channel, peer, isAdmitted) } catch {
        if isAdmitted { context.ledger.leave(peer.userID) }
        throw error
      }
    }
  }

  private func value(_ channel: any Channel, _ peer: LocalPeer, _ isAdmitted: Bool) throws -> Value {
    let life = ConnectionLife()
    // The kernel has said who that is.
    life.isAuthenticated = true
    let logger = self.logger(for: peer)
    if !isAdmitted { logger.notice("connection refused", metadata: ["reason": "the user has as many as one may have"]) }
    try channel.syncOptions?.setOption(.allowRemoteHalfClosure, value: false)
    try channel.pipeline.syncOperations.addHTTP(context.limits)
    try channel.pipeline.syncOperations.addHandler(
      ConnectionGuard(live: context.live, refusal: isAdmitted ? nil : .tooManyFromSource, life: life, logger: logger))
    return Value(
      asyncChannel: try NIOAsyncChannel(
        wrappingChannelSynchronously: channel, configuration: .init(inboundType: HTTPServerRequestPart.self, outboundType: Never.self)),
      life: life, peer: peer, isAdmitted: isAdmitted)
  }

  func handle(value: Value, logger: Logger) async {
    let logger = self.logger(for: value.peer)
    do {
      try await value.asyncChannel.executeThenClose { requests in
        await withTaskGroup(of: Void.self) { group in
          group.addTask {
            await LocalConnection(channel: value.channel, peer: value.peer, context: context, logger: logger).serve(requests)
            value.channel.pipeline.fireUserInboundEventTriggered(ConnectionGuard.TaskHasEnded())
          }
          await value.life.closed.wait()
          group.cancelAll()
        }
      }
    } catch {
      logger.debug("connection ended", metadata: ["reason": "it was lost"])
    }
    if value.isAdmitted { context.ledger.leave(value.peer.userID) }
  }

  private func logger(for peer: LocalPeer) -> Logger {
    var logger = context.logger
    logger[metadataKey: "peer"] = "process \(peer.processID) of user \(peer.userID)"
    return logger
  }
}

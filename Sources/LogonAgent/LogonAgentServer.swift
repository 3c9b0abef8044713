import CLinux
import Glibc
public import Logging
public import NTLM
import NIOCore
import NIOPosix
import SecuritySupport
import Synchronization

/// One use of an agent.
public struct LogonAgentUse: Sendable, Equatable {
  /// The server's SPN as the client named it.
  public var targetName: String?
  /// The process that asked.
  public var processID: Int32
}

/// The side of a logon agent that keeps the credential: performs NTLM for the processes of one session.
///
/// The socket is for one user alone. Its mode and owner say so, and each connection's peer is asked of the kernel besides.
public final class LogonAgentServer: Sendable {
  /// Limits of an agent.
  public struct Limits: Sendable, Hashable {
    /// How many connections may be open at once. Further ones are closed at once. Default: 16.
    public var connections: Int
    /// How long a connection may last. Default: 60 seconds, since the server's CHALLENGE has to cross a network in between.
    public var lifetime: Duration

    public init(connections: Int = 16, lifetime: Duration = .seconds(60)) {
      self.connections = connections
      self.lifetime = lifetime
    }
  }

  fileprivate struct State {
    var listener: (any Channel)?
    var connections: [ObjectIdentifier: any Channel] = [:]
    var isStopped = false
  }

  public let socketPath: String
  private let allowedUser: UInt32
  private let limits: Limits
  private let logger: Logger
  private let exchanges: AgentExchangeMaker
  private let state = Mutex(State())

  /// - Parameters:
  ///   - socketPath: where to listen, at most 107 bytes. What stands there is replaced.
  ///   - allowedUser: the only user that may connect. Root is not excepted.
  ///   - credential: whose logons the agent performs. The server wipes its hash in ``stop()``, so it must be the only holder.
  ///   - logger: gets one line for each use and each refusal.
  ///   - onUse: called on an event loop after each use; it must not block.
  public init(
    socketPath: String, allowedUser: UInt32, credential: NTLMCredential, limits: Limits = .init(), logger: Logger,
    onUse: (@Sendable (LogonAgentUse) -> Void)? = nil
  ) {
    self.socketPath = socketPath
    self.allowedUser = allowedUser
    self.limits = limits
    self.logger = logger
    exchanges = AgentExchangeMaker(credential: credential, logger: logger, onUse: onUse ?? { _ in })
  }

  /// Starts to listen.
  ///
  /// - Throws: ``LogonAgentError`` with `limit` for a path that is too long, `local` when the socket cannot be made,
  ///   `outOfSequence` the second time.
  public func start() async throws(LogonAgentError) {
    guard state.withLock({ $0.listener == nil && !$0.isStopped }) else { throw LogonAgentError(.outOfSequence, "started twice") }
    let descriptor = try UnixSocket.listen(path: socketPath, owner: allowedUser, backlog: 64)
    let listener: any Channel
    do {
      listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .childChannelInitializer { [weak self] channel in
          guard let self else { return channel.eventLoop.makeFailedFuture(LogonAgentError(.closed, "stopped")) }
          return self.admit(channel)
        }
        .withBoundSocket(descriptor).get()
    } catch {
      unlink(socketPath)
      throw LogonAgentError(.local, "the agent socket cannot be served")
    }
    let isStopped = state.withLock {
      $0.listener = listener
      return $0.isStopped
    }
    if isStopped { await stop() }
  }

  /// Ends the agent: the socket is gone, every connection closed and the credential wiped when this returns.
  public func stop() async {
    let channels = state.withLock { state in
      state.isStopped = true
      defer {
        state.listener = nil
        state.connections = [:]
      }
      return (state.listener.map { [$0] } ?? []) + state.connections.values
    }
    exchanges.credential.hash.bytes.wipe()
    guard !channels.isEmpty else { return }
    unlink(socketPath)
    for channel in channels {
      channel.close(promise: nil)
      do { try await channel.closeFuture.get() } catch {}  // closed is all that matters
    }
  }

  /// Lets a connection in when its peer is the session's user and there is room.
  private func admit(_ channel: any Channel) -> EventLoopFuture<Void> {
    guard let provider = channel as? any SocketOptionProvider else {
      return channel.eventLoop.makeFailedFuture(LogonAgentError(.local, "the peer cannot be asked for"))
    }
    let peer: EventLoopFuture<winrm_peer> = provider.unsafeGetSocketOption(
      level: .socket, name: NIOBSDSocket.Option(rawValue: SO_PEERCRED))
    return peer.flatMapThrowing { peer in
      guard peer.uid == self.allowedUser else {
        self.logger.warning("agent: another user refused", metadata: ["uid": "\(peer.uid)", "pid": "\(peer.pid)"])
        throw LogonAgentError(.refused, "another user")
      }
      guard self.register(channel) else {
        self.logger.warning("agent: connection refused, too many are open", metadata: ["pid": "\(peer.pid)"])
        throw LogonAgentError(.limit, "too many connections")
      }
      try channel.pipeline.syncOperations.addHandlers(
        ByteToMessageHandler(AgentFrameDecoder()), AgentServerHandler(exchanges: self.exchanges, processID: peer.pid))
      let timer = channel.eventLoop.scheduleTask(in: TimeAmount(self.limits.lifetime)) { channel.close(promise: nil) }
      channel.closeFuture.whenComplete { _ in
        timer.cancel()
        self.forget(channel)
      }
    }
  }

  private func register(_ channel: any Channel) -> Bool {
    state.withLock { state in
      guard !state.isStopped, state.connections.count < limits.connections else { return false }
      state.connections[ObjectIdentifier(channel)] = channel
      return true
    }
  }

  private func forget(_ channel: any Channel) {
    state.withLock { _ = $0.connections.removeValue(forKey: ObjectIdentifier(channel)) }
  }
}

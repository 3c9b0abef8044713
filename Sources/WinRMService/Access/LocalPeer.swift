import CLinux
import Glibc
import NIOCore

/// Who stands at the other end of a connected Unix socket, as the kernel says.
///
/// There is one way to make one: asking the kernel about a connection (SO_PEERCRED). The answer is about the process that connected, at the
/// moment when it did; who writes to the socket later does not matter.
struct LocalPeer: Sendable, Hashable {
  let userID: UInt32
  let processID: Int32

  private init(_ peer: winrm_peer) {
    userID = peer.uid
    processID = peer.pid
  }

  /// The peer of an accepted connection.
  ///
  /// - Returns: a failed future for a channel that is no Unix socket: of the peers of others the kernel knows nothing.
  static func of(_ channel: any Channel) -> EventLoopFuture<LocalPeer> {
    guard channel.localAddress?.protocol == .unix, let provider = channel as? any SocketOptionProvider else {
      return channel.eventLoop.makeFailedFuture(ChannelError.operationUnsupported)
    }
    let peer: EventLoopFuture<winrm_peer> = provider.unsafeGetSocketOption(
      level: .socket, name: NIOBSDSocket.Option(rawValue: SO_PEERCRED))
    return peer.map(LocalPeer.init)
  }

  /// Whether the configuration is this user's to change, whatever the descriptors say: root's, and the user's whom the service itself runs
  /// as. Both could write the files.
  var ownsService: Bool { userID == 0 || userID == geteuid() }
}

import HummingbirdCore
import Logging
import NIOCore
import Synchronization

/// The socket by which users of this machine reach the configuration of the running service. There is no authentication: the kernel says who
/// they are.
struct LocalListener: Sendable {
  let path: String
  let context: LocalContext
  let group: any EventLoopGroup

  /// Whether a service with the same configuration runs already.
  static func isServed(path: String) -> Bool { LocalSocketFile.isServed(path) }

  /// The name of the socket, while somebody may change it.
  private final class Name: Sendable {
    private let file: Mutex<LocalSocketFile>

    init(path: String) { file = Mutex(LocalSocketFile(path: path)) }

    var temporaryPath: String { file.withLock { $0.temporaryPath } }
    func prepare() throws(LocalSocketFile.Failure) { try file.withLock { (file) throws(LocalSocketFile.Failure) in try file.prepare() } }
    func publish() throws(LocalSocketFile.Failure) { try file.withLock { (file) throws(LocalSocketFile.Failure) in try file.publish() } }
    func remove() { file.withLock { $0.remove() } }
  }

  /// Listens until a graceful shutdown or cancellation.
  ///
  /// A socket that cannot be had does not keep the service from the network: it is said in the log, and the service goes on without.
  func run() async {
    let name = Name(path: path)
    do throws(LocalSocketFile.Failure) { try name.prepare() } catch { return complain(error.message) }
    defer { name.remove() }
    var logger = context.logger
    logger.logLevel = .critical
    let server = Server(
      childChannelSetup: LocalConnectionChannel(context: context),
      configuration: ServerConfiguration(
        address: .unixDomainSocket(path: name.temporaryPath),
        availableConnectionsDelegate: .maximum(LocalLedger.total, logger: logger)),
      onServerRunning: { channel in
        do throws(LocalSocketFile.Failure) {
          try name.publish()
          context.logger.info("answering users of this machine", metadata: ["socket": "\(path)"])
        } catch {
          complain(error.message)
          channel.close(promise: nil)
        }
      }, eventLoopGroup: group, logger: logger)
    do { try await server.run() } catch { complain("\(error)") }
  }

  private func complain(_ reason: String) {
    context.logger.error(
      "users of this machine cannot reach the service by its socket", metadata: ["socket": "\(path)", "reason": "\(reason)"])
  }
}

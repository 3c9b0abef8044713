import HummingbirdCore
import LogonInterface
import Logging
import NIOCore
import ServiceLifecycle
import Synchronization
import WinRMConfiguration

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// One listening socket, served by HummingbirdCore's `Server`: it binds, accepts, quiesces and ends with its task.
struct ListenerServer: Sendable {
  let settings: ListenerSettings
  let host: String
  let context: ListenerContext
  let group: any EventLoopGroup
  let start: ListenerStart

  /// Listens until a graceful shutdown or cancellation.
  func run() async throws {
    let address = ListenerAddress(
      scheme: context.transport == .http ? "http" : "https", host: settings.bindAddress ?? "*", port: Int(settings.port),
      prefix: context.prefix)
    // The library's own lines say less than ours, and call it an error when a listener is given up because another one cannot start.
    var logger = context.logger
    logger.logLevel = .critical
    let server = Server(
      childChannelSetup: ConnectionChannel(listener: context),
      configuration: ServerConfiguration(
        address: .hostname(host, port: Int(settings.port)),
        // Beyond MaxConnections connections are told 503; far beyond it they wait in the backlog, so that descriptors stay bounded.
        availableConnectionsDelegate: .maximum(context.limits.connections * 2 + 64, logger: logger)),
      onServerRunning: { [context, start] channel in
        await keepAccepting(channel, logger: context.logger)
        var bound = address
        bound.port = channel.localAddress?.port ?? bound.port
        start.listens(on: bound)
      }, eventLoopGroup: group, logger: logger)
    do {
      try await server.run()
      if !Task.isCancelled, !Task.isShuttingDownGracefully {
        context.logger.error("a listener has ended", metadata: ["address": "\(address)"])
      }
    } catch let error as IOError {
      let text = String(cString: strerror(error.errnoCode))
      throw WinRMServiceError(
        .cannotListen,
        "Cannot listen on \(address.host.contains(":") ? "[\(address.host)]" : address.host):\(address.port): \(text)."
          + Self.advice(error.errnoCode))
    }
  }

  private func keepAccepting(_ channel: any Channel, logger: Logger) async {
    let added = channel.eventLoop.submit {
      try channel.pipeline.syncOperations.addHandler(AcceptErrorHandler(logger: logger), position: .first)
    }
    do { try await added.get() } catch { logger.debug("the listener has closed already") }
  }

  private static func advice(_ number: CInt) -> String {
    switch number {
    case EADDRINUSE: " Another program uses the port."
    case EACCES: " Only root may use the port."
    case EADDRNOTAVAIL: " This machine does not have the address."
    default: ""
    }
  }
}

/// Tells the addresses when every listener has been bound, and none before: a service that cannot start has not listened.
final class ListenerStart: Sendable {
  private let addresses = Mutex<[ListenerAddress]>([])
  private let count: Int
  private let onListening: @Sendable (ListenerAddress) -> Void

  init(count: Int, onListening: @escaping @Sendable (ListenerAddress) -> Void) {
    self.count = count
    self.onListening = onListening
  }

  func listens(on address: ListenerAddress) {
    let all = addresses.withLock { addresses in
      addresses.append(address)
      return addresses.count == count ? addresses : []
    }
    for address in all { onListening(address) }
  }
}

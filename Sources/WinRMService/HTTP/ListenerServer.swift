import HummingbirdCore
import LogonInterface
import Logging
import NIOCore
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
  let onListening: @Sendable (ListenerAddress) -> Void

  /// Listens until a graceful shutdown or cancellation.
  func run() async throws {
    let address = ListenerAddress(
      scheme: context.transport == .http ? "http" : "https", host: settings.bindAddress ?? "*", port: Int(settings.port),
      prefix: context.prefix)
    // The library's own lines about listening say less than ours.
    var logger = context.logger
    logger.logLevel = max(logger.logLevel, .warning)
    let server = Server(
      childChannelSetup: ConnectionChannel(listener: context),
      configuration: ServerConfiguration(
        address: .hostname(host, port: Int(settings.port)),
        // Beyond MaxConnections connections are told 503; far beyond it they wait in the backlog, so that descriptors stay bounded.
        availableConnectionsDelegate: .maximum(context.limits.connections * 2 + 64, logger: logger)),
      onServerRunning: { [context, onListening] channel in
        await keepAccepting(channel, logger: context.logger)
        var bound = address
        bound.port = channel.localAddress?.port ?? bound.port
        onListening(bound)
      }, eventLoopGroup: group, logger: logger)
    do {
      try await server.run()
    } catch let error as IOError {
      throw WinRMServiceError(.cannotListen, "Cannot listen on \(address): \(Self.explanation(error))")
    }
  }

  private func keepAccepting(_ channel: any Channel, logger: Logger) async {
    let added = channel.eventLoop.submit {
      try channel.pipeline.syncOperations.addHandler(AcceptErrorHandler(logger: logger), position: .first)
    }
    do { try await added.get() } catch { logger.debug("the listener has closed already") }
  }

  private static func explanation(_ error: IOError) -> String {
    switch error.errnoCode {
    case EADDRINUSE: "another program uses the port"
    case EACCES: "only root may use the port"
    case EADDRNOTAVAIL: "this machine does not have the address"
    case let code: "errno \(code)"
    }
  }
}

import NIOCore
import Synchronization
import WinRMConfiguration

/// Which listeners there are now, and which connections stand: what a connection is answered with is asked anew for each request.
final class ListenerTable: Sendable {
  /// Where a connection has arrived.
  struct Place: Sendable, Hashable {
    /// The address of this machine; `nil` where the system does not say.
    var address: HostAddress?
    /// As configured: the socket's, and 0 where any was asked for.
    var port: UInt16
    var transport: ListenerSettings.Transport
    var number: Int

    init(_ socket: ListenerPlan.Socket, address: HostAddress?) {
      self.address = address
      port = socket.port
      transport = socket.transport
      number = socket.number
    }
  }

  private struct Standing {
    var channel: any Channel
    var place: Place
    var life: ConnectionLife
  }

  private struct Books {
    var routes: [ListenerPlan.Route] = []
    var identities: [ListenerPlan.Key: ListenerTLS] = [:]
    var connections: [ObjectIdentifier: Standing] = [:]
  }

  private let books = Mutex(Books())

  /// The paths that are answered at a place; empty when nobody listens there any more.
  func prefixes(at place: Place) -> [String] { books.withLock { Self.routes(at: place, $0).map(\.prefix) } }

  /// What a connection at a place shows: the certificate of the listener that names the address most closely.
  func identity(at place: Place) -> ListenerTLS? {
    books.withLock { books in
      for route in Self.routes(at: place, books) {
        if let identity = books.identities[route.key] { return identity }
      }
      return nil
    }
  }

  /// Takes over other listeners, and ends the connections that belong to none of them any more: what is under way is answered, and then
  /// they are closed.
  func update(_ routes: [ListenerPlan.Route], identities: [ListenerPlan.Key: ListenerTLS]) {
    let orphans = books.withLock { books in
      books.routes = routes
      books.identities = identities
      return books.connections.values.filter { standing in
        let prefixes = Self.routes(at: standing.place, books).map(\.prefix)
        return standing.life.prefix.map { !prefixes.contains($0) } ?? prefixes.isEmpty
      }.map(\.channel)
    }
    for channel in orphans { channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent()) }
  }

  /// Ends all connections, as ``update(_:identities:)`` does.
  func quiesce() { update([], identities: [:]) }

  /// Remembers a connection until it is closed.
  func enter(_ channel: any Channel, at place: Place, life: ConnectionLife) {
    let id = ObjectIdentifier(channel)
    let isOrphan = books.withLock { books in
      books.connections[id] = Standing(channel: channel, place: place, life: life)
      // Accepted just before its listener went.
      return Self.routes(at: place, books).isEmpty
    }
    channel.closeFuture.whenComplete { _ in _ = self.books.withLock { $0.connections.removeValue(forKey: id) } }
    if isOrphan { channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent()) }
  }

  private static func routes(at place: Place, _ books: borrowing Books) -> [ListenerPlan.Route] {
    books.routes.filter { route in
      route.port == place.port && route.key.transport == place.transport && route.number == place.number
        && (place.address.map(route.coverage.covers) ?? true)
    }
  }
}

import NIOCore
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Who is connected: counts connections, and those among them on which nobody has been proven yet, by source.
///
/// A connection that is refused is counted as well until it is closed, so that refusing never costs more than serving.
final class ConnectionLedger: Sendable {
  /// Why a connection is not served.
  enum Refusal: String, Sendable {
    case tooManyConnections = "the limit of connections is reached"
    case tooManyUnauthenticated = "the limit of unauthenticated connections is reached"
    case tooManyFromSource = "the limit of unauthenticated connections from this address is reached"
  }

  /// One connection's entry. Its owner calls ``ConnectionLedger/leave(_:)`` exactly once; only the connection's task changes it.
  struct Entry: Sendable {
    fileprivate let source: Source
    fileprivate let isCounted: Bool
  }

  /// An IPv4 address, an IPv6 /64 network, or everything else.
  fileprivate enum Source: Hashable, Sendable {
    case v4(String)
    case v6(UInt64)
    case other
  }

  /// Refusals for one reason share one line within this time.
  private static let burst = TimeAmount.seconds(30)

  private struct Books {
    var reports: [Refusal: (last: NIODeadline, unreported: Int)] = [:]
    var served = 0
    var unauthenticated: [Source: Int] = [:]
    var totalUnauthenticated = 0
  }

  private let books = Mutex(Books())
  private let limits: @Sendable () -> ServiceLimits

  /// - Parameter limits: asked for each connection.
  init(limits: @autoclosure @escaping @Sendable () -> ServiceLimits) { self.limits = limits }

  /// Enters a new connection, on which nobody is proven.
  func admit(_ address: SocketAddress?) -> (Entry, Refusal?) {
    let source = Self.source(of: address)
    let limits = limits()
    return books.withLock { books in
      let refusal: Refusal? =
        if books.served >= limits.connections {
          .tooManyConnections
        } else if books.totalUnauthenticated >= limits.unauthenticatedConnections {
          .tooManyUnauthenticated
        } else if books.unauthenticated[source, default: 0] >= limits.unauthenticatedConnectionsPerAddress {
          .tooManyFromSource
        } else {
          nil
        }
      guard refusal == nil else { return (Entry(source: source, isCounted: false), refusal) }
      books.served += 1
      books.totalUnauthenticated += 1
      books.unauthenticated[source, default: 0] += 1
      return (Entry(source: source, isCounted: true), nil)
    }
  }

  /// Somebody was proven on the connection.
  func authenticated(_ entry: Entry) {
    guard entry.isCounted else { return }
    books.withLock { Self.removeUnauthenticated(entry.source, from: &$0) }
  }

  /// Whether a refusal is worth a line in the log: how many for the same reason had none before it; `nil` when a recent line says enough.
  func report(_ refusal: Refusal, now: NIODeadline = .now()) -> Int? {
    books.withLock { books in
      let before = books.reports[refusal]
      if let before, now - before.last < Self.burst {
        books.reports[refusal]?.unreported += 1
        return nil
      }
      books.reports[refusal] = (now, 0)
      return before?.unreported ?? 0
    }
  }

  /// The connection is closed.
  ///
  /// - Parameter wasAuthenticated: whether ``authenticated(_:)`` was called for it.
  func leave(_ entry: Entry, wasAuthenticated: Bool) {
    guard entry.isCounted else { return }
    books.withLock { books in
      books.served -= 1
      if !wasAuthenticated { Self.removeUnauthenticated(entry.source, from: &books) }
    }
  }

  /// The connections being served, and those of them without a proven peer.
  var counts: (served: Int, unauthenticated: Int) { books.withLock { ($0.served, $0.totalUnauthenticated) } }

  private static func removeUnauthenticated(_ source: Source, from books: inout Books) {
    books.totalUnauthenticated -= 1
    let left = books.unauthenticated[source, default: 0] - 1
    books.unauthenticated[source] = left > 0 ? left : nil
  }

  private static func source(of address: SocketAddress?) -> Source {
    guard let text = address?.ipAddress else { return .other }
    var network = [UInt8](repeating: 0, count: 16)
    guard inet_pton(AF_INET6, text, &network) == 1 else { return .v4(text) }
    if let mapped = unmappedIPv4(text) { return .v4(mapped) }
    return .v6(network.prefix(8).reduce(0) { $0 << 8 | UInt64($1) })
  }
}

/// The IPv4 address inside an IPv4-mapped IPv6 address, as an IPv4 client of a dual-stack listener appears (`::ffff:192.0.2.1`);
/// `nil` for any other text.
func unmappedIPv4(_ text: String) -> String? {
  let prefix = "::ffff:"
  guard text.lowercased().hasPrefix(prefix), text.contains(".") else { return nil }
  return String(text.dropFirst(prefix.count))
}

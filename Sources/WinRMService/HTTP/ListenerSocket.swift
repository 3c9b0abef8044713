import Logging
import NIOCore
import NIOPosix
import WinRMConfiguration

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// One listening socket.
struct ListenerSocket: Sendable {
  /// A connection that has been accepted.
  struct Arrival: Sendable {
    let connection: ConnectionChannel
    let value: ConnectionChannel.Value

    func serve() async { await connection.handle(value: value, logger: connection.listener.logger) }
  }

  private let accepted: NIOAsyncChannel<Arrival, Never>

  /// The port in use, also where 0 was asked for.
  var port: Int { accepted.channel.localAddress?.port ?? 0 }

  /// Binds and listens.
  ///
  /// - Parameter setUp: makes the pipeline of a connection.
  /// - Throws: ``BindFailure``.
  static func open(
    _ socket: ListenerPlan.Socket, gate: AcceptGate, group: any EventLoopGroup, logger: Logger,
    setUp: @escaping @Sendable (any Channel) -> EventLoopFuture<Arrival>
  ) async throws(BindFailure) -> ListenerSocket {
    do {
      var bootstrap = ServerBootstrap(group: group)
        .serverChannelOption(.backlog, value: 256)
        .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
        .childChannelOption(.allowRemoteHalfClosure, value: true)
        .serverChannelInitializer { channel in
          channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHandler(AcceptErrorHandler(logger: logger))
            try channel.pipeline.syncOperations.addHandler(AcceptGate.Handler(gate))
          }
        }
      if let isIPv6Alone = socket.binding.isIPv6Alone {
        // Said either way: what the system does unasked is a setting of the system (net.ipv6.bindv6only).
        bootstrap = bootstrap.serverChannelOption(
          ChannelOptions.Types.SocketOption(level: .ipv6, name: .ipv6_v6only), value: isIPv6Alone ? 1 : 0)
      }
      let accepted = try await bootstrap.bind(
        to: try socket.binding.socketAddress(port: socket.port), childChannelInitializer: setUp)
      return ListenerSocket(accepted: accepted)
    } catch let error as IOError {
      throw BindFailure(number: error.errnoCode)
    } catch {
      throw BindFailure(number: nil)
    }
  }

  /// Hands over each connection until the socket is closed or the task is cancelled.
  func run(_ serve: (Arrival) -> Void) async {
    do {
      try await accepted.executeThenClose { connections in
        for try await connection in connections { serve(connection) }
      }
    } catch {
      // The socket has been closed, by us: the system takes a listening socket away from nobody.
    }
  }

  /// Accepts no further connection. Returns when the port is free.
  func close() async {
    do { try await accepted.channel.close() } catch { return }
  }
}

/// Why an address and port cannot be listened on.
struct BindFailure: Error, Equatable {
  /// The system's error number, where it has one.
  var number: CInt?

  var reason: String { number.map { String(cString: strerror($0)) } ?? "the system says no more" }

  /// What the administrator can do.
  var advice: String {
    switch number {
    case EADDRINUSE: "another program has the port: find it with \"ss -ltnp\", or give the listener another Port"
    case EACCES, EPERM: "only root may use the port: give the listener a Port above 1023, or start the service as root"
    case EADDRNOTAVAIL: "this machine does not have the address now; it is tried again"
    case EMFILE, ENFILE: "descriptors have run out; it is tried again"
    default: "it is tried again"
    }
  }
}

extension ListenerPlan.Binding {
  /// For IPv6 sockets: whether they take IPv6 connections alone. `nil` for IPv4 sockets.
  fileprivate var isIPv6Alone: Bool? {
    switch self {
    case .everything: false
    case .everyIPv6: true
    case .everyIPv4: nil
    case .address(let address): address.isIPv6 ? true : nil
    }
  }

  fileprivate func socketAddress(port: UInt16) throws -> SocketAddress {
    switch self {
    case .everything, .everyIPv6: return try SocketAddress(ipAddress: "::", port: Int(port))
    case .everyIPv4: return try SocketAddress(ipAddress: "0.0.0.0", port: Int(port))
    case .address(let address):
      guard address.zone != 0 else { return try SocketAddress(ipAddress: address.text, port: Int(port)) }
      // The only way here to say an interface. Numbers alone: nobody is asked for a name.
      return try SocketAddress.makeAddressResolvingHost("\(address.text)%\(address.zone)", port: Int(port))
    }
  }

  /// For the log.
  var text: String {
    switch self {
    case .everything: "*"
    case .everyIPv4: "0.0.0.0"
    case .everyIPv6: "[::]"
    case .address(let address): address.isIPv6 ? "[\(address.text)]" : address.text
    }
  }
}

extension HostAddress {
  /// The address of this machine at which a connection has arrived.
  init?(_ address: SocketAddress?) {
    guard let raw = address?.withSockAddr({ Array(UnsafeRawBufferPointer(start: $0, count: $1)) }) else { return nil }
    // sockaddr_in has the address at offset 4; sockaddr_in6 has it at offset 8, and the index of its interface at 24.
    switch address {
    case .v4: self.init(bytes: Array(raw[4..<8]))
    case .v6: self.init(bytes: Array(raw[8..<24]), zone: raw[24..<28].withUnsafeBytes { $0.loadUnaligned(as: UInt32.self) })
    case .unixDomainSocket, nil: return nil
    }
  }
}

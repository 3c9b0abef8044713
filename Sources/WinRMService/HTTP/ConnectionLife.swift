import Synchronization

/// What a connection's task and its ``ConnectionGuard`` tell each other.
final class ConnectionLife: Sendable {
  /// The connection is closed.
  let closed = Ending()
  private let authenticated = Atomic(false)

  /// Whether somebody is or was proven on the connection.
  var isAuthenticated: Bool {
    get { authenticated.load(ordering: .relaxed) }
    set { authenticated.store(newValue, ordering: .relaxed) }
  }
}

import Synchronization

/// What a connection's task and its ``ConnectionGuard`` tell each other.
final class ConnectionLife: Sendable {
  /// The connection is closed.
  let closed = Ending()
  private let authenticated = Atomic(false)
  private let usedPrefix = Mutex<String?>(nil)

  /// Whether somebody is or was proven on the connection.
  var isAuthenticated: Bool {
    get { authenticated.load(ordering: .relaxed) }
    set { authenticated.store(newValue, ordering: .relaxed) }
  }

  /// The URLPrefix that the connection's requests name; `nil` before the first one.
  var prefix: String? {
    get { usedPrefix.withLock { $0 } }
    set { usedPrefix.withLock { $0 = newValue } }
  }
}

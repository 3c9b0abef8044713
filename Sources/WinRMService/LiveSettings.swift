import Synchronization

/// The settings that change while the service runs. Each connection takes the offer when it begins; requests and shells ask for the rest
/// when they need it.
final class LiveSettings: Sendable {
  struct Values: Sendable {
    var offer: AuthenticationOffer
    var shellLimits: ShellLimits
    var allowsRemoteAccess: Bool
  }

  private let values: Mutex<Values>

  init(_ values: Values) { self.values = Mutex(values) }

  func update(_ new: Values) { values.withLock { $0 = new } }

  /// The schemes for a connection that begins now.
  var offer: AuthenticationOffer { values.withLock { $0.offer } }
  /// The limits for a shell or an operation that begins now.
  var shellLimits: ShellLimits { values.withLock { $0.shellLimits } }
  /// Whether requests of other machines are accepted.
  var allowsRemoteAccess: Bool { values.withLock { $0.allowsRemoteAccess } }
}

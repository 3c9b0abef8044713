import Logging
import Synchronization
import WinRMConfiguration

/// The settings that change while the service runs. Each connection takes the offer when it begins; connections, requests and shells ask for
/// the rest when they need it.
final class LiveSettings: Sendable {
  struct Values: Sendable {
    var offer: AuthenticationOffer
    var limits: ServiceLimits
    var shellLimits: ShellLimits
    /// The settings that all of this comes from.
    var settings: WinRMSettings
    /// Who may use which resource.
    var access: AccessControl

    /// - Parameter logger: told of descriptors that cannot be read.
    init(
      offer: AuthenticationOffer, limits: ServiceLimits, shellLimits: ShellLimits, settings: WinRMSettings, logger: Logger
    ) {
      self.offer = offer
      self.limits = limits
      self.shellLimits = shellLimits
      self.settings = settings
      access = AccessControl(settings, logger: logger)
    }
  }

  private let values: Mutex<Values>

  init(_ values: Values) { self.values = Mutex(values) }

  func update(_ new: Values) { values.withLock { $0 = new } }

  /// The schemes for a connection that begins now.
  var offer: AuthenticationOffer { values.withLock { $0.offer } }
  /// The limits for what connections and messages do next.
  var limits: ServiceLimits { values.withLock { $0.limits } }
  /// The limits for a shell or an operation that begins now.
  var shellLimits: ShellLimits { values.withLock { $0.shellLimits } }
  /// Whether requests of other machines are accepted.
  var allowsRemoteAccess: Bool { values.withLock { $0.settings.service.allowRemoteAccess } }
  /// Who may use which resource.
  var access: AccessControl { values.withLock { $0.access } }
  /// The settings as they were taken over last.
  var settings: WinRMSettings { values.withLock { $0.settings } }
}

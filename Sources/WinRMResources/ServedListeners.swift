import Synchronization
public import WinRMConfiguration

/// Where the listeners of a running service are bound. The service writes it, and its resources tell it in place of what the settings intend:
/// another program may have a port.
public final class ServedListeners: Sendable {
  private struct State {
    var settings = WinRMSettings()
    var addresses: [ListenerPlan.Key: [String]] = [:]
    var isKnown = false
  }

  private let state = Mutex(State())

  public init() {}

  /// Takes over what is bound.
  ///
  /// - Parameters:
  ///   - addresses: of each listener that has a socket.
  ///   - settings: those that the sockets were opened for.
  public func update(_ addresses: [ListenerPlan.Key: [String]], for settings: WinRMSettings) {
    state.withLock { $0 = State(settings: settings, addresses: addresses, isKnown: true) }
  }

  /// The addresses that a listener is bound to, empty for none; `nil` when the service does not work with these settings of it yet.
  func addresses(of listener: ListenerSettings, isCompatibility: Bool, in settings: WinRMSettings) -> [String]? {
    state.withLock { state in
      let own = isCompatibility ? state.settings.compatibilityListeners : state.settings.listeners
      guard state.isKnown, own.contains(listener), state.settings.service.ipv4Filter == settings.service.ipv4Filter,
        state.settings.service.ipv6Filter == settings.service.ipv6Filter
      else { return nil }
      return state.addresses[ListenerPlan.Key(listener, isCompatibility: isCompatibility)] ?? []
    }
  }
}

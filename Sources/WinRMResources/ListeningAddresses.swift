package import WinRMConfiguration

/// The addresses that a listener answers on now: `ListeningOn`.
package enum ListeningAddresses {
  /// What a service with these settings listens on, unless another program has the port.
  ///
  /// - Parameters:
  ///   - isCompatibility: whether it is a compatibility listener.
  ///   - settings: the effective ones.
  ///   - served: what the running service is bound to, which counts where it works with these settings; `nil` where none runs.
  package static func of(
    _ listener: ListenerSettings, isCompatibility: Bool = false, in settings: WinRMSettings, network: HostNetwork = .current(),
    served: ServedListeners? = nil
  ) -> [String] {
    if let bound = served?.addresses(of: listener, isCompatibility: isCompatibility, in: settings) { return bound }
    return planned(listener, isCompatibility: isCompatibility, in: settings, network: network)
  }

  private static func planned(
    _ listener: ListenerSettings, isCompatibility: Bool, in settings: WinRMSettings, network: HostNetwork
  ) -> [String] {
    ListenerPlan(settings, network: network).listeningOn(ListenerPlan.Key(listener, isCompatibility: isCompatibility), network: network)
  }
}

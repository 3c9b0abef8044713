package import WinRMConfiguration

/// The addresses that a listener answers on now: `ListeningOn`.
package enum ListeningAddresses {
  /// What a service with these settings listens on, unless another program has the port.
  ///
  /// - Parameters:
  ///   - isCompatibility: whether it is a compatibility listener.
  ///   - settings: the effective ones.
  package static func of(
    _ listener: ListenerSettings, isCompatibility: Bool = false, in settings: WinRMSettings, network: HostNetwork = .current()
  ) -> [String] {
    ListenerPlan(settings, network: network).listeningOn(ListenerPlan.Key(listener, isCompatibility: isCompatibility), network: network)
  }
}

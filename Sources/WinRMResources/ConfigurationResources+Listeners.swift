import SecuritySupport
import WSMan
import WinRMConfiguration

/// `winrm/config/listener?Address=…+Transport=…` (MS-WSMV §2.2.4.17).
extension ConfigurationResources {
  private static let listenerURI = ResourceURI.config.rawValue + "/listener"
  private static let listenerExample = "winrm/config/Listener?Address=*+Transport=HTTP"
  private static let listeningOn = "ListeningOn"

  func answerListener(_ operation: Operation, _ header: RequestHeader, _ owner: String) throws -> Outcome {
    let listed = try enumerate(operation, header, owner, referable: true) { effective in
      effective.settings.listeners.map {
        Instance(element: element(of: $0, in: effective), reference: Self.reference(to: $0))
      }
        + effective.settings.compatibilityListeners.map {
          Instance(element: element(of: $0, in: effective, isCompatibility: true), reference: Self.reference(to: $0))
        }
    }
    if let listed { return listed }
    if case .invoke = operation { throw WSManFault.actionNotSupported(header.action) }
    let keys = try Self.selectors(["Address", "Transport"], of: header, example: Self.listenerExample)
    let (address, transport) = (keys[0], keys[1])
    switch operation {
    case .get:
      let effective = try store.loadEffective()
      if let own = Self.compatibilityListener(address, transport, in: effective) {
        return Outcome(.other(element(of: own, in: effective, isCompatibility: true)))
      }
      return Outcome(.other(element(of: try Self.listener(address, transport, in: effective), in: effective)))
    case .put(let content): return try put(content, address, transport)
    case .create(let content): return try create(content, address, transport)
    case .delete:
      try store.loadEffective().checkListenerChange(address: address, transport: transport)
      try checkCompatibility(address, transport)
      let changed = try change {
        guard $0.listener(address: address, transport: transport) != nil else { throw Self.noListener(address, transport) }
        try $0.removeListener(address: address, transport: transport)
      }
      return Outcome(.deleted, changed: changed)
    case .enumerate, .pull, .release, .invoke: throw WSManFault.actionNotSupported(header.action)
    }
  }

  private func put(_ content: XMLElement, _ address: String, _ transport: String) throws -> Outcome {
    let sent = try SettingXML(namespace: Self.listenerURI).document(content)
    var outcome = try answering { settings in
      var effective = try store.loadEffective()
      try checkCompatibility(address, transport)
      let before = try Self.listener(address, transport, in: effective)
      var document = sent
      // Between a Get and the Put after it, another program may have let the port go, or taken it.
      let intended = ListeningAddresses.of(before, in: effective.settings, network: environment.network())
      try Self.takeListeningOn(outOf: &document, now: addresses(of: before, in: effective), or: intended)
      var wanted = before
      try wanted.put(document)
      // One that is switched off may be left as it is; what is as before needs no check.
      if wanted.enabled, wanted != before || wanted.certificateThumbprint.isEmpty { try certificates.complete(&wanted) }
      guard wanted != before else { return element(of: before, in: effective) }
      try effective.checkListenerChange(address: address, transport: transport)
      try settings.replaceListener(wanted)
      try effective.settings.replaceListener(wanted)
      return element(of: wanted, in: effective)
    }
    outcome.isProvisional = environment.served != nil
    return outcome
  }

  private func create(_ content: XMLElement?, _ address: String, _ transport: String) throws -> Outcome {
    try store.loadEffective().checkListenerChange(address: address, transport: transport)
    var listener = try ListenerSettings(selectingAddress: address, transport: transport)
    if let content {
      var document = try SettingXML(namespace: Self.listenerURI).document(content)
      // The tool of Windows writes the last part of the URI as somebody typed it.
      if document.name.lowercased() == "listener" { document.name = "Listener" }
      try Self.takeListeningOn(outOf: &document, now: nil, or: nil)
      try listener.put(document)
    }
    // Before the certificate: one that is there already needs none.
    guard try store.load().listener(address: address, transport: transport) == nil else {
      throw WSManFault.alreadyExists(
        "There is a listener with Address=\(listener.address) and Transport=\(listener.transport.rawValue) already.")
    }
    try checkAddress(of: listener)
    try certificates.complete(&listener)
    let made = listener
    let changed = try change { try $0.addListener(made) }
    return Outcome(.created(Self.reference(to: made)), changed: changed)
  }

  private static func listener(
    _ address: String, _ transport: String, in effective: EffectiveSettings
  ) throws(WSManFault) -> ListenerSettings {
    guard let listener = effective.settings.listener(address: address, transport: transport) else { throw noListener(address, transport) }
    return listener
  }

  private static func noListener(_ address: String, _ transport: String) -> WSManFault {
    .noSuchInstance("There is no listener with Address=\(address.plain) and Transport=\(transport.plain).")
  }

  /// A compatibility listener, where there is no other with its selectors.
  private static func compatibilityListener(
    _ address: String, _ transport: String, in effective: EffectiveSettings
  ) -> ListenerSettings? {
    guard effective.settings.listener(address: address, transport: transport) == nil, address == "*" else { return nil }
    return effective.settings.compatibilityListeners.first { $0.transport.rawValue == transport.uppercased() }
  }

  private func checkCompatibility(_ address: String, _ transport: String) throws {
    guard let listener = Self.compatibilityListener(address, transport, in: try store.loadEffective()) else { return }
    let setting = "EnableCompatibility\(listener.transport == .http ? "Http" : "Https")Listener"
    throw WSManFault.readOnlyProperty(
      "The listener on port \(listener.port) is a compatibility listener and cannot be changed by itself. Switch it off: "
        + "winrm set winrm/config/service @{\(setting)=\"false\"}")
  }

  /// A new listener is for an address or an adapter that is there; one that goes later is waited for.
  private func checkAddress(of listener: ListenerSettings) throws(WSManFault) {
    let plan = ListenerPlan(
      listeners: [(listener, false)], ipv4Filter: "*", ipv6Filter: "*", network: environment.network())
    guard let problem = plan.problems[ListenerPlan.Key(listener)] else { return }
    switch problem {
    case .noSuchAddress:
      throw .internalError(WinRMCode(rawValue: 0x8033_8089), "This machine does not have the address of \(listener.address.plain).")
    case .noSuchAdapter:
      throw .internalError(WinRMCode(rawValue: 0x8033_8089), "This machine has no adapter with the address \(listener.address.plain).")
    case .malformed, .noAddress, .filtered, .conflict: return
    }
  }

  private func addresses(of listener: ListenerSettings, in effective: EffectiveSettings, isCompatibility: Bool = false) -> [String] {
    ListeningAddresses.of(
      listener, isCompatibility: isCompatibility, in: effective.settings, network: environment.network(), served: environment.served)
  }

  /// `ListeningOn` may be mentioned as it is: clients send back what they have read.
  private static func takeListeningOn(
    outOf document: inout SettingDocument, now: [String]?, or intended: [String]?
  ) throws(WSManFault) {
    var mentioned: [String] = []
    document.nodes.removeAll { node in
      guard case .value(listeningOn, let value) = node else { return false }
      if let value, !value.isEmpty { mentioned.append(value) }
      return true
    }
    guard mentioned.isEmpty || [now, intended].contains(where: { $0.map(Set.init) == Set(mentioned) }) else {
      throw .readOnlyProperty("\(listeningOn) can only be read: a listener listens where its Address and the IP filters say.")
    }
  }

  private func element(of listener: ListenerSettings, in effective: EffectiveSettings, isCompatibility: Bool = false) -> XMLElement {
    let xml = SettingXML(namespace: Self.listenerURI)
    let addresses = addresses(of: listener, in: effective, isCompatibility: isCompatibility)
    // A listener that listens nowhere says null.
    let places = addresses.isEmpty ? [xml.value(Self.listeningOn, nil)] : addresses.map { xml.value(Self.listeningOn, $0) }
    let source: [XMLAttribute] =
      isCompatibility ? [XMLAttribute("Source", "Compatibility")] : effective.isGoverned(listener) ? [.governed] : []
    return xml.root(listener.tree.name, attributes: source, xml.values(of: listener.tree) + places)
  }

  private static func reference(to listener: ListenerSettings) -> EndpointReference {
    EndpointReference(
      resourceURI: ResourceURI(rawValue: listenerURI),
      selectors: [Selector("Address", listener.address), Selector("Transport", listener.transport.rawValue)])
  }
}

import SecuritySupport
import WSMan
import WinRMConfiguration
import WinRMResources

/// `get`, `set`, `create`, `delete` and `enumerate` on this machine's configuration.
struct ConfigurationOperations {
  var store: ConfigurationStore
  var certificates: CertificateChecks
  /// Tells the user what does not stop the operation.
  var warn: (String) -> Void = { _ in }
  var groups = UnixNames.system

  /// An answer with the namespace of its resource.
  struct Answer {
    var element: ResultElement
    var namespace: String
  }

  func get(_ locator: ResourceLocator) throws -> Answer {
    let effective = try store.loadEffective()
    let settings = effective.settings
    switch try target(locator) {
    case .settings(let resource): return answer(effective, resource)
    case .listener:
      let (address, transport) = try listenerKeys(locator)
      guard let listener = settings.listener(address: address, transport: transport) else { throw noListener(address, transport) }
      return answer(listener, effective)
    }
  }

  func set(_ locator: ResourceLocator, _ input: InputSet?) throws -> Answer {
    guard let input, !input.values.isEmpty else {
      throw WinrmUsageError("No input provided through \"@{...}\" commandline parameter.")
    }
    switch try target(locator) {
    case .settings(let resource):
      try checkNames(input, in: store.load().tree(of: resource), resource)
      try store.loadEffective().checkChange(of: input.values.map(\.name), in: resource)
      try UnservedSettings.check(input.values)
      let namesCertificate = resource == .service && input.values.contains { $0.name == "CertificateThumbprint" }
      let settings = try store.update(resource.scope) { settings in
        try settings.set(input.values, of: resource)
        if namesCertificate, !settings.service.certificateThumbprint.isEmpty {
          try certificates.checkCredSSP(settings.service.certificateThumbprint)
          certificates.remarks(onCredSSP: settings.service.certificateThumbprint).forEach(warn)
        }
        return settings
      }
      if resource == .service, input.values.contains(where: { $0.name == "AllowedGroups" }) {
        warnOfMissing(settings.service.allowedGroups)
      }
      return answer(try store.loadEffective(), resource)
    case .listener:
      let (address, transport) = try listenerKeys(locator)
      try store.loadEffective().checkListenerChange(address: address, transport: transport)
      if let present = try store.load().listener(address: address, transport: transport) {
        try checkNames(input, in: present.tree)
      }
      let listener = try store.update { settings in
        var listener = try settings.setListener(address: address, transport: transport, input.values)
        // One that is switched off may be left as it is.
        if listener.enabled {
          try certificates.complete(&listener)
          try settings.replaceListener(listener)
        }
        return listener
      }
      return answer(listener, try store.loadEffective())
    }
  }

  func create(_ locator: ResourceLocator, _ input: InputSet?) throws -> Answer {
    guard case .listener = try target(locator) else { throw notSupported("create", locator) }
    let (address, transport) = try listenerKeys(locator)
    try store.loadEffective().checkListenerChange(address: address, transport: transport)
    var listener = try ListenerSettings(selectingAddress: address, transport: transport)
    if let input {
      try checkNames(input, in: listener.tree)
      try listener.set(input.values)
    }
    // Before the certificate: one that is there already needs none.
    guard try store.load().listener(address: address, transport: transport) == nil else {
      throw WinrmFailure(.alreadyExists, "There is a listener with Address=\(address) and Transport=\(transport) already.")
    }
    try certificates.complete(&listener)
    let made = listener
    try store.update { try $0.addListener(made) }
    if made.enabled { warn("a winrmd that runs already listens there only when it is restarted.") }
    return created(made)
  }

  func delete(_ locator: ResourceLocator) throws {
    guard case .listener = try target(locator) else { throw notSupported("delete", locator) }
    let (address, transport) = try listenerKeys(locator)
    try store.loadEffective().checkListenerChange(address: address, transport: transport)
    try store.update { _ = try $0.removeListener(address: address, transport: transport) }
    warn("a winrmd that runs goes on listening there until it is restarted.")
  }

  func enumerate(_ locator: ResourceLocator) throws -> [Answer] {
    guard case .listener = try target(locator) else { throw notSupported("enumerate", locator) }
    guard locator.selectors.isEmpty else { throw WinrmFailure(.unexpectedSelectors, "An enumeration takes no selectors.") }
    let effective = try store.loadEffective()
    return effective.settings.listeners.map { answer($0, effective) }
  }

  private enum Target {
    case settings(ConfigurationResource)
    case listener
  }

  private func target(_ locator: ResourceLocator) throws -> Target {
    guard let path = locator.localPath else { throw notFound(locator) }
    if path == "config/listener" { return .listener }
    guard let resource = ConfigurationResource(path: path) else { throw notFound(locator) }
    guard locator.selectors.isEmpty else { throw WinrmFailure(.unexpectedSelectors, "\(locator.uri) takes no selectors.") }
    return .settings(resource)
  }

  /// Address and transport of a listener; Windows wants both.
  private func listenerKeys(_ locator: ResourceLocator) throws -> (address: String, transport: String) {
    for (name, _) in locator.selectors where !["address", "transport"].contains(name.lowercased()) {
      throw WinrmFailure(.unexpectedSelectors, "A listener has the selectors Address and Transport, and no \(name).")
    }
    guard let address = locator.selector("Address"), let transport = locator.selector("Transport") else {
      throw WinrmFailure(
        .insufficientSelectors, "A listener is selected by Address and Transport: winrm/config/Listener?Address=*+Transport=HTTP")
    }
    return (address, transport)
  }

  /// Reports names in the words that the Windows tool has for them, before anything is changed.
  private func checkNames(_ input: InputSet, in tree: SettingTree, _ resource: ConfigurationResource? = nil) throws {
    for (name, _) in input.values {
      let matches = tree.nodes.filter { node in
        switch node {
        case .value(name, _): true
        case .tree(let tree): tree.name == name
        case .value: false
        }
      }
      switch matches.first {
      case nil:
        throw WinrmUsageError(
          "Parameter name does not match any properties on resource: \(name)\n\(Self.hint(name, tree, resource))", pointsToHelp: false)
      case .tree?: throw WinrmUsageError("Parameter matches a non-text property on resource: \(name)", pointsToHelp: false)
      case .value?: continue
      }
    }
  }

  /// What could have been meant: the name in its case, the place where it stands, or the names that there are.
  private static func hint(_ name: String, _ tree: SettingTree, _ resource: ConfigurationResource?) -> String {
    let names = valueNames(tree)
    if let known = names.first(where: { $0.lowercased() == name.lowercased() }) {
      return "Did you mean \(known)? Names count in exactly their case."
    }
    for other in resource == nil ? [] : ConfigurationResource.allCases {
      guard let known = valueNames(WinRMSettings().tree(of: other)).first(where: { $0.lowercased() == name.lowercased() }) else { continue }
      // Auth and DefaultPorts stand twice; the nearer one is meant.
      if let resource, !other.rawValue.hasPrefix(resource.rawValue) { continue }
      return "\(known) is a setting of winrm/\(other.rawValue)."
    }
    return "It has: \(names.joined(separator: ", "))"
  }

  private static func valueNames(_ tree: SettingTree) -> [String] {
    tree.nodes.compactMap { if case .value(let name, _) = $0 { name } else { nil } }
  }

  private func warnOfMissing(_ names: [String]) {
    for name in names {
      do {
        guard try !groups.hasGroup(name) else { continue }
        warn("there is no group \(name) on this machine; until there is, or its domain has one, nobody gets in by it.")
      } catch {
        warn("whether there is a group \(name) on this machine could not be found out.")
      }
    }
  }

  private func answer(_ effective: EffectiveSettings, _ resource: ConfigurationResource) -> Answer {
    Answer(
      element: ResultElement(effective.settings.tree(of: resource), path: resource.rawValue, in: effective),
      namespace: "\(ResourceLocator.base)/\(resource.rawValue)")
  }

  private func answer(_ listener: ListenerSettings, _ effective: EffectiveSettings) -> Answer {
    var element = ResultElement(listener.tree)
    if effective.isGoverned(listener) { element = element.governed }
    if case .children(var children) = element.content {
      let addresses = listener.enabled ? ListeningAddresses.of(listener, effective.settings.service) : []
      // A listener that listens nowhere says null.
      children +=
        addresses.isEmpty
        ? [ResultElement(name: "ListeningOn", value: nil)] : addresses.map { ResultElement(name: "ListeningOn", value: $0) }
      element.content = .children(children)
    }
    return Answer(element: element, namespace: ResourceLocator.base + "/config/listener")
  }

  private func created(_ listener: ListenerSettings) -> Answer {
    return Answer(
      element: ResultElement(
        name: "ResourceCreated",
        children: [
          ResultElement(name: "Address", value: "http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous"),
          ResultElement(
            name: "ReferenceParameters",
            children: [
              ResultElement(name: "ResourceURI", value: ResourceLocator.base + "/config/listener"),
              ResultElement(
                name: "SelectorSet",
                children: [
                  ResultElement(selector: "Address", value: listener.address),
                  ResultElement(selector: "Transport", value: listener.transport.rawValue),
                ]),
            ]),
        ]), namespace: "http://schemas.xmlsoap.org/ws/2004/09/transfer")
  }

  private func noListener(_ address: String, _ transport: String) -> WinrmFailure {
    WinrmFailure(.resourceNotFound, "There is no listener with Address=\(address) and Transport=\(transport).")
  }

  private func notFound(_ locator: ResourceLocator) -> WinrmFailure {
    WinrmFailure(
      .resourceNotFound,
      "This service has no resource \(locator.uri). It has winrm/config, config/client, config/service, config/winrs and what is below them."
    )
  }

  private func notSupported(_ operation: String, _ locator: ResourceLocator) -> WinrmFailure {
    WinrmFailure(.actionNotSupported, "\(locator.uri) does not support the operation \(operation).")
  }
}

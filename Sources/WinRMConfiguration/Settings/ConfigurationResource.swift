/// A part of the settings that `winrm get` and `winrm set` address, by its path below `winrm/config` (MS-WSMV §2.2.4).
public enum ConfigurationResource: String, Sendable, Equatable, CaseIterable {
  case config = "config"
  case client = "config/client"
  case clientAuth = "config/client/auth"
  case clientDefaultPorts = "config/client/defaultports"
  case service = "config/service"
  case serviceAuth = "config/service/auth"
  case serviceDefaultPorts = "config/service/defaultports"
  case winrs = "config/winrs"

  /// Finds the resource of a path in any case, such as `config/Client/Auth`.
  public init?(path: String) {
    self.init(rawValue: path.lowercased())
  }

  /// The file in which it is kept. The top holds settings of its own, which are the service's.
  public var scope: ConfigurationStore.Scope {
    switch self {
    case .client, .clientAuth, .clientDefaultPorts: .client
    case .config, .service, .serviceAuth, .serviceDefaultPorts, .winrs: .service
    }
  }

  var group: SettingGroup<WinRMSettings> {
    switch self {
    case .config: .config
    case .client: SettingGroup<ClientSettings>.client.lifted(\.client)
    case .clientAuth: SettingGroup<ClientAuth>.clientAuth.lifted(\.client.auth)
    case .clientDefaultPorts: SettingGroup<DefaultPorts>.defaultPorts(access: .readWrite).lifted(\.client.defaultPorts)
    case .service: SettingGroup<ServiceSettings>.service.lifted(\.service)
    case .serviceAuth: SettingGroup<ServiceAuth>.serviceAuth.lifted(\.service.auth)
    case .serviceDefaultPorts: SettingGroup<DefaultPorts>.defaultPorts(access: .readOnly).lifted(\.service.defaultPorts)
    case .winrs: SettingGroup<ShellSettings>.winrs.lifted(\.winrs)
    }
  }
}

extension WinRMSettings {
  /// The settings of a resource in the order in which `winrm` shows them.
  public func tree(of resource: ConfigurationResource) -> SettingTree { resource.group.tree(of: self) }

  /// Changes settings that stand directly in a resource; names count in exactly this case. Values are texts as typed; `nil` empties.
  ///
  /// - Throws: ``ConfigurationError``: `notFound`, `readOnly` (0x8033813F), `deprecated` (0x803381AE), `invalidValue`. Then some of `values`
  ///   may have been stored in this copy: drop it.
  public mutating func set(_ values: [(name: String, value: String?)], of resource: ConfigurationResource) throws(ConfigurationError) {
    for (name, value) in values { try resource.group.set(name, to: value, in: &self) }
  }

  /// The listener with these selectors.
  public func listener(address: String, transport: String) -> ListenerSettings? {
    listeners.first { $0.isSelected(byAddress: address, transport: transport) }
  }

  /// Adds a listener.
  ///
  /// - Throws: `alreadyExists` when its address and transport have one.
  public mutating func addListener(_ listener: ListenerSettings) throws(ConfigurationError) {
    guard self.listener(address: listener.address, transport: listener.transport.rawValue) == nil else {
      throw ConfigurationError(
        .alreadyExists, "there is a listener with Address=\(listener.address) and Transport=\(listener.transport.rawValue) already")
    }
    try listener.checkCertificate()
    listeners.append(listener)
  }

  /// Takes a listener away and returns it.
  ///
  /// - Throws: `notFound`.
  @discardableResult
  public mutating func removeListener(address: String, transport: String) throws(ConfigurationError) -> ListenerSettings {
    guard let index = listeners.firstIndex(where: { $0.isSelected(byAddress: address, transport: transport) }) else {
      throw Self.noListener(address, transport)
    }
    return listeners.remove(at: index)
  }

  /// Changes a listener. ``set(_:of:)`` says how and what is thrown.
  public mutating func setListener(
    address: String, transport: String, _ values: [(name: String, value: String?)]
  ) throws(ConfigurationError) -> ListenerSettings {
    guard let index = listeners.firstIndex(where: { $0.isSelected(byAddress: address, transport: transport) }) else {
      throw Self.noListener(address, transport)
    }
    try listeners[index].set(values)
    return listeners[index]
  }

  /// Puts a listener in the place of the one with its address and transport.
  ///
  /// - Throws: `notFound`.
  public mutating func replaceListener(_ listener: ListenerSettings) throws(ConfigurationError) {
    guard
      let index = listeners.firstIndex(where: { $0.isSelected(byAddress: listener.address, transport: listener.transport.rawValue) })
    else { throw Self.noListener(listener.address, listener.transport.rawValue) }
    try listener.checkCertificate()
    listeners[index] = listener
  }

  private static func noListener(_ address: String, _ transport: String) -> ConfigurationError {
    ConfigurationError(.notFound, "there is no listener with Address=\(address) and Transport=\(transport)")
  }
}

extension ListenerSettings {
  /// A listener with default settings for the selectors of `winrm create`, which count in any case.
  ///
  /// - Throws: `invalidValue`: 0x80338089 for an address that is none of the forms that there are.
  public init(selectingAddress address: String, transport: String) throws(ConfigurationError) {
    guard let transport = Transport(rawValue: transport.uppercased()) else {
      throw ConfigurationError(.invalidValue, "Transport is HTTP or HTTPS", specificCode: .invalidSelectors)
    }
    try SettingCheck.listenerAddress(address)
    self.init(address: Self.canonical(address), transport: transport)
  }

  /// `IP:` with the address in small letters, its zone as it is, and `MAC:` with digits in capital letters.
  private static func canonical(_ address: String) -> String {
    switch address.prefix(3).uppercased() {
    case "IP:":
      let parts = address.dropFirst(3).split(separator: "%", maxSplits: 1)
      return "IP:" + parts[0].lowercased() + parts.dropFirst().map { "%" + $0 }.joined()
    case "MAC": return address.uppercased()
    default: return address
    }
  }

  /// The listener's properties in the order in which `winrm` shows them.
  public var tree: SettingTree { SettingGroup.listener.tree(of: self) }

  /// Changes properties. ``WinRMSettings/set(_:of:)`` says how and what is thrown; selectors cannot be changed (0x803380ED).
  public mutating func set(_ values: [(name: String, value: String?)]) throws(ConfigurationError) {
    for (name, value) in values {
      if name == "Address" || name == "Transport" {
        let current = name == "Address" ? address : transport.rawValue
        guard value?.lowercased() == current.lowercased() else {
          throw ConfigurationError(.readOnly, "\(name) selects the listener and cannot be changed", specificCode: .cannotChangeKeys)
        }
        continue
      }
      try SettingGroup.listener.set(name, to: value, in: &self)
    }
    try checkCertificate()
  }

  func isSelected(byAddress address: String, transport: String) -> Bool {
    self.address.lowercased() == address.lowercased() && self.transport.rawValue == transport.uppercased()
  }

  fileprivate func checkCertificate() throws(ConfigurationError) {
    guard transport == .https || certificateThumbprint.isEmpty else {
      throw ConfigurationError(
        .invalidValue, "an HTTP listener has no CertificateThumbprint", specificCode: .thumbprintShouldBeEmpty)
    }
  }
}

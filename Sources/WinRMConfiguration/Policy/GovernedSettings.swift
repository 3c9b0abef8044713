import DelegationPolicy
public import GroupPolicy

/// The settings that hold, and which of them policy decides.
public struct EffectiveSettings: Sendable {
  /// A setting that policy decides.
  public struct Governed: Sendable, Equatable {
    public var resource: ConfigurationResource
    /// The name of the setting in the resource.
    public var name: String
    /// The policy value that decides it.
    public var item: PolicyTree.Item
  }

  /// Policy over local value over default.
  public var settings: WinRMSettings
  public var governed: [Governed]
  /// The listener that policy makes, on every address at the default port; `nil` when it makes none.
  public var governedListener: PolicyTree.Item?

  /// The policy value that decides a setting; `nil` for one that can be set.
  public func item(deciding name: String, of resource: ConfigurationResource) -> PolicyTree.Item? {
    governed.first { $0.resource == resource && $0.name == name }?.item
  }

  /// Who decides a setting, and by what; `nil` for one that can be set.
  public func reason(deciding name: String, of resource: ConfigurationResource) -> String? {
    item(deciding: name, of: resource).map { "\($0.source.object) sets \($0.name) in the key \($0.key)" }
  }

  /// Whether policy makes this listener.
  public func isGoverned(_ listener: ListenerSettings) -> Bool {
    governedListener != nil && listener.isSelected(byAddress: "*", transport: "HTTP")
  }

  /// - Throws: `governedByPolicy` (0x8033808A) when policy decides one of these settings.
  public func checkChange(of names: [String], in resource: ConfigurationResource) throws(ConfigurationError) {
    for name in names {
      if let item = item(deciding: name, of: resource) { throw Self.refusal("\(name) of winrm/\(resource.rawValue)", item) }
    }
  }

  /// - Throws: `governedByPolicy` (0x8033808A) when policy makes the listener with these selectors.
  public func checkListenerChange(address: String, transport: String) throws(ConfigurationError) {
    guard let governedListener, address == "*", transport.uppercased() == "HTTP" else { return }
    throw Self.refusal("the listener with Address=* and Transport=HTTP", governedListener)
  }

  /// - Throws: `governedByPolicy` when a change of the local settings touches what policy decides.
  func checkChange(from before: WinRMSettings, to after: WinRMSettings) throws(ConfigurationError) {
    for entry in governed {
      guard let field = entry.resource.group.fields.first(where: { $0.name == entry.name }) else { continue }
      guard field.read(before) == field.read(after) else {
        throw Self.refusal("\(entry.name) of winrm/\(entry.resource.rawValue)", entry.item)
      }
    }
    guard governedListener == nil || before.listener(address: "*", transport: "HTTP") == after.listener(address: "*", transport: "HTTP")
    else {
      try checkListenerChange(address: "*", transport: "HTTP")
      return
    }
  }

  private static func refusal(_ what: String, _ item: PolicyTree.Item) -> ConfigurationError {
    ConfigurationError(
      .governedByPolicy,
      "policy decides \(what): \(item.source.object) sets \(item.name) in the key \(item.key). Nothing was changed.",
      file: item.source.file)
  }
}

/// One policy value that decides a setting (WindowsRemoteManagement.admx, WindowsRemoteShell.admx).
private struct PolicyRule: Sendable {
  enum Value: Sendable {
    /// REG_DWORD: 0 is false, everything else true.
    case boolean
    /// REG_DWORD within a range; what is smaller or larger counts as its end.
    case number(ClosedRange<UInt32>)
    /// REG_SZ, in force when the REG_DWORD of this name is there and not 0. The switch decides without the text too: then it is this one.
    case text(enabledBy: String, whenAbsent: String)
    /// REG_SZ, in force when the REG_DWORD of this name is 1. A field that the editor was given empty leaves no value: no address then.
    case filter(enabledBy: String)
  }

  var key: PolicyKey
  var name: String
  var value: Value
  var resource: ConfigurationResource
  var setting: String

  static let all: [PolicyRule] =
    [
      ("AllowBasic", ConfigurationResource.clientAuth, "Basic"), ("AllowDigest", .clientAuth, "Digest"),
      ("AllowKerberos", .clientAuth, "Kerberos"), ("AllowNegotiate", .clientAuth, "Negotiate"), ("AllowCredSSP", .clientAuth, "CredSSP"),
      ("AllowUnencryptedTraffic", .client, "AllowUnencrypted"),
    ].map { PolicyRule(key: .client, name: $0.0, value: .boolean, resource: $0.1, setting: $0.2) }
    + [
      PolicyRule(
        key: .client, name: "TrustedHostsList", value: .text(enabledBy: "TrustedHosts", whenAbsent: ""), resource: .client,
        setting: "TrustedHosts")
    ]
    + [
      ("AllowBasic", ConfigurationResource.serviceAuth, "Basic"), ("AllowKerberos", .serviceAuth, "Kerberos"),
      ("AllowNegotiate", .serviceAuth, "Negotiate"), ("AllowCredSSP", .serviceAuth, "CredSSP"),
      ("AllowUnencryptedTraffic", .service, "AllowUnencrypted"), ("AllowAutoConfig", .service, "AllowRemoteAccess"),
      ("HttpCompatibilityListener", .service, "EnableCompatibilityHttpListener"),
      ("HttpsCompatibilityListener", .service, "EnableCompatibilityHttpsListener"),
    ].map { PolicyRule(key: .service, name: $0.0, value: .boolean, resource: $0.1, setting: $0.2) }
    + [
      PolicyRule(
        key: .service, name: "CbtHardeningLevel", value: .text(enabledBy: "CBTHardeningLevelStatus", whenAbsent: "Strict"),
        resource: .serviceAuth, setting: "CbtHardeningLevel"),
      PolicyRule(
        key: .service, name: "IPv4Filter", value: .filter(enabledBy: "AllowAutoConfig"), resource: .service, setting: "IPv4Filter"),
      PolicyRule(
        key: .service, name: "IPv6Filter", value: .filter(enabledBy: "AllowAutoConfig"), resource: .service, setting: "IPv6Filter"),
      PolicyRule(
        key: .remoteShell, name: "AllowRemoteShellAccess", value: .boolean, resource: .winrs, setting: "AllowRemoteShellAccess"),
    ]
    + [
      ("IdleTimeout", 60_000...0x7FFF_FFFF as ClosedRange<UInt32>), ("MaxConcurrentUsers", 1...100),
      ("MaxMemoryPerShellMB", 0...0x7FFF_FFFF),
      ("MaxProcessesPerShell", 0...0x7FFF_FFFF), ("MaxShellsPerUser", 0...0x7FFF_FFFF),
    ].map { PolicyRule(key: .remoteShell, name: $0.0, value: .number($0.1), resource: .winrs, setting: $0.0) }

  /// What the policy says; `nil` when it is not configured.
  func decide(_ tree: PolicyTree) throws(ConfigurationError) -> (SettingValue, PolicyTree.Item)? {
    let item = tree.item(key.path, name)
    switch value {
    case .boolean:
      guard let item, let number = try tree.number(key.path, name) else { return nil }
      return (.boolean(number != 0), item)
    case .number(let range):
      guard let item, let number = try tree.number(key.path, name) else { return nil }
      return (.integer(min(max(number, range.lowerBound), range.upperBound)), item)
    case .text(let status, let absent):
      guard let state = tree.item(key.path, status), let number = try tree.number(key.path, status), number != 0 else { return nil }
      return try item.map { item throws(ConfigurationError) in (.text(try item.policyText()), item) } ?? (.text(absent), state)
    case .filter(let status):
      guard let state = tree.item(key.path, status), let number = try tree.number(key.path, status), number != 0 else { return nil }
      return try item.map { item throws(ConfigurationError) in (.text(try item.policyText()), item) } ?? (.text(""), state)
    }
  }
}

extension EffectivePolicy {
  /// Puts policy over local settings.
  ///
  /// - Throws: ``ConfigurationError`` with 0x80338088 for a value that no such setting can have.
  public func apply(to settings: inout WinRMSettings) throws(ConfigurationError) -> EffectiveSettings {
    var governed: [EffectiveSettings.Governed] = []
    for rule in PolicyRule.all {
      guard let (value, item) = try rule.decide(tree),
        let field = rule.resource.group.fields.first(where: { $0.name == rule.setting })
      else { continue }
      do throws(ConfigurationError) {
        try field.store(&settings, value)
      } catch {
        throw item.corrupted("cannot be used: \(error.message)")
      }
      governed.append(EffectiveSettings.Governed(resource: rule.resource, name: rule.setting, item: item))
    }
    var listener: PolicyTree.Item?
    let autoConfig = "AllowAutoConfig"
    if try tree.number(PolicyKey.service.path, autoConfig) == 1 {
      listener = tree.item(PolicyKey.service.path, autoConfig)
      settings.listeners.removeAll { $0.isSelected(byAddress: "*", transport: "HTTP") }
      settings.listeners.insert(ListenerSettings(), at: 0)
    }
    return EffectiveSettings(settings: settings, governed: governed, governedListener: listener)
  }

  /// Whether a value is known and means nothing to WinRM here: it is about other credentials or other services, or about what there is only
  /// on Windows.
  public func isWithoutEffect(_ item: PolicyTree.Item) -> Bool {
    if let name = PolicyKey.list(at: item.key) {
      guard let list = DelegationList.allCases.first(where: { $0.name == name }) else { return true }
      let entry = DelegationRules.Entry(origin: item.name, text: item.value.text ?? "", identity: item.identity)
      do throws(ConfigurationError) { return try DelegationRules(tree).pattern(entry, in: list)?.isWSMan != true } catch { return false }
    }
    guard let key = PolicyKey.at(item.key), let name = key.spelling(of: item.name) else { return true }
    return key.withoutEffect.contains(name)
  }

  /// What the values that decide a setting decide, as `winrm get` names it.
  public var effects: [PolicyTree.Item: String] {
    var settings = WinRMSettings()
    guard let effective = try? apply(to: &settings) else { return [:] }
    let effects = effective.governed.compactMap { entry in
      entry.resource.group.fields.first { $0.name == entry.name }.map { field in
        (entry.item, "winrm/\(entry.resource.rawValue) \(entry.name) = \(field.read(effective.settings).text)")
      }
    }
    // A value that decides more than one is shown with the first.
    return Dictionary(effects) { first, _ in first }
  }
}

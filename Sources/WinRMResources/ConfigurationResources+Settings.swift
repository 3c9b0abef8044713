import LocalFiles
import SecuritySupport
import WSMan
import WinRMConfiguration

/// Get, Put and the actions of the parts of the tree that are there once: `config`, `config/client`, …
extension ConfigurationResources {
  func answer(
    _ operation: Operation, on resource: ConfigurationResource, _ path: ConfigurationPath, _ header: RequestHeader
  ) throws -> Outcome {
    guard header.selectors.isEmpty else { throw WSManFault.unexpectedSelectors("winrm/\(resource.rawValue) takes no selectors.") }
    switch operation {
    case .get: return Outcome(.other(try element(of: resource)))
    case .put(let content): return try put(content, to: resource)
    case .invoke("restore", _) where resource == .config: return try restore()
    case .invoke(let action, let input) where resource == .service:
      guard let outcome = try quickConfiguration(action, input) else { throw WSManFault.actionNotSupported(header.action) }
      return outcome
    case .create, .delete, .enumerate, .pull, .release, .invoke: throw WSManFault.actionNotSupported(header.action)
    }
  }

  private func element(of resource: ConfigurationResource) throws -> XMLElement {
    element(of: resource, in: try store.loadEffective())
  }

  private func element(of resource: ConfigurationResource, in effective: EffectiveSettings) -> XMLElement {
    SettingXML(namespace: resource.uri).element(
      effective.settings.tree(of: resource), path: resource.rawValue, in: effective)
  }

  /// Takes what a document says. Values that are as they hold now are no changes: clients send back the whole resource that they have
  /// read, with what policy decides in it.
  private func put(_ content: XMLElement, to resource: ConfigurationResource) throws -> Outcome {
    let document = try SettingXML(namespace: resource.uri).document(content)
    let planned = try plan(document, resource)
    let scopes = Set(planned.changes.map(\.resource.scope))
    guard scopes.count < 2 || isOneFile else {
      throw WSManFault.readOnlyProperty(
        "Settings of the client hold for the whole machine and are kept apart from those of this service: change one of the two at a time.")
    }
    guard let scope = scopes.first else { return Outcome(.other(element(of: resource, in: planned.outcome))) }
    return try answering(scope) { settings in
      // Again: others may have changed something since.
      let plan = try plan(document, resource)
      for change in plan.changes { try settings.set([(change.name, change.value)], of: change.resource) }
      return element(of: resource, in: plan.outcome)
    }
  }

  /// What a document changes in the settings of now, and how they are then.
  private func plan(
    _ document: SettingDocument, _ resource: ConfigurationResource
  ) throws -> (changes: [SettingChange], outcome: EffectiveSettings) {
    let effective = try store.loadEffective()
    var outcome = effective
    try outcome.settings.put(document, to: resource)
    let changes = SettingChange.all(from: effective.settings, to: outcome.settings)
    for change in changes {
      try effective.checkChange(of: [change.name], in: change.resource)
      guard change.resource == .service, !change.value.isEmpty else { continue }
      switch change.name {
      case "CertificateThumbprint": try certificates.checkCredSSP(change.value)
      case "KeytabFile":
        guard let danger = SecretFile(change.value).danger else { continue }
        throw ConfigurationError(
          .invalidValue, "KeytabFile cannot be \(change.value.plain): \(danger). Whoever writes a keytab decides who can log on")
      default: continue
      }
    }
    return (changes, outcome)
  }

  /// Puts everything that policy does not decide back to its default. Where the settings of the client are the machine's, and not those of
  /// this service, they stay.
  private func restore() throws -> Outcome {
    let effective = try store.loadEffective()
    let changed = try change { settings in
      let before = settings
      settings.restore()
      if !isOneFile { settings.client = before.client }
      for change in SettingChange.all(from: settings, to: before)
      where effective.item(deciding: change.name, of: change.resource) != nil {
        try settings.set([(change.name, change.value)], of: change.resource)
      }
    }
    return Outcome(.other(SettingXML(namespace: ConfigurationResource.config.uri).root("Restore_OUTPUT", [])), changed: changed)
  }

  private var isOneFile: Bool { store.paths.settingsFile == store.paths.machineSettingsFile }
}

/// A setting that has another value.
struct SettingChange: Equatable {
  var resource: ConfigurationResource
  var name: String
  /// The new value as somebody would type it.
  var value: String

  static func all(from before: WinRMSettings, to after: WinRMSettings) -> [SettingChange] {
    ConfigurationResource.allCases.flatMap { resource in
      zip(before.tree(of: resource).nodes, after.tree(of: resource).nodes).compactMap { old, new in
        guard old != new, case .value(let name, let value) = new else { return nil }
        return SettingChange(resource: resource, name: name, value: value.text)
      }
    }
  }
}

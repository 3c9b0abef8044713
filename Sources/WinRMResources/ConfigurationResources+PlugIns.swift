import SecuritySupport
import WSMan
import WinRMConfiguration

/// `winrm/config/plugin?Name=…` (MS-WSMV §2.2.4.27).
extension ConfigurationResources {
  private static let plugInURI = ResourceURI.config.rawValue + "/plugin"
  private static let plugInExample = "winrm/config/plugin?Name=Shell cmd plugin"

  func answerPlugIn(_ operation: Operation, _ header: RequestHeader, _ owner: String) throws -> Outcome {
    let listed = try enumerate(operation, header, owner, referable: false) { effective in
      effective.settings.plugins.map { Instance(element: PlugInXML.element(of: $0), reference: Self.reference(to: $0)) }
    }
    if let listed { return listed }
    if case .invoke(let action, _) = operation {
      guard action == "restore", header.selectors.isEmpty else { throw WSManFault.actionNotSupported(header.action) }
      let changed = try change { $0.restorePlugIns() }
      return Outcome(.other(SettingXML(namespace: Self.plugInURI).root("Restore_OUTPUT", [])), changed: changed)
    }
    let name = try Self.selectors(["Name"], of: header, example: Self.plugInExample)[0]
    switch operation {
    case .get: return Outcome(.other(PlugInXML.element(of: try plugIn(name, in: try store.loadEffective().settings))))
    case .put(let content):
      return try answering { settings in
        var wanted = try plugIn(name, in: settings)
        try PlugInXML.apply(content, to: &wanted)
        try wanted.check()
        try settings.replacePlugIn(wanted)
        return PlugInXML.element(of: wanted)
      }
    case .create(let content):
      guard try store.load().plugIn(named: name) == nil else {
        throw WSManFault.alreadyExists("There is a plug-in with Name=\(name.plain) already.")
      }
      var plugIn = try PlugInConfiguration(named: name)
      if let content { try PlugInXML.apply(content, to: &plugIn) }
      let made = plugIn
      let changed = try change { try $0.addPlugIn(made) }
      return Outcome(.created(Self.reference(to: made)), changed: changed)
    case .delete:
      let changed = try change {
        _ = try plugIn(name, in: $0)
        try $0.removePlugIn(named: name)
      }
      return Outcome(.deleted, changed: changed)
    case .enumerate, .pull, .release, .invoke: throw WSManFault.actionNotSupported(header.action)
    }
  }

  private func plugIn(_ name: String, in settings: WinRMSettings) throws(WSManFault) -> PlugInConfiguration {
    guard let plugIn = settings.plugIn(named: name) else { throw .noSuchInstance("There is no plug-in with Name=\(name.plain).") }
    return plugIn
  }

  private static func reference(to plugIn: PlugInConfiguration) -> EndpointReference {
    EndpointReference(resourceURI: ResourceURI(rawValue: plugInURI), selectors: [Selector("Name", plugIn.name)])
  }
}

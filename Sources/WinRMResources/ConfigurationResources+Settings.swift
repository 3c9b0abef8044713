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
    let effective = try store.loadEffective()
    return SettingXML(namespace: resource.uri).element(
      effective.settings.tree(of: resource), path: resource.rawValue, in: effective)
  }

  private func put(_ content: XMLElement, to resource: ConfigurationResource) throws -> Outcome {
    throw WSManFault.actionNotSupported(.put)
  }

  private func restore() throws -> Outcome { throw WSManFault.actionNotSupported(nil) }
}

import WSMan
import WinRMConfiguration

/// Plug-ins as XML: unlike the rest of the configuration in attributes, and in a namespace that is not their URI (MS-WSMV §2.2.4.27).
enum PlugInXML {
  static let namespace = "http://schemas.microsoft.com/wbem/wsman/1/config/PluginConfiguration"
  private static let quotas = "Quotas"
  private static let parameters = "InitializationParameters"
  private static let resources = "Resources"

  // MARK: Writing

  static func element(of plugIn: PlugInConfiguration) -> XMLElement {
    var quotaAttributes: [XMLAttribute] = []
    for case .tree(let tree) in plugIn.tree.nodes where tree.name == quotas { quotaAttributes = attributes(tree) }
    return XMLElement(
      name(plugIn.tree.name), attributes: attributes(plugIn.tree),
      children: [
        element(parameters, children: plugIn.initializationParameters.map { ("Param", [("Name", $0.name), ("Value", $0.value)], []) }),
        .element(XMLElement(name(resources), children: plugIn.resources.map { .element(element(of: $0)) })),
        .element(XMLElement(name(quotas), attributes: quotaAttributes)),
      ], scope: XMLScope(prefix: "", namespace: namespace))
  }

  private static func element(of resource: PlugInConfiguration.Resource) -> XMLElement {
    let security = resource.security.map { entry in
      empty("Security", [("Uri", entry.uri), ("ExactMatch", text(entry.exactMatch)), ("Sddl", entry.sddl)])
    }
    let capabilities = resource.capabilities.map { capability in
      empty(
        "Capability",
        [("Type", capability.kind.rawValue)] + (capability.supportsFragment ? [("SupportsFragment", "true")] : [])
          + (capability.supportsFiltering ? [("SupportsFiltering", "true")] : []))
    }
    return XMLElement(
      name("Resource"),
      attributes: [
        XMLAttribute("ResourceUri", resource.uri), XMLAttribute("SupportsOptions", text(resource.supportsOptions)),
        XMLAttribute("ExactMatch", text(resource.exactMatch)),
      ], children: (security + capabilities).map { .element($0) })
  }

  private static func attributes(_ tree: SettingTree) -> [XMLAttribute] {
    tree.nodes.compactMap { node in
      guard case .value(let name, let value) = node, !value.text.isEmpty else { return nil }
      return XMLAttribute(name, value.text)
    }
  }

  private static func element(
    _ local: String, children: [(name: String, attributes: [(String, String)], children: [XMLNode])]
  ) -> XMLNode {
    .element(XMLElement(name(local), children: children.map { .element(empty($0.name, $0.attributes)) }))
  }

  private static func empty(_ local: String, _ attributes: [(String, String)]) -> XMLElement {
    XMLElement(name(local), attributes: attributes.map { XMLAttribute($0.0, $0.1) })
  }

  private static func name(_ local: String) -> XMLName { XMLName(namespace: namespace, localName: local) }

  private static func text(_ value: Bool) -> String { value ? "true" : "false" }

  // MARK: Reading

  /// Takes what a document says. Attributes and parts that it does not mention stay; resources and parameters that it mentions are all
  /// there are.
  ///
  /// - Throws: the fault, or ``ConfigurationError``.
  static func apply(_ element: XMLElement, to plugIn: inout PlugInConfiguration) throws {
    try check(element)
    guard element.name.localName == plugIn.tree.name else {
      throw WSManFault.schemaValidationError("The document begins with another element than \(plugIn.tree.name).")
    }
    try plugIn.set(values(element))
    var seen: Set<String> = []
    for part in element.elements {
      try check(part)
      guard seen.insert(part.name.localName).inserted else {
        throw WSManFault.schemaValidationError("The element \(part.name.localName.shown) stands twice.")
      }
      switch part.name.localName {
      case quotas: try plugIn.setQuotas(values(part))
      case resources: plugIn.resources = try children(part, named: "Resource").map(resource)
      case parameters:
        guard try children(part, named: "Param").isEmpty else {
          throw WSManFault.internalError(.notSupported, "\(plugIn.name) is built in and takes no \(parameters).")
        }
      default: throw unknown(part.name.localName, in: plugIn.tree.name)
      }
    }
  }

  private static func values(_ element: XMLElement) -> [(name: String, value: String?)] {
    element.attributes.filter { $0.name.namespace.isEmpty }.map { ($0.name.localName, $0.value) }
  }

  private static func resource(_ element: XMLElement) throws -> PlugInConfiguration.Resource {
    var resource = PlugInConfiguration.Resource(uri: "")
    for (name, value) in values(element) {
      switch name {
      case "ResourceUri": resource.uri = value ?? ""
      case "SupportsOptions": resource.supportsOptions = try boolean(value, name)
      case "ExactMatch": resource.exactMatch = try boolean(value, name)
      default: throw unknown(name, in: "Resource")
      }
    }
    for part in element.elements {
      try check(part)
      switch part.name.localName {
      case "Security": resource.security.append(try security(part, of: resource))
      case "Capability": resource.capabilities.append(try capability(part))
      default: throw unknown(part.name.localName, in: "Resource")
      }
    }
    return resource
  }

  private static func security(
    _ element: XMLElement, of resource: PlugInConfiguration.Resource
  ) throws -> PlugInConfiguration.Security {
    var (uri, sddl, exactMatch) = (resource.uri, "", false)
    for (name, value) in values(element) {
      switch name {
      case "Uri": uri = value ?? ""
      case "Sddl": sddl = value ?? ""
      case "ExactMatch": exactMatch = try boolean(value, name)
      default: throw unknown(name, in: "Security")
      }
    }
    return try PlugInConfiguration.Security(uri: uri, sddl: sddl, exactMatch: exactMatch)
  }

  private static func capability(_ element: XMLElement) throws(WSManFault) -> PlugInConfiguration.Capability {
    var kind: PlugInConfiguration.Capability.Kind?
    var (fragment, filtering) = (false, false)
    for (name, value) in values(element) {
      switch name {
      case "Type":
        kind = PlugInConfiguration.Capability.Kind(rawValue: value ?? "")
        guard kind != nil else {
          let words = PlugInConfiguration.Capability.Kind.allCases.map(\.rawValue).joined(separator: ", ")
          throw .schemaValidationError("Type of a Capability is one of \(words).")
        }
      case "SupportsFragment": fragment = try boolean(value, name)
      case "SupportsFiltering": filtering = try boolean(value, name)
      default: throw unknown(name, in: "Capability")
      }
    }
    guard let kind else { throw .schemaValidationError("A Capability has no Type.") }
    return PlugInConfiguration.Capability(kind, supportsFragment: fragment, supportsFiltering: filtering)
  }

  private static func children(_ element: XMLElement, named local: String) throws(WSManFault) -> [XMLElement] {
    for child in element.elements {
      try check(child)
      guard child.name.localName == local else { throw unknown(child.name.localName, in: element.name.localName) }
    }
    return element.elements
  }

  private static func boolean(_ text: String?, _ name: String) throws(WSManFault) -> Bool {
    switch text?.lowercased() {
    case "true", "1": return true
    case "false", "0": return false
    default: throw .schemaValidationError("\(name) must be true or false.")
    }
  }

  /// Both the namespace of the documentation and the URI of the resource are met.
  private static func check(_ element: XMLElement) throws(WSManFault) {
    guard [namespace.lowercased(), ResourceURI.config.rawValue + "/plugin"].contains(element.name.namespace.lowercased()) else {
      throw .schemaValidationError("The element \(element.name.localName.shown) is not in the namespace of plug-ins, \(namespace).")
    }
  }

  private static func unknown(_ name: String, in parent: String) -> WSManFault {
    .schemaValidationError("\(parent) has no \(name.shown).")
  }
}

import SecurityDescriptors
import SecuritySupport
import WSMan
import WinRM
import WinRMConfiguration

/// `winrm configsddl default|RESOURCE_URI [-sddl:SDDL]`: who may use what, shown and set as text.
struct SecurityOperation {
  /// What is shown for XML.
  static let namespace = ResourceLocator.base + "/config/service/security"

  private enum Target {
    /// RootSDDL.
    case root
    /// What a plug-in serves at this URI and below.
    case resource(String)
  }

  private let target: Target
  private let wanted: SecurityDescriptor?

  /// What was typed as -sddl; `nil` when it is only to be shown.
  var isChange: Bool { wanted != nil }

  /// - Throws: ``WinrmUsageError`` for a URI that has selectors; ``WinrmFailure`` for SDDL that is none (0x8033815C), with the place.
  init(_ arguments: WinrmArguments) throws {
    let text = arguments.operands.first ?? ""
    if text.lowercased() == "default" {
      target = .root
    } else {
      let locator = try ResourceLocator(parsing: text)
      guard locator.selectors.isEmpty else { throw WinrmUsageError("A security descriptor is for a resource URI without selectors.") }
      target = .resource(locator.uri)
    }
    do throws(SDDLError) {
      wanted = try arguments.switches[.sddl].map { text throws(SDDLError) in try SecurityDescriptor(sddl: text) }
    } catch {
      throw Self.invalid("is invalid at character \(error.offset + 1). \(error.message)")
    }
    if let wanted, wanted.dacl == nil {
      throw Self.invalid("has no DACL (D:...), and so would let everybody do everything")
    }
  }

  private static func invalid(_ why: String) -> WinrmFailure {
    WinrmFailure(WinRMCode(rawValue: 0x8033_815C), "The security descriptor of -sddl \(why).")
  }

  /// What is asked before the descriptor is set.
  func question() -> String {
    let who = wanted.map { SecurityReport.sentences(about: $0).map { "  \($0)\n" }.joined() } ?? ""
    return "From now on may use \(name):\n\(who)Make these changes [y/n]? "
  }

  private var name: String {
    switch target {
    case .root: "everything that says nothing else"
    case .resource(let uri): uri
    }
  }

  /// Reads, changes if that is wanted, and returns what holds then.
  func run(_ access: any ResourceAccess) async throws -> ResultElement {
    switch target {
    case .root: try await runRoot(access)
    case .resource(let uri): try await run(uri, access)
    }
  }

  // MARK: RootSDDL

  private static let service = ResourceSelection(ResourceURI(rawValue: ResourceLocator.base + "/config/service"))

  private func runRoot(_ access: any ResourceAccess) async throws -> ResultElement {
    var service = try await access.get(Self.service)
    if let wanted {
      let name = XMLName(namespace: service.name.namespace, localName: "RootSDDL")
      let change = XMLElement(service.name, children: [.element(XMLElement(name, text: wanted.sddl))])
      service = try await access.put(Self.service, change) ?? service
    }
    guard let text = service.elements.first(where: { $0.name.localName == "RootSDDL" })?.trimmedText else {
      throw WinrmFailure(.unsupportedFeature, "The service has no RootSDDL.")
    }
    return SecurityReport.element(uri: "default", source: nil, sddl: text)
  }

  // MARK: Plug-ins

  private func run(_ uri: String, _ access: any ResourceAccess) async throws -> ResultElement {
    guard var served = try await serving(uri, access) else {
      throw WinrmFailure(
        WinRMCode(rawValue: 0x8033_81BF), "No plug-in serves \(uri). What there is, winrm enumerate winrm/config/plugin shows.")
    }
    if let wanted {
      served.setSecurity(of: uri, to: wanted.sddl)
      let selection = ResourceSelection(
        ResourceURI(rawValue: ResourceLocator.base + "/config/plugin"), selectors: ["Name": served.plugInName])
      if let answer = try await access.put(selection, served.plugIn) { served = PlugInResource(in: answer, serving: uri) ?? served }
    }
    if let security = served.security(for: uri) {
      return SecurityReport.element(uri: uri, source: security.uri, sddl: security.sddl)
    }
    let root = try await access.get(Self.service)
    let text = root.elements.first { $0.name.localName == "RootSDDL" }?.trimmedText ?? ""
    return SecurityReport.element(uri: uri, source: "default", sddl: text)
  }

  private func serving(_ uri: String, _ access: any ResourceAccess) async throws -> PlugInResource? {
    var found: [PlugInResource] = []
    let all = ResourceSelection(ResourceURI(rawValue: ResourceLocator.base + "/config/plugin"))
    try await access.enumerate(all, EnumerationOptions()) { item in
      if let plugIn = item.object, let resource = PlugInResource(in: plugIn, serving: uri) { found.append(resource) }
    }
    return found.max { $0.resourceURI.count < $1.resourceURI.count }
  }
}

/// The resource of a plug-in that serves a URI, in the plug-in's document.
private struct PlugInResource {
  private(set) var plugIn: XMLElement
  /// The places of `Resources` in the plug-in, and of the resource in there.
  private let path: (Int, Int)

  /// `nil` when the plug-in serves no such URI. Of several resources the one with the longest URI counts.
  init?(in plugIn: XMLElement, serving uri: String) {
    guard let outer = plugIn.children.firstIndex(where: { $0.element?.name.localName == "Resources" }),
      let resources = plugIn.children[outer].element
    else { return nil }
    let fitting = resources.children.indices.filter { index in
      guard let resource = resources.children[index].element, let served = resource.attribute("ResourceUri") else { return false }
      return Self.covers(served, resource.attribute("ExactMatch"), uri)
    }
    let length = { (index: Int) in resources.children[index].element?.attribute("ResourceUri")?.count ?? 0 }
    guard let inner = fitting.max(by: { length($0) < length($1) }) else { return nil }
    self.plugIn = plugIn
    path = (outer, inner)
  }

  var plugInName: String { plugIn.attribute("Name") ?? "" }
  var resourceURI: String { resource.attribute("ResourceUri") ?? "" }

  private var resource: XMLElement { plugIn.children[path.0].element?.children[path.1].element ?? plugIn }

  /// The Security element that counts for a URI: that of the URI itself, else the longest prefix.
  func security(for uri: String) -> (uri: String, sddl: String)? {
    let fitting = resource.elements.filter { element in
      element.name.localName == "Security" && Self.covers(element.attribute("Uri") ?? "", element.attribute("ExactMatch"), uri)
    }
    let best = fitting.max { ($0.attribute("Uri")?.count ?? 0) < ($1.attribute("Uri")?.count ?? 0) }
    return best.map { ($0.attribute("Uri") ?? "", $0.attribute("Sddl") ?? "") }
  }

  /// Puts the descriptor in the place of the one that was there for exactly this URI, or beside the others.
  mutating func setSecurity(of uri: String, to sddl: String) {
    var changed = resource
    let others = changed.children.filter { node in
      guard let element = node.element, element.name.localName == "Security" else { return true }
      return element.attribute("Uri")?.lowercased() != uri.lowercased()
    }
    let name = XMLName(namespace: changed.name.namespace, localName: "Security")
    let security = XMLElement(
      name, attributes: [XMLAttribute("Uri", uri), XMLAttribute("ExactMatch", "false"), XMLAttribute("Sddl", sddl)])
    changed.children = [.element(security)] + others
    guard var resources = plugIn.children[path.0].element else { return }
    resources.children[path.1] = .element(changed)
    plugIn.children[path.0] = .element(resources)
  }

  private static func covers(_ served: String, _ exactMatch: String?, _ uri: String) -> Bool {
    let served = served.lowercased()
    let uri = uri.lowercased()
    if served == uri { return true }
    guard !["true", "1"].contains(exactMatch?.lowercased()) else { return false }
    return uri.hasPrefix(served.hasSuffix("/") ? served : served + "/")
  }
}

extension XMLNode {
  fileprivate var element: XMLElement? {
    if case .element(let element) = self { element } else { nil }
  }
}

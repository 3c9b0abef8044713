import LogonInterface
import SecuritySupport
import WSMan
import WinRMConfiguration
import WinRMResources

/// What can be listed beside the configuration: shells, their commands, and the resources themselves.
extension RequestDispatcher {
  // MARK: Shells

  /// Get, Enumerate and Delete of shells (MS-WSMV §3.1.4.1.31.1): of the caller's own, and for an administrator of all.
  func shellList(_ request: WSManRequest, of caller: Caller) async throws -> ResponseBody {
    let header = request.header
    try header.requireKnownOptions([])
    switch request.body {
    case .get:
      guard let shell = await (try registry.shell(header.shellID, visibleTo: caller)).description else {
        throw WSManFault.unexpectedSelectors(.shell(header.shellID ?? ""))
      }
      return .other(shell.element)
    case .deleteShell:
      await registry.delete(try await registry.shell(header.shellID, visibleTo: caller))
      return .deleted
    case .enumerate(let enumeration) where header.resourceURI?.matches(.shellCommand) == true:
      return try enumerate(try await commands(enumeration, of: caller), enumeration, header, caller)
    case .enumerate(let enumeration):
      guard enumeration.filter == nil else { throw WSManFault.filteringNotSupported() }
      var items: [EnumerationItem] = []
      for shell in await registry.shells(visibleTo: caller) {
        guard let description = await shell.description else { continue }
        let reference = EndpointReference(resourceURI: .shellCmd, selectors: [Selector("ShellId", shell.id)])
        items.append(EnumerationItem(object: description.element, reference: reference))
      }
      return try enumerate(items, enumeration, header, caller)
    default: return try goOn(request, caller)
    }
  }

  /// The commands of the shell that the filter names.
  private func commands(_ enumeration: EnumerateRequest, of caller: Caller) async throws -> [EnumerationItem] {
    guard let filter = enumeration.filter else { throw WSManFault.shellFilterExpected() }
    guard filter.dialect == EnumerationFilter.selectorFilter else { throw WSManFault.filterDialectUnavailable() }
    guard case .selectors(let selectors) = filter.content, selectors.count == 1, let selector = selectors.first,
      selector.name.lowercased() == "shellid", case .text(let id) = selector.value
    else { throw WSManFault.shellFilterExpected() }
    guard enumeration.mode == .object else {
      throw WSManFault.unsupportedFeature(.enumerationMode, "A command has no reference of its own.")
    }
    let shell = try await registry.shell(id, visibleTo: caller)
    return await shell.commandStates.map { command in
      let texts = [
        ("CommandId", command.id), ("CommandLine", command.line), ("CommandState", command.isRunning ? "Running" : "Done"),
      ]
      return EnumerationItem(
        object: XMLElement(
          XMLName(.shell, "Command"), children: texts.map { .element(XMLElement(XMLName(.shell, $0), text: $1)) }))
    }
  }

  // MARK: Resources

  /// `winrm/config/resource`: the resources that the caller may use, each with what can be done with it.
  func resourceList(_ request: WSManRequest, of caller: Caller, access: AccessControl) throws -> ResponseBody {
    try request.header.requireKnownOptions([])
    guard case .enumerate(let enumeration) = request.body else { return try goOn(request, caller) }
    guard enumeration.filter == nil else { throw WSManFault.filteringNotSupported() }
    guard enumeration.mode == .object else {
      throw WSManFault.unsupportedFeature(.enumerationMode, "What is listed here are classes of resources, which have no references.")
    }
    let items = ListedResource.all.compactMap { resource -> EnumerationItem? in
      guard resource.uri.rawValue.hasPrefix(ResourceURI.config.rawValue) || access.isServed(.shellCmd) else { return nil }
      let actions = resource.actions.filter { access.source(for: resource.uri).grants(resource.right(for: $0), to: caller.token) }
      return actions.isEmpty ? nil : EnumerationItem(object: resource.element(actions))
    }
    return try enumerate(items, enumeration, request.header, caller)
  }

  // MARK: Enumerations

  private func enumerate(
    _ items: [EnumerationItem], _ enumeration: EnumerateRequest, _ header: RequestHeader, _ caller: Caller
  ) throws(WSManFault) -> ResponseBody {
    guard header.selectors.isEmpty else {
      throw WSManFault(
        code: .sender, subcode: XMLName(.wsman, "InvalidSelectors"), detail: .unexpectedSelectors, wsmanCode: .unexpectedSelectors,
        reason: "An enumeration takes no selectors here.")
    }
    guard enumeration.expires == nil else {
      throw .unsupportedFeature(.expirationTime, "How long an enumeration lives says EnumerationTimeoutms of winrm/config/service.")
    }
    guard enumeration.polymorphism == nil else { throw .polymorphismModeNotSupported() }
    let shown = items.map { item in
      EnumerationItem(
        object: enumeration.mode == .reference ? nil : item.object, reference: enumeration.mode == .object ? nil : item.reference)
    }
    let settings = live.settings
    let terms = Enumerations.Terms(
      resource: header.enumeratedResource, owner: caller.owner, maximumItems: Int(settings.maxBatchItems),
      timeout: .milliseconds(settings.service.enumerationTimeoutms))
    return .enumerated(try enumerations.begin(shown, enumeration, terms, envelopeSize: answerSize(header)))
  }

  /// Pull and Release; no other action is left.
  private func goOn(_ request: WSManRequest, _ caller: Caller) throws(WSManFault) -> ResponseBody {
    let header = request.header
    switch request.body {
    case .pull(let pull):
      return .pulled(
        try enumerations.next(pull, owner: caller.owner, resource: header.enumeratedResource, envelopeSize: answerSize(header)))
    case .release(let context):
      try enumerations.release(context, owner: caller.owner, resource: header.enumeratedResource)
      return .other(nil)
    default: throw .actionNotSupported(header.action)
    }
  }
}

extension RequestHeader {
  fileprivate var enumeratedResource: String { (resourceURI?.rawValue ?? "").lowercased() }
}

/// One line of `winrm/config/resource`.
private struct ListedResource {
  let uri: ResourceURI
  /// The actions by their names in the capabilities of plug-ins (MS-WSMV §2.2.4.8).
  let actions: [String]

  private init(_ path: String, _ actions: String...) {
    uri = ResourceURI(rawValue: "http://schemas.microsoft.com/wbem/wsman/1/" + path)
    self.actions = actions
  }

  static let all: [ListedResource] = [
    ListedResource("config", "Get", "Put", "Invoke"), ListedResource("config/client", "Get", "Put"),
    ListedResource("config/client/auth", "Get", "Put"), ListedResource("config/client/defaultports", "Get", "Put"),
    ListedResource("config/service", "Get", "Put", "Invoke"), ListedResource("config/service/auth", "Get", "Put"),
    ListedResource("config/service/defaultports", "Get"),
    ListedResource("config/service/certmapping", "Get", "Put", "Create", "Delete", "Enumerate"),
    ListedResource("config/winrs", "Get", "Put"), ListedResource("config/listener", "Get", "Put", "Create", "Delete", "Enumerate"),
    ListedResource("config/plugin", "Get", "Put", "Create", "Delete", "Enumerate", "Invoke"),
    ListedResource("config/resource", "Enumerate"), ListedResource("windows/shell", "Get", "Delete", "Enumerate"),
    ListedResource("windows/shell/cmd", "Shell"), ListedResource("windows/shell/Command", "Enumerate"),
  ]

  func right(for action: String) -> AccessRight {
    if uri.isShell { return .execute }
    return switch action {
    case "Get", "Enumerate": .read
    case "Put", "Create", "Delete": .write
    // The actions of config/service look, too.
    case "Invoke" where uri != ResourceURI(rawValue: ResourceURI.config.rawValue + "/service"): .executeAndWrite
    default: .execute
    }
  }

  func element(_ actions: [String]) -> XMLElement {
    func child(_ name: String, _ text: String) -> XMLNode {
      .element(XMLElement(XMLName(namespace: Route.resourceListURI.rawValue, localName: name), text: text))
    }
    return XMLElement(
      XMLName(namespace: Route.resourceListURI.rawValue, localName: "Resource"),
      children: [child("ResourceUri", uri.rawValue)] + actions.map { child("Capability", $0) })
  }
}

import WSMan

/// Which part of the service a request is for.
enum Route: Equatable {
  /// `winrm/config` and what lies below.
  case configuration(ResourceURI)
  /// `winrm/config/resource`: what there is for the caller.
  case resourceList
  /// A shell: opening it, and everything in it.
  case shell
  /// The shells that there are: Get, Enumerate, Delete.
  case shellList(ResourceURI)
  /// The commands of a shell: Enumerate.
  case commandList

  static let resourceListURI = ResourceURI(rawValue: ResourceURI.config.rawValue + "/resource")

  /// The resource, for access control.
  var resource: ResourceURI {
    switch self {
    case .configuration(let uri), .shellList(let uri): uri
    case .resourceList: Self.resourceListURI
    case .shell: .shellCmd
    case .commandList: .shellCommand
    }
  }

  /// - Throws: DestinationUnreachable for a resource that is not there, also because its plug-in is disabled; ActionNotSupported for an action
  ///   that it does not know.
  init(_ request: WSManRequest, access: AccessControl, configuration: ConfigurationAccess) throws(WSManFault) {
    guard let resource = request.header.resourceURI else { throw .invalidResourceURI() }
    let lists = Self.isListing(request.body)
    if configuration.serves(resource) {
      self = .configuration(resource)
    } else if resource.matches(Self.resourceListURI), configuration.isThere {
      self = .resourceList
    } else if resource.matches(.shellCmd), access.isServed(.shellCmd) {
      self = lists ? .shellList(resource) : .shell
    } else if resource.matches(.shell) {
      guard lists || request.body == .deleteShell else { throw .actionNotSupported(request.header.action) }
      self = .shellList(resource)
    } else if resource.matches(.shellCommand) {
      guard lists, request.body != .get else { throw .actionNotSupported(request.header.action) }
      self = .commandList
    } else {
      throw .destinationUnreachable(resource)
    }
  }

  private static func isListing(_ body: RequestBody) -> Bool {
    switch body {
    case .get, .enumerate, .pull, .release: true
    case .identify, .createShell, .command, .send, .receive, .signal, .deleteShell, .put, .create, .delete, .other: false
    }
  }
}

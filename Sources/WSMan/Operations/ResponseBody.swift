/// The body of a response.
public enum ResponseBody: Sendable, Equatable {
  case identify(IdentifyResponse)
  /// The shell that was made; ``ShellDescription/shellID`` is set.
  case shellCreated(ShellDescription)
  /// The id of the command, as the server chose or the client sent it.
  case commandStarted(String)
  case sent
  case received(ReceiveResult)
  case signalled
  case deleted
  /// Where the resource is that was made, if it is no shell.
  case created(EndpointReference)
  /// The answer to Enumerate.
  case enumerated(EnumerationBatch)
  /// The answer to Pull.
  case pulled(EnumerationBatch)
  /// Any other answer; the first element of the body, if there is one.
  case other(XMLElement?)
}

extension ResponseBody {
  /// Reads the body of a response, by its content first: old servers are careless with actions.
  init(_ content: [XMLElement], action: WSManAction?) throws(ShellSchemaError) {
    guard let element = content.first else {
      switch action {
      case WSManAction.delete.response: self = .deleted
      case WSManAction.send.response: self = .sent
      case WSManAction.signal.response: self = .signalled
      default: self = .other(nil)
      }
      return
    }
    if action == nil || action == WSManAction.create.response, let shell = try Self.createdShell(content) {
      self = .shellCreated(shell)
    } else if element.isNamed(.identity, "IdentifyResponse") {
      self = .identify(IdentifyResponse(element))
    } else if element.isNamed(.shell, "CommandResponse") {
      guard let id = element.first(.shell, "CommandId")?.trimmedText, !id.isEmpty else {
        throw ShellSchemaError("CommandResponse has no CommandId.")
      }
      self = .commandStarted(id)
    } else if element.isNamed(.shell, "SendResponse") {
      self = .sent
    } else if element.isNamed(.shell, "ReceiveResponse") {
      self = .received(try ReceiveResult(element))
    } else if element.isNamed(.shell, "SignalResponse") {
      self = .signalled
    } else if element.isNamed(.transfer, "ResourceCreated") {
      self = .created(EndpointReference(element))
    } else if element.isNamed(.enumeration, "EnumerateResponse") {
      self = .enumerated(EnumerationBatch(element))
    } else if element.isNamed(.enumeration, "PullResponse") {
      self = .pulled(EnumerationBatch(element))
    } else {
      self = .other(element)
    }
  }

  /// The shell of a Create response. The id in the endpoint reference counts; the first servers wrote nothing else.
  private static func createdShell(_ content: [XMLElement]) throws(ShellSchemaError) -> ShellDescription? {
    let reference = content.first { $0.isNamed(.transfer, "ResourceCreated") }?.first(.addressing, "ReferenceParameters")
    let selectors = reference?.first(.wsman, "SelectorSet")?.all(.wsman, "Selector") ?? []
    let selector = selectors.first { $0.attribute("Name")?.lowercased() == "shellid" }
    let description = content.first { $0.isNamed(.shell, "Shell") }
    guard selector != nil || description != nil else { return nil }
    var shell = try description.map { (element) throws(ShellSchemaError) in try ShellDescription(element) } ?? ShellDescription()
    shell.shellID = selector?.trimmedText ?? shell.shellID
    guard shell.shellID?.isEmpty == false else { return nil }
    if shell.resourceURI == nil {
      shell.resourceURI = reference?.first(.wsman, "ResourceURI").map { ResourceURI(rawValue: $0.trimmedText) }
    }
    return shell
  }

  /// The namespaces that ``encode(into:address:)`` uses beside those of the headers.
  var namespaces: [XMLNamespace] {
    switch self {
    case .identify: [.identity]
    case .shellCreated: [.transfer, .shell]
    case .created: [.transfer]
    case .enumerated, .pulled: [.enumeration]
    case .commandStarted, .sent, .received, .signalled: [.shell]
    case .deleted, .other: []
    }
  }

  func encode(into writer: inout XMLWriter, address: String) {
    switch self {
    case .identify(let identity): identity.encode(into: &writer)
    case .shellCreated(let shell):
      Self.encodeCreated(shell, into: &writer, address: address)
      shell.encodeResponse(into: &writer)
    case .commandStarted(let id): writer.element("rsp:CommandResponse") { $0.element("rsp:CommandId", text: id) }
    case .sent: writer.element("rsp:SendResponse")
    case .received(let result): result.encode(into: &writer)
    case .signalled: writer.element("rsp:SignalResponse")
    case .created(let reference): writer.element("x:ResourceCreated") { reference.encodeContent(into: &$0) }
    case .enumerated(let batch): batch.encode(into: &writer, isPull: false)
    case .pulled(let batch): batch.encode(into: &writer, isPull: true)
    case .deleted, .other(nil): break
    case .other(let element?): writer.element(element)
    }
  }

  private static func encodeCreated(_ shell: ShellDescription, into writer: inout XMLWriter, address: String) {
    writer.element("x:ResourceCreated") {
      $0.element("a:Address", text: address)
      $0.element("a:ReferenceParameters") {
        $0.element("w:ResourceURI", text: (shell.resourceURI ?? .shellCmd).rawValue)
        $0.element("w:SelectorSet") { $0.element("w:Selector", [("Name", "ShellId")], text: shell.shellID ?? "") }
      }
    }
  }
}

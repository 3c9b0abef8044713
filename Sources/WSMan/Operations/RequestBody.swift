/// The body of a request.
public enum RequestBody: Sendable, Equatable {
  /// What are you? Needs no headers.
  case identify
  /// Make a shell. Answered by ``ResponseBody/shellCreated(_:)``.
  case createShell(ShellDescription)
  /// Start a command in the shell that the selector `ShellId` names. Answered by ``ResponseBody/commandStarted(_:)``.
  case command(CommandLine)
  /// Input for a command: at least one block. Answered by ``ResponseBody/sent``.
  case send([StreamBlock])
  /// Wait for output of the named streams. `commandID` is `nil` for the streams of the shell itself; an empty list asks for all streams.
  case receive(commandID: String?, streams: [String])
  /// Signal a command. `commandID` is `nil` for a signal to the shell.
  case signal(commandID: String?, code: SignalCode)
  /// Close a shell and end what runs in it.
  case deleteShell
  /// Read a resource.
  case get
  /// Replace a resource, or the part of it that ``RequestHeader/fragment`` names.
  case put(XMLElement)
  /// Make a resource that is no shell. Selectors may say all there is to say. Answered by ``ResponseBody/created(_:)``.
  case create(XMLElement?)
  /// Remove a resource that is no shell. Answered by ``ResponseBody/deleted``.
  case delete
  /// List resources. Answered by ``ResponseBody/enumerated(_:)``.
  case enumerate(EnumerateRequest)
  /// Go on with a list. Answered by ``ResponseBody/pulled(_:)``.
  case pull(PullRequest)
  /// Give a list up.
  case release(context: String)
  /// Any other action; the element in the body, if there is one.
  case other(XMLElement?)
}

extension RequestBody {
  /// Reads the body that belongs to the action of `header`.
  ///
  /// - Throws: the fault to answer with.
  init(_ content: [XMLElement], header: RequestHeader) throws(WSManFault) {
    if Self.isIdentify(content) {
      self = .identify
      return
    }
    guard content.count <= 1 else { throw .schemaValidationError("The body has more than one element.") }
    let element = content.first
    do {
      switch header.action {
      case .create? where header.isForShell: self = .createShell(try Self.shell(element))
      case .command?: self = .command(try Self.commandLine(element))
      case .send?: self = .send(try Self.blocks(element))
      case .receive?: self = try Self.receive(element)
      case .signal?: self = try Self.signal(element)
      case .delete? where header.isForShell: self = .deleteShell
      case .create?: self = .create(element)
      case .delete?: self = .delete
      case .get?: self = .get
      case .put?: self = .put(try Self.anything(element))
      case .enumerate?: self = .enumerate(try EnumerateRequest(Self.named(.enumeration, "Enumerate", element)))
      case .pull?: self = .pull(try PullRequest(Self.named(.enumeration, "Pull", element)))
      case .release?: self = .release(context: try PullRequest(Self.named(.enumeration, "Release", element)).context)
      default: self = .other(element)
      }
    } catch let error as ShellSchemaError {
      throw .schemaValidationError(error.message)
    } catch let fault as WSManFault {
      throw fault
    } catch {
      throw .schemaValidationError("The body cannot be read.")
    }
    try requireShell(header)
  }

  /// Whether the body asks for Identify, which alone needs no headers.
  static func isIdentify(_ content: [XMLElement]) -> Bool {
    content.count == 1 && content.first?.isNamed(.identity, "Identify") == true
  }

  /// The verbs of the shell need a shell resource and the selector that names it.
  private func requireShell(_ header: RequestHeader) throws(WSManFault) {
    switch self {
    case .command, .send, .receive, .signal, .deleteShell:
      guard header.isForShell else { throw .actionNotSupported(header.action) }
      guard header.shellID?.isEmpty == false else { throw .insufficientSelectors("ShellId") }
    case .identify, .createShell, .get, .put, .create, .delete, .enumerate, .pull, .release, .other: break
    }
  }

  private static func named(_ namespace: XMLNamespace, _ name: String, _ element: XMLElement?) throws(ShellSchemaError) -> XMLElement {
    guard let element, element.isNamed(namespace, name) else {
      throw ShellSchemaError("The body of this action is the element \(name).")
    }
    return element
  }

  private static func anything(_ element: XMLElement?) throws(ShellSchemaError) -> XMLElement {
    guard let element else { throw ShellSchemaError("The body of this action is the resource.") }
    return element
  }

  private static func shell(_ element: XMLElement?) throws -> ShellDescription {
    let shell = try ShellDescription(named(.shell, "Shell", element))
    if let id = shell.shellID, !GUIDText.isValid(id) { throw WSManFault.invalidParameter("The ShellId is not a GUID.") }
    return shell
  }

  private static func commandLine(_ element: XMLElement?) throws -> CommandLine {
    let line = try CommandLine(named(.shell, "CommandLine", element))
    if let id = line.commandID, !GUIDText.isValid(id) { throw WSManFault.invalidParameter("The CommandId is not a GUID.") }
    return line
  }

  private static func blocks(_ element: XMLElement?) throws(ShellSchemaError) -> [StreamBlock] {
    var blocks: [StreamBlock] = []
    for block in try named(.shell, "Send", element).all(.shell, "Stream") { blocks.append(try StreamBlock(block)) }
    guard !blocks.isEmpty else { throw ShellSchemaError("Send has no Stream.") }
    return blocks
  }

  private static func receive(_ element: XMLElement?) throws(ShellSchemaError) -> RequestBody {
    let streams = try named(.shell, "Receive", element).all(.shell, "DesiredStream")
    guard streams.count == 1, let stream = streams.first else { throw ShellSchemaError("Receive has no DesiredStream, or several.") }
    return .receive(commandID: stream.attribute("CommandId"), streams: XMLValue.list(stream.text))
  }

  private static func signal(_ element: XMLElement?) throws(ShellSchemaError) -> RequestBody {
    let signal = try named(.shell, "Signal", element)
    guard let code = signal.first(.shell, "Code")?.trimmedText, !code.isEmpty else { throw ShellSchemaError("Signal has no Code.") }
    return .signal(commandID: signal.attribute("CommandId"), code: SignalCode(rawValue: code))
  }
}

extension RequestHeader {
  /// Whether the verbs of the remote shell apply to the resource.
  var isForShell: Bool { resourceURI?.isShell ?? false }
}

extension RequestBody {
  /// The namespaces that ``encode(into:)`` uses beside those of the headers.
  var namespaces: [XMLNamespace] {
    switch self {
    case .identify: [.identity]
    case .createShell, .command, .send, .receive, .signal: [.shell]
    case .enumerate(let request): request.filter == nil && request.polymorphism == nil ? [.enumeration] : [.enumeration, .cimBinding]
    case .pull, .release: [.enumeration]
    case .deleteShell, .get, .put, .create, .delete, .other: []
    }
  }

  func encode(into writer: inout XMLWriter) {
    switch self {
    case .identify: writer.element("wsmid:Identify")
    case .createShell(let shell): shell.encodeRequest(into: &writer)
    case .command(let line): line.encode(into: &writer)
    case .send(let blocks):
      writer.element("rsp:Send") {
        for block in blocks { block.encode(into: &$0) }
      }
    case .receive(let commandID, let streams):
      writer.element("rsp:Receive") {
        $0.element("rsp:DesiredStream", [("CommandId", commandID)], text: streams.joined(separator: " "))
      }
    case .signal(let commandID, let code):
      writer.element("rsp:Signal", [("CommandId", commandID)]) { $0.element("rsp:Code", text: code.rawValue) }
    case .enumerate(let request): request.encode(into: &writer)
    case .pull(let request): request.encode(into: &writer)
    case .release(let context): writer.element("n:Release") { $0.element("n:EnumerationContext", text: context) }
    case .deleteShell, .get, .delete, .create(nil), .other(nil): break
    case .put(let element), .create(let element?), .other(let element?): writer.element(element)
    }
  }
}

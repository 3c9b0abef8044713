extension CommandState {
  private static let prefix = XMLNamespace.shell.rawValue + "/CommandState/"

  /// The URI of the state.
  var uri: String {
    switch self {
    case .running: Self.prefix + "Running"
    case .pending: Self.prefix + "Pending"
    case .done: Self.prefix + "Done"
    }
  }

  /// Reads `rsp:CommandState`.
  init(_ element: XMLElement) throws(ShellSchemaError) {
    switch element.attribute("State")?.split(separator: "/").last {
    case "Running": self = .running
    case "Pending": self = .pending
    case "Done":
      guard let code = element.first(.shell, "ExitCode") else {
        self = .done(exitCode: nil)
        return
      }
      guard let number = XMLValue.unsigned32(code.text) else { throw ShellSchemaError("ExitCode is not a 32-bit number.") }
      self = .done(exitCode: number)
    default: throw ShellSchemaError("CommandState has an unknown state, or none.")
    }
  }
}

extension ReceiveResult {
  /// Reads `rsp:ReceiveResponse`. Without a CommandState the command counts as running.
  init(_ element: XMLElement) throws(ShellSchemaError) {
    var streams: [StreamBlock] = []
    for block in element.all(.shell, "Stream") { streams.append(try StreamBlock(block)) }
    self.init(streams: streams, state: .running, commandID: nil)
    if let state = element.first(.shell, "CommandState") {
      self.state = try CommandState(state)
      commandID = state.attribute("CommandId")
    }
  }

  func encode(into writer: inout XMLWriter) {
    writer.element("rsp:ReceiveResponse") {
      for block in streams { block.encode(into: &$0) }
      guard let commandID else { return }
      $0.element("rsp:CommandState", [("CommandId", commandID), ("State", state.uri)]) {
        if case .done(let exitCode?) = state { $0.element("rsp:ExitCode", text: String(exitCode)) }
      }
    }
  }
}

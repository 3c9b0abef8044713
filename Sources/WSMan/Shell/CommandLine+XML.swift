extension CommandLine {
  /// Reads `rsp:CommandLine`. White space in command and arguments counts.
  init(_ element: XMLElement) throws(ShellSchemaError) {
    let commands = element.all(.shell, "Command")
    guard commands.count == 1, let command = commands.first else { throw ShellSchemaError("CommandLine has no Command, or several.") }
    self.init(
      commandID: element.attribute("CommandId"), command: command.text,
      arguments: element.all(.shell, "Arguments").map(\.text))
  }

  func encode(into writer: inout XMLWriter) {
    writer.element("rsp:CommandLine", [("CommandId", commandID)]) {
      $0.element("rsp:Command", text: command, field: "the command")
      for (index, argument) in arguments.enumerated() {
        $0.element("rsp:Arguments", text: argument, field: "argument \(index + 1)")
      }
    }
  }
}

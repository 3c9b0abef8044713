import SecuritySupport

extension StreamBlock {
  /// Reads `rsp:Stream`.
  init(_ element: XMLElement) throws(ShellSchemaError) {
    guard let name = element.attribute("Name"), !name.isEmpty else { throw ShellSchemaError("A Stream has no name.") }
    guard let data = XMLBase64.decode(element.text), element.elements.isEmpty else {
      throw ShellSchemaError("The content of a Stream is not base64.")
    }
    guard let end = element.attribute("End").map({ XMLValue.boolean($0) }) ?? false else {
      throw ShellSchemaError("The attribute End of a Stream is neither true nor false.")
    }
    self.init(name: name, commandID: element.attribute("CommandId"), data: data, end: end)
  }

  func encode(into writer: inout XMLWriter) {
    writer.element("rsp:Stream", [("Name", name), ("CommandId", commandID), ("End", end ? "true" : nil)]) {
      $0.raw(Base64.encode(data).utf8)
    }
  }
}

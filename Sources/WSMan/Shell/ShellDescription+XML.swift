extension ShellDescription {
  /// Reads `rsp:Shell`. Order does not matter, and unknown elements of the shell's namespace are passed over: clients differ in both.
  ///
  /// - Throws: a sentence that says what is wrong.
  init(_ element: XMLElement) throws(ShellSchemaError) {
    self.init(inputStreams: [], outputStreams: [])
    shellID = element.attribute("ShellId")
    name = element.attribute("Name")
    var seen: Set<String> = []
    for child in element.elements {
      guard child.name.namespace == XMLNamespace.shell.rawValue else {
        extensions.append(child)
        continue
      }
      guard seen.insert(child.name.localName).inserted else { throw ShellSchemaError("Shell has an element twice.") }
      try read(child)
    }
  }

  private mutating func read(_ child: XMLElement) throws(ShellSchemaError) {
    switch child.name.localName {
    case "ShellId": shellID = child.trimmedText
    case "Name": name = child.text
    case "ResourceUri", "ResourceURI": resourceURI = ResourceURI(rawValue: child.trimmedText)
    case "Owner": owner = child.text
    case "ClientIP": clientIP = child.trimmedText
    case "ProcessId": processID = Int(child.trimmedText)
    case "Environment": environment = try Self.environment(child)
    case "WorkingDirectory": workingDirectory = child.text
    case "Lifetime", "LifeTime": lifetime = try Self.duration(child)
    case "IdleTimeOut", "IdleTimeout": idleTimeout = try Self.duration(child)
    case "InputStreams": inputStreams = XMLValue.list(child.text)
    case "OutputStreams": outputStreams = XMLValue.list(child.text)
    case "MaxIdleTimeOut": maxIdleTimeout = try Self.duration(child)
    case "Locale": locale = child.trimmedText
    case "DataLocale": dataLocale = child.trimmedText
    case "CompressionMode": compressionMode = child.trimmedText
    case "ProfileLoaded": profileLoaded = child.trimmedText
    case "Encoding": encoding = child.trimmedText
    case "BufferMode": bufferMode = child.trimmedText
    case "State": state = child.trimmedText
    case "ShellRunTime": shellRunTime = try Self.duration(child)
    case "ShellInactivity": shellInactivity = try Self.duration(child)
    default: break
    }
  }

  private static func environment(_ element: XMLElement) throws(ShellSchemaError) -> [EnvironmentVariable] {
    var variables: [EnvironmentVariable] = []
    for variable in element.all(.shell, "Variable") {
      guard let name = variable.attribute("Name"), !name.isEmpty, !name.utf8.contains(UInt8(ascii: "=")) else {
        throw ShellSchemaError("A variable of Environment has no name, or one with an equals sign.")
      }
      variables.append(EnvironmentVariable(name, variable.text))
    }
    return variables
  }

  private static func duration(_ element: XMLElement) throws(ShellSchemaError) -> Duration {
    guard let value = ISODuration(parsing: element.text), value.duration >= .zero else {
      throw ShellSchemaError("A time of Shell is not a duration such as PT900S, or is negative.")
    }
    return value.duration
  }

  /// Writes what a client asks for: the id as an attribute.
  func encodeRequest(into writer: inout XMLWriter) {
    writer.element("rsp:Shell", [("ShellId", shellID), ("Name", name)]) { encodeChildren(into: &$0) }
  }

  /// Writes what a server made: the id as an element.
  func encodeResponse(into writer: inout XMLWriter) {
    writer.element("rsp:Shell") {
      if let shellID { $0.element("rsp:ShellId", text: shellID) }
      if let name { $0.element("rsp:Name", text: name) }
      encodeChildren(into: &$0)
    }
  }

  /// Writes the children in the order of the schema (MS-WSMV §2.2.4.37).
  private func encodeChildren(into writer: inout XMLWriter) {
    func text(_ tag: StaticString, _ value: String?) {
      if let value { writer.element(tag, text: value) }
    }
    func time(_ tag: StaticString, _ value: Duration?) { text(tag, value.map { ISODuration($0).formatted }) }
    func streams(_ tag: StaticString, _ names: [String]) { text(tag, names.isEmpty ? nil : names.joined(separator: " ")) }
    text("rsp:ResourceUri", resourceURI?.rawValue)
    text("rsp:Owner", owner)
    text("rsp:ClientIP", clientIP)
    text("rsp:ProcessId", processID.map { String($0) })
    if !environment.isEmpty {
      writer.element("rsp:Environment") {
        for variable in environment {
          $0.element(
            "rsp:Variable", [("Name", variable.name)], text: variable.value, field: "the environment variable \(variable.name)")
        }
      }
    }
    text("rsp:WorkingDirectory", workingDirectory)
    time("rsp:Lifetime", lifetime)
    time("rsp:IdleTimeOut", idleTimeout)
    streams("rsp:InputStreams", inputStreams)
    streams("rsp:OutputStreams", outputStreams)
    time("rsp:MaxIdleTimeOut", maxIdleTimeout)
    text("rsp:Locale", locale)
    text("rsp:DataLocale", dataLocale)
    text("rsp:CompressionMode", compressionMode)
    text("rsp:ProfileLoaded", profileLoaded)
    text("rsp:Encoding", encoding)
    text("rsp:BufferMode", bufferMode)
    text("rsp:State", state)
    time("rsp:ShellRunTime", shellRunTime)
    time("rsp:ShellInactivity", shellInactivity)
    for element in extensions { writer.element(element) }
  }
}

/// What is wrong with the body of a shell message; the caller turns it into a fault or an error.
struct ShellSchemaError: Error {
  var message: String
  init(_ message: String) { self.message = message }
}

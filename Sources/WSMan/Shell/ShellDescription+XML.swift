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

  /// The shell as Get and Enumerate show it: the id as an element. What a client put into its environment is not shown.
  public var element: XMLElement {
    let texts = [("ShellId", shellID), ("Name", name)] + leading.map { ("\($0)", $1) } + trailing.map { ("\($0)", $1) }
    let children = texts.compactMap { name, text in text.map { XMLNode.element(XMLElement(XMLName(.shell, name), text: $0)) } }
    return XMLElement(XMLName(.shell, "Shell"), children: children + extensions.map { .element($0) })
  }

  /// Writes the children in the order of the schema (MS-WSMV §2.2.4.37).
  private func encodeChildren(into writer: inout XMLWriter) {
    for (tag, value) in leading { writer.element(shell: tag, value) }
    if !environment.isEmpty {
      writer.element("rsp:Environment") {
        for variable in environment {
          $0.element(
            "rsp:Variable", [("Name", variable.name)], text: variable.value, field: "the environment variable \(variable.name)")
        }
      }
    }
    for (tag, value) in trailing { writer.element(shell: tag, value) }
    for element in extensions { writer.element(element) }
  }

  private typealias Field = (name: StaticString, text: String?)

  /// The children before Environment.
  private var leading: [Field] {
    [("ResourceUri", resourceURI?.rawValue), ("Owner", owner), ("ClientIP", clientIP), ("ProcessId", processID.map { String($0) })]
  }

  /// The children after Environment.
  private var trailing: [Field] {
    func time(_ value: Duration?) -> String? { value.map { ISODuration($0).formatted } }
    func streams(_ names: [String]) -> String? { names.isEmpty ? nil : names.joined(separator: " ") }
    return [
      ("WorkingDirectory", workingDirectory), ("Lifetime", time(lifetime)), ("IdleTimeOut", time(idleTimeout)),
      ("InputStreams", streams(inputStreams)), ("OutputStreams", streams(outputStreams)), ("MaxIdleTimeOut", time(maxIdleTimeout)),
      ("Locale", locale), ("DataLocale", dataLocale), ("CompressionMode", compressionMode), ("ProfileLoaded", profileLoaded),
      ("Encoding", encoding), ("BufferMode", bufferMode), ("State", state),
      ("ShellRunTime", shellRunTime.map { ISODuration($0).formattedWithDays }),
      ("ShellInactivity", shellInactivity.map { ISODuration($0).formattedWithDays }),
    ]
  }
}

extension XMLWriter {
  /// Writes a child of `rsp:Shell`, if it has a text.
  fileprivate mutating func element(shell name: StaticString, _ value: String?) {
    guard let value else { return }
    raw("<rsp:")
    raw(name)
    raw(">")
    text(value, field: "rsp:\(name)")
    raw("</rsp:")
    raw(name)
    raw(">")
  }
}

/// What is wrong with the body of a shell message; the caller turns it into a fault or an error.
struct ShellSchemaError: Error {
  var message: String
  init(_ message: String) { self.message = message }
}

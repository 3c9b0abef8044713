/// The pages of `winrm help`.
enum WinrmHelp {
  static let title = "Windows Remote Management Command Line Tool"

  /// The page of a topic, an operation or a switch; the general one for what has none.
  static func text(topic: String?) -> String {
    let name = topic?.lowercased() ?? ""
    if name == "all" { return title + "\n" + topics.map { "\nTOPIC: winrm help \($0)\n\n\(page($0) ?? "")\n" }.joined() }
    return "\(title)\n\n\(page(name) ?? general)\n"
  }

  /// Whether there is more to say about a topic than the general page does.
  static func hasPage(_ topic: String) -> Bool {
    let name = topic.lowercased()
    return name == "all" || name == WinrmOperation.help.rawValue || page(name) != nil
  }

  /// Every topic once, operations first.
  static var topics: [String] { operationTopics + otherTopics }

  static var operationTopics: [String] { WinrmOperation.allCases.filter { $0 != .help }.map(\.rawValue) }

  static let otherTopics = [
    "uris", "aliases", "input", "switches", "remoting", "auth", "proxy", "filters", "config", "certmapping",
  ]

  private static func page(_ name: String) -> String? {
    if let operation = WinrmOperation(name: name), operation != .help { return operationPage(operation) }
    if let page = topicPage(aliases[name] ?? name) { return page }
    let isMarked = name.hasPrefix("-") || name.hasPrefix("/")
    guard let topic = WinrmSwitch(name: isMarked ? String(name.dropFirst()) : name)?.topic else { return nil }
    return WinrmOperation(rawValue: topic).flatMap(operationPage) ?? topicPage(topic)
  }

  private static let aliases = ["alias": "aliases", "@{}": "input", "@{": "input"]

  static var general: String {
    let operations = WinrmOperation.allCases.map { operation in
      let short = operation.shortForms.first.map { operation == .help ? "" : " (\($0))" } ?? ""
      return TextFlow.entry(operation.rawValue + short, operation.summary, indentation: 2, column: 23)
    }
    return """
      winrm OPERATION RESOURCE_URI [-SWITCH:VALUE [-SWITCH:VALUE] ...]
            [@{KEY="VALUE"[;KEY="VALUE"]}]

      OPERATION
      \(operations.joined(separator: "\n"))

      \(TextFlow.filled("Topics: every operation, \(otherTopics.joined(separator: ", ")), and the name of every switch.", width: TextFlow.width))

      winrm help TOPIC     shows a topic; winrm help all shows all of them.
      winrm OPERATION -?   shows the page of an operation.
      winrm --version      shows the version.
      """
  }
}

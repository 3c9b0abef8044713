/// A part of the settings as somebody wants it: names and texts, as a WS-Transfer Put brings them. What it does not mention stays.
public struct SettingDocument: Sendable, Equatable {
  public enum Node: Sendable, Equatable {
    /// A setting. `nil` is null, which empties.
    case value(name: String, String?)
    /// A part below.
    case document(SettingDocument)
  }

  public var name: String
  /// In the order of the message. A list is one value for each item.
  public var nodes: [Node]

  public init(name: String, nodes: [Node]) {
    self.name = name
    self.nodes = nodes
  }

  /// What a part says now, as a document that changes nothing.
  public init(_ tree: SettingTree) {
    self.init(
      name: tree.name,
      nodes: tree.nodes.flatMap { node -> [Node] in
        switch node {
        case .tree(let tree): [.document(SettingDocument(tree))]
        case .value(let name, .list(let items)) where !items.isEmpty: items.map { .value(name: name, $0) }
        case .value(let name, let value): [.value(name: name, value.text)]
        }
      })
  }
}

extension WinRMSettings {
  /// Takes what a document says about a resource and the parts below it (MS-WSMV §3.1.4.1.29). All of it is taken, or nothing.
  ///
  /// Clients send back the whole resource that they have read, so a setting that can only be read may be mentioned with the value that it
  /// has. Names count in exactly their case.
  ///
  /// - Throws: ``ConfigurationError``, whose message names the setting: `notFound` (0x80338041) for a name that is no setting, `readOnly`
  ///   (0x8033813F) and `deprecated` (0x803381AE) for another value of a setting that can only be read, `invalidValue` otherwise.
  public mutating func put(_ document: SettingDocument, to resource: ConfigurationResource) throws(ConfigurationError) {
    var changed = self
    try resource.group.put(document, into: &changed, path: "")
    self = changed
  }

  /// Puts all settings of the top, the client, the service and the remote shells back to their defaults (`winrm invoke Restore
  /// winrm/config`). Listeners stay: without them nobody would reach the service any more. Certificate mappings and plug-ins stay too, as
  /// on Windows: they are resources of their own, and plug-ins have a Restore of their own.
  public mutating func restore() {
    var restored = WinRMSettings()
    restored.listeners = listeners
    restored.certificateMappings = certificateMappings
    restored.plugins = plugins
    self = restored
  }
}

extension ListenerSettings {
  /// Takes what a document says about the listener. `ListeningOn` may not be there: it is no setting. All of it is taken, or nothing.
  ///
  /// - Throws: ``ConfigurationError`` as ``WinRMSettings/put(_:to:)``; 0x803380ED for another address or transport.
  public mutating func put(_ document: SettingDocument) throws(ConfigurationError) {
    var changed = self
    guard document.name == SettingGroup.listener.name else { throw SettingGroup<ListenerSettings>.wrongRoot(document.name, "Listener") }
    var values: [(name: String, value: String?)] = []
    for node in document.nodes {
      guard case .value(let name, let value) = node else {
        throw ConfigurationError(.notFound, "a listener has no parts below it", specificCode: .schemaValidationError)
      }
      guard !values.contains(where: { $0.name == name }) else { throw SettingGroup<ListenerSettings>.twice(name) }
      values.append((name, value))
    }
    try changed.set(values)
    self = changed
  }
}

extension SettingGroup {
  static func wrongRoot(_ found: String, _ expected: String) -> ConfigurationError {
    ConfigurationError(.invalidValue, "the document begins with another element than \(expected)", specificCode: .schemaValidationError)
  }

  static func twice(_ name: String) -> ConfigurationError {
    ConfigurationError(.invalidValue, "\(name) stands twice", specificCode: .schemaValidationError)
  }

  fileprivate func put(_ document: SettingDocument, into root: inout Root, path: String) throws(ConfigurationError) {
    guard document.name == name else { throw Self.wrongRoot(document.name, name) }
    var parts: Set<String> = []
    var values: [String: [String?]] = [:]
    for node in document.nodes {
      switch node {
      case .document(let inner):
        guard let group = group(named: inner.name) else { throw unknown(inner.name, path) }
        guard parts.insert(inner.name).inserted else { throw Self.twice(path + inner.name) }
        try group.put(inner, into: &root, path: path + inner.name + "/")
      case .value(let name, let value):
        // An empty part has no elements inside, and looks like a value.
        guard group(named: name) == nil else {
          guard value?.isEmpty ?? true, parts.insert(name).inserted else { throw unknown(name, path) }
          continue
        }
        guard fields.contains(where: { $0.name == name }) else { throw unknown(name, path) }
        values[name, default: []].append(value)
      }
    }
    // In the order of the table, so that of several mistakes always the same is told.
    for field in fields {
      guard let texts = values[field.name] else { continue }
      try put(texts, to: field, in: &root, path: path)
    }
  }

  private func put(
    _ texts: [String?], to field: SettingField<Root>, in root: inout Root, path: String
  ) throws(ConfigurationError) {
    let current = field.read(root)
    let value: SettingValue?
    if case .list = current {
      value = .list(texts.flatMap { text in (text ?? "").split(separator: ",").map { String($0.trimmingBlanks) } }.filter { !$0.isEmpty })
    } else {
      guard texts.count == 1, let text = texts.first else { throw Self.twice(path + field.name) }
      value = current.parsing(text ?? "")
    }
    switch field.access {
    case .readWrite:
      // What is sent back as it was read stays as it is, in its spelling too.
      guard value != current else { return }
      do throws(ConfigurationError) { try field.write(value, into: &root) } catch {
        var located = error
        if !path.isEmpty { located.message = path + error.message }
        throw located
      }
    case .readOnly:
      guard value == current else { throw ConfigurationError(.readOnly, "\(path)\(field.name) can only be read; it is \(current.text)") }
    case .deprecated:
      guard value == current else { throw ConfigurationError(.deprecated, "\(path)\(field.name) is no longer used and cannot be set") }
    }
  }

  private func group(named name: String) -> SettingGroup<Root>? {
    for case .group(let group) in entries where group.name == name { return group }
    return nil
  }

  private func unknown(_ name: String, _ path: String) -> ConfigurationError {
    let names = entries.map { entry in
      switch entry {
      case .field(let field): field.name
      case .group(let group): group.name
      }
    }
    let near = names.first { $0.lowercased() == name.lowercased() }.map { "; names count in exactly their case: \($0)" } ?? ""
    return ConfigurationError(
      .notFound, "\(path.isEmpty ? self.name : String(path.dropLast())) has no setting of that name\(near)",
      specificCode: .schemaValidationError)
  }
}

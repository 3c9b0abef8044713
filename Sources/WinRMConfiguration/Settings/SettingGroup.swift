/// A part of the settings tree: settings and parts below it, in the order in which `winrm` shows them.
struct SettingGroup<Root: Sendable>: Sendable {
  enum Entry: Sendable {
    case field(SettingField<Root>)
    case group(SettingGroup<Root>)
  }

  let name: String
  let entries: [Entry]

  var fields: [SettingField<Root>] {
    entries.compactMap { if case .field(let field) = $0 { field } else { nil } }
  }

  func lifted<Parent>(_ path: any WritableKeyPath<Parent, Root> & Sendable) -> SettingGroup<Parent> {
    SettingGroup<Parent>(
      name: name,
      entries: entries.map { entry in
        switch entry {
        case .field(let field): .field(field.lifted(path))
        case .group(let group): .group(group.lifted(path))
        }
      })
  }

  /// What the part says now.
  func tree(of root: Root) -> SettingTree {
    SettingTree(
      name: name,
      nodes: entries.map { entry in
        switch entry {
        case .field(let field): .value(name: field.name, field.read(root))
        case .group(let group): .tree(group.tree(of: root))
        }
      })
  }

  /// Changes one setting of this part, not of those below it.
  ///
  /// - Throws: `notFound` when the name, in exactly this case, is no setting here; `readOnly`, `deprecated`, `invalidValue`.
  func set(_ name: String, to text: String?, in root: inout Root) throws(ConfigurationError) {
    guard let field = fields.first(where: { $0.name == name }) else {
      throw ConfigurationError(.notFound, "\(name) is no setting of \(self.name)", specificCode: .schemaValidationError)
    }
    switch field.access {
    case .readWrite: break
    case .readOnly: throw ConfigurationError(.readOnly, "\(name) can only be read")
    case .deprecated: throw ConfigurationError(.deprecated, "\(name) is no longer used and cannot be set")
    }
    // A value that is null is the empty one; only texts and lists have an empty value.
    try field.write(field.read(root).parsing(text ?? ""), into: &root)
  }

  /// Takes what a file says. What it does not mention stays.
  ///
  /// - Throws: `malformed` for a name that is no setting, or a value of another kind; `invalidValue`. Messages tell the path.
  func decode(_ json: JSONValue, into root: inout Root, path: String, ignoring ignored: Set<String> = []) throws(ConfigurationError) {
    guard case .object(let members) = json else {
      throw ConfigurationError(.malformed, "\(path.isEmpty ? "the file" : path) must be an object, and is \(json.kind)", member: path)
    }
    let prefix = path.isEmpty ? "" : path + "."
    for (key, value) in members.sorted(by: { $0.key < $1.key }) where !ignored.contains(key) {
      switch entry(named: key) {
      case .group(let group)?: try group.decode(value, into: &root, path: prefix + key)
      case .field(let field)?: try decode(value, of: field, into: &root, path: prefix + key)
      case nil: throw ConfigurationError(.malformed, "\(prefix)\(key) is no setting", member: prefix + key)
      }
    }
  }

  /// What differs from `defaults`, for a file.
  func encode(_ root: Root, defaults: Root) -> [(key: String, value: JSONText)] {
    entries.compactMap { entry in
      switch entry {
      case .field(let field):
        let value = field.read(root)
        return value == field.read(defaults) ? nil : (field.name, value.json)
      case .group(let group):
        let members = group.encode(root, defaults: defaults)
        return members.isEmpty ? nil : (group.name, .object(members))
      }
    }
  }

  private func decode(_ json: JSONValue, of field: SettingField<Root>, into root: inout Root, path: String) throws(ConfigurationError) {
    guard let value = field.read(root).decoding(json) else {
      throw ConfigurationError(.malformed, "\(path) must be \(field.expectation(in: root)), and is \(json.kind)", member: path)
    }
    if field.access != .readWrite {
      guard value == field.read(root) else { throw ConfigurationError(.readOnly, "\(path) cannot be changed", member: path) }
      return
    }
    do throws(ConfigurationError) {
      try field.write(value, into: &root)
    } catch {
      var located = error
      located.message = "\(path): \(error.message)"
      located.member = path
      throw located
    }
  }

  private func entry(named name: String) -> Entry? {
    entries.first {
      switch $0 {
      case .field(let field): field.name == name
      case .group(let group): group.name == name
      }
    }
  }
}

/// A part of the settings as it is shown: names and values in order.
public struct SettingTree: Sendable, Equatable {
  public indirect enum Node: Sendable, Equatable {
    case value(name: String, SettingValue)
    case tree(SettingTree)
  }

  public var name: String
  public var nodes: [Node]

  public init(name: String, nodes: [Node]) {
    self.name = name
    self.nodes = nodes
  }
}

// The settings as a file holds them: the tree of the tables, and beside its parts the lists.

extension WinRMSettings {
  /// The keys of the lists in a file.
  enum ListKey: String, CaseIterable {
    case listener = "Listener"
    case certificateMapping = "CertMapping"
    case plugIn = "Plugin"
  }

  mutating func decode(_ json: JSONValue) throws(ConfigurationError) {
    try SettingGroup.config.decode(json, into: &self, path: "", ignoring: Set(ListKey.allCases.map(\.rawValue)))
    guard case .object(let members) = json else { return }
    if let items = try Self.list(.listener, of: members) {
      listeners = []
      for (index, item) in items.enumerated() {
        try Self.add(item, "Listener[\(index)]") { (item, path) throws(ConfigurationError) in
          try addListener(ListenerSettings(decoding: item, path: path))
        }
      }
    }
    if let items = try Self.list(.certificateMapping, of: members) {
      certificateMappings = []
      for (index, item) in items.enumerated() {
        try Self.add(item, "CertMapping[\(index)]") { (item, path) throws(ConfigurationError) in
          try addCertificateMapping(CertificateMapping(decoding: item, path: path))
        }
      }
    }
    if let items = try Self.list(.plugIn, of: members) {
      plugins = []
      for (index, item) in items.enumerated() {
        try Self.add(item, "Plugin[\(index)]") { (item, path) throws(ConfigurationError) in
          try addPlugIn(PlugInConfiguration(decoding: item, path: path))
        }
      }
    }
  }

  private static func add(
    _ item: JSONValue, _ path: String, _ body: (JSONValue, String) throws(ConfigurationError) -> Void
  ) throws(ConfigurationError) {
    do throws(ConfigurationError) { try body(item, path) } catch { throw error.within(path) }
  }

  private static func list(_ key: ListKey, of members: [String: JSONValue]) throws(ConfigurationError) -> [JSONValue]? {
    guard let value = members[key.rawValue] else { return nil }
    guard case .list(let items) = value else {
      throw ConfigurationError(.malformed, "\(key.rawValue) must be a list, and is \(value.kind)", member: key.rawValue)
    }
    return items
  }

  /// What differs from `other`; a list that differs is there as a whole.
  func json(without other: WinRMSettings = WinRMSettings()) -> JSONText {
    var members = SettingGroup.config.encode(self, defaults: other)
    if listeners != other.listeners { members.append((ListKey.listener.rawValue, .list(listeners.map(\.json)))) }
    if certificateMappings != other.certificateMappings {
      members.append((ListKey.certificateMapping.rawValue, .list(certificateMappings.map(\.json))))
    }
    if plugins != other.plugins { members.append((ListKey.plugIn.rawValue, .list(plugins.map(\.json)))) }
    return .object(members)
  }
}

/// Members of an object in a file, which are taken out one by one.
struct JSONMembers {
  private var members: [String: JSONValue]
  private let path: String

  init(_ json: JSONValue, path: String) throws(ConfigurationError) {
    guard case .object(let members) = json else {
      throw ConfigurationError(.malformed, "\(path) must be an object, and is \(json.kind)", member: path)
    }
    self.members = members
    self.path = path
  }

  /// What has not been taken.
  var rest: JSONValue { .object(members) }

  mutating func text(_ name: String) throws(ConfigurationError) -> String? {
    guard let value = members.removeValue(forKey: name) else { return nil }
    guard case .text(let text) = value else { throw mistake(name, "a text", value) }
    return text
  }

  mutating func boolean(_ name: String) throws(ConfigurationError) -> Bool? {
    guard let value = members.removeValue(forKey: name) else { return nil }
    guard case .boolean(let boolean) = value else { throw mistake(name, "true or false", value) }
    return boolean
  }

  mutating func list(_ name: String) throws(ConfigurationError) -> [JSONValue]? {
    guard let value = members.removeValue(forKey: name) else { return nil }
    guard case .list(let list) = value else { throw mistake(name, "a list", value) }
    return list
  }

  mutating func required(_ name: String) throws(ConfigurationError) -> String {
    guard let text = try text(name) else { throw ConfigurationError(.malformed, "\(path).\(name) is missing", member: path) }
    return text
  }

  /// - Throws: `malformed` when there is a member that nobody took.
  func finish() throws(ConfigurationError) {
    guard let name = members.keys.sorted().first else { return }
    throw ConfigurationError(.malformed, "\(path).\(name) is no setting", member: "\(path).\(name)")
  }

  private func mistake(_ name: String, _ kind: String, _ value: JSONValue) -> ConfigurationError {
    ConfigurationError(.malformed, "\(path).\(name) must be \(kind), and is \(value.kind)", member: "\(path).\(name)")
  }
}

extension ConfigurationError {
  /// The same with a place in front, where it is not named yet.
  func within(_ path: String) -> ConfigurationError {
    var located = self
    located.member = member ?? path
    if !message.hasPrefix(path) { located.message = "\(path): \(message)" }
    return located
  }
}

extension ListenerSettings {
  init(decoding json: JSONValue, path: String) throws(ConfigurationError) {
    var members = try JSONMembers(json, path: path)
    self = try ListenerSettings(selectingAddress: members.text("Address") ?? "*", transport: members.text("Transport") ?? "HTTP")
    try SettingGroup.listener.decode(members.rest, into: &self, path: path)
  }

  var json: JSONText {
    let keys: [(key: String, value: JSONText)] = [("Address", .text(address)), ("Transport", .text(transport.rawValue))]
    let defaults = ListenerSettings(address: address, transport: transport)
    return .object(keys + SettingGroup.listener.encode(self, defaults: defaults))
  }
}

extension CertificateMapping {
  init(decoding json: JSONValue, path: String) throws(ConfigurationError) {
    var members = try JSONMembers(json, path: path)
    let (issuer, subject, uri) = try (members.required("Issuer"), members.required("Subject"), members.required("URI"))
    let userName = try members.required("UserName")
    do throws(ConfigurationError) {
      self = try CertificateMapping(issuer: issuer, subject: subject, uri: uri, userName: userName)
    } catch {
      throw error.within(path)
    }
    try SettingGroup.certificateMapping.decode(members.rest, into: &self, path: path)
  }

  var json: JSONText {
    var members: [(key: String, value: JSONText)] = [
      ("URI", .text(uri)), ("Subject", .text(subject)), ("Issuer", .text(issuer)), ("UserName", .text(userName)),
    ]
    if !enabled { members.append(("Enabled", .boolean(false))) }
    return .object(members)
  }
}

extension PlugInConfiguration {
  init(decoding json: JSONValue, path: String) throws(ConfigurationError) {
    var members = try JSONMembers(json, path: path)
    let name = try members.required("Name")
    do throws(ConfigurationError) { self = try PlugInConfiguration(named: name) } catch { throw error.within(path) }
    if let items = try members.list("Resources") {
      var resources: [Resource] = []
      for (index, item) in items.enumerated() {
        resources.append(try Resource(decoding: item, path: "\(path).Resources[\(index)]"))
      }
      self.resources = resources
    }
    try SettingGroup.plugIn.decode(members.rest, into: &self, path: path)
    do throws(ConfigurationError) { try check() } catch { throw error.within(path) }
  }

  /// What differs from the plug-in of this name that is built in.
  var json: JSONText {
    let original = (try? PlugInConfiguration(named: name)) ?? self
    var members: [(key: String, value: JSONText)] = [("Name", .text(name))]
    members += SettingGroup.plugIn.encode(self, defaults: original)
    if resources != original.resources { members.append(("Resources", .list(resources.map(\.json)))) }
    return .object(members)
  }
}

extension PlugInConfiguration.Resource {
  fileprivate init(decoding json: JSONValue, path: String) throws(ConfigurationError) {
    var members = try JSONMembers(json, path: path)
    self.init(uri: try members.required("ResourceUri"))
    supportsOptions = try members.boolean("SupportsOptions") ?? false
    exactMatch = try members.boolean("ExactMatch") ?? false
    for (index, item) in try (members.list("Security") ?? []).enumerated() {
      security.append(try PlugInConfiguration.Security(decoding: item, path: "\(path).Security[\(index)]"))
    }
    for (index, item) in try (members.list("Capability") ?? []).enumerated() {
      capabilities.append(try PlugInConfiguration.Capability(decoding: item, path: "\(path).Capability[\(index)]"))
    }
    try members.finish()
  }

  fileprivate var json: JSONText {
    var members: [(key: String, value: JSONText)] = [
      ("ResourceUri", .text(uri)), ("SupportsOptions", .boolean(supportsOptions)), ("ExactMatch", .boolean(exactMatch)),
    ]
    if !security.isEmpty {
      members.append(
        (
          "Security",
          .list(
            security.map { .object([("Uri", .text($0.uri)), ("Sddl", .text($0.sddl)), ("ExactMatch", .boolean($0.exactMatch))]) })
        ))
    }
    members.append(("Capability", .list(capabilities.map(\.json))))
    return .object(members)
  }
}

extension PlugInConfiguration.Security {
  fileprivate init(decoding json: JSONValue, path: String) throws(ConfigurationError) {
    var members = try JSONMembers(json, path: path)
    let (uri, sddl) = try (members.required("Uri"), members.required("Sddl"))
    let exactMatch = try members.boolean("ExactMatch") ?? false
    do throws(ConfigurationError) { try self.init(uri: uri, sddl: sddl, exactMatch: exactMatch) } catch { throw error.within(path) }
    try members.finish()
  }
}

extension PlugInConfiguration.Capability {
  fileprivate init(decoding json: JSONValue, path: String) throws(ConfigurationError) {
    var members = try JSONMembers(json, path: path)
    let name = try members.required("Type")
    guard let kind = Kind(rawValue: name) else {
      let kinds = Kind.allCases.map(\.rawValue).joined(separator: ", ")
      throw ConfigurationError(.invalidValue, "\(path).Type must be one of \(kinds)", member: "\(path).Type")
    }
    self.init(
      kind, supportsFragment: try members.boolean("SupportsFragment") ?? false,
      supportsFiltering: try members.boolean("SupportsFiltering") ?? false)
    try members.finish()
  }

  fileprivate var json: JSONText {
    var members: [(key: String, value: JSONText)] = [("Type", .text(kind.rawValue))]
    if supportsFragment { members.append(("SupportsFragment", .boolean(true))) }
    if supportsFiltering { members.append(("SupportsFiltering", .boolean(true))) }
    return .object(members)
  }
}

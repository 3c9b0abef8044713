public import GroupPolicy

/// The policy of the domain as it was last read: the objects that apply to this machine, in their order, with what they say about WinRM
/// and CredSSP.
public struct DomainPolicy: Sendable, Equatable {
  /// A policy object that applies.
  public struct Object: Sendable, Equatable {
    /// Its name for people.
    public var name: String
    public var identifier: PolicyIdentifier
    /// The site, the domain or the unit that links it.
    public var link: String
    public var isEnforced: Bool
    /// How often the machine's part was changed, as SYSVOL counts.
    public var version: UInt32
    /// Its registry policy file, `\\domain\SYSVOL\…`.
    public var file: String
    /// The entries that matter here.
    public var entries: [PolicyFile.Entry]

    public init(
      name: String, identifier: PolicyIdentifier, link: String, isEnforced: Bool, version: UInt32, file: String, entries: [PolicyFile.Entry]
    ) {
      self.name = name
      self.identifier = identifier
      self.link = link
      self.isEnforced = isEnforced
      self.version = version
      self.file = file
      self.entries = entries
    }

    /// Where its values come from.
    public var source: PolicySource { PolicySource(object: "\(name) \(identifier)", file: file) }
  }

  /// The DNS name of the domain.
  public var domain: String
  /// The domain controller that was asked.
  public var controller: String
  /// The name of this machine in the directory.
  public var machine: String
  /// When it was read, in seconds since 1970.
  public var updated: Int64
  /// In the order in which they are applied.
  public var objects: [Object]

  public init(domain: String, controller: String, machine: String, updated: Int64, objects: [Object]) {
    self.domain = domain
    self.controller = controller
    self.machine = machine
    self.updated = updated
    self.objects = objects
  }

  /// Whether entries of a key matter to WinRM or CredSSP. What does not is not kept.
  public static func isRelevant(_ key: String) -> Bool { PolicyKey.isRelevant(key) }
}

/// The file that keeps the policy of the domain between two updates.
public struct DomainPolicyStore: Sendable {
  public let path: String

  public init(paths: WinRMPaths = .current()) { path = paths.domainPolicyFile }

  /// The policy that was last stored; `nil` on a machine that never read one.
  ///
  /// - Throws: ``ConfigurationError``, with 0x80338088 for a file that is not whole.
  public func load() throws(ConfigurationError) -> DomainPolicy? {
    do throws(ConfigurationError) {
      guard let bytes = try ConfigurationFile(path).read() else { return nil }
      return try DomainPolicy(decoding: JSONValue(parsing: bytes, file: path))
    } catch {
      var located = error
      located.file = path
      if error.code == .malformed || error.code == .unsafeFile { located.specificCode = .policyCorrupted }
      throw located
    }
  }

  /// Replaces the stored policy: whoever reads sees the old one or the new one, also when this process is killed.
  ///
  /// - Throws: ``ConfigurationError``: also `malformed` for a policy that could not be used; then the old one stays.
  public func replace(with policy: DomainPolicy) throws {
    let text = policy.json.document
    guard text.utf8.count <= ConfigurationFile.maximumSize else {
      throw ConfigurationError(
        .malformed, "the policy of the domain is larger than \(ConfigurationFile.maximumSize) bytes", file: path,
        specificCode: .policyCorrupted)
    }
    let file = ConfigurationFile(path)
    try file.locked { try file.replace(with: text) }
  }

  /// Forgets the policy, for a machine that left its domain.
  public func remove() throws {
    let file = ConfigurationFile(path)
    try file.locked { try file.remove() }
  }
}

extension DomainPolicy {
  init(decoding json: JSONValue) throws(ConfigurationError) {
    guard case .object(let members) = json, case .text(let domain)? = members["Domain"],
      case .text(let controller)? = members["Controller"],
      case .text(let machine)? = members["Machine"], case .integer(let updated)? = members["Updated"],
      case .list(let items)? = members["Objects"]
    else {
      throw ConfigurationError(.malformed, "the stored policy of the domain is not whole")
    }
    var objects: [Object] = []
    for (index, item) in items.enumerated() { objects.append(try Object(decoding: item, path: "Objects[\(index)]")) }
    self.init(domain: domain, controller: controller, machine: machine, updated: updated, objects: objects)
  }

  var json: JSONText {
    .object([
      ("Domain", .text(domain)), ("Controller", .text(controller)), ("Machine", .text(machine)),
      ("Updated", .integer(UInt64(max(0, updated)))), ("Objects", .list(objects.map(\.json))),
    ])
  }
}

extension DomainPolicy.Object {
  fileprivate init(decoding json: JSONValue, path: String) throws(ConfigurationError) {
    guard case .object(let members) = json, case .text(let name)? = members["Name"], case .text(let text)? = members["Identifier"],
      let identifier = PolicyIdentifier(text), case .text(let link)? = members["Link"],
      case .boolean(let isEnforced)? = members["Enforced"],
      case .integer(let number)? = members["Version"], let version = UInt32(exactly: number), case .text(let file)? = members["File"],
      case .list(let items)? = members["Entries"]
    else {
      throw ConfigurationError(.malformed, "\(path) is not whole")
    }
    var entries: [PolicyFile.Entry] = []
    for (index, item) in items.enumerated() {
      if let entry = try PolicyFile.Entry(decoding: item, path: "\(path).Entries[\(index)]") { entries.append(entry) }
    }
    self.init(
      name: name, identifier: identifier, link: link, isEnforced: isEnforced, version: version, file: file, entries: entries)
  }

  fileprivate var json: JSONText {
    .object([
      ("Name", .text(name)), ("Identifier", .text(identifier.description)), ("Link", .text(link)), ("Enforced", .boolean(isEnforced)),
      ("Version", .integer(UInt64(version))), ("File", .text(file)), ("Entries", .list(entries.map(\.json))),
    ])
  }
}

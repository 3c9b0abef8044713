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
      self.name = DomainPolicy.line(name)
      self.identifier = identifier
      self.link = DomainPolicy.line(link)
      self.isEnforced = isEnforced
      self.version = version
      self.file = DomainPolicy.line(file)
      self.entries = entries
    }

    /// Where its values come from.
    public var source: PolicySource { PolicySource(object: "\(name) \(identifier)", file: file) }
  }

  /// A policy object that is linked, and does not apply or cannot be judged.
  public struct LeftAside: Sendable, Equatable {
    /// The object, for people: its name and identifier, or as much of them as is known.
    public var object: String
    /// The site, the domain or the unit that links it.
    public var link: String
    /// Why it does not count.
    public var reason: String

    public init(object: String, link: String, reason: String) {
      self.object = DomainPolicy.line(object)
      self.link = DomainPolicy.line(link)
      self.reason = DomainPolicy.line(reason)
    }
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
  /// What is linked and was not applied. Empty for a policy that an older version stored.
  public var leftAside: [LeftAside]

  public init(
    domain: String, controller: String, machine: String, updated: Int64, objects: [Object], leftAside: [LeftAside] = []
  ) {
    self.domain = Self.line(domain)
    self.controller = Self.line(controller)
    self.machine = Self.line(machine)
    self.updated = updated
    self.objects = objects
    self.leftAside = leftAside
  }

  /// A text of the directory as part of a line: whoever may name an object writes no lines of their own into what people read. What ends a
  /// line, and every other control character, is shown as U+FFFD.
  public static func line(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      switch scalar.properties.generalCategory {
      case .control, .lineSeparator, .paragraphSeparator: result.append("\u{FFFD}")
      default: result.append(scalar)
      }
    }
    return String(result)
  }

  /// The form of the file. 1, without a number, had no list of what was left aside.
  static let format: Int64 = 2

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
    guard case .object(let members) = json else {
      throw ConfigurationError(.malformed, "the stored policy of the domain is not whole")
    }
    // Nobody knows what an unknown form says besides: it could be what forbids something.
    switch members["Format"] {
    case nil, .integer(1)?, .integer(Self.format)?: break
    default:
      throw ConfigurationError(
        .malformed, "the stored policy of the domain has a form that is not known here; `winrm policy update` reads it anew")
    }
    guard case .text(let domain)? = members["Domain"],
      case .text(let controller)? = members["Controller"],
      case .text(let machine)? = members["Machine"], case .integer(let updated)? = members["Updated"],
      case .list(let items)? = members["Objects"]
    else {
      throw ConfigurationError(.malformed, "the stored policy of the domain is not whole")
    }
    var objects: [Object] = []
    for (index, item) in items.enumerated() { objects.append(try Object(decoding: item, path: "Objects[\(index)]")) }
    var leftAside: [LeftAside] = []
    if let list = members["LeftAside"] {
      guard case .list(let items) = list else { throw ConfigurationError(.malformed, "LeftAside is no list") }
      for (index, item) in items.enumerated() { leftAside.append(try LeftAside(decoding: item, path: "LeftAside[\(index)]")) }
    }
    self.init(domain: domain, controller: controller, machine: machine, updated: updated, objects: objects, leftAside: leftAside)
  }

  var json: JSONText {
    .object([
      ("Format", .integer(UInt64(Self.format))), ("Domain", .text(domain)), ("Controller", .text(controller)), ("Machine", .text(machine)),
      ("Updated", .integer(UInt64(max(0, updated)))), ("Objects", .list(objects.map(\.json))),
      ("LeftAside", .list(leftAside.map(\.json))),
    ])
  }
}

extension DomainPolicy.LeftAside {
  fileprivate init(decoding json: JSONValue, path: String) throws(ConfigurationError) {
    guard case .object(let members) = json, case .text(let object)? = members["Object"], case .text(let link)? = members["Link"],
      case .text(let reason)? = members["Because"]
    else {
      throw ConfigurationError(.malformed, "\(path) is not whole")
    }
    self.init(object: object, link: link, reason: reason)
  }

  fileprivate var json: JSONText {
    .object([("Object", .text(object)), ("Link", .text(link)), ("Because", .text(reason))])
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

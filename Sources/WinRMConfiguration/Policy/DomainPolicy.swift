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
    /// Set where the object's files could not be had at the last update: version and entries are those that were read before.
    public var stale: Stale?

    /// Why an object is as it was before, and since when.
    public struct Stale: Sendable, Equatable {
      /// When its files were last read, in seconds since 1970.
      public var lastRead: Int64
      /// What came of it at the last update.
      public var reason: String

      public init(lastRead: Int64, reason: String) {
        self.lastRead = lastRead
        self.reason = DomainPolicy.mark(reason)
      }
    }

    public init(
      name: String, identifier: PolicyIdentifier, link: String, isEnforced: Bool, version: UInt32, file: String,
      entries: [PolicyFile.Entry], stale: Stale? = nil
    ) {
      self.name = DomainPolicy.line(name)
      self.identifier = identifier
      self.link = DomainPolicy.line(link)
      self.isEnforced = isEnforced
      self.version = version
      self.file = DomainPolicy.line(file)
      self.entries = entries
      self.stale = stale
    }

    /// Where its values come from.
    public var source: PolicySource { PolicySource(object: "\(DomainPolicy.quoted(name)) \(identifier)", file: file) }
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
  /// Objects that do not apply now, as they were read when they did. They have no effect: should one apply again while its files cannot be
  /// had, this is what it said last.
  public var remembered: [Object] = []
  /// Why what the domain says cannot be used, with object and file, though it was fetched; `nil` for a policy that can be applied. Nobody goes
  /// on with such a policy (0x80338088), nor with the one before it: what could not be understood could be what forbids something.
  public var unusable: String? {
    didSet { unusable = unusable.map(Self.mark) }
  }

  public init(
    domain: String, controller: String, machine: String, updated: Int64, objects: [Object], leftAside: [LeftAside] = [],
    unusable: String? = nil
  ) {
    self.domain = Self.line(domain)
    self.controller = Self.line(controller)
    self.machine = Self.line(machine)
    self.updated = updated
    self.objects = objects
    self.leftAside = leftAside
    self.unusable = unusable.map(Self.mark)
  }

  fileprivate static func mark(_ reason: String) -> String { line(String(String.UnicodeScalarView(reason.unicodeScalars.prefix(2000)))) }

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

  /// A name that anybody may have chosen, for a sentence: as it is where it can be nothing but a name, otherwise in quotes, so that it does not
  /// look like the rest of the sentence. Control characters as in ``line(_:)``.
  public static func quoted(_ name: String) -> String {
    let isPlain = name.unicodeScalars.allSatisfy { scalar in
      switch scalar.properties.generalCategory {
      case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .nonspacingMark, .spacingMark,
        .decimalNumber:
        true
      default: scalar == " " || scalar == "-" || scalar == "_" || scalar == "."
      }
    }
    // Nobody else's policy is called like the machine's or the user's.
    let folded = name.lowercased()
    if isPlain, !name.isEmpty, name.first != " ", name.last != " ", !folded.hasPrefix("machine policy"), !folded.hasPrefix("policy of") {
      return name
    }
    return "\"\(line(name).replacing("\"", with: "'"))\""
  }

  /// The form of the file. 1, without a number, had no list of what was left aside.
  static let format: Int64 = 2
  /// The form of a policy that cannot be used: a version that does not know the mark must not take the policy for one without rules.
  static let unusableFormat: Int64 = 3

  /// Whether entries of a key matter to WinRM or CredSSP. What does not is not kept.
  public static func isRelevant(_ key: String) -> Bool { PolicyKey.isRelevant(key) }

  /// Whether an entry can change anything here, or is a mistake in a key that matters. What does not is not kept.
  package static func isRelevant(_ entry: PolicyFile.Entry) -> Bool {
    guard isRelevant(entry.key) else { return false }
    // What is not understood is told when it is applied.
    guard let instruction = try? PolicyInstruction(entry) else { return true }
    switch instruction {
    case .set(let name), .setIfAbsent(let name), .delete(let name): return PolicyKey.isRead(name, of: entry.key)
    case .deleteValues(let names): return names.contains { PolicyKey.isRead($0, of: entry.key) }
    case .deleteAllValues: return PolicyKey.at(entry.key) != nil || PolicyKey.list(at: entry.key) != nil
    case .deleteKeys: return true
    case .secureKey, .makeKey, .comment: return false
    }
  }

  /// The most that is stored, in bytes.
  package static var maximumSize: Int { ConfigurationFile.maximumSize }

  /// How many bytes of the stored file an entry takes, at least.
  package static func storedSize(of entry: PolicyFile.Entry) -> Int { JSONText.list([entry.json]).document.utf8.count }

  /// An object as it was last read, whether it applied then or had before.
  package func known(_ identifier: PolicyIdentifier) -> Object? { (objects + remembered).first { $0.identifier == identifier } }

  /// When the files of an object were read.
  package func lastRead(_ object: Object) -> Int64 { object.stale?.lastRead ?? updated }
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

  /// Replaces the stored policy: whoever reads sees the old one or the new one, also when this process is killed. In place of a policy that is
  /// larger than such a file can be, a mark is stored that it cannot be used; what does not apply is dropped before that.
  ///
  /// - Returns: what was stored.
  /// - Throws: ``ConfigurationError`` when nothing could be written; then the old one stays.
  @discardableResult
  public func replace(with policy: DomainPolicy) throws -> DomainPolicy {
    var stored = policy
    var text = policy.json.document
    if text.utf8.count > DomainPolicy.maximumSize, !policy.remembered.isEmpty {
      stored.remembered = []
      text = stored.json.document
    }
    if text.utf8.count > DomainPolicy.maximumSize {
      stored = stored.tooLarge
      text = stored.json.document
    }
    let file = ConfigurationFile(path)
    try file.locked { try file.replace(with: text) }
    return stored
  }

  /// Forgets the policy, for a machine that left its domain.
  public func remove() throws {
    let file = ConfigurationFile(path)
    try file.locked { try file.remove() }
  }
}

extension EffectivePolicy {
  /// Whether settings and policy could be read if no policy of the domain were stored. Where they cannot be read as they are, the domain is at
  /// fault, or the file that keeps what it said; either is mended by an update, without anybody at this machine.
  public static func isReadableWithoutDomain(paths: WinRMPaths) -> Bool {
    let nothing = DomainPolicy(domain: "", controller: "", machine: "", updated: 0, objects: [])
    do {
      var settings = try ConfigurationStore(paths: paths).loadLocal()
      _ = try load(paths: paths, replacing: nil, domain: nothing).apply(to: &settings)
      return true
    } catch {
      return false
    }
  }
}

extension DomainPolicy {
  init(decoding json: JSONValue) throws(ConfigurationError) {
    guard case .object(let members) = json else {
      throw ConfigurationError(.malformed, "the stored policy of the domain is not whole")
    }
    // Nobody knows what an unknown form says besides: it could be what forbids something.
    switch members["Format"] {
    case nil, .integer(1)?, .integer(Self.format)?, .integer(Self.unusableFormat)?: break
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
    // Whoever shows its age takes it from the time of now.
    guard updated >= 0 else { throw ConfigurationError(.malformed, "the stored policy of the domain has no time that there was") }
    var objects: [Object] = []
    for (index, item) in items.enumerated() { objects.append(try Object(decoding: item, path: "Objects[\(index)]")) }
    var leftAside: [LeftAside] = []
    if let list = members["LeftAside"] {
      guard case .list(let items) = list else { throw ConfigurationError(.malformed, "LeftAside is no list") }
      for (index, item) in items.enumerated() { leftAside.append(try LeftAside(decoding: item, path: "LeftAside[\(index)]")) }
    }
    var unusable: String?
    if members["Format"] == .integer(Self.unusableFormat) || members["Unusable"] != nil {
      guard case .text(let reason)? = members["Unusable"] else { throw ConfigurationError(.malformed, "Unusable is no text") }
      unusable = reason
    }
    self.init(
      domain: domain, controller: controller, machine: machine, updated: updated, objects: objects, leftAside: leftAside, unusable: unusable
    )
    if let list = members["Remembered"] {
      guard case .list(let items) = list else { throw ConfigurationError(.malformed, "Remembered is no list") }
      for (index, item) in items.enumerated() { remembered.append(try Object(decoding: item, path: "Remembered[\(index)]")) }
    }
  }

  /// What is stored of a policy that is larger than its file can be.
  var tooLarge: DomainPolicy {
    let sizes = objects.map { $0.entries.map(\.json).reduce(0) { $0 + JSONText.list([$1]).document.utf8.count } }
    let largest = zip(objects, sizes).max { $0.1 < $1.1 }?.0
    let most = largest.map { "; most of it is from \($0.source.object), file \($0.file)" } ?? ""
    let reason = unusable ?? "it is larger than \(Self.maximumSize) bytes\(most)"
    return DomainPolicy(
      domain: String(domain.prefix(255)), controller: String(controller.prefix(255)), machine: String(machine.prefix(1000)),
      updated: updated, objects: [], unusable: reason)
  }

  var json: JSONText {
    .object(
      [
        ("Format", .integer(UInt64(unusable == nil ? Self.format : Self.unusableFormat))), ("Domain", .text(domain)),
        ("Controller", .text(controller)), ("Machine", .text(machine)),
        ("Updated", .integer(UInt64(max(0, updated)))), ("Objects", .list(objects.map(\.json))),
        ("LeftAside", .list(leftAside.map(\.json))),
      ] + (remembered.isEmpty ? [] : [("Remembered", .list(remembered.map(\.json)))])
        + (unusable.map { [("Unusable", .text($0))] } ?? []))
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
    var stale: DomainPolicy.Object.Stale?
    switch (members["LastRead"], members["NotRead"]) {
    case (nil, nil): break
    case (.integer(let lastRead)?, .text(let reason)?) where lastRead >= 0: stale = .init(lastRead: lastRead, reason: reason)
    default: throw ConfigurationError(.malformed, "LastRead and NotRead of \(path) are no time and its reason")
    }
    self.init(
      name: name, identifier: identifier, link: link, isEnforced: isEnforced, version: version, file: file, entries: entries, stale: stale)
  }

  fileprivate var json: JSONText {
    .object(
      [
        ("Name", .text(name)), ("Identifier", .text(identifier.description)), ("Link", .text(link)), ("Enforced", .boolean(isEnforced)),
        ("Version", .integer(UInt64(version))), ("File", .text(file)), ("Entries", .list(entries.map(\.json))),
      ] + (stale.map { [("LastRead", .integer(UInt64(max(0, $0.lastRead)))), ("NotRead", .text($0.reason))] } ?? []))
  }
}

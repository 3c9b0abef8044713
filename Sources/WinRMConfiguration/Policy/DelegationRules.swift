public import DelegationPolicy
public import GroupPolicy

/// The rules for fresh credentials in a policy file, or in the policy of all files together.
struct DelegationRules {
  /// A text of a list and where it stands.
  struct Entry {
    var origin: String
    var text: String
    /// Which value it is; with the file, where that is not the one that is being read.
    var identity: DelegationOrigin
  }

  /// The number of a value of the key `CredentialsDelegation`.
  let number: (String) throws(ConfigurationError) -> UInt32?
  let entries: (DelegationList) throws(ConfigurationError) -> [Entry]
  /// The value of a name, and who wrote it: `machine policy ConcatenateDefaults_AllowFresh`.
  let origin: (String) -> String
  /// Who wrote the value of a name.
  let source: (String) -> String
  /// Which value has a name.
  let identity: (String) -> DelegationOrigin

  /// The rules of one file.
  init(_ policy: MachinePolicy, source: String) {
    let values = policy.credentialsDelegation
    let key = PolicyKey.credentialsDelegation.path
    number = { name in values.numbers[name] }
    entries = { list in
      values.texts(of: list.name).map {
        Entry(
          origin: "\(source) \(list.name)\\\($0.number)", text: $0.text,
          identity: DelegationOrigin(key: "\(key)\\\(list.name)", name: String($0.number), object: source))
      }
    }
    identity = { DelegationOrigin(key: key, name: $0, object: source) }
    self.source = { _ in source }
    origin = { "\(source) \($0)" }
  }

  /// The rules of all files together.
  init(_ tree: PolicyTree) {
    let key = PolicyKey.credentialsDelegation.path
    number = { name throws(ConfigurationError) in try tree.number(key, name) }
    entries = { list throws(ConfigurationError) in
      var entries: [Entry] = []
      for item in tree.items(of: key + "\\" + list.name) {
        entries.append(Entry(origin: Self.origin(of: item), text: try item.policyText(), identity: item.identity))
      }
      return entries
    }
    identity = { name in tree.item(key, name)?.identity ?? DelegationOrigin(key: key, name: name, object: "machine policy") }
    source = { name in tree.item(key, name)?.source.object ?? "machine policy" }
    origin = { name in tree.item(key, name).map(Self.origin) ?? "machine policy \(name)" }
  }

  /// What a decision calls the value that decides: the object that it is from and its name, for an entry of a list with the list's.
  ///
  /// It is for people only: to find the value, there is ``DelegationOrigin``.
  static func origin(of item: PolicyTree.Item) -> String {
    let name = DomainPolicy.quoted(item.name)
    guard let list = PolicyKey.list(at: item.key) else { return DomainPolicy.line("\(item.source.object) \(name)") }
    return DomainPolicy.line("\(item.source.object) \(list)\\\(name)")
  }

  /// - Parameter narrowing: the policy is a user's, which takes away from the machine's: an allow list that is not configured takes
  ///   nothing away.
  func policy(narrowing: Bool = false) throws(ConfigurationError) -> DelegationPolicy {
    var policy = DelegationPolicy(
      allowFresh: try entries(of: .allowFresh, narrowing: narrowing),
      allowFreshWhenNTLMOnly: try entries(of: .allowFreshNTLMOnly, narrowing: narrowing),
      denyFresh: try entries(of: .denyFresh, narrowing: false))
    policy.allowFreshObstacle = try obstacle(.allowFresh, narrowing: narrowing)
    policy.allowFreshWhenNTLMOnlyObstacle = try obstacle(.allowFreshNTLMOnly, narrowing: narrowing)
    let restriction = "RestrictedRemoteAdministration"
    if try number(restriction).map({ $0 != 0 }) ?? false {
      // "Restrict delegation of credentials to remote servers": CredSSP would hand out the password itself.
      let origin = origin(restriction)
      policy.denyFresh.append(
        DelegationPolicy.Entry(pattern: try Self.pattern("WSMAN/*", in: origin), source: origin, origin: identity(restriction)))
    }
    return policy
  }

  /// Whether a list counts in a policy that holds for itself.
  func isInForce(_ list: DelegationList) throws(ConfigurationError) -> Bool { list.isInForce(try number(list.name)) }

  /// Whether a user's policy says something about a list: by its switch, or by entries, which then count as switched on. Who writes them wants
  /// no more than them.
  private func restricts(_ list: DelegationList) throws(ConfigurationError) -> Bool {
    if try number(list.name) != nil { return true }
    return try !entries(list).isEmpty
  }

  /// Why a list names less than somebody might think who sees its entries; `nil` when there is nothing to say.
  private func obstacle(_ list: DelegationList, narrowing: Bool) throws(ConfigurationError) -> DelegationPolicy.Obstacle? {
    func obstacle(_ reason: String) -> DelegationPolicy.Obstacle { .init(reason, origin: identity(list.name)) }
    switch try number(list.name) {
    case 1?: return narrowing ? obstacle("\(source(list.name)) \(list.name) has no entry for the host") : nil
    case let number?: return obstacle("\(source(list.name)) \(list.name) (\(number)) switches the list off")
    case nil:
      let isEmpty = try entries(list).isEmpty
      guard !isEmpty else { return nil }
      return narrowing
        ? obstacle("\(source(list.name)) \(list.name) has no entry for the host")
        : .init("\(list.name) is not configured, which leaves its list without force")
    }
  }

  /// Checks every entry of the lists for fresh credentials, also where the list is not in force: it would come into force as it stands.
  func check() throws(ConfigurationError) {
    for list in DelegationList.allCases { for entry in try entries(list) { _ = try pattern(entry, in: list) } }
  }

  /// The pattern of an entry; `nil` for one that can name no WinRM server.
  ///
  /// Other services' entries may use forms that WinRM does not. What may mean every service, or would mean WinRM's if what nobody sees were
  /// not there, is no such entry: it is refused rather than passed over. An entry without a service names nothing; to pass over one that
  /// allows takes nothing from anybody's safety, one that denies was meant to name something. So in a list that denies only an entry is passed
  /// over that has the class of another service and something behind it. A host that no endpoint can have is like no service: nothing is allowed
  /// by it, and in a list that denies it is refused.
  func pattern(_ entry: Entry, in list: DelegationList) throws(ConfigurationError) -> DelegationPattern? {
    let visible = String(String.UnicodeScalarView(entry.text.unicodeScalars.filter { !$0.isInvisible }))
    if list != .denyFresh, !visible.contains("/") { return nil }
    if !MachinePolicy.isWSMan(visible), (try? DelegationPattern(parsing: entry.text)) == nil {
      guard list == .denyFresh else { return nil }
      if Self.namesAnotherService(entry.text) { return nil }
    }
    do throws(DelegationPolicyError) {
      return try DelegationPattern(parsing: entry.text)
    } catch {
      // A host that no endpoint can have: the entry would allow nothing, or was meant to forbid something.
      if error.isAboutHost, list != .denyFresh { return nil }
      throw Self.mistake(error, in: entry.origin, entry.identity.file)
    }
  }

  /// Why an entry has no effect though nobody says that it is another service's; `nil` for every other entry.
  func flaw(of entry: Entry, in list: DelegationList) -> String? {
    // What throws is refused, and not passed over.
    do throws(ConfigurationError) { guard try pattern(entry, in: list) == nil else { return nil } } catch { return nil }
    guard MachinePolicy.isWSMan(entry.text) || !Self.namesAnotherService(entry.text) else { return nil }
    do throws(DelegationPolicyError) { _ = try DelegationPattern(parsing: entry.text) } catch { return error.message }
    return nil
  }

  /// Whether an entry can name nothing but a service that is not WinRM's, in whatever form: `TERMSRV/host:3389`,
  /// `Microsoft Virtual Console Service/*`, `ldap/dc/domain`.
  private static func namesAnotherService(_ text: String) -> Bool {
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, let first = parts[1].unicodeScalars.first(where: { !$0.isInvisible }), first != "/" else { return false }
    // Words with one space between, as in the names that Hyper-V uses.
    return parts[0].split(separator: " ", omittingEmptySubsequences: false).allSatisfy { word in
      !word.isEmpty && word.utf8.allSatisfy { DelegationPattern.isServiceByte($0) }
    }
  }

  private func entries(of list: DelegationList, narrowing: Bool) throws(ConfigurationError) -> [DelegationPolicy.Entry] {
    if narrowing, try !restricts(list) {
      // Whoever narrows the allow list alone means delegation, not the better half of it.
      if list == .allowFreshNTLMOnly, try restricts(.allowFresh) {
        return try entries(of: .allowFresh, narrowing: true)
      }
      let source = source(list.name)
      return [DelegationPolicy.Entry(pattern: try Self.pattern("WSMAN/*", in: source), source: "\(source), which does not restrict it")]
    }
    // What narrows and has no switch has come here by its entries.
    let hasNoSwitch = try number(list.name) == nil
    guard try isInForce(list) ? true : narrowing && hasNoSwitch else { return [] }
    var result: [DelegationPolicy.Entry] = []
    for entry in try entries(list) {
      guard let pattern = try pattern(entry, in: list) else { continue }
      result.append(DelegationPolicy.Entry(pattern: pattern, source: entry.origin, origin: entry.identity))
    }
    if try number(list.concatenation) == 1, list != .denyFresh {
      let origin = origin(list.concatenation)
      result.append(
        DelegationPolicy.Entry(
          pattern: try Self.pattern("TERMSRV/*", in: origin), source: "\(origin), operating system's default",
          origin: identity(list.concatenation)))
    }
    return result
  }

  private static func pattern(_ text: String, in origin: String) throws(ConfigurationError) -> DelegationPattern {
    do throws(DelegationPolicyError) {
      return try DelegationPattern(parsing: text)
    } catch {
      throw mistake(error, in: origin, nil)
    }
  }

  private static func mistake(_ error: DelegationPolicyError, in origin: String, _ file: String?) -> ConfigurationError {
    ConfigurationError(.malformed, DomainPolicy.line("\(origin): \(error.message)"), file: file, specificCode: .policyCorrupted)
  }
}

extension PolicyTree {
  /// The number of a value; `nil` without it.
  ///
  /// - Throws: `malformed` (0x80338088) for a value of another type.
  func number(_ key: String, _ name: String) throws(ConfigurationError) -> UInt32? {
    guard let item = item(key, name) else { return nil }
    guard let number = item.value.number else { throw item.wrongType("a REG_DWORD") }
    return number
  }

  /// The text of a value; `nil` without it.
  func text(_ key: String, _ name: String) throws(ConfigurationError) -> String? {
    guard let item = item(key, name) else { return nil }
    return try item.policyText()
  }
}

extension PolicyTree.Item {
  func policyText() throws(ConfigurationError) -> String {
    guard let text = value.text else { throw wrongType("a REG_SZ") }
    return text
  }

  func wrongType(_ expectation: String) -> ConfigurationError {
    corrupted("must be \(expectation), and is \(value.type.name) with \(value.data.count) bytes")
  }

  /// The value cannot be what policy says.
  func corrupted(_ why: String) -> ConfigurationError {
    ConfigurationError(
      .malformed, DomainPolicy.line("\(source.object): the value \(DomainPolicy.quoted(name)) of the key \(key) \(why)"), file: source.file,
      specificCode: .policyCorrupted)
  }

  /// What a rule that it makes is known by.
  var identity: DelegationOrigin { DelegationOrigin(key: key, name: name, object: source.object, file: source.file) }
}

extension EffectivePolicy {
  /// The value that a decision about delegation comes from; `nil` when it is none of this policy.
  public func item(of origin: DelegationOrigin?) -> PolicyTree.Item? {
    guard let origin, let item = tree.item(origin.key, origin.name), item.identity == origin else { return nil }
    return item
  }
}

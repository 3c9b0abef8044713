public import DelegationPolicy
public import GroupPolicy

/// All policy of this machine, put together the way Windows does it.
///
/// Applied in this order, and the last one to write a value wins:
///
/// 1. the machine's own `policy.json`, which `winrm credssp` and `winrm policy import` write,
/// 2. the machine's own `Registry.pol`,
/// 3. the domain's objects in their order (site, domain, units, then what is enforced), as they were last read.
///
/// So what a program writes here never takes the place of a policy file. The entries of a list are values too, named by their numbers: what
/// another source sets under the number of an entry of `policy.json` takes its place, and what it removes is gone. Two exceptions, both of
/// which allow less than the registry would:
///
/// - An entry of a deny list of `policy.json` stays beside one of the same number, under the next free one.
/// - An allow list of `policy.json` counts by its own switch only. Where the file does not switch it on, a source that does brings none of
///   its entries back.
///
/// Policy wins over the settings of `config.json`, and these over the defaults.
public struct EffectivePolicy: Sendable {
  /// Every value with its source.
  public let tree: PolicyTree
  /// The policy of the domain that is in ``tree``; `nil` on a machine that never read one.
  public let domain: DomainPolicy?
  /// What stands in the machine's own policy file.
  public let machine: MachinePolicy
  /// The rules for delegating fresh credentials.
  public let delegation: DelegationPolicy
  /// The machine's own part of ``tree``.
  private let own: PolicyTree
  let machineFile: String
  /// In the order in which they are applied.
  private let layers: [Layer]

  /// Reads the policy. Missing files mean that nothing is configured.
  ///
  /// - Throws: ``ConfigurationError`` with 0x80338088 for what is damaged. Do not go on without policy.
  public static func load(paths: WinRMPaths = .current()) throws -> EffectivePolicy {
    let machine = try MachinePolicyStore(paths: paths).load()
    return try EffectivePolicy(
      registryPolicy: registryPolicy(paths.machineRegistryPolicyFile), registryPolicyFile: paths.machineRegistryPolicyFile,
      machine: machine, machineFile: paths.machinePolicyFile, domain: DomainPolicyStore(paths: paths).load())
  }

  /// What would hold if the domain's policy were this one, or the machine's file said this.
  public static func load(
    paths: WinRMPaths, replacing machine: MachinePolicy? = nil, domain: DomainPolicy? = nil
  ) throws -> EffectivePolicy {
    try EffectivePolicy(
      registryPolicy: registryPolicy(paths.machineRegistryPolicyFile), registryPolicyFile: paths.machineRegistryPolicyFile,
      machine: machine ?? MachinePolicyStore(paths: paths).load(), machineFile: paths.machinePolicyFile,
      domain: domain ?? DomainPolicyStore(paths: paths).load())
  }

  private init(
    registryPolicy: PolicyFile?, registryPolicyFile: String, machine: MachinePolicy, machineFile: String, domain: DomainPolicy?
  ) throws(ConfigurationError) {
    if let domain, let reason = domain.unusable {
      throw ConfigurationError(
        .malformed,
        """
        what the domain \(domain.domain) said last cannot be used: \(reason). It is to be corrected there, and then read again with \
        winrm policy update
        """, specificCode: .policyCorrupted)
    }
    var tree = PolicyTree()
    let layers = Self.layers(
      machine: machine, machineFile: machineFile, registryPolicy: registryPolicy, registryPolicyFile: registryPolicyFile, domain: domain)
    for layer in layers where layer.isOwn { try tree.apply(layer) }
    own = tree.settled(machine, machineFile)
    for layer in layers where !layer.isOwn { try tree.apply(layer) }
    tree = layers.allSatisfy(\.isOwn) ? own : tree.settled(machine, machineFile)
    self.tree = tree
    var delegation = try DelegationRules(tree).policy()
    delegation.tellWithheld(of: machine, switchedOnIn: tree)
    self.delegation = delegation
    self.domain = domain
    self.machine = machine
    self.machineFile = machineFile
    self.layers = layers
    // What cannot be understood is found now, and not when it is needed.
    _ = try encryptionOracle
    var settings = WinRMSettings()
    _ = try apply(to: &settings)
  }

  /// A file of policy.
  struct Layer: Sendable {
    var entries: [PolicyFile.Entry]
    var source: PolicySource
    /// The file to name when it cannot be used.
    var path: String
    /// Of the machine, and not of the domain.
    var isOwn: Bool
  }

  /// What the machine's own files are called.
  static let machineObject = "machine policy"

  private static func layers(
    machine: MachinePolicy, machineFile: String, registryPolicy: PolicyFile?, registryPolicyFile: String, domain: DomainPolicy?
  ) -> [Layer] {
    return [
      Layer(
        entries: machine.entries.map(\.withLocalNumber), source: PolicySource(object: machineObject, file: machineFile), path: machineFile,
        isOwn: true),
      Layer(
        entries: registryPolicy?.entries ?? [], source: PolicySource(object: machineObject, file: registryPolicyFile),
        path: registryPolicyFile,
        isOwn: true),
    ] + (domain?.objects ?? []).map { Layer(entries: $0.entries, source: $0.source, path: $0.file, isOwn: false) }
  }

  /// The source after which a condition no longer holds, though it did before.
  func source(breaking condition: (PolicyTree) -> Bool) -> PolicySource? {
    var tree = PolicyTree()
    var source: PolicySource?
    for layer in layers {
      // It could be applied before.
      try? tree.apply(layer)
      source = condition(tree) ? nil : source ?? layer.source
    }
    return source
  }

  /// Encryption Oracle Remediation; `nil` when nobody configured it.
  ///
  /// Peers of CredSSP below version 5 are refused here in any case, which is what ``EncryptionOracleRemediation/forceUpdatedClients`` asks
  /// for: the other levels would allow more, and are shown only.
  public var encryptionOracle: EncryptionOracleRemediation? {
    get throws(ConfigurationError) {
      let key = PolicyKey.credSSPParameters.path
      guard let number = try tree.number(key, "AllowEncryptionOracle") else { return nil }
      guard let level = EncryptionOracleRemediation(rawValue: number) else {
        throw tree.item(key, "AllowEncryptionOracle")?.corrupted("must be 0, 1 or 2")
          ?? ConfigurationError(.malformed, "AllowEncryptionOracle must be 0, 1 or 2", specificCode: .policyCorrupted)
      }
      return level
    }
  }

  /// The values that are known here, with their sources.
  public var items: [PolicyTree.Item] { Self.known(tree) }

  private static func known(_ tree: PolicyTree) -> [PolicyTree.Item] {
    tree.items.filter { item in
      PolicyKey.at(item.key).map { $0.spelling(of: item.name) != nil } ?? (PolicyKey.list(at: item.key) != nil)
    }
  }

  /// The machine's own policy as one file, with the pins and without what the domain says: what `winrm policy export` writes. Imported by a
  /// machine that has no `Registry.pol`, it is that machine's own policy.
  ///
  /// Values of a type that such a file has no place for, and that mean nothing, are left out.
  public func exported() throws(ConfigurationError) -> MachinePolicy {
    let entries = Self.known(own).filter { Self.fits($0) || isInUse($0) }
    var policy = try MachinePolicy(entries: entries.map { PolicyFile.Entry(key: $0.key, name: $0.name, value: $0.value) })
    policy.pins = machine.pins
    return policy
  }

  /// Whether a value is of the type that is wanted.
  private static func fits(_ item: PolicyTree.Item) -> Bool {
    let isNumber = PolicyKey.at(item.key).map { key in key.spelling(of: item.name).map { !key.texts.contains($0) } ?? false } ?? false
    return isNumber ? item.value.number != nil : item.value.text != nil
  }

  private func isInUse(_ item: PolicyTree.Item) -> Bool {
    guard let name = PolicyKey.list(at: item.key) else { return !isWithoutEffect(item) }
    guard let list = DelegationList.allCases.first(where: { $0.name == name }) else { return false }
    return list.isInForce(own.item(PolicyKey.credentialsDelegation.path, name)?.value.number)
  }

  /// Whether a value stands in the machine's own policy file, which `winrm credssp` and `winrm policy import` write.
  public func isLocal(_ item: PolicyTree.Item) -> Bool { item.source.file == machineFile }

  /// The numbers that other sources set or remove in a list.
  func foreignNumbers(of list: DelegationList) -> Set<UInt32> {
    var numbers: Set<UInt32> = []
    for layer in layers where layer.source.file != machineFile {
      for entry in layer.entries where PolicyKey.list(at: entry.key) == list.name {
        switch try? PolicyInstruction(entry) {
        case .set(let name)?, .setIfAbsent(let name)?, .delete(let name)?: if let number = UInt32(name) { numbers.insert(number) }
        case .deleteValues(let names)?: numbers.formUnion(names.compactMap { UInt32($0) })
        case .deleteAllValues?, .deleteKeys?, .secureKey?, .makeKey?, .comment?, nil: break
        }
      }
    }
    return numbers
  }

  private static func registryPolicy(_ path: String) throws(ConfigurationError) -> PolicyFile? {
    do throws(ConfigurationError) {
      guard let bytes = try ConfigurationFile(path).read() else { return nil }
      do throws(GroupPolicyError) { return try PolicyFile(decoding: bytes) } catch {
        throw ConfigurationError(.malformed, error.description, file: path)
      }
    } catch {
      var located = error
      if error.code == .malformed || error.code == .unsafeFile { located.specificCode = .policyCorrupted }
      throw located
    }
  }
}

extension DelegationPolicy {
  /// Says of allow lists that are smaller than they look why they are: the machine's own file has entries, and another source's switch does not
  /// bring them back.
  fileprivate mutating func tellWithheld(of machine: MachinePolicy, switchedOnIn tree: PolicyTree) {
    func obstacle(_ list: DelegationList) -> Obstacle? {
      let values = machine.credentialsDelegation
      guard !list.isInForce(values.numbers[list.name]), values.lists[list.name]?.isEmpty == false,
        let item = tree.item(PolicyKey.credentialsDelegation.path, list.name)
      else { return nil }
      return Obstacle(
        """
        policy.json has entries in \(list.name) and does not switch the list on, and the switch of \(item.source.object) brings only that \
        policy's own
        """, origin: item.identity)
    }
    allowFreshObstacle = allowFreshObstacle ?? obstacle(.allowFresh)
    allowFreshWhenNTLMOnlyObstacle = allowFreshWhenNTLMOnlyObstacle ?? obstacle(.allowFreshNTLMOnly)
  }
}

/// The levels of AllowEncryptionOracle.
public enum EncryptionOracleRemediation: UInt32, Sendable, CaseIterable {
  /// Force Updated Clients.
  case forceUpdatedClients = 0
  case mitigated = 1
  case vulnerable = 2
}

extension PolicyTree {
  fileprivate mutating func apply(_ layer: EffectivePolicy.Layer) throws(ConfigurationError) {
    do throws(GroupPolicyError) {
      try apply(PolicyFile(entries: layer.entries), from: layer.source, where: PolicyKey.isRelevant)
    } catch {
      throw ConfigurationError(
        .malformed, DomainPolicy.line("\(layer.source.object): \(error.description)"), file: layer.path, specificCode: .policyCorrupted)
    }
  }

  /// The tree when all sources are in it.
  fileprivate func settled(_ machine: MachinePolicy, _ machineFile: String) -> PolicyTree {
    var result = numbered()
    let key = PolicyKey.credentialsDelegation.path
    // An allow list that the machine's own file keeps without switching it on is not brought back by another source's switch.
    for list in [DelegationList.allowFresh, .allowFreshNTLMOnly]
    where !list.isInForce(machine.credentialsDelegation.numbers[list.name]) && list.isInForce(item(key, list.name)?.value.number) {
      for item in items(of: "\(key)\\\(list.name)") where item.source.file == machineFile { result.remove(item) }
    }
    return result
  }

  /// What the names of the lists that deny begin with.
  fileprivate static let denyPrefix = "Deny"

  /// The tree with a number for each entry of a deny list of the machine's own file: its own, or the next free one.
  private func numbered() -> PolicyTree {
    var result = self
    for list in PolicyKey.credentialsDelegation.lists.sorted() where list.hasPrefix(Self.denyPrefix) {
      let items = items(of: "\(PolicyKey.credentialsDelegation.path)\\\(list)")
      let local = items.compactMap { item in item.localNumber.map { (number: $0, item: item) } }.sorted { $0.number < $1.number }
      let others = Set(items.compactMap { UInt32($0.name) })
      var free = FreeNumbers(beside: others.union(local.map(\.number)))
      for (number, item) in local { result.rename(item, to: String(others.contains(number) ? free.next() : number)) }
    }
    return result
  }

  private mutating func rename(_ item: Item, to name: String) {
    remove(item)
    // A name of digits is no instruction.
    _ = try? apply(PolicyFile.Entry(key: item.key, name: name, value: item.value), from: item.source)
  }

  private mutating func remove(_ item: Item) {
    // The instruction is known, and has no data that could be wrong.
    _ = try? apply(PolicyFile.Entry(key: item.key, name: "**del.\(item.name)", value: .text(" ")), from: item.source)
  }
}

extension PolicyTree.Item {
  /// The number of an entry of a deny list of the machine's own file, while the tree is put together.
  fileprivate var localNumber: UInt32? {
    name.unicodeScalars.first == PolicyFile.Entry.localMark ? UInt32(String(name.unicodeScalars.dropFirst())) : nil
  }
}

extension PolicyFile.Entry {
  /// Stands before the number of an entry of a deny list of the machine's own file, so that no other file can mean it: there, no name has a
  /// zero.
  fileprivate static let localMark: Unicode.Scalar = "\0"

  fileprivate var withLocalNumber: PolicyFile.Entry {
    guard PolicyKey.list(at: key)?.hasPrefix(PolicyTree.denyPrefix) == true else { return self }
    return PolicyFile.Entry(key: key, name: "\(Self.localMark)\(name)", value: value)
  }
}

extension PolicyFile.Entry {
  fileprivate func wrong(_ why: String) -> ConfigurationError {
    ConfigurationError(.malformed, "the value \(DomainPolicy.quoted(name)) of \(key) \(why)", specificCode: .policyCorrupted)
  }
}

extension PolicyFile.Entry {
  /// What happens to a value that stood before this entry in a list that is imported.
  ///
  /// - Throws: `malformed` when this entry gives it another content: which one was meant, nobody can know.
  fileprivate func remark(on item: PolicyTree.Item, path: String) throws(ConfigurationError) -> String {
    let value = "the value \(DomainPolicy.quoted(item.name)) of \(item.key)"
    let before = item.source.object
    guard case .set? = try? PolicyInstruction(self) else {
      return DomainPolicy.line("\(before) is not imported: \(path) (\(self.name)) takes \(value) away again")
    }
    guard item.value == self.value else {
      throw ConfigurationError(.malformed, DomainPolicy.line("\(path) gives \(value) another content than \(before)"))
    }
    return DomainPolicy.line("\(path) says the same as \(before): \(value)")
  }
}

extension MachinePolicy {
  /// What the file says, as entries of a registry policy file.
  public var entries: [PolicyFile.Entry] {
    let sections: [(PolicyKey, RegistryValues)] = [
      (.credentialsDelegation, credentialsDelegation), (.client, client), (.service, service), (.remoteShell, remoteShell),
      (.credSSPParameters, credSSP),
    ]
    return sections.flatMap { key, values in
      values.numbers.sorted { $0.key < $1.key }.map { PolicyFile.Entry(key: key.path, name: $0.key, value: .number($0.value)) }
        + values.texts.sorted { $0.key < $1.key }.map { PolicyFile.Entry(key: key.path, name: $0.key, value: .text($0.value)) }
        + values.lists.keys.sorted().flatMap { list in
          values.texts(of: list).map {
            PolicyFile.Entry(key: "\(key.path)\\\(list)", name: String($0.number), value: .text($0.text))
          }
        }
    }
  }

  /// A policy file that says what registry values say.
  ///
  /// - Throws: `malformed` (0x80338088) for a value of the wrong type, or one that this file has no place for.
  init(entries: [PolicyFile.Entry]) throws(ConfigurationError) {
    var unnumbered: [String: [String]] = [:]
    for entry in entries {
      let section: WritableKeyPath<MachinePolicy, RegistryValues>
      var name = entry.name
      if let list = PolicyKey.list(at: entry.key) {
        guard let text = entry.value.text else { throw entry.wrong("is no text") }
        if let number = UInt32(name), credentialsDelegation.lists[list]?[number] == nil {
          credentialsDelegation.lists[list, default: [:]][number] = text
        } else {
          unnumbered[list, default: []].append(text)
        }
        continue
      }
      switch PolicyKey.at(entry.key)?.path {
      case PolicyKey.credentialsDelegation.path?: section = \.credentialsDelegation
      case PolicyKey.client.path?: section = \.client
      case PolicyKey.service.path?: section = \.service
      case PolicyKey.remoteShell.path?: section = \.remoteShell
      case PolicyKey.credSSPParameters.path?: section = \.credSSP
      default: throw entry.wrong("is no policy that is known here")
      }
      guard let key = PolicyKey.at(entry.key), let spelling = key.spelling(of: name) else {
        throw entry.wrong("is no policy that is known here")
      }
      name = spelling
      if key.texts.contains(name) {
        guard let text = entry.value.text else { throw entry.wrong("is no text") }
        self[keyPath: section].texts[name] = text
      } else {
        guard let number = entry.value.number else { throw entry.wrong("is no number") }
        self[keyPath: section].numbers[name] = number
      }
    }
    for (list, texts) in unnumbered { credentialsDelegation.append(texts, to: list) }
  }

  /// Reads what `winrm policy import` takes: a policy file, or a list of registry values in the form of samba-tool.
  ///
  /// - Throws: ``ConfigurationError``.
  public init(importing bytes: [UInt8], file: String) throws { self = try Self.importing(bytes, file: file).policy }

  /// The same, with the number of the list's entries that are a user's and were skipped, and a line for each value of the list that is not in the
  /// policy, because the list itself takes it away, or that stands there twice.
  ///
  /// - Throws: ``ConfigurationError``; `malformed` also for a list that gives one value two contents, and for one without anything of a
  ///   machine's policy. `{}` says that there is to be none.
  public static func importing(_ bytes: [UInt8], file: String) throws -> (policy: MachinePolicy, skipped: Int, remarks: [String]) {
    let json = try JSONValue(parsing: bytes, file: file)
    do throws(ConfigurationError) {
      guard case .list(let items) = json else { return (try MachinePolicy(decoding: json), 0, []) }
      var tree = PolicyTree()
      var skipped = 0
      var remarks: [String] = []
      for (index, item) in items.enumerated() {
        let path = "[\(index)]"
        guard let entry = try PolicyFile.Entry(decoding: item, path: path) else {
          skipped += 1
          continue
        }
        let lost: [PolicyTree.Item]
        do throws(GroupPolicyError) {
          lost = try tree.apply(entry, from: PolicySource(object: path, file: file))
        } catch {
          throw ConfigurationError(.malformed, "\(path): \(error.message)")
        }
        for item in lost { remarks.append(try entry.remark(on: item, path: path)) }
        if !PolicyKey.isRelevant(entry.key), !tree.items(of: entry.key).isEmpty { throw entry.wrong("is no policy that is known here") }
      }
      guard !tree.items.isEmpty else {
        let users = skipped == 0 ? "" : " (\(skipped == 1 ? "1 entry is" : "\(skipped) entries are") of class USER)"
        throw ConfigurationError(
          .malformed, "there is nothing of a machine's policy in it\(users); to remove every rule, import a file that says {}")
      }
      let policy = try MachinePolicy(entries: tree.items.map { PolicyFile.Entry(key: $0.key, name: $0.name, value: $0.value) })
      try policy.checkEntries(source: file)
      return (policy, skipped, remarks)
    } catch {
      var located = error
      located.file = file
      throw located
    }
  }

  /// How many values, entries of lists and pins it has.
  public var count: Int { entries.count + pins.values.reduce(0) { $0 + $1.count } }

  /// The text of a policy file.
  public var document: String { json.document }
}

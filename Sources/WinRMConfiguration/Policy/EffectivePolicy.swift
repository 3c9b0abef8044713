public import DelegationPolicy
public import GroupPolicy

/// All policy of this machine, put together the way Windows does it.
///
/// Applied in this order, and the last one to write a value wins:
///
/// 1. the machine's own `Registry.pol`,
/// 2. the machine's own `policy.json`, which `winrm credssp` and `winrm policy import` write,
/// 3. the domain's objects in their order (site, domain, units, then what is enforced), as they were last read.
///
/// Policy wins over the settings of `config.json`, and these over the defaults.
public struct EffectivePolicy: Sendable {
  /// Every value with its source.
  public let tree: PolicyTree
  /// The policy of the domain that is in ``tree``; `nil` on a machine that never read one.
  public let domain: DomainPolicy?
  /// What stands in the machine's own policy file.
  public let machine: MachinePolicy

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
    var tree = PolicyTree()
    if let registryPolicy {
      try tree.applyPolicy(registryPolicy, from: PolicySource(object: "machine policy", file: registryPolicyFile), at: registryPolicyFile)
    }
    try tree.applyPolicy(
      PolicyFile(entries: machine.entries), from: PolicySource(object: "machine policy", file: machineFile), at: machineFile)
    for object in domain?.objects ?? [] {
      try tree.applyPolicy(PolicyFile(entries: object.entries), from: object.source, at: object.file)
    }
    self.tree = tree
    self.domain = domain
    self.machine = machine
    // What cannot be understood is found now, and not when it is needed.
    _ = try DelegationRules(tree).policy()
    _ = try encryptionOracle
    var settings = WinRMSettings()
    _ = try apply(to: &settings)
  }

  /// The rules for delegating fresh credentials.
  public func delegation() throws(ConfigurationError) -> DelegationPolicy { try DelegationRules(tree).policy() }

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
  public var items: [PolicyTree.Item] {
    tree.items.filter { item in
      if let key = PolicyKey.at(item.key) { return key.names(item.name) }
      return PolicyKey.all.contains { key in key.lists.contains { "\(key.path)\\\($0)".lowercased() == item.key.lowercased() } }
    }
  }

  /// ``items`` as a policy file, with the pins: what `winrm policy export` writes.
  public func exported() throws(ConfigurationError) -> MachinePolicy {
    var policy = try MachinePolicy(entries: items.map { PolicyFile.Entry(key: $0.key, name: $0.name, value: $0.value) })
    policy.pins = machine.pins
    return policy
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

/// The levels of AllowEncryptionOracle.
public enum EncryptionOracleRemediation: UInt32, Sendable, CaseIterable {
  /// Force Updated Clients.
  case forceUpdatedClients = 0
  case mitigated = 1
  case vulnerable = 2
}

extension PolicyTree {
  fileprivate mutating func applyPolicy(_ file: PolicyFile, from source: PolicySource, at path: String) throws(ConfigurationError) {
    do throws(GroupPolicyError) {
      try apply(file, from: source, where: PolicyKey.isRelevant)
    } catch {
      throw ConfigurationError(
        .malformed, "\(source.object): \(error.description)", file: path, specificCode: .policyCorrupted)
    }
  }
}

extension PolicyKey {
  /// Whether it has a value of this name, in any case.
  func names(_ name: String) -> Bool { spelling(of: name) != nil }

  /// The name as the templates spell it.
  func spelling(of name: String) -> String? { numbers.union(texts).first { $0.lowercased() == name.lowercased() } }

  /// The list whose key this is, below this key.
  func list(at path: String) -> String? { lists.first { "\(self.path)\\\($0)".lowercased() == path.lowercased() } }
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
    for entry in entries {
      func wrong(_ why: String) -> ConfigurationError {
        ConfigurationError(.malformed, "the value \(entry.name) of \(entry.key) \(why)", specificCode: .policyCorrupted)
      }
      let section: WritableKeyPath<MachinePolicy, RegistryValues>
      var name = entry.name
      if let list = PolicyKey.credentialsDelegation.list(at: entry.key) {
        guard let text = entry.value.text else { throw wrong("is no text") }
        if let number = UInt32(name), credentialsDelegation.lists[list]?[number] == nil {
          credentialsDelegation.lists[list, default: [:]][number] = text
        } else {
          credentialsDelegation.append(text, to: list)
        }
        continue
      }
      switch PolicyKey.at(entry.key)?.path {
      case PolicyKey.credentialsDelegation.path?: section = \.credentialsDelegation
      case PolicyKey.client.path?: section = \.client
      case PolicyKey.service.path?: section = \.service
      case PolicyKey.remoteShell.path?: section = \.remoteShell
      case PolicyKey.credSSPParameters.path?: section = \.credSSP
      default: throw wrong("is no policy that is known here")
      }
      guard let key = PolicyKey.at(entry.key), let spelling = key.spelling(of: name) else { throw wrong("is no policy that is known here") }
      name = spelling
      if key.texts.contains(name) {
        guard let text = entry.value.text else { throw wrong("is no text") }
        self[keyPath: section].texts[name] = text
      } else {
        guard let number = entry.value.number else { throw wrong("is no number") }
        self[keyPath: section].numbers[name] = number
      }
    }
  }

  /// Reads what `winrm policy import` takes: a policy file, or a list of registry values in the form of samba-tool.
  ///
  /// - Throws: ``ConfigurationError``.
  public init(importing bytes: [UInt8], file: String) throws {
    let json = try JSONValue(parsing: bytes, file: file)
    do throws(ConfigurationError) {
      guard case .list(let items) = json else {
        try self.init(decoding: json)
        return
      }
      var tree = PolicyTree()
      for (index, item) in items.enumerated() {
        let path = "[\(index)]"
        guard let entry = try PolicyFile.Entry(decoding: item, path: path) else { continue }
        do throws(GroupPolicyError) { try tree.apply(entry, from: PolicySource(object: path, file: file)) } catch {
          throw ConfigurationError(.malformed, "\(path): \(error.message)")
        }
      }
      try self.init(entries: tree.items.map { PolicyFile.Entry(key: $0.key, name: $0.name, value: $0.value) })
      _ = try delegationPolicy(source: file)
    } catch {
      var located = error
      located.file = file
      throw located
    }
  }

  /// The text of a policy file.
  public var document: String { json.document }
}

public import DelegationPolicy
public import GroupPolicy

// The WinRM targets of the lists that are in force: what `winrm credssp` shows and changes.

extension EffectivePolicy {
  /// The WinRM targets of AllowFreshCredentials, newest first.
  public var freshCredentialsTargets: [String] { Self.targets(delegation.allowFresh) }

  /// The WinRM targets of AllowFreshCredentialsWhenNTLMOnly, newest first.
  public var ntlmOnlyTargets: [String] { Self.targets(delegation.allowFreshWhenNTLMOnly) }

  /// The WinRM targets of DenyFreshCredentials, newest first.
  public var deniedTargets: [String] {
    Self.targets(delegation.denyFresh.filter { $0.origin.map { PolicyKey.list(at: $0.key) != nil } ?? true })
  }

  /// Whether RestrictedRemoteAdministration forbids every delegation.
  public var deniesEveryTarget: Bool {
    tree.item(PolicyKey.credentialsDelegation.path, "RestrictedRemoteAdministration")?.value.number.map { $0 != 0 } ?? false
  }

  /// What stands there twice, in whatever case, counts once.
  private static func targets(_ entries: [DelegationPolicy.Entry]) -> [String] {
    var seen: Set<String> = []
    return entries.filter(\.pattern.isWSMan).map(\.pattern.text).filter { seen.insert($0.lowercased()).inserted }.reversed()
  }

  /// A target that comes into force with others.
  public struct ComingTarget: Sendable {
    public var pattern: DelegationPattern
    /// The name of its list.
    public var list: String
    /// Where it stands; `nil` when the value is not to be found.
    public var item: PolicyTree.Item?
  }

  /// The WinRM targets to which credentials could not go, and can when the machine's own file allows `targets`: those of every source, because
  /// a list has one switch for all of them. What is denied, or named by `targets`, is not among them.
  ///
  /// - Parameter isSwitchedOn: whether the client may use CredSSP already. If not, nothing was in force.
  public static func targetsComing(
    with targets: [DelegationPattern], whenNTLMOnly: Bool, isSwitchedOn: Bool, paths: WinRMPaths
  ) throws -> [ComingTarget] {
    let present = try load(paths: paths)
    var machine = present.machine
    machine.allowFreshCredentials(to: targets, whenNTLMOnly: whenNTLMOnly, beside: present)
    let policy = try load(paths: paths, replacing: machine)
    let enabled = DelegationList.allowing(whenNTLMOnly: whenNTLMOnly)
    return policy.targetsComing(after: isSwitchedOn ? present.delegation : .nothing) { enabled.contains($0) ? targets : [] }
  }

  /// The WinRM targets of other sources to which credentials could not go, and can when the machine's own file says `machine`, by whose switches
  /// their lists are in force then.
  public static func foreignTargetsComing(with machine: MachinePolicy, paths: WinRMPaths) throws -> [ComingTarget] {
    let policy = try load(paths: paths, replacing: machine)
    // With a policy that nobody can read nothing is in force.
    let present = (try? load(paths: paths).delegation) ?? .nothing
    return policy.targetsComing(after: present) { _ in [] }.filter { $0.item.map { !policy.isLocal($0) } ?? true }
  }

  private func targetsComing(
    after present: DelegationPolicy, besides targets: (DelegationList) -> [DelegationPattern]
  ) -> [ComingTarget] {
    let denied = DelegationTargets(delegation.denyFresh.map(\.pattern))
    return [DelegationList.allowFresh, .allowFreshNTLMOnly].flatMap { list -> [ComingTarget] in
      let known = DelegationTargets(present.entries(of: list).map(\.pattern) + targets(list))
      var seen: Set<DelegationPattern> = []
      return delegation.entries(of: list).filter { entry in
        entry.pattern.isWSMan && !known.cover(entry.pattern) && !denied.cover(entry.pattern) && seen.insert(entry.pattern).inserted
      }.map { ComingTarget(pattern: $0.pattern, list: list.name, item: item(of: $0.origin)) }
    }
  }
}

/// Many patterns, to be asked whether one of them covers another.
private struct DelegationTargets {
  private let all: Set<DelegationPattern>
  /// Those that cover more than themselves.
  private let wide: [DelegationPattern]

  init(_ patterns: [DelegationPattern]) {
    all = Set(patterns)
    wide = all.filter { $0.text.contains("*") }
  }

  func cover(_ pattern: DelegationPattern) -> Bool { all.contains(pattern) || wide.contains { $0.covers(pattern) } }
}

extension DelegationPolicy {
  fileprivate func entries(of list: DelegationList) -> [Entry] {
    switch list {
    case .allowFresh: allowFresh
    case .allowFreshNTLMOnly: allowFreshWhenNTLMOnly
    case .denyFresh: denyFresh
    }
  }
}

extension EffectivePolicy {
  /// Finds out whether the machine's own policy file can allow delegation to more targets, and returns the policy as it is now.
  ///
  /// - Throws: `governedByPolicy` (0x8033808A) with object, file and key when other policy leaves an entry there without effect: it switches
  ///   the list off, empties it, or denies the target.
  public static func checkEnabling(
    _ targets: [DelegationPattern], whenNTLMOnly: Bool, paths: WinRMPaths
  ) throws -> EffectivePolicy {
    let present = try load(paths: paths)
    var machine = present.machine
    machine.allowFreshCredentials(to: targets, whenNTLMOnly: whenNTLMOnly, beside: present)
    let policy = try load(paths: paths, replacing: machine)
    let key = PolicyKey.credentialsDelegation.path
    for list in DelegationList.allowing(whenNTLMOnly: whenNTLMOnly) {
      if let item = policy.tree.item(key, list.name), item.value.number != 1 {
        throw refusal("\(list.name): \(item.source.object) sets it to \(item.value.number ?? 0)", item.key, item.source)
      }
      let listKey = "\(key)\\\(list.name)"
      let texts = policy.tree.items(of: listKey).compactMap { $0.value.text?.lowercased() }
      guard policy.tree.item(key, list.name) != nil, targets.allSatisfy({ texts.contains($0.text.lowercased()) }) else {
        let source = policy.source(breaking: { tree in
          let texts = tree.items(of: listKey).compactMap { $0.value.text?.lowercased() }
          return tree.item(key, list.name) != nil && targets.allSatisfy { texts.contains($0.text.lowercased()) }
        })
        throw refusal("\(list.name): \(source?.object ?? "an object") takes away what stands there", listKey, source)
      }
    }
    let delegation = policy.delegation
    for target in targets {
      guard let entry = delegation.denyFresh.first(where: { $0.pattern.covers(target) }) else { continue }
      let item = policy.item(of: entry.origin)
      throw refusal("where credentials may go: \(entry.source) (\(entry.pattern)) denies \(target)", item?.key ?? key, item?.source)
    }
    return present
  }

  private static func refusal(_ what: String, _ key: String, _ source: PolicySource?) -> ConfigurationError {
    ConfigurationError(
      .governedByPolicy,
      "policy decides \(what), in the key HKEY_LOCAL_MACHINE\\\(key). An entry of this machine would have no effect. Nothing was changed.",
      file: source?.file)
  }
}

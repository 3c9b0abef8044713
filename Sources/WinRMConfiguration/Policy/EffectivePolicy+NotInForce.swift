public import GroupPolicy

// What stands in policy and what of it holds.

extension EffectivePolicy {
  /// A value that stands in a file of policy, and does not hold.
  public struct NotInForce: Sendable, Hashable {
    public var key: String
    public var name: String
    public var value: RegistryValue
    public var source: PolicySource
    /// Why it does not hold.
    public var reason: String
  }

  /// ``items`` without the entries of lists that are not in force.
  public var rules: [PolicyTree.Item] {
    let reasons = reasonsOfIdleLists
    return items.filter { item in PolicyKey.list(at: item.key).map { reasons[$0] == nil } ?? true }
  }

  /// Every entry of a delegation list that is not in force, whoever wrote it, and what the machine's own policy file says and other policy decides
  /// otherwise.
  public func notInForce() -> [NotInForce] {
    let reasons = reasonsOfIdleLists
    let idle = items.compactMap { item in
      PolicyKey.list(at: item.key).flatMap { reasons[$0] }.map { reason in
        NotInForce(key: item.key, name: item.name, value: item.value, source: item.source, reason: reason)
      }
    }
    return idle + overridden(reasons)
  }

  /// What the machine's own policy file says and ``tree`` does not have from there. An entry of a list that is in force holds where its text
  /// does, whoever wrote it and under whatever number.
  private func overridden(_ reasons: [String: String]) -> [NotInForce] {
    let entries = machine.entries
    var present: [String: [RegistryValue: Bool]] = [:]
    for key in Set(entries.map(\.key)) where PolicyKey.at(key) == nil {
      present[key] = Dictionary(tree.items(of: key).map { ($0.value, isLocal($0)) }) { $0 || $1 }
    }
    return entries.compactMap { entry in
      let reason: String
      if let isLocal = present[entry.key]?[entry.value] {
        // What is in the tree from this file is not missing there, in force or not.
        guard !isLocal, let idle = PolicyKey.list(at: entry.key).flatMap({ reasons[$0] }) else { return nil }
        reason = idle
      } else if let item = tree.item(entry.key, entry.name) {
        guard item.value != entry.value else { return nil }
        reason = Self.setting(item)
      } else {
        reason =
          isWithheld(entry)
          ? "policy.json does not switch its list on, and no other policy's switch brings its entries back" : "other policy takes it away"
      }
      let source = PolicySource(object: Self.machineObject, file: machineFile)
      return NotInForce(key: entry.key, name: entry.name, value: entry.value, source: source, reason: reason)
    }
  }

  /// Why the entries of a list do not hold, by the name of the list, for each that is not in force.
  private var reasonsOfIdleLists: [String: String] {
    var reasons: [String: String] = [:]
    for list in DelegationList.allCases {
      let item = tree.item(PolicyKey.credentialsDelegation.path, list.name)
      guard !list.isInForce(item?.value.number) else { continue }
      reasons[list.name] =
        item.map { "its list \(list.name) is switched off: \(Self.setting($0))" }
        ?? "nothing switches its list on: \(list.name) is not configured"
    }
    return reasons
  }

  private static func setting(_ item: PolicyTree.Item) -> String {
    "\(item.source.object) sets \(shown(item.value)) (\(item.source.file))"
  }

  /// A value for people.
  public static func shown(_ value: RegistryValue) -> String {
    value.number.map { String($0) } ?? value.text ?? "\(value.data.count) bytes of \(value.type.name)"
  }

  /// Whether an entry of a list of ``machine`` is out of force because the file does not switch its list on.
  private func isWithheld(_ entry: PolicyFile.Entry) -> Bool {
    guard let list = DelegationList.allCases.first(where: { $0.name == PolicyKey.list(at: entry.key) }), list != .denyFresh else {
      return false
    }
    return !list.isInForce(machine.credentialsDelegation.numbers[list.name])
  }
}

/// Where a policy value was written.
public struct PolicySource: Hashable, Sendable {
  /// The policy object for people: `WinRM CredSSP {9D7E…}`, `local policy`.
  public var object: String
  /// The file that was read: a path, or `\\domain\SYSVOL\…\Registry.pol`.
  public var file: String

  public init(object: String, file: String) {
    self.object = object
    self.file = file
  }
}

/// The registry as the policy files make it: they are applied in order, the last one to write a value wins, and every value remembers who
/// wrote it.
///
/// It holds policy only. Values that a file removes are gone, as if nobody had configured them.
///
/// An instruction that removes keys looks at all keys that there are: who reads files of strangers keeps only the keys that matter.
public struct PolicyTree: Sendable, Equatable {
  /// A value and where it comes from.
  public struct Item: Hashable, Sendable {
    /// The key as its file spells it.
    public var key: String
    /// The name as its file spells it.
    public var name: String
    public var value: RegistryValue
    public var source: PolicySource
  }

  private var keys: [RegistryName: [RegistryName: Item]] = [:]

  public init() {}

  /// Applies a file.
  ///
  /// - Parameter isWanted: keys that it refuses are left aside; an instruction that is not known does no harm there.
  /// - Throws: ``GroupPolicyError``. Then part of the file may have been applied: drop this tree.
  public mutating func apply(
    _ file: PolicyFile, from source: PolicySource, where isWanted: (String) -> Bool = { _ in true }
  ) throws(GroupPolicyError) {
    for entry in file.entries where isWanted(entry.key) { try apply(entry, from: source) }
  }

  /// Applies one entry.
  ///
  /// - Returns: the values that it takes away, or puts another one in place of.
  @discardableResult
  public mutating func apply(_ entry: PolicyFile.Entry, from source: PolicySource) throws(GroupPolicyError) -> [Item] {
    let key = RegistryName(entry.key)
    switch try PolicyInstruction(entry) {
    case .set(let name): return store(entry, key, name, source).map { [$0] } ?? []
    case .setIfAbsent(let name):
      if keys[key]?[RegistryName(name)] == nil { store(entry, key, name, source) }
      return []
    case .delete(let name): return keys[key]?.remove([name]) ?? []
    case .deleteValues(let names): return keys[key]?.remove(names) ?? []
    case .deleteAllValues: return keys.removeValue(forKey: key)?.inOrder ?? []
    case .deleteKeys(let names): return removeKeys(names, below: key)
    case .secureKey, .makeKey, .comment: return []
    }
  }

  /// The value of a name, in any case.
  public func item(_ key: String, _ name: String) -> Item? { keys[RegistryName(key)]?[RegistryName(name)] }

  /// The values of a key in the order of their names: numbers by size, then texts.
  public func items(of key: String) -> [Item] { keys[RegistryName(key)]?.inOrder ?? [] }

  /// Every value, by key and name.
  public var items: [Item] {
    keys.sorted { $0.key.folded < $1.key.folded }.flatMap { $0.value.inOrder }
  }

  @discardableResult
  private mutating func store(_ entry: PolicyFile.Entry, _ key: RegistryName, _ name: String, _ source: PolicySource) -> Item? {
    keys[key, default: [:]].updateValue(Item(key: entry.key, name: name, value: entry.value, source: source), forKey: RegistryName(name))
  }

  /// Removes keys with all that is in them. The work is that of looking at every key there is, once.
  private mutating func removeKeys(_ names: [String], below parent: RegistryName) -> [Item] {
    let below = keys.keys.compactMap { key in key.path(below: parent).map { (key: key, path: $0) } }
    guard !below.isEmpty else { return [] }
    let paths = RegistryPaths(names)
    let removed = below.filter { paths.contain($0.path) }.map(\.key).sorted { $0.folded < $1.folded }
    return removed.flatMap { keys.removeValue(forKey: $0)?.inOrder ?? [] }
  }
}

extension [RegistryName: PolicyTree.Item] {
  fileprivate mutating func remove(_ names: [String]) -> [PolicyTree.Item] { names.compactMap { removeValue(forKey: RegistryName($0)) } }

  /// Numbers by size, then texts.
  fileprivate var inOrder: [PolicyTree.Item] {
    let names = keys.map { (name: $0, number: UInt32($0.folded)) }.sorted { left, right in
      switch (left.number, right.number) {
      case (let left?, let right?) where left != right: left < right
      case (.some, nil): true
      case (nil, .some): false
      default: left.name.folded < right.name.folded
      }
    }
    return names.compactMap { self[$0.name] }
  }
}

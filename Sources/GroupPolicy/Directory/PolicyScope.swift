/// A site, a domain or an organizational unit (MS-GPOL calls it scope of management): who is in it gets the policy objects that it links.
public struct PolicyScope: Hashable, Sendable {
  /// Its name in the directory.
  public var name: String
  /// In the order of `gPLink`.
  public var links: [PolicyLink]
  /// Bit 0 of `gPOptions`: objects from further up do not apply here, unless their link is enforced.
  public var blocksInheritance: Bool

  public init(name: String, links: [PolicyLink] = [], blocksInheritance: Bool = false) {
    self.name = name
    self.links = links
    self.blocksInheritance = blocksInheritance
  }

  /// Reads the two attributes as the directory has them; `nil` for one that is not there.
  ///
  /// - Throws: ``GroupPolicyError``.
  public init(name: String, gPLink: String?, gPOptions: String?) throws(GroupPolicyError) {
    let options: Int32
    switch gPOptions {
    case nil: options = 0
    case let text?:
      guard let number = Int32(text) else { throw GroupPolicyError(.malformed, "gPOptions of \(name) is no number") }
      options = number
    }
    self.init(
      name: name, links: try gPLink.map { text throws(GroupPolicyError) in try PolicyLink.parse(text) } ?? [],
      blocksInheritance: options & 1 != 0)
  }

  /// A link that applies, and where it stands.
  public struct AppliedLink: Hashable, Sendable {
    public var link: PolicyLink
    public var scope: String
  }

  /// The links in the order in which their objects are applied: the last one wins (MS-GPOL §3.2.5.1.6).
  ///
  /// Site, domain, organizational units from the outermost to the innermost; in each of them as `gPLink` lists them. Then the enforced
  /// ones, and of these the outermost last: what the domain enforces no unit can change. An object that is linked more than once counts
  /// at its strongest place only.
  ///
  /// - Parameter scopes: from the outermost (the site) to the innermost (the machine's own unit).
  public static func appliedLinks(of scopes: [PolicyScope]) -> [AppliedLink] {
    let firstUnblocked = scopes.lastIndex { $0.blocksInheritance } ?? 0
    var plain: [AppliedLink] = []
    var enforced: [[AppliedLink]] = []
    for (index, scope) in scopes.enumerated() {
      let links = scope.links.filter { !$0.isDisabled }
      enforced.append(links.filter(\.isEnforced).map { AppliedLink(link: $0, scope: scope.name) })
      guard index >= firstUnblocked else { continue }
      plain += links.filter { !$0.isEnforced }.map { AppliedLink(link: $0, scope: scope.name) }
    }
    let all = plain + enforced.reversed().joined()
    // By the whole name: every domain has its Default Domain Policy, with the same identifier, and a link to some other place must not take
    // that of the object itself.
    var seen: Set<String> = []
    return all.reversed().filter { seen.insert($0.link.object.lowercased()).inserted }.reversed()
  }
}

/// One link of a site, a domain or an organizational unit to a policy object: a part of `gPLink` (MS-GPOL §2.2.2).
public struct PolicyLink: Hashable, Sendable {
  /// The name of the object in the directory, as written.
  public var object: String
  public var identifier: PolicyIdentifier
  /// Bit 0 of the options: the link counts for nothing.
  public var isDisabled: Bool
  /// Bit 1: what the object says wins over objects that are linked further down, and cannot be blocked there.
  public var isEnforced: Bool

  /// The DNS name of the domain that the object is in, in lower case; empty when the name tells none.
  public var domain: String { (try? DirectoryName(parsing: object))?.domain ?? "" }

  public init(object: String, identifier: PolicyIdentifier, isDisabled: Bool = false, isEnforced: Bool = false) {
    self.object = object
    self.identifier = identifier
    self.isDisabled = isDisabled
    self.isEnforced = isEnforced
  }

  /// The longest `gPLink` that is taken, in bytes, and the most links in it.
  public static let maximumLength = 1 << 18
  public static let maximumCount = 999

  /// Reads `[LDAP://DN;OPTIONS][LDAP://DN;OPTIONS]…`, in the order in which they stand: the last one has link order 1, and wins.
  ///
  /// - Throws: ``GroupPolicyError``.
  public static func parse(_ text: String) throws(GroupPolicyError) -> [PolicyLink] {
    guard text.utf8.count <= maximumLength else { throw GroupPolicyError(.limitExceeded, "gPLink is longer than \(maximumLength) bytes") }
    var links: [PolicyLink] = []
    var rest = text[...]
    // An attribute whose last link was taken away can be left as one blank.
    while let first = rest.first {
      if first == " " {
        rest.removeFirst()
        continue
      }
      guard first == "[", let end = rest.firstIndex(of: "]") else { throw malformed(rest) }
      guard links.count < maximumCount else { throw GroupPolicyError(.limitExceeded, "gPLink has more than \(maximumCount) links") }
      links.append(try link(rest[rest.index(after: rest.startIndex)..<end]))
      rest = rest[rest.index(after: end)...]
    }
    return links
  }

  private static func link(_ text: Substring) throws(GroupPolicyError) -> PolicyLink {
    let scheme = "ldap://"
    guard text.prefix(scheme.count).lowercased() == scheme, let cut = text.lastIndex(of: ";"),
      let options = Int32(text[text.index(after: cut)...])
    else { throw malformed(text) }
    let name = String(text[text.index(text.startIndex, offsetBy: scheme.count)..<cut])
    let parsed = try DirectoryName(parsing: name)
    guard parsed.isNamed(by: "CN"), let identifier = PolicyIdentifier(parsed.firstValue) else { throw malformed(text) }
    return PolicyLink(object: name, identifier: identifier, isDisabled: options & 1 != 0, isEnforced: options & 2 != 0)
  }

  private static func malformed(_ text: Substring) -> GroupPolicyError {
    GroupPolicyError(.malformed, "a link to a policy object is none: \(text.prefix(100))")
  }
}

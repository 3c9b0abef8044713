/// The namespace declarations in scope at an element, for the QNames that SOAP writes into text and attribute values.
///
/// Immutable, and shared between an element and its descendants: a declaration costs one node however many elements see it.
public final class XMLScope: Sendable {
  /// The declared prefix; empty for the default namespace.
  public let prefix: String
  /// The namespace URI; empty where a declaration takes the default namespace away.
  public let namespace: String
  let parent: XMLScope?

  /// A single declaration, for an element made by a program that should be written with this prefix.
  public convenience init(prefix: String, namespace: String) { self.init(prefix: prefix, namespace: namespace, parent: nil) }

  init(prefix: String, namespace: String, parent: XMLScope?) {
    self.prefix = prefix
    self.namespace = namespace
    self.parent = parent
  }

  /// The namespace that `prefix` stands for here, or `nil`.
  public func namespace(for prefix: some StringProtocol) -> String? {
    var scope: XMLScope? = self
    while let here = scope {
      if here.prefix == prefix { return here.namespace }
      scope = here.parent
    }
    return nil
  }

  /// All declarations visible here, the innermost of each prefix only.
  var declarations: [(prefix: String, namespace: String)] {
    var seen: Set<String> = []
    var found: [(prefix: String, namespace: String)] = []
    var scope: XMLScope? = self
    while let here = scope {
      if seen.insert(here.prefix).inserted { found.append((here.prefix, here.namespace)) }
      scope = here.parent
    }
    return found.reversed()
  }
}

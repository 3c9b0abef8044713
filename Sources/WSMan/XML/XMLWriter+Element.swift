extension XMLWriter {
  /// Writes a tree. Declarations that were in scope where it was read are kept, so that QNames in its text still mean the same;
  /// names for which no prefix is in scope get one of their own.
  mutating func element(_ element: XMLElement) { self.element(element, declared: ["xml": XMLNamespace.xml.rawValue]) }

  private mutating func element(_ element: XMLElement, declared outer: [String: String]) {
    var declared = outer
    var declarations: [(prefix: String, namespace: String)] = []
    func declare(_ prefix: String, _ namespace: String) {
      guard declared[prefix] ?? "" != namespace else { return }
      declared[prefix] = namespace
      declarations.append((prefix, namespace))
    }
    for (prefix, namespace) in element.scope?.declarations ?? [] where prefix != "xml" { declare(prefix, namespace) }

    let tag = Self.qualified(element.name, isAttribute: false, declared: &declared, declarations: &declarations)
    let attributes = element.attributes.map {
      (Self.qualified($0.name, isAttribute: true, declared: &declared, declarations: &declarations), $0.value)
    }
    raw("<")
    raw(tag.utf8)
    for (prefix, namespace) in declarations {
      raw(prefix.isEmpty ? " xmlns" : " xmlns:")
      raw(prefix.utf8)
      raw("=\"")
      attribute(namespace, field: "a namespace")
      raw("\"")
    }
    for (name, value) in attributes {
      raw(" ")
      raw(name.utf8)
      raw("=\"")
      attribute(value, field: "an attribute")
      raw("\"")
    }
    guard !element.children.isEmpty else { return raw("/>") }
    raw(">")
    for child in element.children {
      switch child {
      case .element(let inner): self.element(inner, declared: declared)
      case .text(let value): text(value, field: "a text")
      }
    }
    raw("</")
    raw(tag.utf8)
    raw(">")
  }

  /// The name with a prefix that is in scope, declaring one where there is none.
  private static func qualified(
    _ name: XMLName, isAttribute: Bool, declared: inout [String: String],
    declarations: inout [(prefix: String, namespace: String)]
  ) -> String {
    if name.namespace.isEmpty {
      // Attributes without prefix have no namespace; for an element the default namespace must be taken away first.
      if !isAttribute, declared["", default: ""] != "" {
        declared[""] = ""
        declarations.removeAll { $0.prefix.isEmpty }
        declarations.append(("", ""))
      }
      return name.localName
    }
    let candidates = declared.filter { $0.value == name.namespace && !(isAttribute && $0.key.isEmpty) }.keys
    if let prefix = candidates.min() { return prefix.isEmpty ? name.localName : "\(prefix):\(name.localName)" }
    var prefix = XMLNamespace(rawValue: name.namespace).prefix ?? "q0"
    var number = 0
    while declared[prefix] != nil {
      prefix = "q\(number)"
      number += 1
    }
    declared[prefix] = name.namespace
    declarations.append((prefix, name.namespace))
    return "\(prefix):\(name.localName)"
  }
}

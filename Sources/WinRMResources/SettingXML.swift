import WSMan
import WinRMConfiguration

/// Settings as XML: all elements of a document are in the namespace of the resource by which it was asked for (MS-WSMV §2.2.4).
struct SettingXML {
  let namespace: String

  func name(_ local: String) -> XMLName { XMLName(namespace: namespace, localName: local) }

  /// The root of an answer, with the prefix that Windows has.
  func root(_ local: String, attributes: [XMLAttribute] = [], _ children: [XMLElement]) -> XMLElement {
    XMLElement(
      name(local), attributes: attributes, children: children.map { .element($0) }, scope: XMLScope(prefix: "cfg", namespace: namespace))
  }

  func value(_ local: String, _ text: String?, isGoverned: Bool = false) -> XMLElement {
    guard let text else { return XMLElement(name(local), attributes: [XMLAttribute(XMLName(.schemaInstance, "nil"), "true")]) }
    return XMLElement(name(local), attributes: isGoverned ? [.governed] : [], text: text)
  }

  // MARK: Writing

  /// The values of a part that has none below it.
  func values(of tree: SettingTree) -> [XMLElement] {
    tree.nodes.compactMap { node in
      guard case .value(let name, let value) = node else { return nil }
      return self.value(name, value.text)
    }
  }

  /// A part of the settings; what policy decides says so.
  func element(_ tree: SettingTree, path: String, in settings: EffectiveSettings) -> XMLElement {
    root(tree.name, children(tree, path: path, in: settings))
  }

  private func children(_ tree: SettingTree, path: String, in settings: EffectiveSettings) -> [XMLElement] {
    let resource = ConfigurationResource(path: path)
    return tree.nodes.map { node in
      switch node {
      case .value(let name, let value):
        return self.value(name, value.text, isGoverned: resource.flatMap { settings.item(deciding: name, of: $0) } != nil)
      case .tree(let inner):
        let children = children(inner, path: path + "/" + inner.name.lowercased(), in: settings)
        return XMLElement(name(inner.name), children: children.map { .element($0) })
      }
    }
  }

  // MARK: Reading

  /// Reads a document of settings.
  ///
  /// - Throws: SchemaValidationError for elements of another namespace, and for text beside elements.
  func document(_ element: XMLElement) throws(WSManFault) -> SettingDocument {
    try check(element)
    guard element.elements.isEmpty || element.trimmedText.isEmpty else {
      throw .schemaValidationError("The element \(element.name.localName.shown) holds text beside elements.")
    }
    var nodes: [SettingDocument.Node] = []
    for inner in element.elements {
      try check(inner)
      if inner.elements.isEmpty {
        nodes.append(.value(name: inner.name.localName, inner.isNull ? nil : inner.text))
      } else {
        nodes.append(.document(try document(inner)))
      }
    }
    return SettingDocument(name: element.name.localName, nodes: nodes)
  }

  /// Namespaces are URIs of resources, which count in any case: clients write them as somebody typed them.
  private func check(_ element: XMLElement) throws(WSManFault) {
    guard element.name.namespace.lowercased() == namespace else {
      throw .schemaValidationError(
        "The element \(element.name.localName.shown) is not in the namespace of the resource, \(namespace).")
    }
  }
}

extension XMLElement {
  /// Whether `xsi:nil` says that there is no value.
  var isNull: Bool { ["true", "1"].contains(attribute("nil", .schemaInstance)) }
}

extension XMLAttribute {
  /// Policy decides the value.
  static let governed = XMLAttribute("Source", "GPO")
}

extension String {
  /// Text of a peer in a sentence: short, without control characters.
  var plain: String {
    String(unicodeScalars.prefix(128).map { $0.properties.generalCategory == .control ? "\u{FFFD}" : Character($0) })
  }

  /// ``plain`` in quotes.
  var shown: String { "\"" + plain + "\"" }
}

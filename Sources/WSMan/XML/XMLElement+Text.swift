extension XMLElement {
  /// Reads one element, as a file or a message holds it.
  ///
  /// - Throws: ``WSManError`` as ``XMLReader/parse(_:limits:)`` does.
  public init(parsing bytes: [UInt8], limits: XMLLimits = .request) throws(WSManError) { self = try XMLReader.parse(bytes, limits: limits) }

  /// The element as XML, with the prefixes that it was read with and the declarations that it needs.
  ///
  /// Characters that could drive a terminal (C1 controls, bidirectional overrides) are written as references, which mean the same to every
  /// reader of XML. Those that XML cannot carry are written as U+FFFD.
  ///
  /// - Parameter indentation: blanks for each level, where an element holds nothing but elements; `nil` for one line.
  public func xml(indentation: Int? = nil) -> String {
    var printer = XMLPrinter(indentation: indentation)
    printer.print(self, declared: ["xml": XMLNamespace.xml.rawValue], level: 0)
    return printer.text
  }
}

private struct XMLPrinter {
  let indentation: Int?
  var text = ""

  init(indentation: Int?) { self.indentation = indentation }

  mutating func print(_ element: XMLElement, declared outer: [String: String], level: Int) {
    var names = Names(declared: outer, scope: element.scope)
    let tag = names.name(element.name, isAttribute: false)
    let attributes = element.attributes.map { (names.name($0.name, isAttribute: true), $0.value) }
    // QNames in values (xsi:type) keep their meaning.
    for value in element.attributes.map(\.value) + [element.text] { names.keepPrefix(of: value) }
    text += "<\(tag)"
    for (prefix, namespace) in names.added { text += " xmlns\(prefix.isEmpty ? "" : ":" + prefix)=\"\(Self.escaped(namespace, true))\"" }
    for (name, value) in attributes { text += " \(name)=\"\(Self.escaped(value, true))\"" }
    guard !element.children.isEmpty else { return text += "/>" }
    text += ">"
    let isIndented = indentation != nil && !element.elements.isEmpty && element.trimmedText.isEmpty
    for child in element.children {
      switch child {
      case .element(let inner):
        if isIndented { lineBreak(level + 1) }
        print(inner, declared: names.declared, level: level + 1)
      case .text(let value): if !isIndented { text += Self.escaped(value, false) }
      }
    }
    if isIndented { lineBreak(level) }
    text += "</\(tag)>"
  }

  private mutating func lineBreak(_ level: Int) { text += "\n" + String(repeating: " ", count: level * (indentation ?? 0)) }

  private static func escaped(_ value: String, _ isInAttribute: Bool) -> String {
    var result = ""
    result.reserveCapacity(value.utf8.count)
    for scalar in value.unicodeScalars {
      switch scalar.value {
      case 0x26: result += "&amp;"
      case 0x3C: result += "&lt;"
      case 0x3E: result += "&gt;"
      case 0x22 where isInAttribute: result += "&quot;"
      case 0x09 where isInAttribute, 0x0A where isInAttribute, 0x0D: result += "&#\(scalar.value);"
      case 0x09, 0x0A: result.unicodeScalars.append(scalar)
      case 0x00..<0x20, 0xFFFE, 0xFFFF: result += "\u{FFFD}"
      case 0x7F...0x9F, 0x061C, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069:
        result += "&#x" + String(scalar.value, radix: 16, uppercase: true) + ";"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// The prefixes of one element: those around it, and those that it adds.
  private struct Names {
    var declared: [String: String]
    var added: [(prefix: String, namespace: String)] = []
    let scope: XMLScope?

    init(declared: [String: String], scope: XMLScope?) {
      self.declared = declared
      self.scope = scope
    }

    mutating func name(_ name: XMLName, isAttribute: Bool) -> String {
      guard !name.namespace.isEmpty else {
        if !isAttribute, declared["", default: ""] != "" { declare("", "") }
        return name.localName
      }
      let prefix = prefix(for: name.namespace, isAttribute: isAttribute)
      return prefix.isEmpty ? name.localName : "\(prefix):\(name.localName)"
    }

    private mutating func prefix(for namespace: String, isAttribute: Bool) -> String {
      // What the element was read with, then what is declared, then our own.
      let visible = (scope?.declarations ?? []).filter { $0.namespace == namespace && !(isAttribute && $0.prefix.isEmpty) }
      if let known = visible.first(where: { declared[$0.prefix] == namespace }) { return known.prefix }
      let inherited = declared.filter { $0.value == namespace && !(isAttribute && $0.key.isEmpty) }
      if visible.isEmpty, let known = inherited.keys.min() { return known }
      if let chosen = visible.last, !added.contains(where: { $0.prefix == chosen.prefix }) {
        declare(chosen.prefix, namespace)
        return chosen.prefix
      }
      if let known = inherited.keys.min() { return known }
      var prefix = XMLNamespace(rawValue: namespace).prefix ?? "q0"
      var number = 0
      while declared[prefix] != nil {
        prefix = "q\(number)"
        number += 1
      }
      declare(prefix, namespace)
      return prefix
    }

    mutating func keepPrefix(of value: String) {
      guard value.utf8.count <= 512, let colon = value.utf8.firstIndex(of: UInt8(ascii: ":")) else { return }
      let prefix = String(value[..<colon]).trimmingXMLSpace
      guard let namespace = scope?.namespace(for: prefix), declared[prefix] != namespace, !prefix.isEmpty,
        !added.contains(where: { $0.prefix == prefix })
      else { return }
      declare(prefix, namespace)
    }

    private mutating func declare(_ prefix: String, _ namespace: String) {
      declared[prefix] = namespace
      added.append((prefix, namespace))
    }
  }
}

import WinRM
import WinRMConfiguration

/// What an operation answers: an element with its attributes, and either a text or elements in order. Namespaces belong to the whole.
struct ResultElement: Equatable, Sendable {
  enum Content: Equatable, Sendable {
    /// `nil` is null (`xsi:nil`), which is something else than empty.
    case value(String?)
    case children([ResultElement])
  }

  var name: String
  var attributes: [(name: String, value: String)]
  var content: Content

  init(name: String, value: String?) {
    self.name = name
    attributes = []
    content = .value(value)
  }

  init(name: String, attributes: [(String, String)] = [], children: [ResultElement]) {
    self.name = name
    self.attributes = attributes.map { (name: $0.0, value: $0.1) }
    content = .children(children)
  }

  /// A selector of an endpoint reference.
  init(selector name: String, value: String) {
    self.init(name: "Selector", value: value)
    attributes = [("Name", name)]
  }

  init(_ tree: SettingTree) {
    self.init(
      name: tree.name,
      children: tree.nodes.flatMap { node -> [ResultElement] in
        switch node {
        case .tree(let tree): [ResultElement(tree)]
        // A list is one element for each item, and an empty one without.
        case .value(let name, .list(let items)) where !items.isEmpty: items.map { ResultElement(name: name, value: $0) }
        case .value(let name, let value): [ResultElement(name: name, value: value.text)]
        }
      })
  }

  static func == (left: Self, right: Self) -> Bool {
    left.name == right.name && left.content == right.content && left.attributes.elementsEqual(right.attributes, by: ==)
  }
}

/// The formats of `-format`.
enum OutputFormat: String, CaseIterable {
  case text, pretty, xml
}

/// Writes answers the way `winrm` prints them.
enum ResultWriter {
  static let faultNamespace = "http://schemas.microsoft.com/wbem/wsman/1/wsmanfault"

  /// Text: one element in a line, children indented by four, `Name = value`; equal neighbours share a line.
  static func text(_ element: ResultElement) -> String { lines(element, indentation: "").map { $0 + "\n" }.joined() }

  /// XML, on one line or indented by two, without a final line end.
  static func xml(_ element: ResultElement, prefix: String, namespace: String, isIndented: Bool) -> String {
    let nilNamespace = holdsNull(element) ? " xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"" : ""
    let declaration = " xmlns:\(prefix)=\"\(escaped(namespace))\"\(nilNamespace)"
    return xml(element, prefix: prefix, declaration: declaration, indentation: isIndented ? "" : nil)
  }

  private static func lines(_ element: ResultElement, indentation: String) -> [String] {
    let attributes = element.attributes.filter { $0.name == "Source" }.map { " [\($0.name)=\"\(printable($0.value))\"]" }.joined()
    switch element.content {
    case .value(let value?) where value.isEmpty: return ["\(indentation)\(element.name)\(attributes)"]
    case .value(let value): return ["\(indentation)\(element.name) = \(printable(value ?? "null"))\(attributes)"]
    case .children(let children):
      var result = ["\(indentation)\(element.name)\(attributes)"]
      var rest = children[...]
      while let child = rest.popFirst() {
        var values: [String] = []
        if let selector = selectorText(child) {
          var selectors = [selector]
          while let next = rest.first.flatMap(selectorText) {
            selectors.append(next)
            rest.removeFirst()
          }
          result.append("\(indentation)    Selector: \(selectors.joined(separator: ", "))")
          continue
        }
        if case .value(let value?) = child.content { values.append(value) }
        while let next = rest.first, next.name == child.name, !values.isEmpty, case .value(let value?) = next.content {
          values.append(value)
          rest.removeFirst()
        }
        let joined = values.count > 1 ? ResultElement(name: child.name, value: values.joined(separator: ", ")) : child
        result += lines(joined, indentation: indentation + "    ")
      }
      return result
    }
  }

  /// `NAME = VALUE` of a selector; `nil` for other elements.
  private static func selectorText(_ element: ResultElement) -> String? {
    guard element.name == "Selector", let name = element.attributes.first(where: { $0.name == "Name" }),
      case .value(let value?) = element.content
    else { return nil }
    return "\(name.value) = \(printable(value))"
  }

  private static func xml(_ element: ResultElement, prefix: String, declaration: String, indentation: String?) -> String {
    let attributes = element.attributes.map { " \($0.name)=\"\(escaped($0.value))\"" }.joined()
    let start = "\(indentation ?? "")<\(prefix):\(element.name)\(declaration)\(attributes)"
    let end = "</\(prefix):\(element.name)>"
    switch element.content {
    case .value(nil): return "\(start) xsi:nil=\"true\">\(end)"
    case .value(let value?): return "\(start)>\(escaped(value))\(end)"
    case .children(let children):
      let inner = children.map { xml($0, prefix: prefix, declaration: "", indentation: indentation.map { $0 + "  " }) }
      guard let indentation else { return "\(start)>\(inner.joined())\(end)" }
      return "\(start)>\n\(inner.map { $0 + "\n" }.joined())\(indentation)\(end)"
    }
  }

  private static func holdsNull(_ element: ResultElement) -> Bool {
    switch element.content {
    case .value(let value): value == nil
    case .children(let children): children.contains(where: holdsNull)
    }
  }

  static func escaped(_ text: String) -> String {
    var result = ""
    for character in printable(text).unicodeScalars {
      switch character {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      default: result.unicodeScalars.append(character)
      }
    }
    return result
  }

  /// Control characters could drive a terminal, and have no place in XML.
  static func printable(_ text: String) -> String { WinRMError.printable(text) }
}

import WSMan
import WinRM

/// Prints what a service sent.
struct ResourcePrinter {
  var format: OutputFormat
  var console: CommandConsole

  func show(_ element: XMLElement) { console.writeOutput(text(element)) }

  /// The element with a line end.
  private func text(_ element: XMLElement) -> String {
    switch format {
    case .text: ResultWriter.text(ResultElement(element))
    case .xml: element.xml() + "\n"
    case .pretty: element.xml(indentation: 2) + "\n"
    }
  }

  /// The items of an enumeration, printed as they come: in text with a blank line between them, in XML inside of `wsman:Results`.
  struct List {
    private let printer: ResourcePrinter
    private var isFirst = true

    init(_ printer: ResourcePrinter) { self.printer = printer }

    mutating func add(_ item: EnumerationItem) {
      guard let element = item.element else { return }
      switch printer.format {
      case .text: printer.console.writeOutput((isFirst ? "" : "\n") + printer.text(element))
      case .xml: printer.console.writeOutput((isFirst ? Self.start : "") + element.xml())
      case .pretty: printer.console.writeOutput((isFirst ? Self.start + "\n" : "") + printer.text(element))
      }
      isFirst = false
    }

    mutating func end() {
      guard printer.format != .text else { return }
      printer.console.writeOutput((isFirst ? Self.start : "") + "</wsman:Results>\n")
    }

    /// What has been printed stays well formed; where nothing has been, nothing is.
    mutating func fail() {
      if !isFirst { end() }
    }

    private static let start = "<wsman:Results xmlns:wsman=\"http://schemas.dmtf.org/wbem/wsman/1/wsman/results\">"
  }
}

extension EnumerationItem {
  /// The item as one element: the object, its reference, or both in `w:Item`.
  fileprivate var element: XMLElement? {
    guard let object, let reference else { return object ?? reference?.element() }
    return XMLElement(XMLName(.wsman, "Item"), children: [.element(object), .element(reference.element())])
  }
}

extension ResultElement {
  /// An element of a peer as the text form shows it: without namespaces; attributes without namespace count as values, but for `Source`, which
  /// stands in brackets, and the names of selectors.
  init(_ element: XMLElement) {
    let name = element.name.localName
    let inner = element.elements
    let plain = element.attributes.filter { $0.name.namespace.isEmpty }
    if element.isNamed(.wsman, "Selector"), let selector = element.attribute("Name"), inner.isEmpty {
      self.init(selector: selector, value: element.text)
      return
    }
    let source = plain.filter { $0.name.localName == "Source" }.map { ($0.name.localName, $0.value) }
    let isNull = ["true", "1"].contains(element.attribute("nil", .schemaInstance))
    let values = plain.filter { $0.name.localName != "Source" && $0.name.localName != "nil" }
    if inner.isEmpty, !element.trimmedText.isEmpty || values.isEmpty {
      self.init(name: name, value: isNull ? nil : element.trimmedText)
      attributes = source.map { (name: $0.0, value: $0.1) }
    } else {
      let leaves = values.map { ResultElement(name: $0.name.localName, value: $0.value) }
      self.init(name: name, attributes: source, children: leaves + inner.map { ResultElement($0) })
    }
  }
}

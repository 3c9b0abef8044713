/// One attribute. Namespace declarations are not attributes here.
public struct XMLAttribute: Hashable, Sendable {
  public var name: XMLName
  public var value: String

  public init(_ name: XMLName, _ value: String) {
    self.name = name
    self.value = value
  }

  /// An attribute without namespace.
  public init(_ name: String, _ value: String) { self.init(XMLName(.none, name), value) }
}

/// A child of an element. Comments are dropped; CDATA is text.
public enum XMLNode: Sendable, Equatable {
  case element(XMLElement)
  case text(String)
}

/// An element with its content. Equality ignores prefixes and namespace declarations.
public struct XMLElement: Sendable {
  public var name: XMLName
  public var attributes: [XMLAttribute]
  public var children: [XMLNode]
  /// The namespace declarations in scope; `nil` when there are none, as in elements made by a program.
  public var scope: XMLScope?

  public init(_ name: XMLName, attributes: [XMLAttribute] = [], children: [XMLNode] = [], scope: XMLScope? = nil) {
    self.name = name
    self.attributes = attributes
    self.children = children
    self.scope = scope
  }

  /// An element that holds nothing but text.
  public init(_ name: XMLName, attributes: [XMLAttribute] = [], text: String) {
    self.init(name, attributes: attributes, children: text.isEmpty ? [] : [.text(text)])
  }
}

extension XMLElement: Equatable {
  public static func == (left: Self, right: Self) -> Bool {
    left.name == right.name && left.attributes == right.attributes && left.children == right.children
  }
}

extension XMLElement {
  /// The child elements in order.
  public var elements: [XMLElement] {
    children.compactMap { if case .element(let element) = $0 { element } else { nil } }
  }

  /// The text directly inside, without that of child elements.
  public var text: String {
    if children.count == 1, case .text(let only) = children[0] { return only }
    return children.reduce(into: "") { if case .text(let part) = $1 { $0 += part } }
  }

  /// ``text`` without the XML white space at both ends.
  public var trimmedText: String { text.trimmingXMLSpace }

  /// The first child element of that name.
  public func first(_ namespace: XMLNamespace, _ localName: String) -> XMLElement? {
    for case .element(let element) in children where element.isNamed(namespace, localName) { return element }
    return nil
  }

  /// All child elements of that name, in order.
  public func all(_ namespace: XMLNamespace, _ localName: String) -> [XMLElement] {
    elements.filter { $0.isNamed(namespace, localName) }
  }

  /// The value of an attribute, by default one without namespace.
  public func attribute(_ localName: String, _ namespace: XMLNamespace = .none) -> String? {
    attributes.first { $0.name.localName == localName && $0.name.namespace == namespace.rawValue }?.value
  }

  /// Whether the element has that name.
  public func isNamed(_ namespace: XMLNamespace, _ localName: String) -> Bool {
    name.localName == localName && name.namespace == namespace.rawValue
  }

  /// The expanded name that a QName written as text stands for here (`w:TimedOut`); `nil` when its prefix is not declared.
  public func resolve(_ qualifiedName: String) -> XMLName? {
    let text = qualifiedName.trimmingXMLSpace
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    guard let first = parts.first, let last = parts.last, !last.isEmpty, !last.contains(":") else { return nil }
    guard parts.count == 2 else { return XMLName(namespace: scope?.namespace(for: "") ?? "", localName: text) }
    guard !first.isEmpty else { return nil }
    if first == "xml" { return XMLName(.xml, String(last)) }
    return scope?.namespace(for: first).map { XMLName(namespace: $0, localName: String(last)) }
  }
}

extension String {
  /// The text without the four XML space characters at both ends.
  var trimmingXMLSpace: String {
    func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D }
    guard let head = utf8.first, let tail = utf8.last, isSpace(head) || isSpace(tail) else { return self }
    let start = utf8.firstIndex { !isSpace($0) } ?? endIndex
    let end = utf8.lastIndex { !isSpace($0) }.map { utf8.index(after: $0) } ?? start
    return String(self[start..<Swift.max(start, end)])
  }
}

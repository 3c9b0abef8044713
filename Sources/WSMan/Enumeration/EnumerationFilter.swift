/// Which items of an enumeration are wanted (`w:Filter`, DSP0226 §8.3).
public struct EnumerationFilter: Sendable, Equatable {
  /// What stands in the filter: languages differ in their form.
  public enum Content: Sendable, Equatable {
    /// Text: WQL, XPath, CQL.
    case text(String)
    /// `w:SelectorSet`.
    case selectors([Selector])
    /// `b:AssociatedInstances` or `b:AssociationInstances`.
    case association(AssociationFilter)
    /// Another element.
    case element(XMLElement)
  }

  /// The URI of the language. XPath 1.0 counts where a peer says nothing.
  public var dialect: String
  public var content: Content

  public init(dialect: String, content: Content) {
    self.dialect = dialect
    self.content = content
  }

  /// MS-WSMV §2.2.4.4.
  public static let wql = "http://schemas.microsoft.com/wbem/wsman/1/WQL"
  /// DSP0226 annex E.
  public static let selectorFilter = "http://schemas.dmtf.org/wbem/wsman/1/wsman/SelectorFilter"
  /// DSP0227 §17.2, in the spelling that Windows has.
  public static let associationFilter = "http://schemas.dmtf.org/wbem/wsman/1/cimbinding/associationFilter"
}

/// Follows associations from one object (DSP0227 §17.2).
public struct AssociationFilter: Hashable, Sendable {
  /// Where to start.
  public var object: EndpointReference
  public var associationClassName: String?
  public var role: String?
  public var resultClassName: String?
  public var resultRole: String?
  public var includedProperties: [String]
  /// Whether the associations themselves are wanted, not what is at their other end.
  public var returnsAssociations: Bool

  public init(
    object: EndpointReference, associationClassName: String? = nil, role: String? = nil, resultClassName: String? = nil,
    resultRole: String? = nil, includedProperties: [String] = [], returnsAssociations: Bool = false
  ) {
    self.object = object
    self.associationClassName = associationClassName
    self.role = role
    self.resultClassName = resultClassName
    self.resultRole = resultRole
    self.includedProperties = includedProperties
    self.returnsAssociations = returnsAssociations
  }
}

extension EnumerationFilter {
  /// Reads `w:Filter`, or `n:Filter`, which means the same.
  init(_ element: XMLElement) {
    let dialect = element.attribute("Dialect") ?? FragmentTransfer.xpath
    let inner = element.elements.first
    if let inner, inner.isNamed(.wsman, "SelectorSet") {
      self.init(dialect: dialect, content: .selectors(EndpointReference.selectors(inner)))
    } else if let inner, let association = AssociationFilter(inner) {
      self.init(dialect: dialect, content: .association(association))
    } else if let inner {
      self.init(dialect: dialect, content: .element(inner))
    } else {
      self.init(dialect: dialect, content: .text(element.text))
    }
  }

  func encode(into writer: inout XMLWriter) {
    writer.element("w:Filter", [("Dialect", dialect)]) {
      switch content {
      case .text(let text): $0.text(text, field: "the filter")
      case .selectors(let selectors): EndpointReference.encode(selectors, into: &$0)
      case .association(let filter): filter.encode(into: &$0)
      case .element(let element): $0.element(element)
      }
    }
  }
}

extension AssociationFilter {
  /// `nil` for an element that is no filter of this kind.
  init?(_ element: XMLElement) {
    let isAssociation = element.isNamed(.cimBinding, "AssociationInstances")
    guard isAssociation || element.isNamed(.cimBinding, "AssociatedInstances"), let object = element.first(.cimBinding, "Object") else {
      return nil
    }
    func text(_ name: String) -> String? { element.first(.cimBinding, name)?.trimmedText }
    self.init(
      object: EndpointReference(object), associationClassName: text(isAssociation ? "ResultClassName" : "AssociationClassName"),
      role: text("Role"), resultClassName: isAssociation ? nil : text("ResultClassName"), resultRole: text("ResultRole"),
      includedProperties: element.all(.cimBinding, "IncludeResultProperty").map(\.trimmedText), returnsAssociations: isAssociation)
  }

  /// The order is that of the schema. Associations have neither AssociationClassName nor ResultRole: their class is the result's.
  func encode(into writer: inout XMLWriter) {
    func children(_ writer: inout XMLWriter) {
      writer.element("b:Object") { object.encodeContent(into: &$0) }
      if !returnsAssociations, let associationClassName { writer.element("b:AssociationClassName", text: associationClassName) }
      if let role { writer.element("b:Role", text: role) }
      if let name = returnsAssociations ? associationClassName ?? resultClassName : resultClassName {
        writer.element("b:ResultClassName", text: name)
      }
      if !returnsAssociations, let resultRole { writer.element("b:ResultRole", text: resultRole) }
      for property in includedProperties { writer.element("b:IncludeResultProperty", text: property) }
    }
    if returnsAssociations {
      writer.element("b:AssociationInstances", [], children)
    } else {
      writer.element("b:AssociatedInstances", [], children)
    }
  }
}

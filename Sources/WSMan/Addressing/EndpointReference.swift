/// The value of a selector: text, or a reference to another resource (DSP0226 §5.4).
public indirect enum SelectorValue: Hashable, Sendable {
  case text(String)
  case reference(EndpointReference)
}

/// One selector with its name.
public struct Selector: Hashable, Sendable {
  public var name: String
  public var value: SelectorValue

  public init(_ name: String, _ value: SelectorValue) {
    self.name = name
    self.value = value
  }

  public init(_ name: String, _ text: String) { self.init(name, .text(text)) }
}

/// Where a resource is (`a:EndpointReference`, DSP0226 §5.1).
public struct EndpointReference: Hashable, Sendable {
  /// The URL of the service, or the anonymous address.
  public var address: String
  public var resourceURI: ResourceURI?
  /// In the order of the document.
  public var selectors: [Selector]

  public init(address: String = WSManResponse.anonymousAddress, resourceURI: ResourceURI?, selectors: [Selector] = []) {
    self.address = address
    self.resourceURI = resourceURI
    self.selectors = selectors
  }

  /// The text of the selector of that name, whatever its case.
  public func selector(_ name: String) -> String? {
    for case .text(let text) in selectors.lazy.filter({ $0.name.lowercased() == name.lowercased() }).map(\.value) { return text }
    return nil
  }
}

extension EndpointReference {
  /// Reads the content of an endpoint reference, whatever the element around it is called (`a:EndpointReference`, `x:ResourceCreated`).
  init(_ element: XMLElement) {
    let parameters = element.first(.addressing, "ReferenceParameters") ?? element.first(.addressing, "ReferenceProperties")
    self.init(
      address: element.first(.addressing, "Address")?.trimmedText ?? "",
      resourceURI: parameters?.first(.wsman, "ResourceURI").map { ResourceURI(rawValue: $0.trimmedText) },
      selectors: Self.selectors(parameters?.first(.wsman, "SelectorSet")))
  }

  static func selectors(_ set: XMLElement?) -> [Selector] {
    (set?.all(.wsman, "Selector") ?? []).compactMap { element in
      guard let name = element.attribute("Name"), !name.isEmpty else { return nil }
      if let reference = element.first(.addressing, "EndpointReference") { return Selector(name, .reference(EndpointReference(reference))) }
      return Selector(name, element.text)
    }
  }

  /// Writes the content, without the element around it.
  func encodeContent(into writer: inout XMLWriter) {
    writer.element("a:Address", text: address)
    writer.element("a:ReferenceParameters") {
      if let resourceURI { $0.element("w:ResourceURI", text: resourceURI.rawValue) }
      Self.encode(selectors, into: &$0)
    }
  }

  static func encode(_ selectors: [Selector], into writer: inout XMLWriter) {
    guard !selectors.isEmpty else { return }
    writer.element("w:SelectorSet") {
      for selector in selectors {
        switch selector.value {
        case .text(let text):
          $0.element("w:Selector", [("Name", selector.name)], text: text, field: "the value of selector \(selector.name)")
        case .reference(let reference):
          $0.element("w:Selector", [("Name", selector.name)]) {
            $0.element("a:EndpointReference") { reference.encodeContent(into: &$0) }
          }
        }
      }
    }
  }
}

extension EndpointReference {
  /// The reference as an element of that name, such as `a:EndpointReference` or `x:ResourceCreated`.
  public func element(named name: XMLName = XMLName(.addressing, "EndpointReference")) -> XMLElement {
    var parameters: [XMLNode] = []
    if let resourceURI { parameters.append(.element(XMLElement(XMLName(.wsman, "ResourceURI"), text: resourceURI.rawValue))) }
    if !selectors.isEmpty {
      let set = XMLElement(XMLName(.wsman, "SelectorSet"), children: selectors.map { .element($0.element) })
      parameters.append(.element(set))
    }
    return XMLElement(
      name,
      children: [
        .element(XMLElement(XMLName(.addressing, "Address"), text: address)),
        .element(XMLElement(XMLName(.addressing, "ReferenceParameters"), children: parameters)),
      ])
  }
}

extension Selector {
  fileprivate var element: XMLElement {
    let attributes = [XMLAttribute("Name", name)]
    return switch value {
    case .text(let text): XMLElement(XMLName(.wsman, "Selector"), attributes: attributes, text: text)
    case .reference(let reference):
      XMLElement(XMLName(.wsman, "Selector"), attributes: attributes, children: [.element(reference.element())])
    }
  }
}

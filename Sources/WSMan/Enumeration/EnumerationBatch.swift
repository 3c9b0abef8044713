/// One item of an enumeration; which halves are there depends on the ``EnumerationMode``.
public struct EnumerationItem: Sendable, Equatable {
  public var object: XMLElement?
  public var reference: EndpointReference?

  public init(object: XMLElement? = nil, reference: EndpointReference? = nil) {
    self.object = object
    self.reference = reference
  }
}

/// The items of one answer to Enumerate or Pull (DSP0226 §8.2.3, §8.4).
public struct EnumerationBatch: Sendable, Equatable {
  public var items: [EnumerationItem]
  /// What the next Pull has to say; `nil` when there is no more.
  public var context: String?

  public init(items: [EnumerationItem] = [], context: String?) {
    self.items = items
    self.context = context
  }
}

extension EnumerationBatch {
  /// Reads `n:EnumerateResponse` or `n:PullResponse`. Items of the former stand in the namespace of WS-Management, those of the latter in
  /// that of WS-Enumeration; both are read everywhere.
  init(_ element: XMLElement) {
    let list = element.first(.wsman, "Items") ?? element.first(.enumeration, "Items")
    let isFinished = element.first(.wsman, "EndOfSequence") != nil || element.first(.enumeration, "EndOfSequence") != nil
    let context = element.first(.enumeration, "EnumerationContext")?.trimmedText ?? ""
    self.init(items: (list?.elements ?? []).map { EnumerationItem($0) }, context: isFinished || context.isEmpty ? nil : context)
  }

  func encode(into writer: inout XMLWriter, isPull: Bool) {
    if isPull {
      writer.element("n:PullResponse") {
        if let context { $0.element("n:EnumerationContext", text: context) }
        $0.element("n:Items") { encodeItems(into: &$0) }
        if context == nil { $0.element("n:EndOfSequence") }
      }
    } else {
      writer.element("n:EnumerateResponse") {
        $0.element("n:EnumerationContext", text: context ?? "")
        guard !items.isEmpty || context == nil else { return }
        $0.element("w:Items") { encodeItems(into: &$0) }
        if context == nil { $0.element("w:EndOfSequence") }
      }
    }
  }

  private func encodeItems(into writer: inout XMLWriter) {
    for item in items { item.encode(into: &writer) }
  }
}

extension EnumerationItem {
  init(_ element: XMLElement) {
    if element.isNamed(.wsman, "Item") {
      let reference = element.elements.last { $0.isNamed(.addressing, "EndpointReference") }
      self.init(
        object: element.elements.first { !$0.isNamed(.addressing, "EndpointReference") }, reference: reference.map { EndpointReference($0) }
      )
    } else if element.isNamed(.addressing, "EndpointReference") {
      self.init(reference: EndpointReference(element))
    } else {
      self.init(object: element)
    }
  }

  func encode(into writer: inout XMLWriter) {
    switch (object, reference) {
    case (let object?, let reference?):
      writer.element("w:Item") {
        $0.element(object)
        $0.element("a:EndpointReference") { reference.encodeContent(into: &$0) }
      }
    case (let object?, nil): writer.element(object)
    case (nil, let reference?): writer.element("a:EndpointReference") { reference.encodeContent(into: &$0) }
    case (nil, nil): break
    }
  }
}

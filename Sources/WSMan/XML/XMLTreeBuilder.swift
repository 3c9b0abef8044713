import CExpat

/// Takes expat's events and builds the tree; enforces the limits as events come.
///
/// expat calls plain C functions with one pointer. Here that pointer is this object, unretained: ``XMLReader`` keeps it alive for longer
/// than the parser runs. The first failure is kept and stops the parser; events that still arrive afterwards are ignored.
final class XMLTreeBuilder {
  /// Stands between namespace and local name in expat's names. It can occur in neither: expat refuses a URI that holds it.
  static let separator: CChar = 0x0A

  private struct Frame {
    var element: XMLElement
    /// Text since the last child element, in UTF-8.
    var text: [UInt8] = []

    mutating func flush() {
      guard !text.isEmpty else { return }
      element.children.append(.text(String(decoding: text, as: UTF8.self)))
      text.removeAll(keepingCapacity: true)
    }
  }

  private let parser: XML_Parser
  private let limits: XMLLimits
  private var open: [Frame] = []
  private var root: XMLElement?
  private var failure: WSManError?
  private var elementCount = 0
  private var scope: XMLScope?
  private var scopeDepth = 0
  /// One shared copy of each namespace URI, so that many names do not mean many copies of a long URI.
  private var namespaces: [String: String] = [:]

  init(parser: XML_Parser, limits: XMLLimits) {
    self.parser = parser
    self.limits = limits
  }

  /// Hands the callbacks to expat.
  func register() {
    XML_SetUserData(parser, Unmanaged.passUnretained(self).toOpaque())
    XML_SetElementHandler(
      parser, { XMLTreeBuilder.of($0)?.start($1, $2) }, { context, _ in XMLTreeBuilder.of(context)?.end() })
    XML_SetCharacterDataHandler(parser) { XMLTreeBuilder.of($0)?.characters($1, $2) }
    XML_SetNamespaceDeclHandler(
      parser, { XMLTreeBuilder.of($0)?.startNamespace($1, $2) }, { context, _ in XMLTreeBuilder.of(context)?.endNamespace() })
    XML_SetStartDoctypeDeclHandler(parser) { context, _, _, _, _ in
      XMLTreeBuilder.of(context)?.fail(.forbiddenXML, "A document type declaration is not allowed in SOAP.")
    }
    XML_SetProcessingInstructionHandler(parser) { context, _, _ in
      XMLTreeBuilder.of(context)?.fail(.forbiddenXML, "A processing instruction is not allowed in SOAP.")
    }
    XML_SetXmlDeclHandler(parser) { context, _, encoding, _ in XMLTreeBuilder.of(context)?.declaration(encoding) }
    // A second line behind the doctype handler: nothing may grow while it is expanded.
    _ = XML_SetBillionLaughsAttackProtectionMaximumAmplification(parser, 1.5)
    _ = XML_SetBillionLaughsAttackProtectionActivationThreshold(parser, 65_536)
  }

  /// The tree, or the reason why there is none.
  func finish(_ status: XML_Status) throws(WSManError) -> XMLElement {
    if let failure { throw failure }
    guard status == XML_STATUS_OK, let root else {
      let number = XML_GetErrorCode(parser)
      let text = XML_ErrorString(number).map { String(cString: $0) } ?? "no element found"
      let place = "line \(XML_GetCurrentLineNumber(parser)), column \(XML_GetCurrentColumnNumber(parser))"
      switch number {
      case XML_ERROR_UNKNOWN_ENCODING, XML_ERROR_INCORRECT_ENCODING: throw WSManError(.unsupportedEncoding, "\(text) (\(place))")
      case XML_ERROR_AMPLIFICATION_LIMIT_BREACH, XML_ERROR_NO_MEMORY: throw WSManError(.limit, "\(text) (\(place))")
      default: throw WSManError(.malformedXML, "\(text) (\(place))")
      }
    }
    return root
  }

  /// The builder behind expat's pointer; `nil` once it failed.
  private static func of(_ context: UnsafeMutableRawPointer?) -> XMLTreeBuilder? {
    guard let context else { return nil }
    let builder = Unmanaged<XMLTreeBuilder>.fromOpaque(context).takeUnretainedValue()
    return builder.failure == nil ? builder : nil
  }

  private func fail(_ code: WSManError.Code, _ message: String) {
    failure = WSManError(code, message)
    _ = XML_StopParser(parser, 0)
  }

  private func start(_ name: UnsafePointer<CChar>?, _ attributes: UnsafeMutablePointer<UnsafePointer<CChar>?>?) {
    guard let name else { return }
    guard open.count < limits.maximumDepth else {
      return fail(.limit, "Elements are nested deeper than \(limits.maximumDepth).")
    }
    guard elementCount < limits.maximumElements else { return fail(.limit, "There are more than \(limits.maximumElements) elements.") }
    let attributeCount = Int(XML_GetSpecifiedAttributeCount(parser)) / 2
    guard attributeCount <= limits.maximumAttributes else {
      return fail(.limit, "An element has more than \(limits.maximumAttributes) attributes.")
    }
    elementCount += 1
    var element = XMLElement(expand(name), scope: scope)
    if let attributes {
      element.attributes.reserveCapacity(attributeCount)
      var index = 0
      // expat ends the list of names and values with a null pointer.
      while let name = attributes[index], let value = attributes[index + 1] {
        element.attributes.append(XMLAttribute(expand(name), String(cString: value)))
        index += 2
      }
    }
    if let parent = open.indices.last { open[parent].flush() }
    open.append(Frame(element: element))
  }

  private func end() {
    guard var frame = open.popLast() else { return }
    frame.flush()
    if let parent = open.indices.last {
      open[parent].element.children.append(.element(frame.element))
    } else {
      root = frame.element
    }
  }

  private func characters(_ text: UnsafePointer<CChar>?, _ count: Int32) {
    guard let text, count > 0, let last = open.indices.last else { return }
    let bytes = UnsafeRawBufferPointer(start: text, count: Int(count))
    open[last].text.append(contentsOf: bytes)
  }

  private func startNamespace(_ prefix: UnsafePointer<CChar>?, _ uri: UnsafePointer<CChar>?) {
    guard scopeDepth < limits.maximumNamespaces else {
      return fail(.limit, "More than \(limits.maximumNamespaces) namespace declarations are in scope.")
    }
    let namespace = uri.map { String(cString: $0) } ?? ""
    guard namespace.utf8.count <= limits.maximumNamespaceLength else {
      return fail(.limit, "A namespace URI is longer than \(limits.maximumNamespaceLength) bytes.")
    }
    guard namespaces.count < limits.maximumNamespaces || namespaces[namespace] != nil else {
      return fail(.limit, "More than \(limits.maximumNamespaces) different namespaces are declared.")
    }
    scopeDepth += 1
    scope = XMLScope(prefix: prefix.map { String(cString: $0) } ?? "", namespace: shared(namespace), parent: scope)
  }

  private func endNamespace() {
    scopeDepth -= 1
    scope = scope?.parent
  }

  private func declaration(_ encoding: UnsafePointer<CChar>?) {
    guard let encoding else { return }
    guard ["utf-8", "utf-16", "utf-16le", "utf-16be"].contains(String(cString: encoding).lowercased()) else {
      return fail(.unsupportedEncoding, "The XML declaration names an encoding other than UTF-8 and UTF-16.")
    }
  }

  /// Takes expat's `namespace LF local` apart.
  private func expand(_ name: UnsafePointer<CChar>) -> XMLName {
    let text = String(cString: name)
    guard let cut = text.utf8.firstIndex(of: UInt8(bitPattern: Self.separator)) else { return XMLName(namespace: "", localName: text) }
    return XMLName(namespace: shared(String(text[..<cut])), localName: String(text[text.utf8.index(after: cut)...]))
  }

  private func shared(_ namespace: String) -> String {
    if let known = namespaces[namespace] { return known }
    namespaces[namespace] = namespace
    return namespace
  }
}

/// A SOAP 1.2 envelope taken apart: header blocks and the content of the body.
struct Envelope {
  var headers: [XMLElement]
  var body: [XMLElement]

  enum Failure: Error {
    case notAnEnvelope(WSManError)
    /// SOAP 1.1, or an envelope of some other version.
    case versionMismatch
  }

  init(_ root: XMLElement) throws(Failure) {
    guard root.name.localName == "Envelope" else {
      throw .notAnEnvelope(WSManError(.malformedMessage, "The root element is not a SOAP envelope."))
    }
    guard root.name.namespace == XMLNamespace.soap.rawValue else { throw .versionMismatch }
    let headers = root.all(.soap, "Header")
    let bodies = root.all(.soap, "Body")
    guard headers.count <= 1, bodies.count == 1, let body = bodies.first else {
      throw .notAnEnvelope(WSManError(.malformedMessage, "An envelope has one body and at most one header."))
    }
    self.headers = headers.first?.elements ?? []
    self.body = body.elements
  }

  /// The first header block of that name.
  func header(_ namespace: XMLNamespace, _ localName: String) -> XMLElement? {
    headers.first { $0.isNamed(namespace, localName) }
  }
}

extension XMLWriter {
  /// Writes the whole envelope. `namespaces` are declared at the root beside those that every message needs.
  mutating func envelope(
    namespaces: [XMLNamespace], language: String? = nil, header: (inout XMLWriter) -> Void, body: (inout XMLWriter) -> Void
  ) {
    raw("<s:Envelope")
    if let language {
      raw(" xml:lang=\"")
      attribute(language, field: "language")
      raw("\"")
    }
    for namespace in namespaces {
      guard let prefix = namespace.prefix else { continue }
      raw(" xmlns:")
      raw(prefix.utf8)
      raw("=\"")
      raw(namespace.rawValue.utf8)
      raw("\"")
    }
    raw(">")
    element("s:Header", [], header)
    element("s:Body", [], body)
    raw("</s:Envelope>")
  }
}

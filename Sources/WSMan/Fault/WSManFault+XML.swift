import SecuritySupport

extension WSManFault {
  /// Writes the envelope. Characters that XML 1.0 cannot carry become U+FFFD.
  ///
  /// - Parameters:
  ///   - request: the message id of the request; by default ``relatesTo``.
  ///   - machine: the name of this computer; by default ``machine``.
  public func encode(relatesTo request: String? = nil, machine: String? = nil) -> [UInt8] {
    var writer = XMLWriter()
    writer.envelope(namespaces: namespaces, language: "en-US") {
      $0.element("a:Action", text: action.rawValue)
      $0.element("a:MessageID", text: GUIDText.randomMessageID())
      $0.element("a:To", text: WSManResponse.anonymousAddress)
      if let id = request ?? relatesTo, !id.isEmpty { $0.element("a:RelatesTo", text: id) }
      encodeHeaderBlocks(into: &$0)
    } body: {
      $0.element("s:Fault") {
        encodeCode(into: &$0)
        $0.element("s:Reason") { $0.element("s:Text", [("xml:lang", "en-US")], text: reason) }
        encodeDetail(into: &$0, machine: machine ?? self.machine)
      }
    }
    return writer.bytes
  }

  /// The namespaces of the envelope: that of the subcode is among them, because its QName stands in text.
  private var namespaces: [XMLNamespace] {
    let basic: [XMLNamespace] = [.soap, .addressing, .wsman]
    guard let subcode = subcode.map({ XMLNamespace(rawValue: $0.namespace) }), !basic.contains(subcode) else { return basic }
    return basic + [subcode]
  }

  /// What SOAP 1.2 Part 1 §5.4.7 and §5.4.8 add to the header: the version that is read, the block that was not understood.
  private func encodeHeaderBlocks(into writer: inout XMLWriter) {
    if code == .versionMismatch {
      writer.element("s:Upgrade") { $0.element("s:SupportedEnvelope", [("qname", "s:Envelope")]) }
    }
    if let notUnderstood {
      writer.raw("<s:NotUnderstood xmlns:q=\"")
      writer.attribute(notUnderstood.namespace, field: "a namespace")
      writer.raw("\" qname=\"q:")
      writer.attribute(notUnderstood.localName, field: "a name")
      writer.raw("\"/>")
    }
  }

  private func encodeCode(into writer: inout XMLWriter) {
    writer.element("s:Code") {
      $0.element("s:Value", text: "s:\(code.rawValue)")
      guard let subcode else { return }
      $0.element("s:Subcode") {
        if let prefix = XMLNamespace(rawValue: subcode.namespace).prefix {
          $0.element("s:Value", text: "\(prefix):\(subcode.localName)")
        } else {
          $0.element("s:Value", [("xmlns:q", subcode.namespace)], text: "q:\(subcode.localName)")
        }
      }
    }
  }

  private func encodeDetail(into writer: inout XMLWriter, machine: String?) {
    guard detail != nil || wsmanCode != nil else { return }
    writer.element("s:Detail") {
      if let detail { $0.element("w:FaultDetail", text: detail.rawValue) }
      guard let wsmanCode else { return }
      $0.element(
        "f:WSManFault", [("xmlns:f", XMLNamespace.fault.rawValue), ("Code", String(wsmanCode.rawValue)), ("Machine", machine)]
      ) {
        $0.element("f:Message") {
          if let providerFault {
            providerFault.encode(into: &$0, machine: machine)
          } else {
            $0.text(message ?? reason, field: "the message")
          }
        }
      }
    }
  }
}

extension ProviderFault {
  fileprivate func encode(into writer: inout XMLWriter, machine: String?) {
    writer.element("f:ProviderFault", [("provider", provider), ("path", path), ("providerId", providerID)]) {
      guard let code else { return $0.text(message, field: "the message") }
      $0.element("f:WSManFault", [("Code", String(code)), ("Machine", machine)]) {
        $0.element("f:Message", text: message)
      }
    }
  }
}

extension WSManFault {
  /// Reads a fault as a client does, leniently; `nil` when the bytes are not an envelope with one.
  public init?(decoding bytes: [UInt8], limits: XMLLimits = .response) {
    guard let root = try? XMLReader.parse(bytes, limits: limits), let envelope = try? Envelope(root) else { return nil }
    self.init(envelope)
  }

  /// The fault in the body, if there is one.
  init?(_ envelope: Envelope) {
    guard let fault = envelope.body.first(where: { $0.isNamed(.soap, "Fault") }) else { return nil }
    let code = fault.first(.soap, "Code")
    let detail = fault.first(.soap, "Detail")
    let inner = detail?.first(.fault, "WSManFault")
    let provider = inner?.first(.fault, "Message")?.first(.fault, "ProviderFault").map { ProviderFault($0) }
    self.init(
      code: Code(rawValue: Self.name(code)?.localName ?? Code.receiver.rawValue),
      subcode: Self.name(code?.first(.soap, "Subcode")),
      detail: detail?.first(.wsman, "FaultDetail").map { FaultDetail(rawValue: $0.trimmedText) },
      wsmanCode: (inner?.attribute("Code").flatMap { XMLValue.unsigned32($0) } ?? provider?.code).map { WinRMCode(rawValue: $0) },
      machine: inner?.attribute("Machine"),
      reason: Self.reason(fault), relatesTo: envelope.header(.addressing, "RelatesTo")?.trimmedText)
    let message = inner?.first(.fault, "Message")?.allText.trimmingXMLSpace ?? ""
    if ![reason, provider?.message, ""].contains(message) { self.message = message }
    providerFault = provider
    if let block = envelope.header(.soap, "NotUnderstood") {
      notUnderstood = block.attribute("qname").flatMap { block.resolve($0) }
    }
  }

  /// The QName in the `s:Value` of a code. One whose prefix is not declared keeps its local part.
  private static func name(_ element: XMLElement?) -> XMLName? {
    guard let value = element?.first(.soap, "Value") else { return nil }
    if let name = value.resolve(value.text) { return name }
    return value.trimmedText.split(separator: ":").last.map { XMLName(.none, String($0)) }
  }

  /// The reason, in English where there are several languages.
  private static func reason(_ fault: XMLElement) -> String {
    let texts = fault.first(.soap, "Reason")?.all(.soap, "Text") ?? []
    let english = texts.first { $0.attribute("lang", .xml)?.lowercased().hasPrefix("en") == true }
    return (english ?? texts.first)?.trimmedText ?? ""
  }
}

extension ProviderFault {
  /// Reads `f:ProviderFault`: text, a nested fault, or the XML of whatever failed, of which the text is kept.
  fileprivate init(_ element: XMLElement) {
    let nested = element.first(.fault, "WSManFault")
    let text = (nested?.first(.fault, "Message")).map(\.allText) ?? element.allText
    self.init(
      provider: element.attribute("provider"), path: element.attribute("path"), providerID: element.attribute("providerId"),
      code: nested?.attribute("Code").flatMap { XMLValue.unsigned32($0) }, message: text.trimmingXMLSpace)
  }
}

extension XMLElement {
  /// All text inside, that of descendants included. The depth is bounded by the limits of the reader.
  fileprivate var allText: String {
    children.reduce(into: "") {
      switch $1 {
      case .text(let part): $0 += part
      case .element(let inner): $0 += inner.allText
      }
    }
  }
}

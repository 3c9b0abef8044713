extension RequestHeader {
  /// The namespaces that ``encode(into:)`` uses.
  static let namespaces: [XMLNamespace] = [.soap, .addressing, .wsman, .microsoft]

  /// Writes the header blocks.
  func encode(into writer: inout XMLWriter) {
    writer.element("a:To", text: to)
    if let resourceURI { writer.element("w:ResourceURI", [mustUnderstand(true)], text: resourceURI.rawValue) }
    writer.element("a:ReplyTo") {
      $0.element("a:Address", [mustUnderstand(true)], text: WSManResponse.anonymousAddress)
    }
    if let action { writer.element("a:Action", [mustUnderstand(true)], text: action.rawValue) }
    writer.element("w:MaxEnvelopeSize", [mustUnderstand(true)], text: String(maxEnvelopeSize))
    writer.element("a:MessageID", text: messageID)
    writer.element("w:Locale", [("xml:lang", locale), mustUnderstand(false)])
    writer.element("p:DataLocale", [("xml:lang", dataLocale ?? locale), mustUnderstand(false)])
    if let sessionID { writer.element("p:SessionId", [mustUnderstand(false)], text: sessionID) }
    if let operationID { writer.element("p:OperationID", [mustUnderstand(false)], text: operationID) }
    if let sequenceID { writer.element("p:SequenceId", [mustUnderstand(false)], text: String(sequenceID)) }
    if let activityID { writer.element("p:ActivityId", [mustUnderstand(false)], text: activityID) }
    encodeOptions(into: &writer)
    encodeSelectors(into: &writer)
    if let fragment {
      writer.element(
        "w:FragmentTransfer", [mustUnderstand(true), ("Dialect", fragment.dialect)], text: fragment.path, field: "the fragment")
    }
    if let operationTimeout { writer.element("w:OperationTimeout", text: ISODuration(operationTimeout).formatted) }
  }

  private func encodeOptions(into writer: inout XMLWriter) {
    guard !options.isEmpty else { return }
    writer.element("w:OptionSet", [mustUnderstand(true)]) {
      for option in options {
        $0.element(
          "w:Option", [("Name", option.name), ("MustComply", option.mustComply ? "true" : nil)], text: option.value,
          field: "the value of option \(option.name)")
      }
    }
  }

  private func encodeSelectors(into writer: inout XMLWriter) {
    guard !selectors.isEmpty else { return }
    writer.element("w:SelectorSet") {
      for (name, value) in selectors.sorted(by: { $0.key < $1.key }) {
        $0.element("w:Selector", [("Name", name)], text: value, field: "the value of selector \(name)")
      }
    }
  }

  private func mustUnderstand(_ value: Bool) -> XMLWriter.Attribute { ("s:mustUnderstand", value ? "true" : "false") }
}

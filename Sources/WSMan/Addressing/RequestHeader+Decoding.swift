import SecuritySupport

extension RequestHeader {
  /// The headers that this library reads. Another one marked mustUnderstand is a fault (SOAP 1.2 Part 1 §2.6).
  private static let understood: Set<XMLName> = [
    XMLName(.addressing, "To"), XMLName(.addressing, "From"), XMLName(.addressing, "ReplyTo"), XMLName(.addressing, "FaultTo"),
    XMLName(.addressing, "Action"), XMLName(.addressing, "MessageID"), XMLName(.addressing, "RelatesTo"),
    XMLName(.wsman, "ResourceURI"), XMLName(.wsman, "SelectorSet"), XMLName(.wsman, "OptionSet"), XMLName(.wsman, "OperationTimeout"),
    XMLName(.wsman, "MaxEnvelopeSize"), XMLName(.wsman, "Locale"), XMLName(.wsman, "FragmentTransfer"),
    XMLName(.microsoft, "DataLocale"), XMLName(.microsoft, "SessionId"), XMLName(.microsoft, "OperationID"),
    XMLName(.microsoft, "SequenceId"), XMLName(.microsoft, "ActivityId"),
  ]

  /// The roles in which a service acts; blocks for others are not its business (SOAP 1.2 Part 1 §2.2).
  private static let ownRoles: Set<String> = [
    "", XMLNamespace.soap.rawValue + "/role/next", XMLNamespace.soap.rawValue + "/role/ultimateReceiver",
  ]

  /// Longest message id, activity id and URI that are read, in bytes (DSP0226 R13.1-6 for URIs).
  private static let longestIdentifier = 2_048

  /// Reads and checks the header blocks of a request (DSP0226 §5 and §6, MS-WSMV §2.2.4).
  ///
  /// - Parameter isIdentify: Identify needs no addressing headers; what it has is read where it can be.
  /// - Throws: the fault to answer with.
  init(_ blocks: [XMLElement], isIdentify: Bool) throws(WSManFault) {
    let own = blocks.filter { Self.ownRoles.contains($0.attribute("role", .soap) ?? "") }
    let addressing = try AddressingHeaders(own, isRequired: !isIdentify)
    self.init(to: addressing.to, resourceURI: nil, action: addressing.action, messageID: addressing.messageID)
    for block in own where try Self.mustUnderstand(block) && !Self.understood.contains(block.name) {
      throw .mustUnderstand(block.name)
    }
    resourceURI = try Self.resourceURI(own)
    if resourceURI == nil, !isIdentify { throw .invalidResourceURI() }
    try readLimits(own)
    try readLocales(own)
    try readCorrelation(own)
    if let set = try own.single(.wsman, "SelectorSet") { selectors = try Self.selectors(set) }
    if let set = try own.single(.wsman, "OptionSet") { options = try Self.options(set) }
    if let fragment = try own.single(.wsman, "FragmentTransfer") {
      guard try Self.mustUnderstand(fragment) else { throw .invalidHeader("FragmentTransfer needs mustUnderstand.") }
      guard !isForShell else {
        throw .unsupportedFeature(
          .fragmentLevelAccess, code: .fragmentTransferNotSupported, "Fragments of a shell cannot be read or written.")
      }
      self.fragment = FragmentTransfer(fragment.trimmedText, dialect: fragment.attribute("Dialect"))
    }
  }

  private static func mustUnderstand(_ block: XMLElement) throws(WSManFault) -> Bool {
    guard let text = block.attribute("mustUnderstand", .soap) else { return false }
    guard let value = XMLValue.boolean(text) else { throw .invalidHeader("A mustUnderstand attribute is neither true nor false.") }
    return value
  }

  private static func resourceURI(_ blocks: [XMLElement]) throws(WSManFault) -> ResourceURI? {
    guard let block = try blocks.single(.wsman, "ResourceURI") else { return nil }
    let text = block.trimmedText
    guard text.utf8.count <= longestIdentifier, text.contains(":"), !text.utf8.contains(where: { $0 <= 0x20 }) else {
      throw .invalidResourceURI()
    }
    return ResourceURI(rawValue: text)
  }

  private mutating func readLimits(_ blocks: [XMLElement]) throws(WSManFault) {
    if let block = try blocks.single(.wsman, "MaxEnvelopeSize") {
      guard let size = XMLValue.clampedInteger(block.text) else { throw .invalidHeader("MaxEnvelopeSize is not a number.") }
      guard size >= Self.minimumEnvelopeSize else { throw .envelopeSizeTooSmall() }
      maxEnvelopeSize = size
    }
    if let block = try blocks.single(.wsman, "OperationTimeout") {
      guard let value = ISODuration(parsing: block.text), value.duration >= .zero else {
        throw .invalidHeader("OperationTimeout is not a duration such as PT60S, or is negative.")
      }
      operationTimeout = value.duration
    }
  }

  private mutating func readLocales(_ blocks: [XMLElement]) throws(WSManFault) {
    if let block = try blocks.single(.wsman, "Locale") {
      guard try !Self.mustUnderstand(block) else {
        throw .unsupportedFeature(.locale, code: .localeMustUnderstand, "Locale is taken as a hint only; send it without mustUnderstand.")
      }
      locale = block.attribute("lang", .xml) ?? locale
    }
    dataLocale = try blocks.single(.microsoft, "DataLocale")?.attribute("lang", .xml)
  }

  private mutating func readCorrelation(_ blocks: [XMLElement]) throws(WSManFault) {
    func identifier(_ name: String) throws(WSManFault) -> String? {
      guard let text = try blocks.single(.microsoft, name)?.trimmedText, !text.isEmpty else { return nil }
      guard text.utf8.count <= Self.longestIdentifier else { throw .invalidHeader("\(name) is longer than 2048 characters.") }
      return text
    }
    sessionID = try identifier("SessionId")
    operationID = try identifier("OperationID")
    activityID = try identifier("ActivityId")
    sequenceID = try identifier("SequenceId").flatMap { UInt64($0) }
  }

  private static func selectors(_ set: XMLElement) throws(WSManFault) -> [String: String] {
    var selectors: [String: String] = [:]
    var seen: Set<String> = []
    for selector in set.all(.wsman, "Selector") {
      guard let name = selector.attribute("Name"), !name.isEmpty else {
        throw .invalidSelectors(.invalidValue, code: .invalidSelectorName, "A selector has no name.")
      }
      guard seen.insert(name.lowercased()).inserted else {
        throw .invalidSelectors(.duplicateSelectors, code: .duplicateSelectors, "A selector is given twice; each may be given once.")
      }
      guard selector.elements.isEmpty else {
        throw .invalidSelectors(.invalidValue, code: .invalidSelectorValue, "Endpoint references cannot be selectors here.")
      }
      selectors[name] = selector.text
    }
    return selectors
  }

  private static func options(_ set: XMLElement) throws(WSManFault) -> [OptionValue] {
    var options: [OptionValue] = []
    for option in set.all(.wsman, "Option") {
      guard let name = option.attribute("Name"), !name.isEmpty else {
        throw WSManFault(
          code: .sender, subcode: XMLName(.wsman, "InvalidOptions"), detail: .invalidValue, wsmanCode: .optionsInvalidName,
          reason: "An option has no name.")
      }
      let mustComply = option.attribute("MustComply").map { XMLValue.boolean($0) } ?? false
      guard let mustComply else { throw .schemaValidationError("MustComply is neither true nor false.") }
      options.append(OptionValue(name, option.text, mustComply: mustComply))
    }
    return options
  }
}

/// The headers of WS-Addressing that every request but Identify has.
private struct AddressingHeaders {
  var to = ""
  var action: WSManAction?
  var messageID = ""

  init(_ blocks: [XMLElement], isRequired: Bool) throws(WSManFault) {
    func text(_ name: String) throws(WSManFault) -> String? {
      guard let value = try blocks.single(.addressing, name)?.trimmedText else {
        guard !isRequired else { throw .headerRequired(name) }
        return nil
      }
      guard !value.isEmpty, value.utf8.count <= 2_048 else { throw .invalidHeader("\(name) is empty or longer than 2048 bytes.") }
      return value
    }
    messageID = try text("MessageID") ?? ""
    to = try text("To") ?? ""
    action = try text("Action").map { WSManAction(rawValue: $0) }
    guard try blocks.single(.addressing, "ReplyTo") != nil || !isRequired else { throw .headerRequired("ReplyTo") }
    for name in ["ReplyTo", "FaultTo"] {
      guard let block = try blocks.single(.addressing, name) else { continue }
      guard block.first(.addressing, "Address")?.trimmedText == WSManResponse.anonymousAddress else {
        throw .unsupportedFeature(
          .addressingMode, code: .unsupportedAddressingMode, "Answers go back on the same connection only: \(name) must be anonymous.")
      }
    }
  }
}

extension [XMLElement] {
  /// The one block of that name; `nil` when there is none.
  ///
  /// - Throws: InvalidMessageInformationHeader when there are several.
  fileprivate func single(_ namespace: XMLNamespace, _ localName: String) throws(WSManFault) -> XMLElement? {
    var found: XMLElement?
    for element in self where element.isNamed(namespace, localName) {
      guard found == nil else { throw .invalidHeader("The header \(localName) is given more than once.") }
      found = element
    }
    return found
  }
}

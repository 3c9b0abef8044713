import SecuritySupport
import WSMan
import WinRMConfiguration

/// What the resources that are there several times have in common: listeners, certificate mappings, plug-ins.
extension ConfigurationResources {
  /// One of them: what it is and where.
  struct Instance {
    var element: XMLElement
    var reference: EndpointReference
  }

  /// Answers Enumerate, Pull and Release.
  ///
  /// - Parameters:
  ///   - referable: whether the enumeration may answer with references (MS-WSMV §3.1.4.1.11: listeners only).
  ///   - instances: all there are.
  /// - Returns: `nil` for another operation.
  func enumerate(
    _ operation: Operation, _ header: RequestHeader, _ owner: String, referable: Bool,
    _ instances: (EffectiveSettings) throws -> [Instance]
  ) throws -> Outcome? {
    let resource = (header.resourceURI.flatMap(ConfigurationPath.init)?.uri) ?? ""
    switch operation {
    case .get, .put, .create, .delete, .invoke: return nil
    case .release(let context):
      try enumerations.release(context, owner: owner, resource: resource)
      return Outcome(.other(nil))
    case .pull(let request):
      return Outcome(
        .pulled(try enumerations.next(request, owner: owner, resource: resource, envelopeSize: header.maxEnvelopeSize)))
    case .enumerate(let request):
      try Self.check(request, header, referable: referable)
      let effective = try store.loadEffective()
      let items = try instances(effective).map { instance in
        switch request.mode {
        case .object: EnumerationItem(object: instance.element)
        case .reference: EnumerationItem(reference: instance.reference)
        case .objectAndReference: EnumerationItem(object: instance.element, reference: instance.reference)
        }
      }
      let terms = Enumerations.Terms(
        resource: resource, owner: owner, maximumItems: Int(effective.settings.maxBatchItems),
        timeout: .milliseconds(effective.settings.service.enumerationTimeoutms))
      return Outcome(.enumerated(try enumerations.begin(items, request, terms, envelopeSize: header.maxEnvelopeSize)))
    }
  }

  private static func check(_ request: EnumerateRequest, _ header: RequestHeader, referable: Bool) throws(WSManFault) {
    guard header.selectors.isEmpty else { throw .unexpectedSelectors("An enumeration of the configuration takes no selectors.") }
    guard request.filter == nil else { throw .filteringNotSupported() }
    guard request.expires == nil else {
      throw .unsupportedFeature(.expirationTime, "How long an enumeration lives says EnumerationTimeoutms of winrm/config/service.")
    }
    guard request.polymorphism == nil else { throw .polymorphismModeNotSupported() }
    guard referable || request.mode == .object else {
      throw .unsupportedFeature(.enumerationMode, "Only objects of this resource can be enumerated, and no references.")
    }
  }

  /// The values of exactly these selectors, whose names count in any case.
  static func selectors(_ names: [String], of header: RequestHeader, example: String) throws(WSManFault) -> [String] {
    for name in header.selectors.keys.sorted() where !names.contains(where: { $0.lowercased() == name.lowercased() }) {
      throw .unexpectedSelectors("There is no selector \(name.shown) here. Say it like this: \(example)")
    }
    guard header.selectors.count <= names.count else {
      throw WSManFault(
        code: .sender, subcode: XMLName(.wsman, "InvalidSelectors"), detail: .duplicateSelectors, wsmanCode: .duplicateSelectors,
        reason: "A selector is given twice; each may be given once.")
    }
    var values: [String] = []
    for name in names {
      guard let value = header.selector(name) else {
        throw WSManFault(
          code: .sender, subcode: XMLName(.wsman, "InvalidSelectors"), detail: .insufficientSelectors, wsmanCode: .insufficientSelectors,
          reason: "The selector \(name) is missing. Say it like this: \(example)")
      }
      values.append(value)
    }
    return values
  }

  /// Changes the stored settings.
  ///
  /// - Returns: whether they are others now.
  func change(_ scope: ConfigurationStore.Scope = .service, _ body: (inout WinRMSettings) throws -> Void) throws -> Bool {
    try store.update(scope) { settings in
      let before = settings
      try body(&settings)
      return settings != before
    }
  }

  /// Changes the stored settings, and answers with what `body` makes of them: all of it with the lock held, so that nobody else's change
  /// gets lost, and before anything is stored, so that a fault means that nothing has been.
  func answering(
    _ scope: ConfigurationStore.Scope = .service, _ body: (inout WinRMSettings) throws -> XMLElement
  ) throws -> Outcome {
    try store.update(scope) { settings in
      let before = settings
      let element = try body(&settings)
      return Outcome(.other(element), changed: settings != before)
    }
  }
}

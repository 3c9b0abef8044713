/// What an enumeration answers with (`w:EnumerationMode`, DSP0226 §8.7).
public enum EnumerationMode: String, Hashable, Sendable, CaseIterable {
  /// The resources themselves, which needs no word on the wire.
  case object = "EnumerateObject"
  /// Where they are.
  case reference = "EnumerateEPR"
  /// Both.
  case objectAndReference = "EnumerateObjectAndEPR"
}

/// What an enumeration of a class does with its subclasses (`b:PolymorphismMode`, DSP0227 §17.5).
public enum PolymorphismMode: String, Hashable, Sendable, CaseIterable {
  /// Instances of subclasses with all of their properties.
  case includeSubclassProperties = "IncludeSubClassProperties"
  /// Instances of subclasses with the properties of the class that was asked for.
  case excludeSubclassProperties = "ExcludeSubClassProperties"
  /// Instances of the class itself only.
  case none = "None"
}

/// The body of Enumerate (DSP0226 §8.2).
public struct EnumerateRequest: Sendable, Equatable {
  /// `w:OptimizeEnumeration`: the answer may hold items already.
  public var isOptimized: Bool
  /// How many items the first answer may hold; 1 where nothing is said. Only with ``isOptimized``.
  public var maxElements: Int?
  public var mode: EnumerationMode
  public var filter: EnumerationFilter?
  /// How long the enumeration should live; in the text of the peer. Windows refuses it.
  public var expires: String?
  public var polymorphism: PolymorphismMode?

  public init(
    isOptimized: Bool = true, maxElements: Int? = nil, mode: EnumerationMode = .object, filter: EnumerationFilter? = nil,
    expires: String? = nil, polymorphism: PolymorphismMode? = nil
  ) {
    self.isOptimized = isOptimized
    self.maxElements = maxElements
    self.mode = mode
    self.filter = filter
    self.expires = expires
    self.polymorphism = polymorphism
  }
}

/// The body of Pull (DSP0226 §8.4).
public struct PullRequest: Hashable, Sendable {
  /// What the last answer gave.
  public var context: String
  /// How long the service may wait for items.
  public var maxTime: Duration?
  /// How many items the answer may hold; 1 where nothing is said.
  public var maxElements: Int?
  /// How many characters the items may have in all.
  public var maxCharacters: Int?

  public init(context: String, maxTime: Duration? = nil, maxElements: Int? = nil, maxCharacters: Int? = nil) {
    self.context = context
    self.maxTime = maxTime
    self.maxElements = maxElements
    self.maxCharacters = maxCharacters
  }
}

extension EnumerateRequest {
  /// - Throws: the fault to answer with.
  init(_ element: XMLElement) throws(WSManFault) {
    self.init(isOptimized: element.first(.wsman, "OptimizeEnumeration") != nil)
    maxElements = try element.positive(.wsman, "MaxElements")
    if let text = element.first(.wsman, "EnumerationMode")?.trimmedText {
      guard let mode = EnumerationMode(rawValue: text) else {
        throw .unsupportedFeature(.enumerationMode, code: .unsupportedFeature, "This EnumerationMode is not known here.")
      }
      self.mode = mode
    }
    let filters = element.all(.wsman, "Filter") + element.all(.enumeration, "Filter")
    guard filters.count <= 1 else { throw .cannotProcessFilter("An enumeration has one filter, and this one has several.") }
    filter = filters.first.map { EnumerationFilter($0) }
    expires = element.first(.enumeration, "Expires")?.trimmedText
    if let text = element.first(.cimBinding, "PolymorphismMode")?.trimmedText {
      guard let mode = PolymorphismMode(rawValue: text) else { throw .polymorphismModeNotSupported() }
      polymorphism = mode
    }
  }

  /// Writes the children in the order in which clients of Windows write them.
  func encode(into writer: inout XMLWriter) {
    writer.element("n:Enumerate") {
      if isOptimized { $0.element("w:OptimizeEnumeration") }
      if let maxElements { $0.element("w:MaxElements", text: String(maxElements)) }
      if mode != .object { $0.element("w:EnumerationMode", text: mode.rawValue) }
      filter?.encode(into: &$0)
      if let expires { $0.element("n:Expires", text: expires) }
      if let polymorphism { $0.element("b:PolymorphismMode", text: polymorphism.rawValue) }
    }
  }
}

extension PullRequest {
  /// - Throws: the fault to answer with.
  init(_ element: XMLElement) throws(WSManFault) {
    guard let context = element.first(.enumeration, "EnumerationContext")?.trimmedText, !context.isEmpty else {
      throw .invalidEnumerationContext()
    }
    self.init(
      context: context, maxElements: try element.positive(.enumeration, "MaxElements"),
      maxCharacters: try element.positive(.enumeration, "MaxCharacters"))
    if let text = element.first(.enumeration, "MaxTime")?.text {
      guard let value = ISODuration(parsing: text), value.duration >= .zero else {
        throw .schemaValidationError("MaxTime is not a duration such as PT60S, or is negative.")
      }
      maxTime = value.duration
    }
  }

  func encode(into writer: inout XMLWriter) {
    writer.element("n:Pull") {
      $0.element("n:EnumerationContext", text: context)
      if let maxTime { $0.element("n:MaxTime", text: ISODuration(maxTime).formatted) }
      if let maxElements { $0.element("n:MaxElements", text: String(maxElements)) }
      if let maxCharacters { $0.element("n:MaxCharacters", text: String(maxCharacters)) }
    }
  }
}

extension XMLElement {
  /// A number of at least 1 in a child element.
  fileprivate func positive(_ namespace: XMLNamespace, _ name: String) throws(WSManFault) -> Int? {
    guard let text = first(namespace, name)?.text else { return nil }
    guard let value = XMLValue.clampedInteger(text), value > 0 else {
      throw .schemaValidationError("\(name) is not a number of at least 1.")
    }
    return value
  }
}

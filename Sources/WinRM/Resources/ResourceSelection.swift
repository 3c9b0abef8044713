public import WSMan

/// A resource that operations are about: its class, which instance, and in what way.
public struct ResourceSelection: Sendable, Equatable {
  /// The class, such as `http://schemas.microsoft.com/wbem/wsman/1/config/listener`.
  public var uri: ResourceURI
  /// Which instance; names count in any case.
  public var selectors: [String: String]
  /// What the provider of the resource should know.
  public var options: [OptionValue]
  /// A part of the resource, for ``WinRMClient/get(_:)`` and ``WinRMClient/put(_:_:)``.
  public var fragment: FragmentTransfer?

  public init(
    _ uri: ResourceURI, selectors: [String: String] = [:], options: [OptionValue] = [], fragment: FragmentTransfer? = nil
  ) {
    self.uri = uri
    self.selectors = selectors
    self.options = options
    self.fragment = fragment
  }

  /// The resource of an endpoint reference. The reference's address does not count: the client asks the service that it is connected to.
  /// `nil` when the reference names no resource, or one by means of another reference.
  public init?(_ reference: EndpointReference) {
    guard let uri = reference.resourceURI else { return nil }
    self.init(uri)
    for selector in reference.selectors {
      guard case .text(let text) = selector.value else { return nil }
      selectors[selector.name] = text
    }
  }
}

/// How to go through the instances of a resource.
public struct EnumerationOptions: Sendable, Equatable {
  /// What is wanted of each instance. Default the instance itself.
  public var mode: EnumerationMode
  /// Which instances; `nil` for all. A filter and selectors exclude each other.
  public var filter: EnumerationFilter?
  /// What to do with subclasses; `nil` leaves it to the service.
  public var polymorphism: PolymorphismMode?
  /// How many items one answer may hold, at least 1. Default 20. The service may send fewer.
  public var batchSize: Int
  /// How many characters the items of one answer may have in all; `nil` leaves it to the size of the envelope.
  public var maximumCharacters: Int?

  public init(
    mode: EnumerationMode = .object, filter: EnumerationFilter? = nil, polymorphism: PolymorphismMode? = nil, batchSize: Int = 20,
    maximumCharacters: Int? = nil
  ) {
    self.mode = mode
    self.filter = filter
    self.polymorphism = polymorphism
    self.batchSize = max(1, batchSize)
    self.maximumCharacters = maximumCharacters
  }
}

/// An expanded XML name: compared by namespace URI and local part, never by prefix.
public struct XMLName: Hashable, Sendable {
  /// The namespace URI; empty for no namespace.
  public var namespace: String
  /// The part after the prefix.
  public var localName: String

  public init(_ namespace: XMLNamespace, _ localName: String) {
    self.namespace = namespace.rawValue
    self.localName = localName
  }

  public init(namespace: String, localName: String) {
    self.namespace = namespace
    self.localName = localName
  }
}

extension XMLName: CustomStringConvertible {
  /// Clark notation: `{namespace}local`.
  public var description: String { namespace.isEmpty ? localName : "{\(namespace)}\(localName)" }
}

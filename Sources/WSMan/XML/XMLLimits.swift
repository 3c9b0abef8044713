/// How much XML a peer may make us read. Each limit is checked before memory is spent beyond it.
public struct XMLLimits: Sendable, Equatable {
  /// The size of the document in bytes.
  public var maximumBytes: Int
  /// How deep elements may nest; the root is at depth 1.
  public var maximumDepth: Int
  /// How many elements there may be in all.
  public var maximumElements: Int
  /// How many attributes one element may have, without namespace declarations.
  public var maximumAttributes: Int
  /// How many namespace declarations may be in scope at once, and how many different ones there may be in all.
  public var maximumNamespaces: Int
  /// The length of one namespace URI in bytes of UTF-8. expat repeats it before every name that uses it.
  public var maximumNamespaceLength: Int

  public init(
    maximumBytes: Int = 512_000, maximumDepth: Int = 64, maximumElements: Int = 50_000, maximumAttributes: Int = 64,
    maximumNamespaces: Int = 256, maximumNamespaceLength: Int = 512
  ) {
    self.maximumBytes = maximumBytes
    self.maximumDepth = maximumDepth
    self.maximumElements = maximumElements
    self.maximumAttributes = maximumAttributes
    self.maximumNamespaces = maximumNamespaces
    self.maximumNamespaceLength = maximumNamespaceLength
  }

  /// For requests that a service reads: 512 000 bytes, as `MaxEnvelopeSizekb` 500 says.
  public static let request = XMLLimits()
  /// For responses that a client reads: 2 MiB, since a server may be allowed more than we asked for.
  public static let response = XMLLimits(maximumBytes: 2_097_152)
}

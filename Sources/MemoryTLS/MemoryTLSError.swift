/// Why TLS in memory failed. Two errors are equal when their codes are.
public struct MemoryTLSError: Error, Sendable, Equatable {
  /// What kind of fault it was.
  public var code: Code
  /// One sentence for a log: the library's reason, and version and cipher suite where they matter. It holds no text of the peer.
  public var message: String
  /// The alert that the peer sent (RFC 8446 §6), such as 70 for protocol_version; `nil` when it sent none.
  public var alert: UInt8?

  public init(_ code: Code, _ message: String, alert: UInt8? = nil) {
    self.code = code
    self.message = message
    self.alert = alert
  }

  public static func == (left: Self, right: Self) -> Bool { left.code == right.code }

  /// The kinds of fault. New ones may be added.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    public let description: String
    private init(_ name: String) { description = name }

    /// The handshake failed: no common version or cipher suite, a bad message, or an alert of the peer.
    public static let handshakeFailed = Self("handshakeFailed")
    /// Bytes after the handshake are no valid record, or the peer sent an alert.
    public static let badRecord = Self("badRecord")
    /// The peer closed the connection.
    public static let closed = Self("closed")
    /// A call that the engine's state does not allow, such as any after a failure.
    public static let outOfSequence = Self("outOfSequence")
    /// A certificate or key of our own cannot be used.
    public static let badIdentity = Self("badIdentity")
    /// Another mistake of our own side.
    public static let local = Self("local")
  }
}

extension MemoryTLSError: CustomStringConvertible {
  public var description: String { "TLS \(code): \(message)" }
}

/// The acceptor's view of the negotiation (RFC 4178 §4.2.2, `negState`).
public struct NegState: RawRepresentable, Hashable, Sendable {
  public var rawValue: UInt8
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  public static let acceptCompleted = Self(rawValue: 0)
  public static let acceptIncomplete = Self(rawValue: 1)
  public static let reject = Self(rawValue: 2)
  /// Like ``acceptIncomplete``, and a mechListMIC is wanted. In the acceptor's first reply only.
  public static let requestMIC = Self(rawValue: 3)
}

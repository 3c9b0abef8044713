/// A random number that stands for something in the authority's tables: 128 bits from the system's generator, so that knowing it is
/// the right to use it.
///
/// An identifier prints the first 32 bits only, enough to find a line in a log and too little to use.
public protocol LogonIdentifier: Hashable, Sendable, CustomStringConvertible {
  var high: UInt64 { get }
  var low: UInt64 { get }
  init(high: UInt64, low: UInt64)
}

extension LogonIdentifier {
  /// A fresh identifier.
  public static func random() -> Self {
    var generator = SystemRandomNumberGenerator()
    return Self(high: generator.next(), low: generator.next())
  }

  public var description: String {
    let digits = String(high >> 32, radix: 16)
    return String(repeating: "0", count: 8 - digits.count) + digits
  }
}

/// One authentication exchange in the authority.
public struct ContextID: LogonIdentifier {
  public let high, low: UInt64
  public init(high: UInt64, low: UInt64) { (self.high, self.low) = (high, low) }
}

/// One completed authentication.
public struct LogonID: LogonIdentifier {
  public let high, low: UInt64
  public init(high: UInt64, low: UInt64) { (self.high, self.low) = (high, low) }
}

/// One logon session: what a shell runs in.
public struct SessionID: LogonIdentifier {
  public let high, low: UInt64
  public init(high: UInt64, low: UInt64) { (self.high, self.low) = (high, low) }
}

/// One process of a session. Not the system's process number.
public struct ProcessID: LogonIdentifier {
  public let high, low: UInt64
  public init(high: UInt64, low: UInt64) { (self.high, self.low) = (high, low) }
}

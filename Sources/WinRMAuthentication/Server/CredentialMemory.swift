import Crypto
import SecuritySupport

/// Remembers credentials that were proven, to know them when they come again, and cannot tell what they are: a client of Basic sends them
/// with each request, and checking a password takes long on purpose.
///
/// It has a key of its own, so that nothing that is remembered here is worth anything elsewhere.
public struct CredentialMemory: Sendable {
  private let key = SymmetricKey(size: .bits256)
  private var proven: [UInt8]?

  public init() {}

  /// Remembers a token in the place of the last one.
  public mutating func remember(_ token: [UInt8]) { proven = digest(token) }

  public mutating func forget() { proven = nil }

  /// Whether it is the token that was remembered, in time that does not depend on the difference.
  public func knows(_ token: [UInt8]) -> Bool {
    guard let proven else { return false }
    return constantTimeEqual(proven, digest(token))
  }

  private func digest(_ token: [UInt8]) -> [UInt8] { Array(HMAC<SHA256>.authenticationCode(for: token, using: key)) }
}

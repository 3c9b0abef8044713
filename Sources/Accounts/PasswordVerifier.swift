import CryptoExtras
import FoundationEssentials
public import SecuritySupport

/// A salted scrypt hash of a password (RFC 7914).
public struct PasswordVerifier: Sendable {
  /// What scrypt costs. Memory is 128 × `rounds` × `blockSize` bytes.
  public struct Cost: Sendable, Hashable {
    /// N: a power of two.
    public var rounds: Int
    /// r.
    public var blockSize: Int
    /// p.
    public var parallelism: Int

    public init(rounds: Int, blockSize: Int, parallelism: Int) {
      self.rounds = rounds
      self.blockSize = blockSize
      self.parallelism = parallelism
    }

    /// 32 MiB and about a tenth of a second. The NT hash beside it costs an attacker less, so more would be show.
    public static let standard = Self(rounds: 1 << 15, blockSize: 8, parallelism: 1)

    /// Whether a file may ask for this: at least RFC 7914's smallest sensible cost, at most 256 MiB.
    var isAcceptable: Bool {
      rounds >= 1 << 10 && rounds <= 1 << 20 && rounds.nonzeroBitCount == 1 && (1...32).contains(blockSize)
        && (1...16).contains(parallelism) && 128 * rounds * blockSize * parallelism <= 256 << 20
    }
  }

  /// The number of salt bytes that are made for a new verifier.
  public static let saltLength = 16
  /// The number of hash bytes.
  public static let hashLength = 32

  public var cost: Cost
  public var salt: [UInt8]
  public var hash: SecretBytes

  init(cost: Cost, salt: [UInt8], hash: SecretBytes) {
    self.cost = cost
    self.salt = salt
    self.hash = hash
  }

  /// Hashes `password` (UTF-8) with a fresh salt. It takes as long as `cost` says and blocks.
  public init(password: SecretBytes, cost: Cost = .standard) throws(AccountsError) {
    var generator = SystemRandomNumberGenerator()
    let salt = (0..<Self.saltLength).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    self.init(cost: cost, salt: salt, hash: try Self.derive(password, salt: salt, cost: cost))
  }

  /// One that nothing passes, and that takes as long as any other of this cost: what is asked about accounts that are not there.
  public static func refusing(cost: Cost) -> PasswordVerifier {
    var generator = SystemRandomNumberGenerator()
    func random(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) } }
    return PasswordVerifier(cost: cost, salt: random(saltLength), hash: SecretBytes(random(hashLength)))
  }

  /// Whether `password` (UTF-8) is the one. Takes as long as the cost says and blocks; the comparison takes constant time.
  public func verify(_ password: SecretBytes) -> Bool {
    guard let candidate = try? Self.derive(password, salt: salt, cost: cost) else { return false }
    return candidate.isEqual(to: hash)
  }

  private static func derive(_ password: SecretBytes, salt: [UInt8], cost: Cost) throws(AccountsError) -> SecretBytes {
    guard password.count > 0 else { throw AccountsError(.invalidPassword, "the password is empty") }
    guard cost.isAcceptable else { throw AccountsError(.malformed, "the cost of the password verifier is out of range") }
    do {
      // The password goes by pointer: no copy of it stays behind.
      let key = try password.withUnsafeBytes { bytes in
        try KDF.Scrypt.deriveKey(
          from: bytes, salt: salt, outputByteCount: hashLength, rounds: cost.rounds, blockSize: cost.blockSize,
          parallelism: cost.parallelism)
      }
      return key.withUnsafeBytes { bytes in SecretBytes(bytes) }
    } catch {
      throw AccountsError(.malformed, "the password verifier cannot be computed")
    }
  }
}

extension PasswordVerifier: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  public var description: String { "scrypt verifier" }
  public var debugDescription: String { description }
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}

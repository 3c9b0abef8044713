import Crypto
import SecuritySupport

/// The keys of one direction under extended session security (MS-NLMP §3.4.5.2, §3.4.5.3).
struct SealingKeys: Sendable {
  /// Who sends in this direction.
  enum Direction: String {
    case clientToServer = "client-to-server"
    case serverToClient = "server-to-client"
  }

  let signKey: SymmetricKey
  let sealKey: SymmetricKey

  init(exportedSessionKey: SecretBytes, flags: NegotiateFlags, direction: Direction) {
    signKey = SymmetricKey(data: Self.derive(exportedSessionKey, prefix: exportedSessionKey.count, direction, "signing"))
    // Only the sealing key is weakened when less than 128 bits were agreed.
    let prefix = flags.contains(.key128) ? exportedSessionKey.count : flags.contains(.key56) ? 7 : 5
    sealKey = SymmetricKey(data: Self.derive(exportedSessionKey, prefix: prefix, direction, "sealing"))
  }

  /// The RC4 handle at its beginning.
  func newStream() -> Insecure.RC4 { Insecure.RC4(key: sealKey) }

  private static func derive(_ key: SecretBytes, prefix: Int, _ direction: Direction, _ purpose: String) -> Crypto.Insecure.MD5Digest {
    // The terminating NUL of the constant is part of it.
    let constant = Array("session key to \(direction.rawValue) \(purpose) key magic constant".utf8) + [0]
    var hash = Crypto.Insecure.MD5()
    key.withUnsafeBytes { hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: $0.prefix(prefix))) }
    hash.update(data: constant)
    return hash.finalize()
  }
}

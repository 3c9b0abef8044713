import Crypto
import SecuritySupport

/// One direction of a session: its keys, its RC4 handle and its counter (MS-NLMP §3.4.2 to §3.4.4 with extended session security).
struct SealingDirection: Sendable {
  /// Bytes of a signature: version, checksum, sequence number.
  static let signatureLength = 16

  private let keys: SealingKeys
  private let encryptsChecksum: Bool
  private var stream: Insecure.RC4
  private var counter: UInt64
  /// Whether nothing has gone through the RC4 handle since it was set.
  private(set) var isFresh = true

  init(keys: SealingKeys, flags: NegotiateFlags, sequence: UInt32 = 0) {
    self.keys = keys
    encryptsChecksum = flags.contains(.keyExchange)
    stream = keys.newStream()
    counter = UInt64(sequence)
  }

  /// The number of the next message. It never starts again at zero: a counter that is used up ends the session.
  func sequence() throws(NTLMError) -> UInt32 {
    guard let sequence = UInt32(exactly: counter) else { throw NTLMError(.limit, "all sequence numbers are used up; a new session is due") }
    return sequence
  }

  /// Sets the RC4 handle anew; the counter goes on (MS-SPNG §3.3.5.1).
  mutating func resetStream() {
    stream = keys.newStream()
    isFresh = true
  }

  /// Enciphers `message` in place and returns the signature over what it was.
  mutating func seal(_ message: UnsafeMutableRawBufferPointer) throws(NTLMError) -> [UInt8] {
    let sequence = try sequence()
    let checksum = checksum(sequence, UnsafeRawBufferPointer(message))
    stream.apply(to: message)
    return signature(checksum, sequence)
  }

  /// Deciphers `message` in place; returns the signature that it ought to have.
  mutating func unseal(_ message: UnsafeMutableRawBufferPointer) throws(NTLMError) -> [UInt8] {
    let sequence = try sequence()
    stream.apply(to: message)
    return signature(checksum(sequence, UnsafeRawBufferPointer(message)), sequence)
  }

  /// The signature of `message`, which stays in clear.
  mutating func sign(_ message: UnsafeRawBufferPointer) throws(NTLMError) -> [UInt8] {
    let sequence = try sequence()
    return signature(checksum(sequence, message), sequence)
  }

  private func checksum(_ sequence: UInt32, _ message: UnsafeRawBufferPointer) -> [UInt8] {
    var code = HMAC<Crypto.Insecure.MD5>(key: keys.signKey)
    withUnsafeBytes(of: sequence.littleEndian) { code.update(data: $0) }
    code.update(data: message)
    return Array(code.finalize().prefix(8))
  }

  /// Closes a message: the checksum goes through the handle after the message, and the counter moves on.
  private mutating func signature(_ checksum: [UInt8], _ sequence: UInt32) -> [UInt8] {
    var checksum = checksum
    if encryptsChecksum { checksum.withUnsafeMutableBytes { stream.apply(to: $0) } }
    isFresh = false
    counter += 1
    var signature: [UInt8] = [1, 0, 0, 0]
    signature += checksum
    signature.append(littleEndian: sequence)
    return signature
  }
}

import SecuritySupport

extension Insecure {
  /// The MD4 message digest (RFC 1320).
  enum MD4 {
    static let digestLength = 16

    /// The digest of `message`, kept as a secret because NTLM only ever hashes passwords.
    static func digest(_ message: UnsafeRawBufferPointer) -> SecretBytes {
      var state = State()
      let whole = message.count & ~63
      for start in stride(from: 0, to: whole, by: 64) { state.absorb(UnsafeRawBufferPointer(rebasing: message[start..<start + 64])) }
      let rest = UnsafeRawBufferPointer(rebasing: message[whole...])
      // One bit, zeros, and the length in bits: in one block when eight bytes are left for the length, otherwise in two (§3.1, §3.2).
      let tail = SecretBytes(count: rest.count < 56 ? 64 : 128) { tail in
        tail.copyMemory(from: rest)
        tail[rest.count] = 0x80
        let bits = UInt64(truncatingIfNeeded: message.count) &* 8
        tail.storeBytes(of: bits.littleEndian, toByteOffset: tail.count - 8, as: UInt64.self)
      }
      tail.withUnsafeBytes { tail in
        for start in stride(from: 0, to: tail.count, by: 64) { state.absorb(UnsafeRawBufferPointer(rebasing: tail[start..<start + 64])) }
      }
      return SecretBytes(count: digestLength) { digest in
        for (index, word) in [state.a, state.b, state.c, state.d].enumerated() {
          digest.storeBytes(of: word.littleEndian, toByteOffset: index * 4, as: UInt32.self)
        }
      }
    }

    private struct State {
      var a: UInt32 = 0x6745_2301
      var b: UInt32 = 0xEFCD_AB89
      var c: UInt32 = 0x98BA_DCFE
      var d: UInt32 = 0x1032_5476

      /// One block of 64 bytes (§3.4). Each step computes the new `a` and renames the registers for the next one.
      mutating func absorb(_ block: UnsafeRawBufferPointer) {
        let before = self
        for k in Self.order1.enumerated() {
          step((b & c) | (~b & d), Self.word(block, k.element), Self.shifts1[k.offset & 3])
        }
        for k in Self.order2.enumerated() {
          step(((b & c) | (b & d) | (c & d)) &+ 0x5A82_7999, Self.word(block, k.element), Self.shifts2[k.offset & 3])
        }
        for k in Self.order3.enumerated() {
          step((b ^ c ^ d) &+ 0x6ED9_EBA1, Self.word(block, k.element), Self.shifts3[k.offset & 3])
        }
        a = a &+ before.a
        b = b &+ before.b
        c = c &+ before.c
        d = d &+ before.d
      }

      private mutating func step(_ mixed: UInt32, _ word: UInt32, _ shift: UInt32) {
        let sum = a &+ mixed &+ word
        (a, b, c, d) = (d, sum << shift | sum >> (32 - shift), b, c)
      }

      private static func word(_ block: UnsafeRawBufferPointer, _ index: Int) -> UInt32 {
        UInt32(littleEndian: block.loadUnaligned(fromByteOffset: index * 4, as: UInt32.self))
      }

      private static let order1 = Array(0..<16)
      private static let order2 = [0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15]
      private static let order3 = [0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15]
      private static let shifts1: [UInt32] = [3, 7, 11, 19]
      private static let shifts2: [UInt32] = [3, 5, 9, 13]
      private static let shifts3: [UInt32] = [3, 9, 11, 15]
    }
  }
}

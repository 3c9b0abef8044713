import SecuritySupport

/// SHA-256 by its definition (FIPS 180-4 §6.2), for comparing bodies that the vectors give by digest only.
enum SHA256Reference {
  static func hexadecimal(_ message: [UInt8]) -> String {
    var state: [UInt32] = [
      0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19,
    ]
    var padded = message + [0x80]
    while padded.count % 64 != 56 { padded.append(0) }
    padded.append(bigEndian: UInt64(message.count) * 8)
    for start in stride(from: 0, to: padded.count, by: 64) {
      var words = (0..<16).map { word in padded[start + word * 4..<start + word * 4 + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) } }
      for index in 16..<64 {
        let a = words[index - 15], b = words[index - 2]
        let first = rotate(a, 7) ^ rotate(a, 18) ^ (a >> 3), second = rotate(b, 17) ^ rotate(b, 19) ^ (b >> 10)
        words.append(words[index - 16] &+ first &+ words[index - 7] &+ second)
      }
      var now = state
      for index in 0..<64 {
        let sum = rotate(now[4], 6) ^ rotate(now[4], 11) ^ rotate(now[4], 25)
        let choice = (now[4] & now[5]) ^ (~now[4] & now[6])
        let first = now[7] &+ sum &+ choice &+ constants[index] &+ words[index]
        let other = rotate(now[0], 2) ^ rotate(now[0], 13) ^ rotate(now[0], 22)
        let majority = (now[0] & now[1]) ^ (now[0] & now[2]) ^ (now[1] & now[2])
        now = [first &+ other &+ majority, now[0], now[1], now[2], now[3] &+ first, now[4], now[5], now[6]]
      }
      for index in 0..<8 { state[index] = state[index] &+ now[index] }
    }
    return state.map { word in
      let digits = String(word, radix: 16)
      return String(repeating: "0", count: 8 - digits.count) + digits
    }.joined()
  }

  private static func rotate(_ word: UInt32, _ count: UInt32) -> UInt32 { word >> count | word << (32 - count) }

  /// The first 32 bits of the fractional parts of the cube roots of the first 64 primes.
  private static let constants: [UInt32] = {
    var primes: [UInt64] = []
    var candidate: UInt64 = 2
    while primes.count < 64 {
      if primes.allSatisfy({ candidate % $0 != 0 }) { primes.append(candidate) }
      candidate += 1
    }
    return primes.map { prime in
      // The largest n with n³ ≤ prime · 2⁹⁶, by bisection; its low 32 bits are the fraction.
      var low: UInt64 = 0
      var high: UInt64 = 1 << 36
      while high - low > 1 {
        let middle = (low + high) / 2
        if UInt128(middle) * UInt128(middle) * UInt128(middle) <= UInt128(prime) << 96 { low = middle } else { high = middle }
      }
      return UInt32(truncatingIfNeeded: low)
    }
  }()
}

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

extension Insecure {
  /// The RC4 stream cipher with its running state: MS-NLMP's "handle". Enciphering and deciphering are the same operation.
  ///
  /// A value: a copy continues the key stream on its own. The state is overwritten when the last copy goes away.
  struct RC4: Sendable {
    private var state: State

    /// - Parameter key: at most 256 bytes count.
    init(key: UnsafeRawBufferPointer) { state = State(key: key) }

    /// Enciphers or deciphers `bytes` in place.
    mutating func apply(to bytes: UnsafeMutableRawBufferPointer) {
      guard !bytes.isEmpty else { return }
      if !isKnownUniquelyReferenced(&state) { state = State(copying: state) }
      state.apply(to: bytes)
    }
  }
}

extension Insecure.RC4 {
  /// The permutation and its two indices.
  private final class State: @unchecked Sendable {  // only changed by RC4.apply, which owns it alone at that moment
    private let permutation: UnsafeMutablePointer<UInt8>  // 256 bytes; every index is a UInt8, so none can be outside
    private var i: UInt8 = 0
    private var j: UInt8 = 0

    init(key: UnsafeRawBufferPointer) {
      permutation = .allocate(capacity: 256)
      for index in 0..<256 { (permutation + index).initialize(to: UInt8(truncatingIfNeeded: index)) }
      guard !key.isEmpty else { return }
      var j: UInt8 = 0
      for index in 0..<256 {
        let value = permutation[index]
        j = j &+ value &+ key[index % key.count]
        permutation[index] = permutation[Int(j)]
        permutation[Int(j)] = value
      }
    }

    init(copying other: State) {
      permutation = .allocate(capacity: 256)
      permutation.initialize(from: other.permutation, count: 256)
      (i, j) = (other.i, other.j)
    }

    func apply(to bytes: UnsafeMutableRawBufferPointer) {
      let s = permutation
      var i = self.i
      var j = self.j
      for index in bytes.indices {
        i = i &+ 1
        let x = s[Int(i)]
        j = j &+ x
        let y = s[Int(j)]
        s[Int(i)] = y
        s[Int(j)] = x
        bytes[index] ^= s[Int(x &+ y)]
      }
      (self.i, self.j) = (i, j)
    }

    deinit {
      #if canImport(Darwin)
        _ = memset_s(permutation, 256, 0, 256)
      #else
        explicit_bzero(permutation, 256)
      #endif
      permutation.deallocate()
    }
  }
}

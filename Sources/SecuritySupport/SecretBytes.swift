#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Bytes that must not outlive their use: a password, a hash, a session key.
///
/// The bytes live in one place, locked into memory and kept out of core dumps where the system allows it, and are overwritten when the last reference goes away or when ``wipe()`` is called. The type cannot print itself.
///
/// Reading is thread-safe. ``wipe()`` may be called at any time, but a reader that runs at the same moment sees either the
/// bytes or zeros.
public final class SecretBytes: @unchecked Sendable {  // immutable but for wipe(), which only ever writes zeros
  private let storage: UnsafeMutableRawBufferPointer
  /// Whether the storage is from ``LockedMemory``, and not from the heap for want of it.
  private let isLocked: Bool

  /// The number of bytes. It stays the same after ``wipe()``.
  public var count: Int { storage.count }

  /// Copies `bytes`. The caller wipes its own copy (``SecretBytes/wipe(_:)``).
  public convenience init(_ bytes: some Collection<UInt8>) {
    self.init(count: bytes.count) { _ = $0.initializeMemory(as: UInt8.self, fromContentsOf: bytes) }
  }

  /// Makes `count` zero bytes and lets `fill` write them in place, so that no other copy ever exists.
  ///
  /// - Parameter count: the number of bytes, not negative.
  public init(count: Int, filledBy fill: (UnsafeMutableRawBufferPointer) throws -> Void) rethrows {
    if let locked = LockedMemory.allocate(count) {
      (storage, isLocked) = (locked, true)
    } else {
      (storage, isLocked) = (.allocate(byteCount: count, alignment: 16), false)
      storage.initializeMemory(as: UInt8.self, repeating: 0)
    }
    try fill(storage)  // when it throws, deinit clears and frees
  }

  /// Gives the bytes to `body`, which must not let them escape.
  public func withUnsafeBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
    try body(UnsafeRawBufferPointer(storage))
  }

  /// Overwrites the bytes with zeros now.
  public func wipe() { Self.clear(storage) }

  /// Whether both hold the same bytes, in time that depends on the length alone.
  public func isEqual(to other: SecretBytes) -> Bool {
    withUnsafeBytes { mine in other.withUnsafeBytes { constantTimeEqual(mine, $0) } }
  }

  deinit {
    Self.clear(storage)
    if isLocked { LockedMemory.deallocate(storage) } else { storage.deallocate() }
  }

  /// Overwrites `bytes` with zeros and empties it.
  ///
  /// The array must be the only owner of its storage: an array that shares it is copied by Swift before the write, and the shared
  /// bytes stay. Slices of it must be gone.
  public static func wipe(_ bytes: inout [UInt8]) {
    bytes.withUnsafeMutableBytes { clear($0) }
    bytes = []
  }

  private static func clear(_ bytes: UnsafeMutableRawBufferPointer) {
    guard let base = bytes.baseAddress, !bytes.isEmpty else { return }
    #if canImport(Darwin)
      _ = memset_s(base, bytes.count, 0, bytes.count)
    #else
      explicit_bzero(base, bytes.count)
    #endif
  }
}

extension SecretBytes: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  public var description: String { "<\(count) secret bytes>" }
  public var debugDescription: String { description }
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// Compares two byte sequences in time that depends on their lengths alone.
public func constantTimeEqual(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
  guard left.count == right.count else { return false }
  var difference: UInt8 = 0
  for (a, b) in zip(left, right) { difference |= a ^ b }
  return difference == 0
}

/// Compares two byte sequences in time that depends on their lengths alone.
public func constantTimeEqual(_ left: some Collection<UInt8>, _ right: some Collection<UInt8>) -> Bool {
  guard left.count == right.count else { return false }
  var difference: UInt8 = 0
  for (a, b) in zip(left, right) { difference |= a ^ b }
  return difference == 0
}

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif
import Synchronization

/// Memory for secrets: locked into RAM and kept out of core dumps, where the system allows it (RLIMIT_MEMLOCK may not).
///
/// Locking works on whole pages and costs a system call, so small secrets share slabs that are locked once and never given back;
/// a large secret has pages of its own.
enum LockedMemory {
  /// Bytes of a shared block. Hashes, keys and most passwords fit.
  private static let blockSize = 128
  /// Bytes of a slab: a multiple of every page size in use.
  private static let slabSize = 65_536

  /// The free blocks of all slabs.
  private static let freeBlocks = Mutex<[UInt]>([])

  /// `count` zero bytes, or `nil` when the system has none left.
  static func allocate(_ count: Int) -> UnsafeMutableRawBufferPointer? {
    guard count > 0 else { return UnsafeMutableRawBufferPointer(start: nil, count: 0) }
    let base = count <= blockSize ? takeBlock() : map(count)
    return base.map { UnsafeMutableRawBufferPointer(start: $0, count: count) }
  }

  /// Gives back what ``allocate(_:)`` gave. The bytes must have been overwritten.
  static func deallocate(_ memory: UnsafeMutableRawBufferPointer) {
    guard let base = memory.baseAddress else { return }
    if memory.count <= blockSize {
      freeBlocks.withLock { $0.append(UInt(bitPattern: base)) }
    } else {
      munmap(base, memory.count)  // unlocks as well
    }
  }

  private static func takeBlock() -> UnsafeMutableRawPointer? {
    let address = freeBlocks.withLock { blocks -> UInt? in
      if blocks.isEmpty, let slab = map(slabSize) {
        let start = UInt(bitPattern: slab)
        blocks = stride(from: start, to: start + UInt(slabSize), by: blockSize).reversed()
      }
      return blocks.popLast()
    }
    return address.flatMap { UnsafeMutableRawPointer(bitPattern: $0) }
  }

  private static func map(_ count: Int) -> UnsafeMutableRawPointer? {
    guard let memory = mmap(nil, count, PROT_READ | PROT_WRITE, MAP_PRIVATE | anonymous, -1, 0), memory != MAP_FAILED else { return nil }
    _ = mlock(memory, count)  // best effort
    #if os(Linux)
      _ = madvise(memory, count, MADV_DONTDUMP)
    #endif
    return memory
  }

  #if canImport(Darwin)
    private static let anonymous = MAP_ANON
  #else
    private static let anonymous = MAP_ANONYMOUS
  #endif
}

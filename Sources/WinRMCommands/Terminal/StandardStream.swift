import Dispatch

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Standard output or error: bytes as they are, at once, without a buffer in between.
struct StandardStream: Sendable {
  static let output = StandardStream(descriptor: STDOUT_FILENO)
  static let error = StandardStream(descriptor: STDERR_FILENO)

  /// Nobody reads the stream any more.
  struct Closed: Error {}

  /// Both streams share it, so that their pieces keep their order, and a reader that waits blocks no thread of the concurrency pool.
  private static let queue = DispatchQueue(label: "winrm.output")

  let descriptor: CInt

  init(descriptor: CInt) { self.descriptor = descriptor }

  /// Writes all of `bytes`. Returns when the system has taken them.
  ///
  /// - Throws: ``Closed``.
  func write(_ bytes: [UInt8]) async throws {
    let isWritten = await withCheckedContinuation { continuation in
      Self.queue.async { continuation.resume(returning: Self.writeAll(bytes, to: descriptor)) }
    }
    if !isWritten { throw Closed() }
  }

  private static func writeAll(_ bytes: [UInt8], to descriptor: CInt) -> Bool {
    bytes.withUnsafeBytes { buffer in
      var offset = 0
      while offset < buffer.count {
        let count = systemWrite(descriptor, UnsafeRawBufferPointer(rebasing: buffer[offset...]))
        if count > 0 {
          offset += count
        } else if errno == EAGAIN {
          awaitReady(descriptor, POLLOUT)
        } else if errno != EINTR {
          return false
        }
      }
      return true
    }
  }
}

/// Standard input, read on a thread of its own.
struct StandardInput: Sendable {
  private let queue = DispatchQueue(label: "winrm.input")

  /// The most that one read returns, in bytes.
  static let blockSize = 98_304

  var isTerminal: Bool { isatty(STDIN_FILENO) == 1 }

  /// What can be read without waiting: empty at the end of the stream, `nil` when one would have to wait.
  func readAvailable() -> [UInt8]? {
    var entry = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
    guard poll(&entry, 1, 0) == 1 else { return nil }
    return Self.readBlock()
  }

  /// The next bytes; empty at the end.
  func read() async throws -> [UInt8] {
    try Task.checkCancellation()
    return await withCheckedContinuation { continuation in queue.async { continuation.resume(returning: Self.readBlock()) } }
  }

  private static func readBlock() -> [UInt8] {
    while true {
      var count = 0
      let block = [UInt8](unsafeUninitializedCapacity: blockSize) { buffer, initialized in
        count = systemRead(STDIN_FILENO, UnsafeMutableRawBufferPointer(buffer))
        initialized = max(count, 0)
      }
      if count >= 0 { return block }
      if errno == EAGAIN { awaitReady(STDIN_FILENO, POLLIN) } else if errno != EINTR { return [] }
    }
  }
}

/// Blocks until a descriptor that somebody else made non-blocking can be used.
private func awaitReady(_ descriptor: CInt, _ events: some BinaryInteger) {
  var entry = pollfd(fd: descriptor, events: Int16(truncatingIfNeeded: events), revents: 0)
  _ = poll(&entry, 1, -1)
}

private func systemWrite(_ descriptor: CInt, _ bytes: UnsafeRawBufferPointer) -> Int { write(descriptor, bytes.baseAddress, bytes.count) }

private func systemRead(_ descriptor: CInt, _ buffer: UnsafeMutableRawBufferPointer) -> Int {
  read(descriptor, buffer.baseAddress, buffer.count)
}

import Dispatch
import SecuritySupport
import WinRM

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
  /// - Throws: ``Closed``, or ``WinRMError`` for another error of the system.
  func write(_ bytes: [UInt8]) async throws {
    let number = await withCheckedContinuation { continuation in
      Self.queue.async { continuation.resume(returning: Self.writeAll(bytes, to: descriptor)) }
    }
    switch number {
    case 0: return
    case EPIPE: throw Closed()
    default: throw WinRMError(stream: descriptor == STDERR_FILENO ? "standard error" : "standard output", "written", errno: number)
    }
  }

  /// - Returns: 0, or the system's error number.
  private static func writeAll(_ bytes: [UInt8], to descriptor: CInt) -> CInt {
    bytes.withUnsafeBytes { buffer in
      var offset = 0
      while offset < buffer.count {
        let count = systemWrite(descriptor, UnsafeRawBufferPointer(rebasing: buffer[offset...]))
        if count > 0 {
          offset += count
        } else if errno == EAGAIN {
          awaitReady(descriptor, POLLOUT)
        } else if errno != EINTR {
          return errno
        }
      }
      return 0
    }
  }
}

/// Standard input, read on a thread of its own.
struct StandardInput: Sendable {
  private let queue = DispatchQueue(label: "winrm.input")
  private let descriptor: CInt

  init(descriptor: CInt = STDIN_FILENO) { self.descriptor = descriptor }

  /// The most that one read returns, in bytes.
  static let blockSize = 98_304

  var isTerminal: Bool { isatty(descriptor) == 1 }

  /// What can be read without waiting: empty at the end of the stream, `nil` when one would have to wait.
  ///
  /// - Throws: ``WinRMError``.
  func readAvailable() throws -> [UInt8]? {
    var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    guard poll(&entry, 1, 0) == 1 else { return nil }
    return try readBlock().get()
  }

  /// The next bytes; empty at the end.
  ///
  /// - Throws: ``WinRMError``, `CancellationError`.
  func read() async throws -> [UInt8] {
    try Task.checkCancellation()
    return try await withCheckedContinuation { continuation in queue.async { continuation.resume(returning: readBlock()) } }.get()
  }

  private func readBlock() -> Result<[UInt8], WinRMError> {
    while true {
      var count = 0
      let block = [UInt8](unsafeUninitializedCapacity: Self.blockSize) { buffer, initialized in
        count = systemRead(descriptor, UnsafeMutableRawBufferPointer(buffer))
        initialized = max(count, 0)
      }
      if count >= 0 { return .success(block) }
      switch errno {
      case EINTR: continue
      case EAGAIN: awaitReady(descriptor, POLLIN)
      case EBADF: return .success([])  // closed: there is no input
      case EIO where isTerminal: return .success([])  // the terminal is gone
      default: return .failure(WinRMError(stream: "standard input", "read", errno: errno))
      }
    }
  }
}

extension WinRMError {
  /// A standard stream that fails.
  fileprivate init(stream: String, _ what: String, errno number: CInt) {
    let code: UInt32 = number == ENOSPC ? 112 : what == "read" ? 30 : 29  // ERROR_DISK_FULL, ERROR_READ_FAULT, ERROR_WRITE_FAULT
    self.init(
      code: WinRMCode(rawValue: code), stage: .local, cause: "\(stream) cannot be \(what): \(String(cString: strerror(number)))",
      nextStep: "redirect \(stream) to something that can be \(what); the remote command was ended")
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

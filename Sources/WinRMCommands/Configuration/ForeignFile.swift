import SecuritySupport

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A file that the caller names, read into secret memory because it may hold a private key. It may also be a pipe with
/// somebody at its other end, as `<(command)` and `/dev/stdin` are; nothing else is read, and nobody is waited for without end.
struct ForeignFile {
  struct Failure: Error {
    var reason: String
    var isMissing = false
  }

  /// The largest file that is read where nothing else is said, in bytes.
  static let maximumSize = 256 << 10

  /// How long a pipe may take, in milliseconds.
  static let patience: Int64 = 30_000

  let content: SecretBytes
  /// Whether it is a file that others than its owner may read.
  let isOpenToOthers: Bool

  /// - Parameters:
  ///   - patience: how long a pipe may take, in milliseconds.
  ///   - maximumSize: the largest file that is read, in bytes.
  init(path: String, patience: Int64 = ForeignFile.patience, maximumSize: Int = ForeignFile.maximumSize) throws(Failure) {
    // O_NONBLOCK: neither opening nor reading a FIFO may wait for a writer that never comes.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
    guard descriptor >= 0 else { throw Failure(reason: String(cString: strerror(errno)), isMissing: errno == ENOENT) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw Failure(reason: String(cString: strerror(errno))) }
    let kind = status.st_mode & S_IFMT
    guard kind == S_IFREG || kind == S_IFIFO else { throw Failure(reason: "it is neither a regular file nor a pipe") }
    isOpenToOthers = kind == S_IFREG && status.st_mode & 0o044 != 0
    let deadline = Self.now() + patience
    var count = 0
    var number: CInt = 0
    let whole = SecretBytes(count: maximumSize + 1) { target in
      while count < target.count {
        let got = posixRead(descriptor, target.baseAddress?.advanced(by: count), target.count - count)
        if got < 0, errno == EINTR { continue }
        if got < 0, errno == EAGAIN {
          if Self.isReadable(descriptor, until: deadline) { continue }
          number = ETIMEDOUT
          return
        }
        if got < 0 { number = errno }
        guard got > 0 else { return }
        count += got
      }
    }
    guard number == 0 else { throw Failure(reason: String(cString: strerror(number))) }
    guard count > 0 || kind == S_IFREG else { throw Failure(reason: "nobody writes into this pipe") }
    guard count <= maximumSize else { throw Failure(reason: "it is larger than \(maximumSize) bytes") }
    content = whole.withUnsafeBytes { bytes in
      SecretBytes(count: count) { $0.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[..<count])) }
    }
  }

  private static func isReadable(_ descriptor: CInt, until deadline: Int64) -> Bool {
    while true {
      let left = deadline - now()
      guard left > 0 else { return false }
      var question = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      let answer = poll(&question, 1, CInt(clamping: left))
      if answer > 0 { return true }
      guard answer < 0, errno == EINTR else { return false }
    }
  }

  /// Milliseconds of a clock that nobody sets.
  private static func now() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
  }
}

private func posixRead(_ descriptor: CInt, _ buffer: UnsafeMutableRawPointer?, _ count: Int) -> Int { read(descriptor, buffer, count) }

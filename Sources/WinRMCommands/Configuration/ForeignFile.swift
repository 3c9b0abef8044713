import SecuritySupport

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A file that the caller names, read into secret memory because it may hold a private key. It may also be a pipe.
struct ForeignFile {
  struct Failure: Error {
    var reason: String
    var isMissing = false
  }

  /// The largest file that is read, in bytes.
  static let maximumSize = 256 << 10

  let content: SecretBytes
  /// Whether it is a file that others than its owner may read.
  let isOpenToOthers: Bool

  init(path: String) throws(Failure) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw Failure(reason: String(cString: strerror(errno)), isMissing: errno == ENOENT) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw Failure(reason: String(cString: strerror(errno))) }
    isOpenToOthers = status.st_mode & S_IFMT == S_IFREG && status.st_mode & 0o044 != 0
    var count = 0
    var number: CInt = 0
    let whole = SecretBytes(count: Self.maximumSize + 1) { target in
      while count < target.count {
        let got = posixRead(descriptor, target.baseAddress?.advanced(by: count), target.count - count)
        if got < 0, errno == EINTR { continue }
        if got < 0 { number = errno }
        guard got > 0 else { return }
        count += got
      }
    }
    guard number == 0 else { throw Failure(reason: String(cString: strerror(number))) }
    guard count <= Self.maximumSize else { throw Failure(reason: "it is larger than \(Self.maximumSize) bytes") }
    content = whole.withUnsafeBytes { bytes in
      SecretBytes(count: count) { $0.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[..<count])) }
    }
  }
}

private func posixRead(_ descriptor: CInt, _ buffer: UnsafeMutableRawPointer?, _ count: Int) -> Int { read(descriptor, buffer, count) }

import SecuritySupport

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A report in a file: the whole of it or nothing, and for its owner alone, because it tells names and addresses.
struct ReportFile {
  var path: String

  /// - Throws: ``WinrmFailure``.
  func write(_ text: String) throws(WinrmFailure) {
    // The new file takes the name: what is no file, such as /dev/null or a link, would be gone.
    var status = stat()
    if lstat(path, &status) == 0, status.st_mode & S_IFMT != S_IFREG {
      throw WinrmFailure(
        WinRMCode(rawValue: 183), "The report cannot be written to \(path): there is something else than a file. Name another one.")
    }
    let temporary = path + ".\(getpid()).new"
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw failure() }
    let isWritten = Self.writeAll(Array(text.utf8), to: descriptor) && fsync(descriptor) == 0
    let reason = errno
    guard close(descriptor) == 0, isWritten, rename(temporary, path) == 0 else {
      let number = isWritten ? errno : reason
      unlink(temporary)
      throw failure(number)
    }
  }

  private func failure(_ number: CInt = errno) -> WinrmFailure {
    WinrmFailure(
      WinRMCode(rawValue: number == ENOENT ? 3 : number == ENOSPC ? 112 : number == EACCES || number == EPERM ? 5 : 29),
      "The report cannot be written to \(path): \(String(cString: strerror(number))).")
  }

  private static func writeAll(_ bytes: [UInt8], to descriptor: CInt) -> Bool {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { posixWrite(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return false }
      rest = rest.dropFirst(count)
    }
    return true
  }
}

private func posixWrite(_ descriptor: CInt, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int { write(descriptor, bytes, count) }

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

  /// Finds out whether the file can be written, before anything is done whose result would be lost otherwise. Nothing is left behind.
  ///
  /// - Throws: ``WinrmFailure``.
  func check() throws(WinrmFailure) {
    try checkName()
    close(try openTemporary())
    unlink(temporary)
  }

  /// - Throws: ``WinrmFailure``.
  func write(_ text: String) throws(WinrmFailure) {
    try checkName()
    let descriptor = try openTemporary()
    let isWritten = Self.writeAll(Array(text.utf8), to: descriptor) && fsync(descriptor) == 0
    let reason = errno
    guard close(descriptor) == 0, isWritten, rename(temporary, path) == 0 else {
      let number = isWritten ? errno : reason
      unlink(temporary)
      throw failure(number)
    }
  }

  private var temporary: String { path + ".\(getpid()).new" }

  /// The new file takes the name: what is no file, such as /dev/null or a link, would be gone.
  private func checkName() throws(WinrmFailure) {
    var status = stat()
    guard lstat(path, &status) == 0, status.st_mode & S_IFMT != S_IFREG else { return }
    throw WinrmFailure(
      WinRMCode(rawValue: 183), "The report cannot be written to \(path): there is something else than a file. Name another one.")
  }

  private func openTemporary() throws(WinrmFailure) -> CInt {
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw failure() }
    return descriptor
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

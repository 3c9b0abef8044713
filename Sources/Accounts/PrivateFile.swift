import CLinux
import Glibc
import SecuritySupport

/// What tells one state of a file from another.
public struct FileStamp: Sendable, Hashable {
  let device: UInt
  let inode: UInt
  let size: Int
  let seconds: Int
  let nanoseconds: Int

  init(_ status: stat) {
    device = UInt(status.st_dev)
    inode = UInt(status.st_ino)
    size = Int(status.st_size)
    seconds = Int(status.st_mtim.tv_sec)
    nanoseconds = Int(status.st_mtim.tv_nsec)
  }
}

/// A file that only its owner may see: read with checks, replaced as a whole, changed by one process at a time.
struct PrivateFile {
  /// The largest file that is read, in bytes.
  static let maximumSize = 16 << 20

  let path: String

  private var directory: String {
    guard let cut = path.lastIndex(of: "/") else { return "." }
    return cut == path.startIndex ? "/" : String(path[..<cut])
  }

  /// The state of the file without reading it; `nil` when there is none.
  func stamp() throws(AccountsError) -> FileStamp? {
    var status = stat()
    guard lstat(path, &status) == 0 else {
      if errno == ENOENT { return nil }
      throw unreadable("cannot be looked at", errno)
    }
    return FileStamp(status)
  }

  /// The file's bytes and state; `nil` when there is none. The caller wipes the bytes.
  ///
  /// - Throws: ``AccountsError`` with `insecureFile` when the file is not a regular file of the effective user, or when its group or
  ///   others may read or write it.
  func read() throws(AccountsError) -> (bytes: [UInt8], stamp: FileStamp)? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
    guard descriptor >= 0 else {
      if errno == ENOENT { return nil }
      if errno == ELOOP { throw AccountsError(.insecureFile, "\(path) is a symbolic link") }
      throw unreadable("cannot be opened", errno)
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw unreadable("cannot be looked at", errno) }
    try check(status)
    guard status.st_size <= Self.maximumSize else { throw AccountsError(.malformed, "\(path) is larger than \(Self.maximumSize) bytes") }
    return (try contents(of: descriptor, size: Int(status.st_size)), FileStamp(status))
  }

  private func check(_ status: stat) throws(AccountsError) {
    guard status.st_mode & S_IFMT == S_IFREG else { throw AccountsError(.insecureFile, "\(path) is not a regular file") }
    guard status.st_uid == geteuid() else {
      throw AccountsError(.insecureFile, "\(path) belongs to user \(status.st_uid), not to \(geteuid()): chown it")
    }
    guard status.st_mode & 0o077 == 0 else {
      throw AccountsError(.insecureFile, "\(path) is open to others (mode \(String(status.st_mode & 0o7777, radix: 8))): chmod 600 it")
    }
  }

  /// Reads into one array of the right size, so that no smaller copy of it is left behind by growth.
  private func contents(of descriptor: CInt, size: Int) throws(AccountsError) -> [UInt8] {
    var failure: CInt = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: max(size, 1)) { buffer, count in
      while count < size {
        let got = Glibc.read(descriptor, buffer.baseAddress.map { $0 + count }, size - count)
        if got < 0 && errno == EINTR { continue }
        if got < 0 { failure = errno }
        guard got > 0 else { return }
        count += got
      }
    }
    guard failure == 0 else { throw unreadable("cannot be read", failure) }
    return bytes
  }

  /// Runs `body` while no other process changes the file. Waits for as long as another one does.
  func locked<R>(_ body: () throws(AccountsError) -> R) throws(AccountsError) -> R {
    try makeDirectory()
    let descriptor = open(path + ".lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw unwritable("its lock cannot be opened", errno) }
    defer { close(descriptor) }
    while flock(descriptor, LOCK_EX) != 0 {
      guard errno == EINTR else { throw unwritable("cannot be locked", errno) }
    }
    return try body()
  }

  /// Replaces the file: a temporary file beside it, written through to the disk, renamed over it.
  func replace(with bytes: [UInt8]) throws(AccountsError) {
    var pattern = Array("\(path).XXXXXX".utf8CString)
    let descriptor = mkostemp(&pattern, O_CLOEXEC)
    guard descriptor >= 0 else { throw unwritable("no temporary file can be made beside it", errno) }
    defer { close(descriptor) }
    let written = fchmod(descriptor, 0o600) == 0 && write(bytes, to: descriptor) && fsync(descriptor) == 0 && rename(pattern, path) == 0
    guard written else {
      let cause = errno
      unlink(pattern)
      throw unwritable("cannot be replaced", cause)
    }
    syncDirectory()
  }

  private func write(_ bytes: [UInt8], to descriptor: CInt) -> Bool {
    var offset = 0
    while offset < bytes.count {
      let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress.map { $0 + offset }, $0.count - offset) }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { return false }
      offset += count
    }
    return true
  }

  /// Best effort: not every file system lets a directory be synchronised.
  private func syncDirectory() {
    let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    _ = fsync(descriptor)
    close(descriptor)
  }

  /// Makes the missing directories above the file, for the owner alone. What root makes above the file's own directory everybody may pass:
  /// other things lie there, such as the policy.
  private func makeDirectory() throws(AccountsError) {
    var made = ""
    let parts = directory.split(separator: "/", omittingEmptySubsequences: true)
    for (index, part) in parts.enumerated() {
      made += (made.isEmpty && !directory.hasPrefix("/") ? "" : "/") + part
      if mkdir(made, 0o700) == 0 {
        if index < parts.count - 1, geteuid() == 0 { chmod(made, 0o755) }
      } else if errno != EEXIST && errno != EROFS && errno != EACCES {
        throw unwritable("its directory \(made) cannot be made", errno)
      }
    }
  }

  private func unreadable(_ what: String, _ cause: CInt) -> AccountsError {
    AccountsError(.unreadable, "\(path) \(what): \(String(cString: strerror(cause)))")
  }

  private func unwritable(_ what: String, _ cause: CInt) -> AccountsError {
    AccountsError(.unwritable, "\(path) \(what): \(String(cString: strerror(cause)))")
  }
}

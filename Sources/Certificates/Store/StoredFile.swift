import SecuritySupport

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// One file of the store: read only when nobody else could have written it, or, for a key, read it; replaced as a whole or not at all.
struct StoredFile {
  /// Who may see the file.
  enum Secrecy {
    /// A certificate: everybody. It must not be writable by others than its owner.
    case everybody
    /// A private key: this process's user alone.
    case owner
  }

  /// The largest file that is read, in bytes: a chain of certificates and more.
  static let maximumSize = 256 << 10

  let path: String
  let secrecy: Secrecy

  /// The content, in secret memory whatever it is; `nil` when there is no such file.
  ///
  /// - Throws: ``CertificateError``: `accessDenied`, `unsafeFile`, `local`.
  func read() throws(CertificateError) -> SecretBytes? {
    // O_NONBLOCK: opening a FIFO must not wait for a writer.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
    guard descriptor >= 0 else {
      if errno == ENOENT { return nil }
      if errno == ELOOP { throw CertificateError(.unsafeFile, "\(path) is a symbolic link; it is not used") }
      throw failure("cannot be opened", errno)
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw failure("cannot be looked at", errno) }
    if let danger = Self.danger(mode: status.st_mode, owner: status.st_uid, size: Int(status.st_size), secrecy: secrecy, userID: geteuid())
    {
      throw CertificateError(.unsafeFile, "\(path) is not used: \(danger)")
    }
    return try Self.read(descriptor, size: Int(status.st_size), orThrow: failure)
  }

  /// Why a file of this kind, owner and size is not used by a process of this user; `nil` when it is.
  static func danger(mode: UInt32, owner: UInt32, size: Int, secrecy: Secrecy, userID: UInt32) -> String? {
    if mode & UInt32(S_IFMT) != UInt32(S_IFREG) { return "it is no regular file" }
    if size > maximumSize { return "it is larger than \(maximumSize) bytes" }
    let shown = String(mode & 0o7777, radix: 8)
    switch secrecy {
    case .owner:
      // Also for root: a key that belongs to somebody is known to somebody.
      if owner != userID { return "it belongs to user \(owner), and not to the service's, \(userID): chown it" }
      if mode & 0o077 != 0 { return "others may use it (mode \(shown)): chmod 600 it" }
    case .everybody:
      if owner != 0, owner != userID { return "it belongs to user \(owner), and not to root or user \(userID)" }
      if mode & 0o022 != 0 { return "others may write it (mode \(shown)): chmod go-w it" }
    }
    return nil
  }

  private static func read(
    _ descriptor: CInt, size: Int, orThrow failure: (String, CInt) -> CertificateError
  ) throws(CertificateError) -> SecretBytes {
    var count = 0
    var number: CInt = 0
    let bytes = SecretBytes(count: size) { target in
      while count < size {
        let got = posixRead(descriptor, target.baseAddress?.advanced(by: count), size - count)
        if got < 0, errno == EINTR { continue }
        if got < 0 { number = errno }
        guard got > 0 else { return }
        count += got
      }
    }
    guard number == 0 else { throw failure("cannot be read", number) }
    guard count == size else { throw failure("changes while it is read", EAGAIN) }
    return bytes
  }

  /// Replaces the content, durably: a new file beside it, renamed over it.
  ///
  /// - Throws: ``CertificateError``: `accessDenied`, `local`.
  func replace(with content: SecretBytes) throws(CertificateError) {
    let temporary = "\(path).\(String(UInt64.random(in: .min ... .max), radix: 36)).new"
    let mode: mode_t = secrecy == .owner ? 0o600 : 0o644
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw failure("cannot be written", errno) }
    defer { close(descriptor) }
    let isWritten = content.withUnsafeBytes { Self.write($0, to: descriptor) }
    // The mode is set whatever the umask; for a certificate it opens the file.
    guard isWritten, fchmod(descriptor, mode) == 0, fsync(descriptor) == 0, rename(temporary, path) == 0 else {
      let number = errno
      unlink(temporary)
      throw failure("cannot be written", number)
    }
    flushDirectory()
  }

  /// Removes the file; one that is not there is removed already.
  func remove() throws(CertificateError) {
    guard unlink(path) == 0 || errno == ENOENT else { throw failure("cannot be removed", errno) }
    flushDirectory()
  }

  private static func write(_ bytes: UnsafeRawBufferPointer, to descriptor: CInt) -> Bool {
    var count = 0
    while count < bytes.count {
      let written = posixWrite(descriptor, bytes.baseAddress?.advanced(by: count), bytes.count - count)
      guard written > 0 || errno == EINTR else { return false }
      count += max(0, written)
    }
    return true
  }

  /// Makes the rename itself durable; a file system that cannot do that is no reason to report failure.
  private func flushDirectory() {
    guard let cut = path.lastIndex(of: "/") else { return }
    let descriptor = open(String(path[..<cut]), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    fsync(descriptor)
    close(descriptor)
  }

  private func failure(_ what: String, _ number: CInt) -> CertificateError {
    let isDenied = [EACCES, EPERM, EROFS].contains(number)
    return CertificateError(isDenied ? .accessDenied : .local, "\(path) \(what): \(String(cString: strerror(number)))")
  }
}

/// What tells one state of a file from another without reading it: which file it is, its size, when its content and when anything about it
/// was changed last, who owns it and who may use it. A link is looked at itself.
struct FileState: Sendable, Equatable {
  private struct Time: Equatable {
    var seconds: Int64
    var nanoseconds: Int64

    init(_ time: timespec) {
      seconds = Int64(time.tv_sec)
      nanoseconds = Int64(time.tv_nsec)
    }
  }

  private var device: UInt64
  private var inode: UInt64
  private var size: Int64
  private var modified: Time
  private var changed: Time
  private var mode: UInt32
  private var owner: UInt32
  private var group: UInt32

  /// `nil` for a file that is not there or cannot be looked at.
  init?(_ path: String) {
    var status = stat()
    guard lstat(path, &status) == 0 else { return nil }
    device = UInt64(truncatingIfNeeded: status.st_dev)
    inode = UInt64(truncatingIfNeeded: status.st_ino)
    size = Int64(status.st_size)
    #if canImport(Darwin)
      (modified, changed) = (Time(status.st_mtimespec), Time(status.st_ctimespec))
    #else
      (modified, changed) = (Time(status.st_mtim), Time(status.st_ctim))
    #endif
    mode = UInt32(status.st_mode)
    owner = status.st_uid
    group = status.st_gid
  }
}

private func posixRead(_ descriptor: CInt, _ buffer: UnsafeMutableRawPointer?, _ count: Int) -> Int { read(descriptor, buffer, count) }
private func posixWrite(_ descriptor: CInt, _ buffer: UnsafeRawPointer?, _ count: Int) -> Int { write(descriptor, buffer, count) }

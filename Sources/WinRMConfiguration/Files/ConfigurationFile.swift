#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// One file of the configuration: read only when nobody else could have written it, replaced as a whole or not at all.
struct ConfigurationFile: Sendable {
  /// The largest file that is read, in bytes. A policy with thousands of entries stays far below it.
  static let maximumSize = 1 << 20

  let path: String

  init(_ path: String) { self.path = path }

  /// The content, or `nil` when there is no such file.
  ///
  /// - Throws: `accessDenied`; `unsafeFile` when it is no regular file, belongs to neither root nor this process's user, or can be
  ///   written by others; `malformed` when a symbolic link on its way leads nowhere: what it led to may have been a policy that denies;
  ///   `inputOutput`.
  func read() throws(ConfigurationError) -> [UInt8]? {
    // O_NONBLOCK: opening a FIFO must not wait for a writer.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      let number = errno
      guard number == ENOENT || number == ENOTDIR else { throw failure("cannot be opened", number) }
      guard let link = Self.danglingLink(on: path) else { return nil }
      let what = link == path ? "it is a symbolic link that leads nowhere" : "\(link) is a symbolic link that leads nowhere"
      throw ConfigurationError(.malformed, "\(what); what it led to is missed", file: path)
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw failure("cannot be examined", errno) }
    try checkSafety(of: status)
    return try readAll(descriptor)
  }

  /// Runs `change` while no other process holds the lock of this file. A process that is killed releases it.
  ///
  /// - Throws: `busy` when another one still holds it after `patience`.
  func locked<R>(patience: Duration = .seconds(10), _ change: () throws -> R) throws -> R {
    try makeDirectory()
    // The lock is a file of its own, because the locked file is replaced.
    let descriptor = open(path + ".lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw failure("cannot be locked", errno) }
    defer { close(descriptor) }
    // Whoever can open a file for reading can lock it: nobody else may. Older versions made it readable.
    _ = fchmod(descriptor, 0o600)
    let deadline = ContinuousClock.now + patience
    while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
      guard errno == EWOULDBLOCK || errno == EINTR else { throw failure("cannot be locked", errno) }
      guard ContinuousClock.now < deadline else {
        throw ConfigurationError(
          .busy,
          "another program has been changing the configuration for more than \(patience.components.seconds) seconds, and holds the lock "
            + "\(path).lock; nothing has been changed. fuser names the program",
          file: path)
      }
      usleep(20_000)
    }
    return try change()
  }

  /// Replaces the content, durably. Whoever reads sees the old file or the new one. Call it with the lock held.
  func replace(with text: String) throws(ConfigurationError) {
    guard text.utf8.count <= Self.maximumSize else {
      throw ConfigurationError(.invalidValue, "the file would be larger than \(Self.maximumSize) bytes and is not written", file: path)
    }
    // With the lock held a file of this name can only be a leftover of a killed process.
    let temporary = directory + "/." + name + ".new"
    unlink(temporary)
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o644)
    guard descriptor >= 0 else { throw failure("cannot be written", errno) }
    do throws(ConfigurationError) {
      defer { close(descriptor) }
      guard fchmod(descriptor, 0o644) == 0 else { throw failure("cannot be written", errno) }  // whatever the umask
      try write(Array(text.utf8), to: descriptor)
      guard fsync(descriptor) == 0 else { throw failure("cannot be flushed", errno) }
    } catch {
      unlink(temporary)
      throw error
    }
    guard rename(temporary, path) == 0 else {
      let number = errno
      unlink(temporary)
      throw failure("cannot be replaced", number)
    }
    Self.flushDirectory(directory)
  }

  /// Removes the file. Call it with the lock held.
  func remove() throws(ConfigurationError) {
    guard unlink(path) == 0 || errno == ENOENT else { throw failure("cannot be removed", errno) }
    Self.flushDirectory(directory)
  }

  /// The symbolic link because of which there is nothing at a path; `nil` where there is just nothing.
  private static func danglingLink(on path: String) -> String? {
    var candidate = path
    var status = stat()
    while candidate != "/", candidate != "." {
      if lstat(candidate, &status) == 0 {
        guard status.st_mode & S_IFMT == S_IFLNK else { return nil }
        return stat(candidate, &status) == 0 ? nil : candidate
      }
      candidate = directory(of: candidate)
    }
    return nil
  }

  private var directory: String { Self.directory(of: path) }

  private static func directory(of path: String) -> String {
    guard let cut = path.lastIndex(of: "/") else { return "." }
    return cut == path.startIndex ? "/" : String(path[..<cut])
  }

  private var name: Substring { path.lastIndex(of: "/").map { path[path.index(after: $0)...] } ?? path[...] }

  private func checkSafety(of status: stat) throws(ConfigurationError) {
    guard let why = Self.danger(of: status, userID: geteuid(), groupID: getegid()) else { return }
    throw ConfigurationError(.unsafeFile, why + "; it is not used", file: path)
  }

  /// Why a file with this status is not believed by a process of this user and group; `nil` when it is.
  static func danger(of status: stat, userID: uid_t, groupID: gid_t) -> String? {
    if status.st_mode & S_IFMT != S_IFREG { return "it is no regular file" }
    if status.st_uid != 0, status.st_uid != userID {
      return "it belongs to user \(status.st_uid), and not to root or the user who reads it"
    }
    if status.st_mode & S_IWOTH != 0 { return "everybody can write it (chmod o-w)" }
    if status.st_mode & S_IWGRP != 0, status.st_gid != 0, status.st_gid != groupID {
      return "group \(status.st_gid) can write it (chmod g-w)"
    }
    if status.st_size > off_t(maximumSize) { return "it is larger than \(maximumSize) bytes" }
    return nil
  }

  private func readAll(_ descriptor: CInt) throws(ConfigurationError) -> [UInt8] {
    var content: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 16384)
    while true {
      let count = buffer.withUnsafeMutableBytes {
        Self.uninterrupted { [base = $0.baseAddress, size = $0.count] in
          base.map { posixRead(descriptor, $0, size) } ?? 0
        }
      }
      guard count >= 0 else { throw failure("cannot be read", errno) }
      guard count > 0 else { return content }
      content += buffer[..<count]
      guard content.count <= Self.maximumSize else {
        throw ConfigurationError(.unsafeFile, "it is larger than \(Self.maximumSize) bytes; it is not used", file: path)
      }
    }
  }

  private func write(_ bytes: [UInt8], to descriptor: CInt) throws(ConfigurationError) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { bytes in
        Self.uninterrupted { bytes.baseAddress.map { posixWrite(descriptor, $0, bytes.count) } ?? 0 }
      }
      guard count > 0 else { throw failure("cannot be written", errno) }
      rest = rest.dropFirst(count)
    }
  }

  private static func uninterrupted(_ call: () -> Int) -> Int {
    while true {
      let result = call()
      if result >= 0 || errno != EINTR { return result }
    }
  }

  /// Makes the directory and those above it, readable for everybody.
  private func makeDirectory() throws(ConfigurationError) {
    var missing: [String] = []
    var candidate = directory
    while candidate != "/", candidate != ".", access(candidate, F_OK) != 0, let cut = candidate.lastIndex(of: "/") {
      missing.append(candidate)
      candidate = cut == candidate.startIndex ? "/" : String(candidate[..<cut])
    }
    for path in missing.reversed() {
      if mkdir(path, 0o755) == 0 {
        // Whatever the umask: clients read their settings there.
        guard chmod(path, 0o755) == 0 else { throw failure("is in a directory that cannot be opened to readers", errno) }
      } else if errno != EEXIST {
        throw failure("is in a directory that cannot be made", errno)
      }
      Self.flushDirectory(Self.directory(of: path))
    }
  }

  /// Makes the rename itself durable; a file system that cannot do that is no reason to report failure.
  private static func flushDirectory(_ directory: String) {
    let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    fsync(descriptor)
    close(descriptor)
  }

  private func failure(_ what: String, _ number: CInt) -> ConfigurationError {
    let isDenied = [EACCES, EPERM, EROFS].contains(number)
    return ConfigurationError(
      isDenied ? .accessDenied : .inputOutput, "the file \(what): \(String(cString: strerror(number)))", file: path)
  }
}

private func posixRead(_ descriptor: CInt, _ buffer: UnsafeMutableRawPointer, _ count: Int) -> Int { read(descriptor, buffer, count) }
private func posixWrite(_ descriptor: CInt, _ buffer: UnsafeRawPointer, _ count: Int) -> Int { write(descriptor, buffer, count) }

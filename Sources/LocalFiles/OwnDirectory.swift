#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A directory of this process's user in which nobody else may put anything: for sockets and caches that others find by their path.
public struct OwnDirectory: Sendable, Hashable {
  /// Why the directory cannot be used.
  public struct Failure: Error, Hashable {
    /// What is wrong, as the end of a sentence that begins with the directory.
    public let reason: String
  }

  public let path: String

  public init(_ path: String) { self.path = path }

  /// Makes the directory when it is missing, and checks whose it is. Blocks on the file system.
  ///
  /// As root, the directory and whatever is made above it are for everyone to pass (mode 0711), so that users reach what is theirs; otherwise
  /// they are for this user alone (0700). The process's umask has no say.
  ///
  /// - Throws: ``Failure`` when it cannot be made, is something else, belongs to another user, or may be written by others.
  public func prepare() throws(Failure) {
    let mode: mode_t = geteuid() == 0 ? 0o711 : 0o700
    var made = path.hasPrefix("/") ? "" : "."
    for part in path.split(separator: "/") {
      made += "/\(part)"
      if mkdir(made, mode) == 0 { chmod(made, mode) }
    }
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
      throw Failure(reason: "cannot be made: \(String(cString: strerror(errno)))")
    }
    guard status.st_uid == geteuid(), status.st_mode & 0o022 == 0 else {
      throw Failure(reason: "belongs to, or may be written by, others")
    }
    if status.st_mode & mode != mode { chmod(path, status.st_mode & 0o7777 | mode) }
  }
}

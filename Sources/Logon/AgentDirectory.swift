import CLinux
import Glibc
import LogonInterface

/// The directories of the agents' sockets and of the sessions' ticket caches.
enum AgentDirectory {
  /// Makes the directory when it is missing and checks that nobody else may put anything there. Blocks.
  ///
  /// As root, the directory and whatever is made above it are for everyone to pass, so that session users reach what is theirs; otherwise
  /// they are for this user alone. The process's umask has no say.
  ///
  /// - Throws: `LogonFailure` with `unavailable`.
  static func prepare(_ path: String) throws(LogonFailure) {
    let mode: mode_t = geteuid() == 0 ? 0o711 : 0o700
    var made = path.hasPrefix("/") ? "" : "."
    for part in path.split(separator: "/") {
      made += "/\(part)"
      if mkdir(made, mode) == 0 { chmod(made, mode) }
    }
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
      throw LogonFailure(.unavailable, "the directory \(path) cannot be made: \(String(cString: strerror(errno)))")
    }
    guard status.st_uid == geteuid(), status.st_mode & 0o022 == 0 else {
      throw LogonFailure(.unavailable, "the directory \(path) belongs to, or may be written by, others")
    }
    if status.st_mode & mode != mode { chmod(path, mode) }
  }

  /// The first directory on the way to `path` that others may not pass; `nil` when all is open. Blocks.
  static func closedDirectory(onWayTo path: String) -> String? {
    var walked = path.hasPrefix("/") ? "" : "."
    for part in path.split(separator: "/") {
      walked += "/\(part)"
      var status = stat()
      guard stat(walked, &status) == 0, status.st_mode & 0o001 != 0 else { return walked }
    }
    return nil
  }

  /// A fresh socket path, short enough for the system's limit where the directory permits.
  static func socketPath(in directory: String) -> String {
    var generator = SystemRandomNumberGenerator()
    return "\(directory)/\(String(generator.next(), radix: 36)).sock"
  }
}

import CLinux
import Glibc
import LogonInterface

/// The directory of the agents' sockets.
enum AgentDirectory {
  /// Makes the directory when it is missing and checks that nobody else may put sockets there. Blocks.
  ///
  /// - Throws: `LogonFailure` with `unavailable`.
  static func prepare(_ path: String) throws(LogonFailure) {
    var made = path.hasPrefix("/") ? "" : "."
    for part in path.split(separator: "/") {
      made += "/\(part)"
      // Parents are for everyone to pass as root, so that session users reach their sockets; else for this user alone. The service's
      // umask is stricter than that, so what was made here gets its mode explicitly.
      let mode: mode_t = geteuid() == 0 ? 0o711 : 0o700
      if mkdir(made, mode) == 0 { chmod(made, mode) }
    }
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
      throw LogonFailure(.unavailable, "the agents' directory cannot be made: \(String(cString: strerror(errno)))")
    }
    guard status.st_uid == geteuid(), status.st_mode & 0o022 == 0 else {
      throw LogonFailure(.unavailable, "the agents' directory belongs to, or may be written by, others")
    }
  }

  /// A fresh socket path, short enough for the system's limit where the directory permits.
  static func socketPath(in directory: String) -> String {
    var generator = SystemRandomNumberGenerator()
    return "\(directory)/\(String(generator.next(), radix: 36)).sock"
  }
}

import CLinux
import Glibc
import LocalFiles
import LogonInterface

/// The directories of the agents' sockets and of the sessions' ticket caches.
enum AgentDirectory {
  /// Makes the directory when it is missing and checks that nobody else may put anything there. Blocks.
  ///
  /// - Throws: `LogonFailure` with `unavailable`.
  static func prepare(_ path: String) throws(LogonFailure) {
    do throws(OwnDirectory.Failure) { try OwnDirectory(path).prepare() } catch {
      throw LogonFailure(.unavailable, "the directory \(path) \(error.reason)")
    }
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

import Glibc
import LocalFiles

/// The name of the socket for this machine's users, from its birth to its removal. Calls block for a moment.
///
/// The directory is the service's own, so that nobody else can put a socket there and be taken for the service. The name appears when somebody
/// listens, and with its final mode: before that the socket has another name.
struct LocalSocketFile: Sendable {
  /// Why there is no socket.
  struct Failure: Error {
    let message: String
  }

  private struct Identity: Equatable {
    let device: UInt64
    let inode: UInt64

    /// `nil` when nothing has that name.
    init?(_ path: String) {
      var status = stat()
      guard lstat(path, &status) == 0 else { return nil }
      device = UInt64(truncatingIfNeeded: status.st_dev)
      inode = UInt64(truncatingIfNeeded: status.st_ino)
    }
  }

  let path: String
  private var identity: Identity?

  init(path: String) { self.path = path }

  /// Where the socket is bound: as long as its name, so that one fits when the other does.
  var temporaryPath: String { String(path.dropLast()) + "~" }

  /// Makes the directory, and looks whether the name may be taken: from nobody, or from a service that is dead.
  ///
  /// Whoever stands in the way is not removed: not a service that lives, and not what is no socket.
  func prepare() throws(Failure) {
    guard path.utf8.count <= 107, path.utf8.count > 1 else { throw Failure(message: "the path is longer than 107 bytes") }
    let directory = OwnDirectory(path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ".")
    do throws(OwnDirectory.Failure) { try directory.prepare() } catch { throw Failure(message: "the directory \(error.reason)") }
    var status = stat()
    guard lstat(path, &status) == 0 else { return }
    guard status.st_mode & S_IFMT == S_IFSOCK else { throw Failure(message: "something else than a socket has the name") }
    guard Self.isAbandoned(path) else { throw Failure(message: "another service answers there") }
  }

  /// Gives the bound socket its mode and its name. Everybody may connect; what they may do is asked of the kernel and the settings.
  mutating func publish() throws(Failure) {
    guard chmod(temporaryPath, 0o666) == 0, let identity = Identity(temporaryPath), rename(temporaryPath, path) == 0 else {
      let reason = String(cString: strerror(errno))
      unlink(temporaryPath)
      throw Failure(message: "it cannot be named: \(reason)")
    }
    self.identity = identity
  }

  /// Removes the name if it still is the one that ``publish()`` gave: another service may have taken it over.
  func remove() {
    if let identity, Identity(path) == identity { unlink(path) }
  }

  /// Whether a service answers at the socket.
  static func isServed(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFSOCK && !isAbandoned(path)
  }

  /// Whether the kernel says that nobody listens there. Whatever else it says, somebody may.
  static func isAbandoned(_ path: String) -> Bool {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
    let descriptor = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue) | CInt(SOCK_NONBLOCK.rawValue), 0)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    let result = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
    }
    return result != 0 && errno == ECONNREFUSED
  }
}

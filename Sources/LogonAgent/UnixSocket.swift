import CLinux
import Glibc

/// The few socket calls that must happen before an event loop takes over.
enum UnixSocket {
  /// A listening socket at `path`, for `owner` alone. Nobody can connect before its mode and owner are right, and the name appears when
  /// somebody listens: a socket of that name without a listener is one that was left behind (``isAbandoned(_:)``).
  static func listen(path: String, owner: UInt32, backlog: CInt) throws(LogonAgentError) -> CInt {
    _ = try Self.address(path)
    let temporary = String(path.dropLast()) + "~"  // not longer, so that it fits too
    let descriptor = try listen(at: temporary, owner: owner, backlog: backlog)
    guard rename(temporary, path) == 0 else {
      let error = failure("cannot be named", descriptor)
      unlink(temporary)
      throw error
    }
    return descriptor
  }

  private static func listen(at path: String, owner: UInt32, backlog: CInt) throws(LogonAgentError) -> CInt {
    var address = try Self.address(path)
    let descriptor = try make()
    unlink(path)
    let bound = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
    }
    guard bound == 0 else { throw failure("cannot be bound", descriptor) }
    // The group stays as it is: the mode gives it nothing.
    guard chmod(path, 0o600) == 0, owner == geteuid() || lchown(path, owner, gid_t.max) == 0, Glibc.listen(descriptor, backlog) == 0 else {
      let error = failure("cannot be given to its user", descriptor)
      unlink(path)
      throw error
    }
    return descriptor
  }

  /// A socket connected to `path`, after a look at who listens there.
  static func connect(path: String) throws(LogonAgentError) -> CInt {
    var address = try Self.address(path)
    let descriptor = try make()
    guard connect(descriptor, &address) == 0 else {
      let cause = errno
      close(descriptor)
      throw LogonAgentError(.unreachable, "nobody listens at the session's agent socket: \(String(cString: strerror(cause)))")
    }
    var peer = winrm_peer()
    guard winrm_peer_of(descriptor, &peer) == 0, peer.uid == 0 || peer.uid == geteuid() else {
      close(descriptor)
      throw LogonAgentError(.untrusted, "the agent socket belongs to neither root nor this user")
    }
    return descriptor
  }

  /// Whether a socket stands at `path` and the kernel says that nobody listens there. Whatever else it says, somebody may.
  static func isAbandoned(_ path: String) -> Bool {
    var status = stat()
    guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK, var address = try? address(path),
      let descriptor = try? make()
    else { return false }
    defer { close(descriptor) }
    return connect(descriptor, &address) != 0 && errno == ECONNREFUSED
  }

  private static func connect(_ descriptor: CInt, _ address: inout sockaddr_un) -> CInt {
    withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
  }

  private static func make() throws(LogonAgentError) -> CInt {
    let kind = CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue) | CInt(SOCK_NONBLOCK.rawValue)
    let descriptor = socket(AF_UNIX, kind, 0)
    guard descriptor >= 0 else { throw LogonAgentError(.local, "no socket: \(String(cString: strerror(errno)))") }
    return descriptor
  }

  private static func address(_ path: String) throws(LogonAgentError) -> sockaddr_un {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    let fits = withUnsafeMutableBytes(of: &address.sun_path) { target in
      guard !bytes.isEmpty, bytes.count < target.count, !bytes.contains(0) else { return false }
      target.copyBytes(from: bytes)
      return true
    }
    guard fits else { throw LogonAgentError(.limit, "the path of an agent socket has 1 to 107 bytes") }
    return address
  }

  private static func failure(_ what: String, _ descriptor: CInt) -> LogonAgentError {
    let cause = errno
    close(descriptor)
    return LogonAgentError(.local, "the agent socket \(what): \(String(cString: strerror(cause)))")
  }
}

import CLinux

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// A connection to a Unix socket, with a time at which every call gives up.
final class UnixStream {
  struct Failure: Error {
    /// `errno`; ETIMEDOUT when the time was up.
    var number: CInt

    var reason: String { String(cString: strerror(number)) }
  }

  private let descriptor: CInt
  private let deadline: ContinuousClock.Instant

  init(connectingTo path: String, deadline: ContinuousClock.Instant) throws(Failure) {
    self.deadline = deadline
    descriptor = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue) | CInt(SOCK_NONBLOCK.rawValue), 0)
    guard descriptor >= 0 else { throw Failure(number: errno) }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let room = MemoryLayout.size(ofValue: address.sun_path)
    let bytes = Array(path.utf8)
    guard bytes.count < room, !bytes.contains(0) else { throw Failure(number: ENAMETOOLONG) }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    while true {
      let status = withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
        }
      }
      if status == 0 { return }
      switch errno {
      case EINTR: continue
      // Too many wait already. There is nothing to wait for with poll.
      case EAGAIN:
        guard ContinuousClock.now < deadline else { throw Failure(number: ETIMEDOUT) }
        usleep(10_000)
      default: throw Failure(number: errno)
      }
    }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// The user who listens.
  func peer() throws(Failure) -> UInt32 { try listener().user }

  /// The process that listens, and its user.
  func listener() throws(Failure) -> (process: Int32, user: UInt32) {
    var peer = winrm_peer()
    guard winrm_peer_of(descriptor, &peer) == 0 else { throw Failure(number: errno) }
    return (peer.pid, peer.uid)
  }

  func write(_ bytes: [UInt8]) throws(Failure) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL)) }
      if count >= 0 {
        rest = rest.dropFirst(count)
      } else {
        try wait(for: POLLOUT, after: errno)
      }
    }
  }

  /// What has come; empty at the end.
  func read() throws(Failure) -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = buffer.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress, $0.count, 0) }
      if count >= 0 { return Array(buffer.prefix(count)) }
      try wait(for: POLLIN, after: errno)
    }
  }

  /// Whether there is something to read, or the end, before this time.
  func hasAnswer(by time: ContinuousClock.Instant) throws(Failure) -> Bool {
    while true {
      let left = max(.zero, ContinuousClock.now.duration(to: time))
      var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      let count = poll(&entry, 1, CInt(min(left / .milliseconds(1), 1_000_000).rounded(.up)))
      if count > 0 { return true }
      guard count == 0 || errno == EINTR else { throw Failure(number: errno) }
      if left == .zero { return false }
    }
  }

  private func wait(for event: CInt, after error: CInt) throws(Failure) {
    guard error == EAGAIN || error == EWOULDBLOCK || error == EINTR else { throw Failure(number: error) }
    let left = ContinuousClock.now.duration(to: deadline)
    guard left > .zero else { throw Failure(number: ETIMEDOUT) }
    let milliseconds = min(left / .milliseconds(1), 1_000_000).rounded(.up)
    var entry = pollfd(fd: descriptor, events: Int16(event), revents: 0)
    guard poll(&entry, 1, CInt(milliseconds)) >= 0 || errno == EINTR else { throw Failure(number: errno) }
  }
}

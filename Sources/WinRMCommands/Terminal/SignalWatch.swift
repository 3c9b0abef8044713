import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Holds signals back while a terminal is in a state that must not outlive the process.
///
/// A signal that is ignored stays ignored. One process has one watch at a time.
struct SignalWatch {
  private let ends: (read: CInt, write: CInt)
  private let previous: [(number: CInt, handler: SignalHandler)]
  /// Those that this process was started to ignore. They stay ignored, and wake nobody.
  let ignored: [CInt]

  init(_ numbers: [CInt]) {
    var pair: [CInt] = [-1, -1]
    guard pipe(&pair) == 0 else {
      ends = (-1, -1)
      previous = []
      ignored = []
      return
    }
    for descriptor in pair { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
    ends = (pair[0], pair[1])
    wakeDescriptor.store(pair[1], ordering: .sequentiallyConsistent)
    var (previous, ignored): ([(number: CInt, handler: SignalHandler)], [CInt]) = ([], [])
    for number in numbers {
      let handler = signal(number) { note($0) }
      if isSame(handler, SIG_IGN) {
        signal(number, SIG_IGN)
        ignored.append(number)
      } else {
        previous.append((number, handler))
      }
    }
    self.previous = previous
    self.ignored = ignored
  }

  /// Waits until `descriptor` can be read.
  ///
  /// - Returns: false when a signal came.
  func awaitInput(_ descriptor: CInt) -> Bool {
    var entries = [
      pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0), pollfd(fd: ends.read, events: Int16(POLLIN), revents: 0),
    ]
    while true {
      let count = poll(&entries, 2, -1)
      if count < 0, errno == EINTR { continue }
      return entries[1].revents == 0
    }
  }

  /// Gives the signals their meaning back, and sends those that came.
  func end() {
    for (number, handler) in previous { signal(number, handler) }
    wakeDescriptor.store(-1, ordering: .sequentiallyConsistent)
    guard ends.read >= 0 else { return }
    close(ends.write)
    var caught: UInt8 = 0
    while read(ends.read, &caught, 1) == 1 { deliver(CInt(caught)) }
    close(ends.read)
  }

  /// Sends this process a signal, and leaves it the time to end by it.
  private func deliver(_ number: CInt) {
    kill(getpid(), number)
    usleep(100_000)
  }
}

#if canImport(Darwin)
  private typealias SignalHandler = (@convention(c) (CInt) -> Void)?
#else
  private typealias SignalHandler = __sighandler_t?
#endif

private func isSame(_ left: SignalHandler, _ right: SignalHandler) -> Bool {
  unsafeBitCast(left, to: Int.self) == unsafeBitCast(right, to: Int.self)
}

/// Where ``note(_:)`` writes; -1 for nowhere. It has been touched before a handler can run, so that reading it is safe there.
private let wakeDescriptor = Atomic<CInt>(-1)

/// The handler: it only does what a handler may.
private func note(_ number: CInt) {
  let before = errno
  var byte = UInt8(truncatingIfNeeded: number)
  _ = write(wakeDescriptor.load(ordering: .sequentiallyConsistent), &byte, 1)
  errno = before
}

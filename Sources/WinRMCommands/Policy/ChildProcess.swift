import CLinux

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// A program that is run for its output: no shell, no input, no terminal, an environment of its own, and an end in any case.
struct ChildProcess {
  struct Result {
    var output: [UInt8]
    /// The end of what it wrote to standard error.
    var errors: String
    var exitCode: Int32
  }

  enum Failure: Error, Equatable {
    /// There is no such program in the system's directories.
    case missing(String)
    case notStarted(String, CInt)
    case timedOut(String)
    case tooMuchOutput(String)
    /// Ended by a signal.
    case killed(String, Int32)

    var reason: String {
      switch self {
      case .missing(let name): "the program \(name) is missing; it belongs to Samba (Debian: winbind, ldb-tools, smbclient)"
      case .notStarted(let name, let number): "the program \(name) could not be started (error \(number))"
      case .timedOut(let name): "the program \(name) gave no answer in time"
      case .tooMuchOutput(let name): "the program \(name) answered with more than is taken"
      case .killed(let name, let signal): "the program \(name) was ended by signal \(signal)"
      }
    }
  }

  private static let directories = ["/usr/bin", "/usr/sbin", "/bin", "/sbin", "/usr/local/bin", "/usr/local/sbin"]
  /// How much of standard error is kept, in bytes.
  private static let maximumErrors = 4096

  /// Runs a program to its end. It blocks.
  ///
  /// - Parameters:
  ///   - name: the program, which is looked for in the system's directories and not in `PATH`.
  ///   - arguments: those behind the name.
  ///   - maximumOutput: the most output that is taken, in bytes.
  ///   - seconds: after this time the program is killed, with every process that it started and that did not leave its session.
  static func run(_ name: String, _ arguments: [String], maximumOutput: Int, seconds: Int) throws(Failure) -> Result {
    guard
      let path = directories.lazy.map({ (directory: String) -> String in "\(directory)/\(name)" }).first(where: { access($0, X_OK) == 0 })
    else { throw .missing(name) }
    guard let output = Pipe(), let errors = Pipe() else { throw .notStarted(name, errno) }
    let child = try spawn(path, [name] + arguments, output.writing, errors.writing)
    output.closeWriting()
    errors.closeWriting()
    var reader = OutputReader(output: output.reading, errors: errors.reading, maximumOutput: maximumOutput)
    let deadline = now() + Int64(seconds) * 1000
    var outcome = reader.read(until: deadline)
    // It may have closed its output and go on.
    if outcome == .ended, !hasEnded(child, by: deadline) { outcome = .timedOut }
    // Until it is reaped nobody else can have its number: what is left of its group can be killed without hitting others.
    kill(-child, SIGKILL)
    guard let status = reap(child) else { throw .timedOut(name) }
    switch outcome {
    case .timedOut: throw .timedOut(name)
    case .tooMuch: throw .tooMuchOutput(name)
    case .ended: break
    }
    guard status & 0x7F == 0 else { throw .killed(name, status & 0x7F) }
    return Result(output: reader.collected, errors: String(decoding: reader.errorTail, as: UTF8.self), exitCode: status >> 8 & 0xFF)
  }

  /// Nothing of the caller's environment: it could name another realm, another configuration, other libraries.
  private static let environment = ["PATH=/usr/bin:/usr/sbin:/bin:/sbin", "LC_ALL=C", "HOME=/", "KRB5CCNAME=MEMORY:winrm-policy"]

  /// POSIX_SPAWN_SETSID, which glibc and musl show to C with GNU's extensions only.
  private static let newSession: Int16 = 0x80

  private static func spawn(_ path: String, _ words: [String], _ output: CInt, _ errors: CInt) throws(Failure) -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, output, 1)
    posix_spawn_file_actions_adddup2(&actions, errors, 2)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    // A session of its own: no terminal to ask for a password on, and a group that can be killed as a whole. Signals as usual, whatever
    // this process ignores or blocks.
    var none = sigset_t()
    sigemptyset(&none)
    var all = sigset_t()
    sigfillset(&all)
    sigdelset(&all, SIGKILL)
    sigdelset(&all, SIGSTOP)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setsigdefault(&attributes, &all)
    posix_spawnattr_setflags(&attributes, newSession | Int16(POSIX_SPAWN_SETSIGMASK) | Int16(POSIX_SPAWN_SETSIGDEF))
    var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
    var variables: [UnsafeMutablePointer<CChar>?] = environment.map { strdup($0) } + [nil]
    defer {
      for pointer in arguments + variables { free(pointer) }
    }
    var child: pid_t = 0
    let status = posix_spawn(&child, path, &actions, &attributes, &arguments, &variables)
    guard status == 0 else { throw .notStarted(words[0], status) }
    return child
  }

  /// Waits for the end of the child without reaping it.
  private static func hasEnded(_ child: pid_t, by deadline: Int64) -> Bool {
    while true {
      var information = siginfo_t()
      let result = waitid(P_PID, id_t(child), &information, WEXITED | WNOHANG | WNOWAIT)
      // Without a child there is no process number in it.
      if result == 0, information.si_signo == SIGCHLD { return true }
      if result != 0, errno != EINTR { return true }
      guard now() < deadline else { return false }
      usleep(5000)
    }
  }

  /// How long a killed process may take to end, in milliseconds: one that waits for a dead disk does not end at all.
  private static let patience: Int64 = 5000

  /// Its status; `nil` when even the kill does not end it.
  private static func reap(_ child: pid_t) -> Int32? {
    let deadline = now() + patience
    while true {
      var status: Int32 = 0
      let result = waitpid(child, &status, WNOHANG)
      if result == child { return status }
      if result < 0, errno != EINTR { return SIGKILL }
      guard now() < deadline else { return nil }
      usleep(2000)
    }
  }

  /// Milliseconds of the monotonic clock.
  fileprivate static func now() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
  }

  /// The two ends of a pipe; they are closed with the value, and not inherited.
  private final class Pipe {
    let reading: CInt
    private(set) var writing: CInt

    init?() {
      var ends: [CInt] = [-1, -1]
      guard pipe2(&ends, O_CLOEXEC) == 0 else { return nil }
      reading = ends[0]
      writing = ends[1]
    }

    func closeWriting() {
      if writing >= 0 { close(writing) }
      writing = -1
    }

    deinit {
      close(reading)
      closeWriting()
    }
  }

  private struct OutputReader {
    enum Outcome { case ended, timedOut, tooMuch }

    let output: CInt
    let errors: CInt
    let maximumOutput: Int
    var collected: [UInt8] = []
    var errorTail: [UInt8] = []

    mutating func read(until deadline: Int64) -> Outcome {
      var open = [pollfd(fd: output, events: Int16(POLLIN), revents: 0), pollfd(fd: errors, events: Int16(POLLIN), revents: 0)]
      var buffer = [UInt8](repeating: 0, count: 16384)
      while open.contains(where: { $0.fd >= 0 }) {
        let rest = deadline - ChildProcess.now()
        guard rest > 0 else { return .timedOut }
        guard poll(&open, nfds_t(open.count), CInt(min(rest, 60_000))) > 0 else { continue }
        for index in open.indices where open[index].fd >= 0 && open[index].revents != 0 {
          let count = buffer.withUnsafeMutableBytes { posixRead(open[index].fd, $0.baseAddress, $0.count) }
          if count < 0, errno == EINTR || errno == EAGAIN { continue }
          guard count > 0 else {
            open[index].fd = -1
            continue
          }
          if index == 0 {
            guard count <= maximumOutput - collected.count else { return .tooMuch }
            collected += buffer[..<count]
          } else {
            errorTail = (errorTail + buffer[..<count]).suffix(ChildProcess.maximumErrors)
          }
        }
      }
      return .ended
    }
  }
}

private func posixRead(_ descriptor: CInt, _ buffer: UnsafeMutableRawPointer?, _ count: Int) -> Int { read(descriptor, buffer, count) }

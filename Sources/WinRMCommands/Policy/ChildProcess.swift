import CLinux

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// A program that is run for its output: no shell, no input, an environment of its own, and an end in any case.
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
  ///   - seconds: after this time the program is killed.
  static func run(_ name: String, _ arguments: [String], maximumOutput: Int, seconds: Int) throws(Failure) -> Result {
    guard
      let path = directories.lazy.map({ (directory: String) -> String in "\(directory)/\(name)" }).first(where: { access($0, X_OK) == 0 })
    else { throw .missing(name) }
    guard let output = Pipe(), let errors = Pipe() else { throw .notStarted(name, errno) }
    let child = try spawn(path, [name] + arguments, output.writing, errors.writing)
    output.closeWriting()
    errors.closeWriting()
    var reader = OutputReader(output: output.reading, errors: errors.reading, maximumOutput: maximumOutput)
    let outcome = reader.read(until: now() + Int64(seconds) * 1000)
    if outcome != .ended { kill(child, SIGKILL) }
    let status = wait(for: child)
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

  private static func spawn(_ path: String, _ words: [String], _ output: CInt, _ errors: CInt) throws(Failure) -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, output, 1)
    posix_spawn_file_actions_adddup2(&actions, errors, 2)
    var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
    var variables: [UnsafeMutablePointer<CChar>?] = environment.map { strdup($0) } + [nil]
    defer {
      for pointer in arguments + variables { free(pointer) }
    }
    var child: pid_t = 0
    let status = posix_spawn(&child, path, &actions, nil, &arguments, &variables)
    guard status == 0 else { throw .notStarted(words[0], status) }
    return child
  }

  private static func wait(for child: pid_t) -> Int32 {
    var status: Int32 = 0
    while waitpid(child, &status, 0) < 0, errno == EINTR {}
    return status
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
          let count = buffer.withUnsafeMutableBytes { Glibc.read(open[index].fd, $0.baseAddress, $0.count) }
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

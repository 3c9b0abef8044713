import CLinux
import Glibc
import LogonInterface

/// A command that has just been started. Whoever gets it owns the four descriptors and reaps the process.
struct LaunchedCommand: Sendable {
  var pid: pid_t
  /// Readable when the command has ended.
  var exit: CInt
  var standardInput: CInt
  var standardOutput: CInt
  var standardError: CInt
}

/// Starts commands through the exec helper, and knows whether they did start. Calls block for the helper's few milliseconds.
struct ExecLauncher: Sendable {
  /// How long the helper may take, for instance in a directory on a dead file server. In milliseconds.
  static let patience: CInt = 15_000

  var helperPath: String

  /// - Throws: `LogonFailure` with `spawnFailed` and the step that failed, `limit` for a specification that is too long.
  func launch(_ specification: ExecSpecification) throws(LogonFailure) -> LaunchedCommand {
    try launch(bytes: try specification.encode())
  }

  func launch(bytes: [UInt8]) throws(LogonFailure) -> LaunchedCommand {
    let started: Started
    do throws(SystemError) { started = try start(bytes) } catch { throw Self.failure(error.number, .helper) }
    do throws(LogonFailure) {
      try Self.readReport(from: started.status)
      let exit = winrm_open_process(started.pid)
      guard exit >= 0 else { throw Self.failure(errno, .descriptors) }
      return LaunchedCommand(
        pid: started.pid, exit: exit, standardInput: started.input.release(), standardOutput: started.output.release(),
        standardError: started.error.release())
    } catch {
      // Its session is its own by now, or it never got that far: either way only this process group is hit.
      kill(-started.pid, SIGKILL)
      kill(started.pid, SIGKILL)
      while waitpid(started.pid, nil, 0) < 0 && errno == EINTR {}
      throw error
    }
  }

  /// A helper under way, with the service's ends of its pipes.
  private struct Started {
    var pid: pid_t
    var input: OwnedDescriptor
    var output: OwnedDescriptor
    var error: OwnedDescriptor
    var status: OwnedDescriptor
  }

  private func start(_ specification: [UInt8]) throws(SystemError) -> Started {
    let (input, output, error, status) = (try Pipe(), try Pipe(), try Pipe(), try Pipe())
    let file = try Self.memoryFile(holding: specification)
    let pid = try spawn([input.reading, output.writing, error.writing, file, status.writing])
    return Started(pid: pid, input: input.writing, output: output.reading, error: error.reading, status: status.reading)
  }

  /// Starts the helper with an empty environment and these descriptors as 0, 1, 2, …; all others are closed on exec.
  private func spawn(_ descriptors: [OwnedDescriptor]) throws(SystemError) -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for (target, descriptor) in descriptors.enumerated() {
      let status = posix_spawn_file_actions_adddup2(&actions, descriptor.number, CInt(target))
      guard status == 0 else { throw SystemError(number: status) }
    }
    return try withExtendedLifetime(descriptors) { () throws(SystemError) in
      try "winrmd-exec".withSpawnVector { (arguments, environment) throws(SystemError) in
        var pid: pid_t = 0
        let status = posix_spawn(&pid, helperPath, &actions, nil, arguments, environment)
        guard status == 0 else { throw SystemError(number: status) }
        return pid
      }
    }
  }

  /// The helper's report: one zero byte and the end when the command runs, otherwise a step and an error number.
  private static func readReport(from status: OwnedDescriptor) throws(LogonFailure) {
    var report: [UInt8] = []
    while report.count < 6 {
      var question = pollfd(fd: status.number, events: Int16(POLLIN), revents: 0)
      let ready = poll(&question, 1, patience)
      if ready < 0 && errno == EINTR { continue }
      guard ready > 0 else { throw failure(ETIMEDOUT, .helper) }
      var buffer = [UInt8](repeating: 0, count: 8)
      let count = read(status.number, &buffer, buffer.count)
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { break }
      report += buffer.prefix(count)
    }
    if report == [0] { return }
    let details = report.first == 0 ? report.dropFirst() : report[...]
    guard details.count == 5, let stage = details.first.flatMap(SpawnStage.init) else { throw failure(ECHILD, .helper) }
    throw failure(CInt(truncatingIfNeeded: details.dropFirst().reversed().reduce(0) { $0 << 8 | UInt32($1) }), stage)
  }

  private static func memoryFile(holding bytes: [UInt8]) throws(SystemError) -> OwnedDescriptor {
    let file = try OwnedDescriptor(winrm_memory_file())
    var offset = 0
    while offset < bytes.count {
      let count = bytes.withUnsafeBytes { write(file.number, $0.baseAddress.map { $0 + offset }, $0.count - offset) }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { throw .last }
      offset += count
    }
    guard lseek(file.number, 0, SEEK_SET) == 0 else { throw .last }
    return file
  }

  private static func failure(_ number: CInt, _ stage: SpawnStage) -> LogonFailure {
    LogonFailure(.spawnFailed(errno: number, stage: stage), "\(stage): \(String(cString: strerror(number)))")
  }
}

extension String {
  /// This text as the only argument, and an empty environment, the way `posix_spawn` takes them.
  fileprivate func withSpawnVector<R>(
    _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>, UnsafePointer<UnsafeMutablePointer<CChar>?>) throws(SystemError) -> R
  ) throws(SystemError) -> R {
    guard let name = strdup(self) else { throw .last }
    defer { free(name) }
    return try body([name, nil], [nil])
  }
}

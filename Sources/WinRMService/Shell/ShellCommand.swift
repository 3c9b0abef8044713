import LogonInterface
import NIOCore
import Synchronization

/// One command of a shell: its process, its pipes, how it ended.
final class ShellCommand: Sendable {
  /// The id as the client wrote it, or as the service made it.
  let id: String
  /// Command and arguments as they were sent.
  let line: String
  let output: CommandOutput
  let input: CommandInput
  private let process: StartedProcess
  private let pipes: ProcessPipes
  private let limits: ShellLimits
  private let time: TimeSource
  private let wasInterrupted = Atomic(false)
  private let exited = Atomic(false)

  /// Whether the process is gone.
  var hasExited: Bool { exited.load(ordering: .acquiring) }

  private init(
    id: String, line: String, process: StartedProcess, pipes: ProcessPipes, output: CommandOutput, limits: ShellLimits, time: TimeSource
  ) {
    self.id = id
    self.line = line
    self.process = process
    self.pipes = pipes
    self.output = output
    self.limits = limits
    self.time = time
    input = CommandInput(channel: pipes.input, limit: limits.inputBuffer, time: time)
  }

  /// Takes over a process that has just been started.
  static func adopting(
    _ process: StartedProcess, id: String, line: String, group: any EventLoopGroup, limits: ShellLimits, time: TimeSource
  ) async throws -> ShellCommand {
    let output = CommandOutput(limit: limits.outputBuffer, time: time)
    let pipes = try await ProcessPipes.open(process, into: output, group: group)
    return ShellCommand(id: id, line: line, process: process, pipes: pipes, output: output, limits: limits, time: time)
  }

  /// Waits until the process has ended and its pipes are read to their end.
  func supervise() async {
    do {
      let status = try await process.waitForExit()
      exited.store(true, ordering: .releasing)
      output.exited(exitCode(of: status))
    } catch {
      exited.store(true, ordering: .releasing)
      abandon()
      return
    }
    input.close()
    await closeOrphanedPipes()
  }

  /// A background process may have inherited the pipes of a command that has ended. While it writes, it is read; when it has been
  /// silent for a while, its pipes are closed.
  private func closeOrphanedPipes() async {
    let step = limits.orphanedPipeTimeout / 4
    var silence = 0
    var last = output.progress.count
    while !output.pipesHaveEnded {
      do { try await time.sleep(step) } catch { break }
      let (count, isResting) = output.progress
      silence = count == last && !isResting ? silence + 1 : 0
      last = count
      if silence >= 4 { break }
    }
    pipes.closeOutputs()
  }

  /// Sends Ctrl-C or Ctrl-Break.
  func interrupt(_ signal: ProcessSignal) async throws(LogonFailure) {
    wasInterrupted.store(true, ordering: .relaxed)
    try await process.signal(signal)
  }

  /// Ends the process and throws its output away.
  func terminate() async {
    abandon()
    do { try await process.signal(.terminate) } catch {}  // the session that is gone has ended it
  }

  /// Lets go of the pipes and of whoever waits for them.
  func abandon(_ reason: CommandOutput.Failure = .aborted) {
    output.abort(reason)
    input.close()
    pipes.closeOutputs()
  }

  /// The number for `rsp:ExitCode`: the process's own; STATUS_CONTROL_C_EXIT (0xC000013A) when it died of a Ctrl-C or Ctrl-Break sent
  /// here; 128 + n when another signal n ended it, as shells say it.
  private func exitCode(of status: ExitStatus) -> UInt32 {
    switch status {
    case .exited(let code): UInt32(bitPattern: code)
    case .signaled(2), .signaled(3): wasInterrupted.load(ordering: .relaxed) ? 0xC000_013A : 128 + (status == .signaled(2) ? 2 : 3)
    case .signaled(let number): 128 &+ UInt32(bitPattern: number)
    }
  }
}

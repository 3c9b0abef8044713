import Synchronization
import WinRM

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// One run of a command, with the standard streams of this process tied to it.
struct WinrsRun: Sendable {
  var options: WinrsOptions
  var configuration: WinRMClientConfiguration

  /// - Returns: the command's exit code, as the server gave it.
  func run() async throws -> UInt32 {
    let failure = Mutex<(any Error)?>(nil)
    let echo = options.noEcho ? TerminalEcho.off(on: STDIN_FILENO) : nil
    defer { echo?.restore() }
    do {
      return try await withWinRMClient(configuration) { client in
        let shell = ShellOptions(
          environment: options.environment, workingDirectory: options.directory, noProfile: options.noProfile)
        return try await client.withShell(shell) { shell in try await run(in: shell, echo, failure) }
      }
    } catch is CancellationError {
      throw failure.withLock { $0 } ?? CancellationError()
    }
  }

  private func run(in shell: RemoteShell, _ echo: TerminalEcho?, _ failure: borrowing Mutex<(any Error)?>) async throws -> UInt32 {
    let input = StandardInput()
    let first = input.readAvailable()
    let command = CommandOptions(consoleInput: input.isTerminal, closesStandardInput: first?.isEmpty ?? false)
    return try await shell.run(options.command[0], arguments: Array(options.command.dropFirst()), options: command) { running in
      let output = Task { try await forward(running) }
      let signals = SignalForwarder(to: running, cancelling: output) { echo?.restore() }
      defer { signals.stop() }
      let inputFailure = InputFailure()
      // Left behind when the command ends: a read from a terminal cannot be interrupted.
      let pumping = command.closesStandardInput ? nil : Task { await pump(first, from: input, to: running, inputFailure, output) }
      defer { pumping?.cancel() }
      do { return try await output.value } catch {
        failure.withLock { $0 = inputFailure.error }
        throw error
      }
    }
  }

  private func forward(_ running: RunningCommand) async throws -> UInt32 {
    for try await piece in running.output {
      switch piece {
      case .standardOutput(let bytes): try await StandardStream.output.write(bytes)
      case .standardError(let bytes): try await StandardStream.error.write(bytes)
      }
    }
    return try await running.waitForExit()
  }

  private func pump(
    _ first: [UInt8]?, from input: StandardInput, to running: RunningCommand, _ failure: InputFailure, _ output: Task<UInt32, any Error>
  ) async {
    do {
      var bytes = if let first { first } else { try await input.read() }
      while !bytes.isEmpty {
        try await running.write(bytes)
        bytes = try await input.read()
      }
      try await running.closeStandardInput()
    } catch {
      failure.record(error)
      output.cancel()
    }
  }
}

/// Why standard input could not be passed on; it ends the run.
private final class InputFailure: Sendable {
  private let state = Mutex<(any Error)?>(nil)
  var error: (any Error)? { state.withLock { $0 } }
  func record(_ error: any Error) { state.withLock { $0 = error } }
}

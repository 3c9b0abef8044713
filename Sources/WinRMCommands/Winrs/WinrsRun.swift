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
  /// - Throws: ``WinRMError``, ``StandardStream/Closed``, ``EndedBySignal``.
  func run() async throws -> UInt32 {
    let inputFailure = InputFailure()
    let echo = options.noEcho ? TerminalEcho.off(on: STDIN_FILENO) : nil
    defer { echo?.restore() }
    return try await SignalForwarder.endingBySignals(lastAct: { echo?.restore() }) { signals in
      do { return try await perform(signals, inputFailure) } catch is CancellationError {
        throw inputFailure.error ?? CancellationError()
      }
    }
  }

  private func perform(_ signals: SignalForwarder, _ inputFailure: InputFailure) async throws -> UInt32 {
    let notice = AuthenticationNotice()
    var configuration = configuration
    configuration.onAuthentication = { notice.record($0) }
    return try await withWinRMClient(configuration) { client in
      let shell = ShellOptions(environment: options.environment, workingDirectory: options.directory, noProfile: options.noProfile)
      return try await client.withShell(shell) { shell in
        if let report = notice.report {
          for line in AuthenticationNotice.lines(report, verbose: options.verbose) {
            try? await StandardStream.error.write(Array((line + "\n").utf8))  // nobody left to tell
          }
        }
        return try await run(in: shell, signals, inputFailure)
      }
    }
  }

  private func run(
    in shell: RemoteShell, _ signals: SignalForwarder, _ inputFailure: InputFailure
  ) async throws -> UInt32 {
    let input = StandardInput()
    let first = try input.readAvailable()
    let command = CommandOptions(consoleInput: input.isTerminal, closesStandardInput: first?.isEmpty ?? false)
    return try await shell.run(options.command[0], arguments: Array(options.command.dropFirst()), options: command) { running in
      signals.attach(running)
      defer { signals.detach() }
      let output = Task { try await forward(running, signals) }
      // Left behind when the command ends: a read from a terminal cannot be interrupted.
      let pumping = command.closesStandardInput ? nil : Task { await pump(first, from: input, to: running, inputFailure, output) }
      defer { pumping?.cancel() }
      return try await withTaskCancellationHandler {
        try await output.value
      } onCancel: {
        output.cancel()
      }
    }
  }

  private func forward(_ running: RunningCommand, _ signals: SignalForwarder) async throws -> UInt32 {
    for try await piece in running.output {
      signals.outputCame()
      switch piece {
      case .standardOutput(let bytes): try await StandardStream.output.write(bytes)
      case .standardError(let bytes): try? await StandardStream.error.write(bytes)  // nobody left to tell; the command goes on
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

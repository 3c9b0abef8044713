import WSMan
import SecuritySupport

/// A shell on the server. It ends with ``WinRMClient/withShell(_:body:)``, whatever happens.
public final class RemoteShell: Sendable {
  let client: WinRMClient
  /// The server's identifier of the shell.
  public let id: String

  init(client: WinRMClient, id: String) {
    self.client = client
    self.id = id
  }

  /// Runs a command for the time of `body`. The server joins command and arguments by single spaces: quoting is up to the caller.
  ///
  /// The command is ended when `body` returns, if it still runs.
  ///
  /// - Throws: ``WinRMError``, `CancellationError`, or what `body` throws. An exit code other than 0 is a result, not an error.
  public func run<R>(
    _ command: String, arguments: [String] = [], options: CommandOptions = CommandOptions(), body: (RunningCommand) async throws -> R
  ) async throws -> R {
    let request = CommandLine(command: command, arguments: arguments)
    let header = [
      OptionValue("WINRS_CONSOLEMODE_STDIN", options.consoleInput ? "TRUE" : "FALSE"),
      OptionValue("WINRS_SKIP_CMD_SHELL", options.skipShell ? "TRUE" : "FALSE"),
    ]
    guard case .commandStarted(let id) = try await perform(.command, .command(request), on: client.mainLane, options: header) else {
      throw client.session.unexpected(.shell)
    }
    let running = RunningCommand(shell: self, id: id)
    do {
      if options.closesStandardInput { try await running.endInput(on: client.mainLane) }
      let result = try await body(running)
      await terminate(id)
      return result
    } catch {
      await terminate(id)
      throw error
    }
  }

  /// Sends one request about this shell.
  func perform(
    _ action: WSManAction, _ body: RequestBody, on lane: RequestLane, options: [OptionValue] = [], timeout: Duration? = nil
  ) async throws -> ResponseBody {
    do {
      return try await exchange(action, body, on: lane, options: options, timeout: timeout)
    } catch let fault as WSManFault {
      throw client.session.failure(fault, .shell)
    }
  }

  /// As ``perform(_:_:on:options:timeout:)``, with a fault thrown as it came.
  func exchange(
    _ action: WSManAction, _ body: RequestBody, on lane: RequestLane, options: [OptionValue] = [], timeout: Duration? = nil
  ) async throws -> ResponseBody {
    let operationTimeout = timeout ?? client.session.operationTimeout
    let header = client.session.header(
      .shellCmd, action, selectors: ["ShellId": id], options: options, operationTimeout: operationTimeout)
    return try await lane.perform(
      WSManRequest(header: header, body: body), timeout: client.session.readTimeout(operationTimeout: operationTimeout)
    ).body
  }

  /// How long the requests that clean up may take: nobody waits for their results.
  static let cleanUpTimeout = Duration.seconds(5)

  /// Frees the command's place on the server. A command that is gone already is what was wanted, and so is a failure to reach the server:
  /// its idle timeout does the rest.
  private func terminate(_ commandID: String) async {
    await cleanUp { shell in
      _ = try? await shell.exchange(
        .signal, .signal(commandID: commandID, code: .terminate), on: shell.client.mainLane, timeout: Self.cleanUpTimeout)
    }
  }

  /// Deletes the shell. As above, failures do not matter.
  func delete() async {
    await cleanUp { shell in
      _ = try? await shell.exchange(.delete, .deleteShell, on: shell.client.mainLane, timeout: Self.cleanUpTimeout)
    }
  }

  /// Runs `work` to its end even when the calling task has been cancelled: the server must not be left with a running command.
  private func cleanUp(_ work: @escaping @Sendable (RemoteShell) async -> Void) async { await Task { await work(self) }.value }
}

extension WinRMClient {
  /// Opens a shell for the time of `body`, and deletes it then.
  ///
  /// - Throws: ``WinRMError``, `CancellationError`, or what `body` throws.
  public func withShell<R>(
    _ options: ShellOptions = ShellOptions(), body: (RemoteShell) async throws -> R
  ) async throws -> R {
    let shell = RemoteShell(client: self, id: try await createShellForGood(options))
    do {
      let result = try await body(shell)
      await shell.delete()
      return result
    } catch {
      await shell.delete()
      throw error
    }
  }

  /// How long the name of a shell is waited for that was being made when nobody wanted it any more.
  private static let patience = Duration.seconds(2)

  /// A shell whose name the client does not learn stays on the server, with the credentials in it, until its idle time is over. So a
  /// cancelled caller waits a little longer for the answer, and can delete it.
  private func createShellForGood(_ options: ShellOptions) async throws -> String {
    try Task.checkCancellation()
    let creation = Task { try await createShell(options) }
    return try await withTaskCancellationHandler {
      try await creation.value
    } onCancel: {
      Task {
        try? await Task.sleep(for: Self.patience)
        creation.cancel()
      }
    }
  }

  private func createShell(_ options: ShellOptions) async throws -> String {
    let description = ShellDescription(
      environment: options.environment, workingDirectory: options.workingDirectory, idleTimeout: options.idleTimeout)
    let header = session.header(
      .shellCmd, .create,
      options: [
        OptionValue("WINRS_NOPROFILE", options.noProfile ? "TRUE" : "FALSE"), OptionValue("WINRS_CODEPAGE", String(options.codePage)),
      ], operationTimeout: session.operationTimeout)
    do {
      let response = try await mainLane.perform(
        WSManRequest(header: header, body: .createShell(description)),
        timeout: session.readTimeout(operationTimeout: session.operationTimeout))
      guard case .shellCreated(let shell) = response.body, let id = shell.shellID, !id.isEmpty else { throw session.unexpected(.shell) }
      return id
    } catch let fault as WSManFault {
      throw session.failure(fault, .shell)
    }
  }
}

extension ClientSession {
  /// The headers of a request.
  func header(
    _ resource: ResourceURI, _ action: WSManAction, selectors: [String: String] = [:], options: [OptionValue] = [],
    operationTimeout: Duration
  ) -> RequestHeader {
    RequestHeader(
      to: url, resourceURI: resource, action: action, maxEnvelopeSize: maximumEnvelopeSize,
      operationTimeout: operationTimeout,
      selectors: selectors, options: options, sessionID: sessionID)
  }
}

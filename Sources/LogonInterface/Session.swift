/// A logon session: what a shell's commands run in.
public struct Session: Sendable {
  public let id: SessionID
  /// Whether commands find an agent, a ticket cache or both, to log on elsewhere as the same user.
  public let hasDelegatedCredentials: Bool
  private let authority: any LogonAuthority

  init(id: SessionID, hasDelegatedCredentials: Bool, authority: any LogonAuthority) {
    self.id = id
    self.hasDelegatedCredentials = hasDelegatedCredentials
    self.authority = authority
  }

  /// Starts a command as the session's user.
  ///
  /// - Throws: ``LogonFailure``: `spawnFailed` with the stage, `invalidArgument`, `quota`, `limit`, `notFound` after ``close()``.
  public func start(_ command: CommandSpecification) async throws(LogonFailure) -> StartedProcess {
    guard
      case .started(let process, let input, let output, let error) = try await authority.perform(.start(id, command))
    else { throw .unexpectedReply }
    return StartedProcess(
      id: process, standardInput: input, standardOutput: output, standardError: error, session: id, authority: authority)
  }

  /// Ends every process of the session (SIGTERM, a grace period, SIGKILL, each to whole process groups) and its agent, and wipes its
  /// credentials. Returns when all are gone.
  public func close() async {
    do { _ = try await authority.perform(.closeSession(id)) } catch {}  // a session that is already gone is the aim
  }
}

/// A command that is running.
public struct StartedProcess: Sendable {
  public let id: ProcessID
  /// The writing end of the command's standard input. The receiver owns and closes it, as it does the other two.
  public let standardInput: CInt
  /// The reading end of the command's standard output.
  public let standardOutput: CInt
  /// The reading end of the command's standard error.
  public let standardError: CInt
  private let session: SessionID
  private let authority: any LogonAuthority

  init(
    id: ProcessID, standardInput: CInt, standardOutput: CInt, standardError: CInt, session: SessionID, authority: any LogonAuthority
  ) {
    self.id = id
    self.standardInput = standardInput
    self.standardOutput = standardOutput
    self.standardError = standardError
    self.session = session
    self.authority = authority
  }

  /// Waits until the command itself has ended. Its descendants may still hold the pipes open.
  ///
  /// - Throws: ``LogonFailure``: `cancelled`, or `notFound` after the session was closed and forgotten.
  public func waitForExit() async throws(LogonFailure) -> ExitStatus {
    guard case .exited(let status) = try await authority.perform(.waitForExit(session, id)) else { throw .unexpectedReply }
    return status
  }

  /// Sends a signal to the command's process group. One that has ended is not an error.
  public func signal(_ signal: ProcessSignal) async throws(LogonFailure) {
    guard case .done = try await authority.perform(.signal(session, id, signal)) else { throw .unexpectedReply }
  }
}

import Accounts
import Glibc
import Logging
import LogonAgent
import LogonInterface
import NTLM
import SecuritySupport

extension LogonService {
  /// The connection is gone: what it delegated goes with it, except the copies of open sessions.
  func release(_ id: LogonID) { logons.removeValue(forKey: id)?.delegated.wipe() }

  func openSession(_ logonID: LogonID, _ options: SessionOptions) async throws(LogonFailure) -> SessionID {
    guard let logon = logons[logonID] else { throw LogonFailure(.notFound, "no such logon") }
    guard sessions.count + closing.count + sessionsUnderWay < configuration.limits.sessions else {
      throw LogonFailure(.quota, "too many sessions")
    }
    sessionsUnderWay += 1
    defer { sessionsUnderWay -= 1 }
    try CommandEnvironment.check(options.environment)
    try Self.check(directory: options.workingDirectory)
    let user = try await authorize(logon)
    let agent = try await makeAgent(logon.delegated.ntlm, user, session: options.shellID)
    let (ticket, ticketError) = await makeTicket(logon, user, session: options.shellID)
    guard logons[logonID] != nil, !isShutDown else {
      await agent?.stop()
      await ticket?.end()
      throw LogonFailure(.notFound, "the logon was released")
    }
    let session = LogonSession(
      id: .random(), logonID: logonID, grant: logon.grant, user: user, options: options, agent: agent, ticket: ticket,
      ticketError: ticketError)
    sessions[session.id] = session
    ticket?.start()
    logger.info("session opened", metadata: metadata(session, ["credentials": "\(session.credentials)"]))
    return session.id
  }

  /// Asks the accounts, the rules and PAM again: all may have changed since the logon.
  private func authorize(_ logon: CompletedLogon) async throws(LogonFailure) -> UnixUser {
    let rules = rules
    let decision =
      try await isUnchanged(logon.subject)
      ? await rules.decide(logon.subject, in: configuration.domain)
      : .refused("the account has been removed, disabled or changed")
    switch decision {
    case .admitted(let user, rule: _):
      do throws(LogonFailure) { try await configuration.accountPhase?.check(logon.subject.unixUser, from: logon.peer.host) } catch {
        logRefusal(logon, error.message)
        throw error.status == nil ? error : LogonFailure(.accessDenied, error.message)
      }
      return user
    case .refused(let reason):
      logRefusal(logon, reason)
      throw LogonFailure(.accessDenied, reason)
    }
  }

  private func logRefusal(_ logon: CompletedLogon, _ reason: String) {
    logger.notice(
      "session refused",
      metadata: [
        "logon": "\(logon.grant.logonID)", "account": "\(logon.grant.accountName)", "source": .peer(logon.peer), "reason": "\(reason)",
      ])
  }

  /// The session's own ticket cache, or why there is none although there could be one.
  private func makeTicket(_ logon: CompletedLogon, _ user: UnixUser, session: String) async -> (SessionTicket?, String?) {
    guard let ticket = logon.delegated.ticket else { return (nil, logon.delegated.ticketError) }
    var logger = logger
    logger[metadataKey: "account"] = "\(logon.grant.accountName.sanitizedForLog())"
    logger[metadataKey: "shell"] = "\(session.sanitizedForLog())"
    let path = configuration.ticketCacheDirectory
    do throws(LogonFailure) {
      let prepared = await BlockingWork.run { Result { () throws(LogonFailure) in try AgentDirectory.prepare(path) } }
      try prepared.get()
      return (try await SessionTicket(ticket, for: user, in: path, workers: workers, time: ticketTime, logger: logger), nil)
    } catch {
      logger.error("no ticket cache for the session", metadata: ["reason": "\(error)"])
      return (nil, "the ticket cache could not be made")
    }
  }

  private func makeAgent(
    _ credential: NTLMCredential?, _ user: UnixUser, session: String
  ) async throws(LogonFailure) -> LogonAgentServer? {
    guard let credential else { return nil }
    let path = configuration.agentDirectory
    let prepared = await BlockingWork.run { Result { () throws(LogonFailure) in try AgentDirectory.prepare(path) } }
    try prepared.get()
    var logger = logger
    let isOther = user.uid != geteuid()
    if let closed = await BlockingWork.run({ isOther ? AgentDirectory.closedDirectory(onWayTo: path) : nil }) {
      logger.warning("agent: its user cannot reach the socket", metadata: ["directory": "\(closed)", "unixUser": "\(user.name)"])
    }
    logger[metadataKey: "account"] = "\(credential.name.description.sanitizedForLog())"
    logger[metadataKey: "shell"] = "\(session.sanitizedForLog())"
    // A copy of the hash: the session keeps it after the connection that brought it has gone.
    let copy = credential.hash.bytes.withUnsafeBytes { SecretBytes($0) }
    do {
      let own = NTLMCredential(name: credential.name, hash: try NTHash(bytes: copy))
      let agent = LogonAgentServer(
        socketPath: AgentDirectory.socketPath(in: path), allowedUser: user.uid, credential: own, logger: logger)
      try await agent.start()
      return agent
    } catch {
      copy.wipe()
      throw LogonFailure(.unavailable, "the logon agent cannot be started: \(error)")
    }
  }

  func start(_ id: SessionID, _ command: CommandSpecification) async throws(LogonFailure) -> LogonReply {
    let lingering = sessions[id]?.processes.values.filter(\.isLingering) ?? []
    if !lingering.isEmpty { await BlockingWork.run { RunningProcess.reapEmpty(lingering) } }
    guard !isShutDown, var session = sessions[id] else { throw LogonFailure(.notFound, "no such session") }
    session.forgetEnded()
    sessions[id] = session
    guard session.runningCount < configuration.limits.processesPerSession else {
      throw LogonFailure(.quota, "too many processes in this session")
    }
    let specification = try makeSpecification(session, command)
    sessions[id]?.starting += 1
    startsUnderWay += 1
    defer { startsUnderWay -= 1 }
    let launcher = launcher
    let outcome = await BlockingWork.run { Result { () throws(LogonFailure) in try launcher.launch(specification) } }
    sessions[id]?.starting -= 1
    let launched: LaunchedCommand
    do throws(LogonFailure) { launched = try outcome.get() } catch {
      logger.warning("command not started", metadata: metadata(session, ["reason": "\(error.message)"]))
      throw error
    }
    let process = watch(launched, session, command)
    guard sessions[id] != nil, !isShutDown else {
      for descriptor in [launched.standardInput, launched.standardOutput, launched.standardError] { close(descriptor) }
      await process.end(grace: .zero)
      throw LogonFailure(.notFound, "the session was closed")
    }
    sessions[id]?.processes[process.id] = process
    return .started(
      process: process.id, standardInput: launched.standardInput, standardOutput: launched.standardOutput,
      standardError: launched.standardError)
  }

  private func makeSpecification(_ session: LogonSession, _ command: CommandSpecification) throws(LogonFailure) -> ExecSpecification {
    try CommandEnvironment.check(command.environment)
    let environment = CommandEnvironment.make(
      user: session.user, path: configuration.commandPath, language: getenv("LANG").map { String(cString: $0) },
      client: session.options.environment + command.environment, service: configuration.serviceEnvironment + session.variables)
    let path = environment.first { $0.name == "PATH" }?.value ?? CommandEnvironment.usualPath
    return ExecSpecification(
      user: session.user, changesIdentity: geteuid() == 0, umask: configuration.umask, directory: session.options.workingDirectory,
      plan: try CommandPlan(command, path: path), environment: environment)
  }

  /// Logs the command's start and, later, its end. What is logged of the command line is its first word: the rest may hold secrets.
  private func watch(_ launched: LaunchedCommand, _ session: LogonSession, _ command: CommandSpecification) -> RunningProcess {
    let metadata = metadata(session, ["pid": "\(launched.pid)", "program": "\(Self.program(of: command))"])
    let logger = logger
    logger.info("command started", metadata: metadata)
    return RunningProcess(pid: launched.pid, exit: launched.exit) { status in
      var metadata = metadata
      switch status {
      case .exited(let code): metadata["exitCode"] = "\(code)"
      case .signaled(let number): metadata["signal"] = "\(number)"
      }
      logger.debug("command exited", metadata: metadata)
    }
  }

  private static func program(of command: CommandSpecification) -> String {
    let word = command.commandLine.split(separator: " ", maxSplits: 1).first.map(String.init) ?? ""
    return word.contains("=") ? "(an assignment)" : word.sanitizedForLog(limit: 64)
  }

  func runningProcess(_ session: SessionID, _ process: ProcessID) throws(LogonFailure) -> RunningProcess {
    guard let found = (sessions[session] ?? closing[session])?.processes[process] else { throw LogonFailure(.notFound, "no such process") }
    return found
  }

  func signal(_ process: RunningProcess, _ signal: ProcessSignal) {
    switch signal {
    case .interrupt: process.signal(SIGINT)
    case .break: process.signal(SIGQUIT)
    case .terminate: process.terminate(grace: configuration.limits.terminationGrace)
    }
  }

  func closeSession(_ id: SessionID) async throws(LogonFailure) {
    guard let session = sessions.removeValue(forKey: id) else { throw LogonFailure(.notFound, "no such session") }
    closing[id] = session
    defer { closing[id] = nil }
    await session.agent?.stop()
    await session.ticket?.end()
    let grace = configuration.limits.terminationGrace
    await withTaskGroup { group in
      for process in session.processes.values where !process.isGone { group.addTask { await process.end(grace: grace) } }
    }
    logger.info("session closed", metadata: metadata(session))
  }

  /// - Throws: `LogonFailure` with `invalidArgument` for a path that is not absolute, has a NUL or is too long.
  private static func check(directory: String?) throws(LogonFailure) {
    guard let directory else { return }
    guard directory.hasPrefix("/") else { throw LogonFailure(.invalidArgument, "a working directory is an absolute path") }
    guard !directory.utf8.contains(0) else { throw LogonFailure(.invalidArgument, "the working directory has a NUL inside") }
    guard directory.utf8.count < 4096 else {
      throw LogonFailure(.invalidArgument, "a working directory has at most 4095 bytes")
    }
  }

  private func metadata(_ session: LogonSession, _ more: Logger.Metadata = [:]) -> Logger.Metadata {
    let base: Logger.Metadata = [
      "session": "\(session.id)", "logon": "\(session.logonID)", "account": "\(session.grant.accountName)",
      "unixUser": "\(session.user.name)",
      "shell": "\(session.options.shellID.sanitizedForLog())",
    ]
    return base.merging(more) { $1 }
  }
}

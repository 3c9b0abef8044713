import LogonInterface
import Logging
import NIOCore
import SecuritySupport
import WSMan

/// One shell: a logon session, and the commands that run in it.
actor Shell {
  nonisolated let id: String
  nonisolated let owner: ShellOwner
  /// What it is called, and where its client came from.
  private let name: String?
  private let clientIP: String
  /// The shell is closed.
  nonisolated let end = Ending()
  private let session: Session
  private let idleTimeout: Duration
  private let lifetime: Duration?
  private let limits: ShellLimits
  private let time: TimeSource
  private let nursery: Nursery
  private let group: any EventLoopGroup
  private let logger: Logger

  private let opened: Duration
  private var lastUse: Duration
  private var operations = 0
  private var commands: [String: ShellCommand] = [:]
  private var usedIDs: Set<String> = []
  /// Commands being started.
  private var starting = 0
  /// Commands that their client has terminated and whose processes may not be gone yet.
  private var dying: [ShellCommand] = []
  private var isClosed = false

  init(
    id: String, owner: ShellOwner, name: String?, clientIP: String, session: Session, idleTimeout: Duration, lifetime: Duration?,
    limits: ShellLimits, time: TimeSource,
    nursery: Nursery, group: any EventLoopGroup, logger: Logger
  ) {
    self.id = id
    self.owner = owner
    self.name = name
    self.clientIP = clientIP
    self.session = session
    self.idleTimeout = idleTimeout
    self.lifetime = lifetime
    self.limits = limits
    self.time = time
    self.nursery = nursery
    self.group = group
    self.logger = logger
    opened = time.now()
    lastUse = opened
  }

  // MARK: Use

  /// Runs one operation on the shell. The idle time starts when the last one has ended.
  func use<R: Sendable>(_ operation: @Sendable (isolated Shell) async throws -> R) async throws -> R {
    guard !isClosed else { throw WSManFault.unexpectedSelectors(.shell(id)) }
    operations += 1
    defer {
      operations -= 1
      lastUse = time.now()
    }
    return try await operation(self)
  }

  /// How long until the shell is to be closed for idleness or age; zero or less means now.
  var remainingTime: Duration {
    let now = time.now()
    let idle = operations > 0 ? idleTimeout : lastUse + idleTimeout - now
    guard let lifetime else { return idle }
    return min(idle, opened + lifetime - now)
  }

  /// The shell as Get and Enumerate show it; `nil` once it is closed. To be looked at is not to be used.
  var description: ShellDescription? {
    guard !isClosed else { return nil }
    let now = time.now()
    return ShellDescription(
      shellID: id, name: name, resourceURI: .shellCmd, owner: owner.accountName, clientIP: clientIP, idleTimeout: idleTimeout,
      shellRunTime: now - opened, shellInactivity: operations > 0 ? .zero : now - lastUse)
  }

  /// The commands that have not been released, as Enumerate shows them.
  var commandStates: [(id: String, line: String, isRunning: Bool)] {
    commands.values.map { ($0.id, $0.line, !$0.hasExited) }.sorted { $0.id < $1.id }
  }

  // MARK: Commands

  /// Starts a command.
  ///
  /// - Returns: its id: the client's own text, or a new GUID.
  func start(_ line: CommandLine, skipsShell: Bool) async throws -> String {
    let id = try claimID(line.commandID)
    guard limits.processesPerShell == 0 || placesTaken < limits.processesPerShell else {
      throw WSManFault.quotaMaxCommands(limit: limits.processesPerShell)
    }
    usedIDs.insert(Self.key(id))
    starting += 1
    defer { starting -= 1 }
    let command: ShellCommand
    let specification = CommandSpecification(commandLine: line.command, arguments: line.arguments, skipShell: skipsShell)
    let process = try await session.start(specification)
    do {
      command = try await ShellCommand.adopting(
        process, id: id, line: ([line.command] + line.arguments).joined(separator: " "), group: group, limits: limits, time: time)
    } catch {
      do { try await process.signal(.terminate) } catch {}
      throw LogonFailure(.unavailable, "the command's pipes cannot be read")
    }
    guard !isClosed, nursery.start({ await command.supervise() }) else {
      await command.terminate()
      throw WSManFault.operationAborted()
    }
    commands[Self.key(id)] = command
    return id
  }

  /// The command of that id.
  func command(_ id: String) throws(WSManFault) -> ShellCommand {
    guard let command = commands[Self.key(id)] else { throw .unexpectedSelectors(.command(id)) }
    return command
  }

  /// Ends a command and forgets it. Its place is free when its process is gone.
  func terminate(_ id: String) async throws(WSManFault) {
    let command = try command(id)
    commands[Self.key(id)] = nil
    dying.removeAll(where: \.hasExited)
    dying.append(command)
    await command.terminate()
  }

  /// All commands, for a signal to the shell as a whole.
  var allCommands: [ShellCommand] { Array(commands.values) }

  /// How many commands run, are being started, or have ended without being released by their client.
  private var placesTaken: Int { starting + commands.count + dying.count { !$0.hasExited } }

  private func claimID(_ wanted: String?) throws(WSManFault) -> String {
    guard usedIDs.count < limits.commandsPerShellLife else { throw .quotaMaxCommands(limit: limits.commandsPerShellLife) }
    guard let wanted else { return GUIDText.random() }
    guard GUIDText.isValid(wanted) else { throw .invalidParameter("The CommandId is not a GUID.") }
    guard !usedIDs.contains(Self.key(wanted)) else { throw .alreadyExists("The shell has already run a command with this CommandId.") }
    return wanted
  }

  // MARK: End

  /// Ends the commands and the session. Every waiting Receive is told. Later calls return at once.
  func close(_ reason: CommandOutput.Failure = .aborted) async {
    guard !isClosed else { return }
    isClosed = true
    end.happen()
    for command in commands.values { command.abandon(reason) }
    commands.removeAll()
    await session.close()
  }

  /// GUIDs compare without case, and without the `uuid:` that old clients write before them.
  static func key(_ id: String) -> String {
    let text = id.uppercased()
    return text.hasPrefix("UUID:") ? String(text.dropFirst(5)) : text
  }
}

import LogonInterface
import Logging
import NIOCore
import SecuritySupport
import WSMan

/// All shells of the service. A shell lives until it is deleted or rests too long, whatever becomes of the connections that use it.
actor ShellRegistry {
  /// A shell's place in the table: the owner is part of it, so that nobody can find, or even collide with, another user's shell.
  private struct Key: Hashable {
    var owner: ShellOwner
    var id: String
  }

  private enum Entry {
    /// The logon session is being opened.
    case opening
    case open(Shell)
  }

  private let logon: LogonClient
  private let live: LiveSettings
  /// Those that hold now.
  private var limits: ShellLimits { live.shellLimits }
  private let time: TimeSource
  private let nursery: Nursery
  private let group: any EventLoopGroup
  private let logger: Logger
  private var entries: [Key: Entry] = [:]
  private var isClosed = false

  init(
    logon: LogonClient, live: LiveSettings, time: TimeSource, nursery: Nursery, group: any EventLoopGroup, logger: Logger
  ) {
    self.logon = logon
    self.live = live
    self.time = time
    self.nursery = nursery
    self.group = group
    self.logger = logger
  }

  // MARK: Create

  /// Opens a shell with the credentials of `identity`'s own connection.
  func create(_ options: ShellOptions, for identity: AuthorizedIdentity, peer: PeerAddress) async throws {
    let limits = limits
    guard limits.allowsShells else { throw WSManFault.remoteShellsNotAllowed() }
    guard !isClosed else { throw WSManFault.serviceStops() }
    let owner = ShellOwner(identity.identity)
    let key = Key(owner: owner, id: Shell.key(options.shellID))
    try checkQuota(for: key)
    entries[key] = .opening
    let shell: Shell
    do {
      let session = try await logon.openSession(
        for: identity,
        options: SessionOptions(
          environment: options.environment, workingDirectory: options.workingDirectory, shellID: options.shellID))
      shell = Shell(
        id: options.shellID, owner: owner, name: options.name, clientIP: peer.host, session: session, idleTimeout: options.idleTimeout,
        lifetime: options.lifetime, limits: limits,
        time: time, nursery: nursery, group: group, logger: logger)
    } catch {
      entries[key] = nil
      throw error
    }
    guard !isClosed, nursery.start({ [self] in await supervise(shell, key: key) }) else {
      entries[key] = nil
      await shell.close()
      throw WSManFault.serviceStops()
    }
    entries[key] = .open(shell)
    log(.debug, "shell opened", shell, ["peer": "\(peer)", "delegated": "\(identity.identity.hasDelegatedCredentials)"])
  }

  private func checkQuota(for key: Key) throws(WSManFault) {
    let limits = limits
    guard entries[key] == nil else { throw .alreadyExists("A shell with this ShellId exists.") }
    let mine = entries.keys.count { $0.owner == key.owner }
    guard limits.shellsPerUser == 0 || mine < limits.shellsPerUser else { throw .quotaMaxShells(limit: limits.shellsPerUser) }
    let users = Set(entries.keys.map(\.owner))
    guard limits.concurrentUsers == 0 || users.contains(key.owner) || users.count < limits.concurrentUsers else {
      throw .quotaMaxShellUsers(limit: limits.concurrentUsers)
    }
  }

  // MARK: Use

  /// The shell of that id, if it is this user's.
  func shell(_ id: String?, of identity: AuthorizedIdentity) throws(WSManFault) -> Shell {
    guard !isClosed else { throw .serviceStops() }
    guard let id else { throw .insufficientSelectors("ShellId") }
    guard case .open(let shell) = entries[Key(owner: ShellOwner(identity.identity), id: Shell.key(id))] else {
      throw .unexpectedSelectors(.shell(id))
    }
    return shell
  }

  /// The open shells that a caller may see: an administrator all, others their own.
  func shells(visibleTo caller: Caller) -> [Shell] {
    entries.values.compactMap { entry in
      guard case .open(let shell) = entry, caller.token.isAdministrator || shell.owner.isOwn(of: caller) else { return nil }
      return shell
    }.sorted { ($0.owner.accountName, $0.id) < ($1.owner.accountName, $1.id) }
  }

  /// The one of an id among those that a caller may see: the caller's own before those of others.
  func shell(_ id: String?, visibleTo caller: Caller) throws(WSManFault) -> Shell {
    guard let id else { throw .insufficientSelectors("ShellId") }
    let found = shells(visibleTo: caller).filter { Shell.key($0.id) == Shell.key(id) }
    let own = found.filter { $0.owner.isOwn(of: caller) }
    guard let shell = own.first ?? found.first else { throw .unexpectedSelectors(.shell(id)) }
    // Clients may choose ids, and two users the same one.
    guard !own.isEmpty || found.count == 1 else { throw .ambiguousShell() }
    return shell
  }

  /// How many shells there are, those being opened included.
  var count: Int { entries.count }

  // MARK: End

  /// Deletes a shell and everything that runs in it.
  func delete(_ id: String?, of identity: AuthorizedIdentity) async throws(WSManFault) {
    let shell = try shell(id, of: identity)
    await remove(shell, because: .deleted)
  }

  /// Deletes a shell that its user, or an administrator, has found in the list.
  func delete(_ shell: Shell) async { await remove(shell, because: .deleted) }

  /// Closes every shell and opens no more.
  func close() async {
    isClosed = true
    let open = entries.values.compactMap { entry -> Shell? in
      if case .open(let shell) = entry { shell } else { nil }
    }
    entries.removeAll()
    await withDiscardingTaskGroup { group in
      for shell in open { group.addTask { await self.end(shell, because: .serviceStopped) } }
    }
  }

  private enum EndReason: String {
    case deleted
    case serviceStopped = "service stopped"
    case timeIsOver = "its time is over"
  }

  private func remove(_ shell: Shell, because reason: EndReason) async {
    let key = Key(owner: shell.owner, id: Shell.key(shell.id))
    guard case .open(let current) = entries[key], current === shell else { return }
    entries[key] = nil
    await end(shell, because: reason)
  }

  private func end(_ shell: Shell, because reason: EndReason) async {
    await shell.close(reason == .serviceStopped ? .serviceStops : .aborted)
    log(reason == .deleted ? .debug : .info, "shell closed", shell, ["reason": "\(reason.rawValue)"])
  }

  /// Closes the shell when it has rested too long or has come of age.
  private func supervise(_ shell: Shell, key: Key) async {
    while case .open(let current) = entries[key] ?? .opening, current === shell {
      let remaining = await shell.remainingTime
      guard remaining > .zero else { return await remove(shell, because: .timeIsOver) }
      do { try await withoutOutliving(shell, sleep: remaining) } catch { return }
    }
  }

  /// Sleeps, but not longer than the shell lives.
  private func withoutOutliving(_ shell: Shell, sleep duration: Duration) async throws {
    let time = time
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await time.sleep(duration) }
      group.addTask { await shell.end.wait() }
      try await group.next()
      group.cancelAll()
    }
  }

  /// The authority has its own line for each session; here is what only this side knows: why a shell ended that nobody deleted.
  private func log(_ level: Logger.Level, _ message: Logger.Message, _ shell: Shell, _ more: Logger.Metadata) {
    var metadata: Logger.Metadata = ["shell": "\(shell.id)", "account": "\(shell.owner.accountName.sanitizedForLog())"]
    metadata.merge(more) { $1 }
    logger.log(level: level, message, metadata: metadata)
  }
}

import LogonInterface
import SecuritySupport
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// An authority that proves whatever its tokens say, keeps a record of what it was asked, and starts commands that the test plays.
///
/// Basic: everybody has ``password``. Certificates: every account is there. Tokens: `user:NAME` proves NAME at once, `next:` asks for another token, everything else is refused. Who is called
/// `undecided` is proven, and nobody says whether they are let in; who is called `unavailable` finds nobody at work.
final class ScriptedAuthority: LogonAuthority {
  /// The test's ends of a command's pipes.
  final class Process: Sendable {
    let specification: CommandSpecification
    /// What the service writes to the command.
    let standardInput: CInt
    let standardOutput: CInt
    let standardError: CInt
    fileprivate let status = Gate<ExitStatus>()
    let signals = Mutex<[ProcessSignal]>([])

    fileprivate init(_ specification: CommandSpecification, input: CInt, output: CInt, error: CInt) {
      self.specification = specification
      standardInput = input
      standardOutput = output
      standardError = error
    }

    /// Writes everything, blocking; to be called from a thread of its own when the pipe may fill.
    func write(_ bytes: [UInt8], toError: Bool = false) {
      var rest = bytes[...]
      while !rest.isEmpty {
        let count = rest.withUnsafeBytes { Glibc.write(toError ? standardError : standardOutput, $0.baseAddress, $0.count) }
        guard count > 0 else { return }
        rest = rest.dropFirst(count)
      }
    }

    func write(_ text: String, toError: Bool = false) { write(Array(text.utf8), toError: toError) }

    /// Closes the output pipes and ends the process.
    func exit(_ status: ExitStatus, closingPipes: Bool = true) {
      if closingPipes { closeOutputs() }
      self.status.open(status)
    }

    func closeInput() { close(standardInput) }

    func closeOutputs() {
      close(standardOutput)
      close(standardError)
    }

    /// Reads what is there now, or waits for something; empty at the end.
    func read() -> [UInt8] {
      var buffer = [UInt8](repeating: 0, count: 65_536)
      let count = Glibc.read(standardInput, &buffer, buffer.count)
      return Array(buffer.prefix(max(0, count)))
    }
  }

  struct Record: Sendable {
    var begun: [LogonPurpose] = []
    /// Names of Basic, each time that one was asked about.
    var passwords: [String] = []
    /// Accounts of certificates, each time that one was logged on.
    var certificates: [String] = []
    var bindings: [ChannelBindings?] = []
    var opened: [(LogonID, SessionOptions)] = []
    var closed: [SessionID] = []
    var released: [LogonID] = []
    var abandoned: [ContextID] = []
  }

  private struct Books {
    var contexts: Set<ContextID> = []
    var grants: [LogonID: LogonGrant] = [:]
    var sessions: Set<SessionID> = []
    var processes: [ProcessID: Process] = [:]
    var record = Record()
    var startFailure: LogonFailure?
  }

  /// The password of everybody.
  static let password = "Canary-Pässword: 密"
  static let sessionKey: [UInt8] = Array(0..<16)
  static let flags: UInt32 = 0xE288_8235

  private let books = Mutex(Books())
  private let startedStream: AsyncStream<Process>
  private let startedContinuation: AsyncStream<Process>.Continuation
  /// Accounts that are proven but not authorised.
  let unauthorized: Set<String>

  /// Accounts that are administrators of the service.
  let administrators: Set<String>
  /// What an account is beside what everybody is.
  let memberships: [String: [String]]
  /// Users of this host, by number.
  let localUsers: [UInt32: LocalUser]
  /// Whether it says that it knows all groups of everybody, and whether it knows anything.
  let hasCompleteGroups: Bool
  let knowsNobody: Bool

  init(
    unauthorized: Set<String> = [], administrators: Set<String> = ["admin"], memberships: [String: [String]] = [:],
    localUsers: [UInt32: LocalUser] = [:], hasCompleteGroups: Bool = true, knowsNobody: Bool = false
  ) {
    self.hasCompleteGroups = hasCompleteGroups
    self.knowsNobody = knowsNobody

    self.unauthorized = unauthorized
    self.administrators = administrators
    self.memberships = memberships
    self.localUsers = localUsers
    (startedStream, startedContinuation) = AsyncStream.makeStream()
  }

  var record: Record { books.withLock { $0.record } }

  func failStarts(with failure: LogonFailure?) { books.withLock { $0.startFailure = failure } }

  /// The next command that the service starts.
  func nextProcess() async throws -> Process {
    for await process in startedStream { return process }
    throw CancellationError()
  }

  func perform(_ request: LogonRequest) async throws(LogonFailure) -> LogonReply {
    switch request {
    case .begin(let purpose, _, let bindings):
      let id = ContextID.random()
      books.withLock {
        $0.contexts.insert(id)
        $0.record.begun.append(purpose)
        $0.record.bindings.append(bindings)
      }
      return .begun(id)
    case .step(let id, let token):
      return try step(id, token)
    case .provePublicKey, .acceptCredentials:
      throw LogonFailure(.outOfSequence, "not scripted")
    case .password(let logon, _):
      books.withLock { $0.record.passwords.append(logon.userName) }
      try Self.obstruct(logon.userName)
      if logon.userName == "busy" { throw LogonFailure(.quota, "too many passwords are being checked") }
      guard logon.password.isEqual(to: SecretBytes(Array(Self.password.utf8))) else {
        throw LogonFailure(.refused(.logonFailure), "refused")
      }
      return .granted(grant(logon.userName, .basic))
    case .certificate(let logon, _):
      books.withLock { $0.record.certificates.append(logon.userName) }
      try Self.obstruct(logon.userName)
      return .granted(grant(logon.userName, .certificate))
    case .abandon(let id):
      books.withLock {
        $0.contexts.remove(id)
        $0.record.abandoned.append(id)
      }
      return .done
    case .openSession(let id, let options):
      return try open(id, options)
    case .release(let id):
      books.withLock {
        $0.grants[id] = nil
        $0.record.released.append(id)
      }
      return .done
    case .start(let session, let specification):
      return try start(session, specification)
    case .waitForExit(_, let id):
      guard let process = books.withLock({ $0.processes[id] }) else { throw LogonFailure(.notFound, "no such process") }
      guard let status = await process.status.wait() else { throw LogonFailure(.cancelled, "cancelled") }
      return .exited(status)
    case .signal(_, let id, let signal):
      guard let process = books.withLock({ $0.processes[id] }) else { return .done }
      process.signals.withLock { $0.append(signal) }
      if signal == .terminate { process.status.open(.signaled(15)) }
      return .done
    case .closeSession(let id):
      let processes = books.withLock { books in
        books.sessions.remove(id)
        books.record.closed.append(id)
        return Array(books.processes.values)
      }
      for process in processes { process.status.open(.signaled(9)) }
      return .done
    case .describe(let userID):
      guard let user = localUsers[userID] else { throw LogonFailure(.unavailable, "not scripted") }
      return .described(user)
    }
  }

  private static func obstruct(_ user: String) throws(LogonFailure) {
    switch user {
    case "undecided": throw LogonFailure(.undecided, "PAM gave no answer")
    case "unavailable": throw LogonFailure(.unavailable, "not at work")
    case "full": throw LogonFailure(.quota, "too many logons")
    default: return
    }
  }

  private func step(_ id: ContextID, _ token: [UInt8]) throws(LogonFailure) -> LogonReply {
    guard books.withLock({ $0.contexts.contains(id) }) else { throw LogonFailure(.notFound, "no such context") }
    let text = String(decoding: token, as: UTF8.self)
    if text.hasPrefix("next:") {
      return .stepped(MechanismStep(token: Array("go on".utf8), mayProtect: false, isFinished: false), grant: nil, keys: nil)
    }
    guard text.hasPrefix("user:") else { throw LogonFailure(.refused(.logonFailure), "refused") }
    try Self.obstruct(String(text.dropFirst(5)))
    let grant = grant(String(text.dropFirst(5)), .negotiate)
    books.withLock { _ = $0.contexts.remove(id) }
    return .stepped(
      MechanismStep(token: Array("welcome".utf8), mayProtect: true, isFinished: true), grant: grant,
      keys: MessageKeys.ntlm(exportedSessionKey: SecretBytes(Self.sessionKey), flags: Self.flags, sendSequence: 0, receiveSequence: 0))
  }

  private func grant(_ user: String, _ purpose: LogonPurpose) -> LogonGrant {
    let grant = LogonGrant(
      logonID: .random(), accountName: "HOST\\\(user)", unixUser: user, mechanism: purpose == .negotiate ? "NTLM" : purpose.schemeName,
      purpose: purpose, hasDelegatedCredentials: false, isAuthorized: !unauthorized.contains(user), memberships: memberships(of: user))
    books.withLock { $0.grants[grant.logonID] = grant }
    return grant
  }

  /// As the real authority has them: Everyone, Authenticated Users, Network, Users, and what the account is.
  private func memberships(of user: String) -> Memberships {
    guard !knowsNobody else { return .unknown }
    var identifiers = ["S-1-1-0", "S-1-5-11", "S-1-5-2", "S-1-5-32-545"]
    if !unauthorized.contains(user) { identifiers.append("S-1-5-32-580") }
    if administrators.contains(user) { identifiers.append("S-1-5-32-544") }
    return Memberships(identifiers + (memberships[user] ?? []), areComplete: hasCompleteGroups)
  }

  private func open(_ id: LogonID, _ options: SessionOptions) throws(LogonFailure) -> LogonReply {
    guard books.withLock({ $0.grants[id] }) != nil else { throw LogonFailure(.notFound, "no such logon") }
    guard !options.environment.contains(where: { $0.name == "LD_PRELOAD" }) else {
      throw LogonFailure(.invalidArgument, "a variable that is not permitted")
    }
    let session = SessionID.random()
    books.withLock {
      $0.sessions.insert(session)
      $0.record.opened.append((id, options))
    }
    return .sessionOpened(session)
  }

  private func start(_ session: SessionID, _ specification: CommandSpecification) throws(LogonFailure) -> LogonReply {
    if let failure = books.withLock({ $0.startFailure }) { throw failure }
    guard books.withLock({ $0.sessions.contains(session) }) else { throw LogonFailure(.notFound, "no such session") }
    let pipes = (0..<3).map { _ in
      var ends: [CInt] = [-1, -1]
      _ = pipe(&ends)
      return (read: ends[0], write: ends[1])
    }
    let process = Process(specification, input: pipes[0].read, output: pipes[1].write, error: pipes[2].write)
    let id = ProcessID.random()
    books.withLock { $0.processes[id] = process }
    startedContinuation.yield(process)
    return .started(process: id, standardInput: pipes[0].write, standardOutput: pipes[1].read, standardError: pipes[2].read)
  }
}

/// A value that comes once and that several tasks may wait for.
final class Gate<Value: Sendable>: Sendable {
  private enum State {
    case waiting([UInt64: CheckedContinuation<Value?, Never>])
    case open(Value)
  }
  private let state = Mutex((next: UInt64(0), State.waiting([:])))

  /// Gives the value; the first one counts.
  func open(_ value: Value) {
    let waiters = state.withLock { state -> [CheckedContinuation<Value?, Never>] in
      guard case .waiting(let waiters) = state.1 else { return [] }
      state.1 = .open(value)
      return Array(waiters.values)
    }
    for waiter in waiters { waiter.resume(returning: value) }
  }

  /// The value; `nil` when the task was cancelled before it came.
  func wait() async -> Value? {
    let id = state.withLock { state -> UInt64 in
      state.next += 1
      return state.next
    }
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let now: Value?? = state.withLock { state in
          switch state.1 {
          case .open(let value): return .some(value)
          case .waiting(var waiters):
            if Task.isCancelled { return .some(nil) }
            waiters[id] = continuation
            state.1 = .waiting(waiters)
            return nil
          }
        }
        if let now { continuation.resume(returning: now) }
      }
    } onCancel: {
      let waiter = state.withLock { state -> CheckedContinuation<Value?, Never>? in
        guard case .waiting(var waiters) = state.1 else { return nil }
        defer { state.1 = .waiting(waiters) }
        return waiters.removeValue(forKey: id)
      }
      waiter?.resume(returning: nil)
    }
  }
}

import Accounts
import Glibc
import Kerberos
import LogonAgent
public import Logging
public import LogonInterface
public import NTLM
import SecuritySupport
import Winbind

/// The logon authority: keeps the accounts, verifies NTLM and Kerberos, opens delegated credentials, and runs commands as their users.
///
/// Whatever it is told is looked up in its own tables; whatever may block happens on threads of its own. Each logon, refusal,
/// delegation, session and command leaves one line in the log, which says more than the peer learns and never a secret.
public actor LogonService: LogonAuthority {
  private(set) var configuration: LogonConfiguration
  let logger: Logger
  let directory: AccountDirectory
  private(set) var rules: AuthorizationRules
  let launcher: ExecLauncher
  /// The hash of nobody's password: what claims are verified with that cannot be true.
  let dummyHash: NTHash
  let clock = ContinuousClock()
  /// Threads for calls that ask a KDC.
  let workers: KerberosWorkers
  /// Threads for what reads files alone: taking tickets, mapping principals. A KDC that keeps silent keeps nobody out who has a ticket.
  let acceptors = KerberosWorkers()
  let ticketTime: TicketTime
  /// The domain's names, once it has told them.
  var membership: DomainMembership?
  var membershipAsked: ContinuousClock.Instant?
  /// Why the keytab is not used, as the log has it.
  var keytabDanger: String?
  /// What the keytab was like when last looked at.
  var keytabSeen: (isUsable: Bool, services: [KerberosServiceName], at: ContinuousClock.Instant)?

  var limiter: FailureLimiter
  var passwordTurns: Turns
  var contexts: [ContextID: AuthenticationContext] = [:]
  /// Exchanges that are out of the table, because a step of them is under way.
  var contextsUnderWay = 0
  var logons: [LogonID: CompletedLogon] = [:]
  var sessions: [SessionID: LogonSession] = [:]
  /// Sessions that are being closed. Whoever waits for one of their processes learns how it ended.
  var closing: [SessionID: LogonSession] = [:]
  /// Sessions that are being opened.
  var sessionsUnderWay = 0
  /// Commands that are being started.
  var startsUnderWay = 0
  var isShutDown = false

  public init(configuration: LogonConfiguration, logger: Logger) {
    self.init(configuration: configuration, logger: logger, workers: .shared, ticketTime: .system)
  }

  init(configuration: LogonConfiguration, logger: Logger, workers: KerberosWorkers, ticketTime: TicketTime) {
    self.ticketTime = ticketTime
    self.configuration = configuration
    self.logger = logger
    self.workers = workers
    let names = configuration.hostNames.all
    rules = AuthorizationRules(configuration)
    directory = AccountDirectory(file: configuration.accountsFile, hostNames: names)
    launcher = ExecLauncher(helperPath: configuration.execHelperPath)
    dummyHash = NTHash.random()
    limiter = FailureLimiter(limits: configuration.limits)
    passwordTurns = Turns(atOnce: configuration.limits.passwordChecks, mostWaiting: configuration.limits.passwordsWaiting)
    TicketFile.destroyAbandoned(in: configuration.ticketCacheDirectory)
    LogonAgentServer.removeAbandonedSockets(in: configuration.agentDirectory)
  }

  /// Takes over what may change while the service runs: who may use shells, the channel bindings asked for, processes in a session. It
  /// holds for the next authentication, session and command.
  public func update(
    allowedGroups: [String], allowedAccounts: [String], channelBindingLevel: NTLMAcceptorConfiguration.ChannelBindingLevel,
    processesPerSession: Int
  ) {
    configuration.allowedGroups = allowedGroups
    configuration.allowedAccounts = allowedAccounts
    configuration.channelBindingLevel = channelBindingLevel
    configuration.limits.processesPerSession = processesPerSession
    rules = AuthorizationRules(configuration)
  }

  /// Takes over another keytab, or none, for the next authentication.
  public func update(keytab: String?) {
    guard keytab != configuration.keytab else { return }
    configuration.keytab = keytab
    keytabSeen = nil
  }

  /// Takes over whom clients' certificates may stand for, for the next logon.
  public func update(certificateAccounts: Set<String>) { configuration.certificateAccounts = certificateAccounts }

  public func perform(_ request: LogonRequest) async throws(LogonFailure) -> LogonReply {
    guard !isShutDown else { throw LogonFailure(.unavailable, "the authority has been shut down") }
    switch request {
    case .begin(let purpose, let peer, let bindings): return .begun(try await begin(purpose, peer, bindings))
    case .step(let id, let token): return try await step(id, token)
    case .provePublicKey(let id, let proof): return .sealed(try provePublicKey(id, proof))
    case .acceptCredentials(let id, let sealed): return .granted(try await acceptCredentials(id, sealed))
    case .password(let logon, let peer): return .granted(try await logOn(logon, peer))
    case .certificate(let logon, let peer): return .granted(try await logOn(logon, peer))
    case .abandon(let id):
      contexts[id] = nil
      return .done
    case .openSession(let id, let options): return .sessionOpened(try await openSession(id, options))
    case .release(let id):
      release(id)
      return .done
    case .start(let session, let command): return try await start(session, command)
    case .waitForExit(let session, let process): return .exited(try await runningProcess(session, process).waitForExit())
    case .signal(let session, let process, let signal):
      self.signal(try runningProcess(session, process), signal)
      return .done
    case .closeSession(let id):
      try await closeSession(id)
      return .done
    case .describe(let userID): return .described(await describe(userID: userID))
    }
  }

  /// Ends everything: sessions with their processes and agents, logons with their credentials. Nothing is answered afterwards.
  public func shutdown() async {
    isShutDown = true
    contexts = [:]
    for id in Array(logons.keys) { release(id) }
    let closing = Array(sessions.keys)
    await withTaskGroup { group in
      for id in closing {
        group.addTask { do throws(LogonFailure) { try await self.closeSession(id) } catch {} }  // gone already is the aim
      }
    }
    // What was under way finds out for itself that its session is gone, and cleans up. A helper that hangs is not waited for.
    let deadline = clock.now + .seconds(10)
    while startsUnderWay + sessionsUnderWay + self.closing.count > 0, clock.now < deadline { await BlockingWork.pause(.milliseconds(5)) }
  }
}

extension NTHash {
  /// A hash of no password that anybody knows.
  static func random() -> NTHash {
    var generator = SystemRandomNumberGenerator()
    // A sequence of 16 random bytes cannot be told from a hash; its preimage is as unknown to us as to anyone.
    let seed = SecretBytes(count: 32) { target in
      for index in target.indices { target[index] = .random(in: .min ... .max, using: &generator) }
    }
    return seed.withUnsafeBytes { NTHash(utf16LittleEndianPassword: $0) }
  }
}

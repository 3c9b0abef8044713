import Accounts
import Certificates
import Dispatch
import Glibc
import Logging
import Logon
import LogonInterface
import NTLM
import SecuritySupport
import ServiceLifecycle
import Synchronization
import UnixSignals
import WinRMConfiguration
import WinRMResources
import WinRMService

/// The service as a process: hardened first, then configured, then run until a signal.
struct Daemon {
  let logger: Logger
  /// Replaces the exec helper that stands beside the program.
  let execHelper: String?

  func run() async throws {
    Self.harden()
    let paths = WinRMPaths.current()
    // Before anything of a former service is cleared away.
    guard !WinRMServer.isServed(localSocketPath: paths.serviceSocket) else {
      throw StartFailure(message: "A service with this configuration runs already: it answers at \(paths.serviceSocket). Stop it first.")
    }
    let watch = try settingsWatch(paths)
    let settings = watch.settings
    let logon = try await logonConfiguration(settings, paths: paths)
    let authority = LogonService(configuration: logon, logger: logger)
    let machineName = LogonConfiguration.HostNames.current().netBIOS
    var configuration = WinRMServerConfiguration(settings: settings, machineName: machineName) { [logger] address in
      logger.notice(
        "listening on \(address)", metadata: address.addresses.isEmpty ? [:] : ["addresses": "\(address.addresses.joined(separator: ", "))"]
      )
    }
    configuration.hostNames = { MachineNames.current() }
    configuration.acceptsKerberos = logon.hasKeytab
    let identityFile = IdentityFile(path: paths.stateDirectory + "/credssp-identity")
    configuration.certificates = ServerCertificateStore(directory: paths.certificateDirectory)
    configuration.clientCertificates = ClientCertificateVerifier(authorities: ClientAuthorities(directory: paths.trustedDirectory))
    let selfMade = { @Sendable (settings: WinRMSettings) throws -> SelfSignedIdentity? in
      guard settings.service.auth.credSSP, settings.service.certificateThumbprint.isEmpty else { return nil }
      return try identityFile.loadOrMake(machineName: machineName)
    }
    configuration.credSSPIdentity = try selfMade(settings)
    let requests = ReloadRequests()
    configuration.localSocketPath = paths.serviceSocket
    let served = ServedListeners()
    configuration.served = served
    configuration.resources = resources(paths, authority, served)
    configuration.onChange = { await requests.reload() }
    let server = WinRMServer(configuration: configuration, authority: authority, logger: logger)
    let reload = SettingsReload(watch: watch, requests: requests, logger: logger) { [logger, logon] settings in
      // Looked at before anything changes: what cannot be honoured leaves everything as it was.
      var kerberos = logon
      kerberos.keytab = Self.keytab(settings)
      try server.update(settings, credSSPIdentity: try selfMade(settings), acceptsKerberos: kerberos.hasKeytab)
      await server.settled()
      await authority.update(
        allowedGroups: settings.service.allowedGroups, allowedAccounts: settings.service.allowedAccounts,
        channelBindingLevel: settings.service.auth.cbtHardeningLevel.level, processesPerSession: Self.processesPerSession(settings))
      await authority.update(certificateAccounts: Self.certificateAccounts(settings))
      await authority.update(keytab: kerberos.keytab)
      if kerberos.keytab != nil, !kerberos.hasKeytab { Self.reportKeytab(kerberos, logger) }
      logger.notice("settings changed")
    }
    // The group calls it an error when a service ends because it cannot start; that is told once, by whoever started us.
    var quiet = logger
    quiet.logLevel = .critical
    var group = ServiceGroupConfiguration(
      services: [server, reload], gracefulShutdownSignals: [.sigterm, .sigint, .sigquit], logger: quiet)
    group.maximumGracefulShutdownDuration = configuration.limits.shutdownTimeout + .seconds(5)
    do {
      try await ServiceGroup(configuration: group).run()
    } catch {
      await authority.shutdown()
      throw error
    }
    await authority.shutdown()
    logger.notice("stopped")
  }

  private func settingsWatch(_ paths: WinRMPaths) throws -> SettingsWatch {
    do { return try SettingsWatch(store: ConfigurationStore(paths: paths)) } catch { throw StartFailure.unreadable(error, paths: paths) }
  }

  /// The configuration, for those who may see and change it through the service.
  private func resources(_ paths: WinRMPaths, _ authority: LogonService, _ served: ServedListeners) -> ConfigurationResources {
    var environment = ConfigurationResources.Environment(
      store: ConfigurationStore(paths: paths), certificates: ServerCertificateStore(directory: paths.certificateDirectory),
      verifyAccount: { userName, password in
        // Asked on a thread of BlockingThreads (ConfigurationAccess), which no task runs on: waiting keeps nobody from answering.
        let answer = Mutex(false)
        let isThere = DispatchSemaphore(value: 0)
        Task {
          let isRight = await authority.verifies(password, of: userName, from: "certificate mapping")
          answer.withLock { $0 = isRight }
          isThere.signal()
        }
        isThere.wait()
        return answer.withLock { $0 }
      })
    environment.clientAuthorities = ClientAuthorities(directory: paths.trustedDirectory)
    environment.served = served
    return ConfigurationResources(environment)
  }

  /// No core dumps, no other process of the same user in our memory, private files, and a broken pipe is an error, not the end.
  private static func harden() {
    ProcessHardening.apply()
    umask(0o077)
    raiseDescriptorLimit()
    signal(SIGPIPE, SIG_IGN)
    // Until somebody listens to it; it never ends the service.
    signal(SIGHUP, SIG_IGN)
  }

  /// Room for the connections, the pipes and the processes that the limits allow; the usual 1024 is less.
  private static func raiseDescriptorLimit() {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0, limit.rlim_cur < descriptorGoal else { return }
    limit.rlim_cur = min(limit.rlim_max, descriptorGoal)
    setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
  }

  private static let descriptorGoal: rlim_t = 8192

  private func logonConfiguration(_ settings: WinRMSettings, paths: WinRMPaths) async throws -> LogonConfiguration {
    // Fails when the accounts cannot be trusted or read, rather than refusing every logon later.
    let hasAccounts = try !AccountStore(path: paths.accountsFile).list().isEmpty
    var configuration = LogonConfiguration(
      accountsFile: paths.accountsFile, agentDirectory: paths.agentDirectory, allowedGroups: settings.service.allowedGroups,
      allowedAccounts: settings.service.allowedAccounts, execHelperPath: try helperPath(),
      channelBindingLevel: settings.service.auth.cbtHardeningLevel.level, serviceEnvironment: Self.serviceEnvironment())
    configuration.certificateAccounts = Self.certificateAccounts(settings)
    configuration.keytab = Self.keytab(settings)
    configuration.ticketCacheDirectory = paths.runtimeDirectory + "/cc"
    await lookAround(&configuration)
    if !hasAccounts, configuration.domain == nil, !configuration.hasKeytab {
      logger.warning("nobody can log on: there are no accounts, no domain and no keytab; make an account with: winrm account add NAME")
    }
    // The service has its own quota, with the fault that belongs to it; the authority's only stands behind it.
    configuration.limits.processesPerSession = Self.processesPerSession(settings)
    return configuration
  }

  /// Finds out what of the machine can be used, and says what cannot.
  private func lookAround(_ configuration: inout LogonConfiguration) async {
    Self.reportKeytab(configuration, logger)
    guard geteuid() == 0 else {
      logger.notice("not started by root: accounts of the account file alone, and Kerberos with a keytab of KeytabFile")
      return
    }
    configuration.domain = await DomainOfHost.find(logger: logger)
    configuration.accountPhase = PAMAccountPhase()
  }

  /// Says why Kerberos is not accepted.
  private static func reportKeytab(_ configuration: LogonConfiguration, _ logger: Logger) {
    guard let keytab = configuration.keytab, !configuration.hasKeytab else { return }
    if let danger = configuration.keytabDanger {
      logger.error("Kerberos is not accepted: the keytab is unsafe", metadata: ["keytab": "\(keytab)", "reason": "\(danger)"])
    } else {
      logger.notice("Kerberos is not accepted: the keytab is missing, unreadable or empty", metadata: ["keytab": "\(keytab)"])
    }
  }

  /// Whom the certificates of clients may stand for.
  private static func certificateAccounts(_ settings: WinRMSettings) -> Set<String> {
    settings.service.auth.certificate ? Set(settings.certificateMappings.filter(\.enabled).map(\.userName)) : []
  }

  private static func keytab(_ settings: WinRMSettings) -> String? {
    settings.service.keytabFile.isEmpty ? systemKeytab() : "FILE:" + settings.service.keytabFile
  }

  /// Root alone uses the keys of the host unasked.
  private static func systemKeytab() -> String? { geteuid() == 0 ? LogonConfiguration.systemKeytab() : nil }

  private static func processesPerSession(_ settings: WinRMSettings) -> Int {
    let processes = Int(settings.winrs.maxProcessesPerShell)
    return processes == 0 ? .max : max(processes, LogonConfiguration.Limits().processesPerSession)
  }

  /// Where the configuration of this service is, and where its programs are, for `winrm` and `winrs` inside its shells.
  private static func serviceEnvironment() -> [EnvironmentVariable] {
    let root = WinRMPaths.processEnvironment["WINRM_ROOT"].map { [EnvironmentVariable("WINRM_ROOT", $0)] } ?? []
    return root + ((try? ownDirectory()).map { [EnvironmentVariable("WINRM_PROGRAMS", $0)] } ?? [])
  }

  /// `winrmd-exec` beside this program, or in `../libexec`.
  private func helperPath() throws -> String {
    let candidates =
      try execHelper.map { [$0] }
      ?? {
        let directory = try Self.ownDirectory()
        return [directory + "/winrmd-exec", directory + "/../libexec/winrmd-exec", directory + "/../libexec/winrm/winrmd-exec"]
      }()
    guard let path = candidates.first(where: { access($0, X_OK) == 0 }) else {
      throw StartFailure(
        message: "The helper winrmd-exec is not there or not executable. Looked for: \(candidates.joined(separator: ", "))")
    }
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_uid == 0 || status.st_uid == geteuid(),
      status.st_mode & 0o002 == 0, status.st_mode & 0o020 == 0 || status.st_gid == 0 || status.st_gid == getegid()
    else { throw StartFailure(message: "The helper \(path) belongs to, or may be written by, others. It is not used.") }
    return path
  }

  private static func ownDirectory() throws -> String {
    guard let real = realpath("/proc/self/exe", nil) else { throw StartFailure(message: "The program cannot find itself in /proc.") }
    defer { free(real) }
    let path = String(cString: real)
    return path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "/"
  }
}

extension ChannelBindingHardening {
  fileprivate var level: NTLMAcceptorConfiguration.ChannelBindingLevel {
    switch self {
    case .none: .none
    case .relaxed: .relaxed
    case .strict: .strict
    }
  }
}

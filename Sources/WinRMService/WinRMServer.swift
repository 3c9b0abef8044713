public import Certificates
public import LogonInterface
public import Logging
import MemoryTLS
import NIOCore
import NIOPosix
public import ServiceLifecycle
import SecuritySupport
import WinRMAuthentication
public import WinRMConfiguration
import WinRMHTTP
import WinRMResources

/// The network side of WinRM: listeners, authentication over HTTP, WS-Management, shells.
///
/// It holds TLS, HTTP and SOAP. Accounts, credentials and the right to become another user are the authority's; what comes from there is
/// an identity, message keys and the pipes of processes. Everything that runs is a child of ``run()``.
public struct WinRMServer: Service {
  private let configuration: WinRMServerConfiguration
  private let authority: any LogonAuthority
  private let logger: Logger
  private let time: TimeSource
  private let group: any EventLoopGroup
  /// Replaces the schemes of the settings in tests.
  private let customOffer: AuthenticationOffer?
  private let live: LiveSettings
  private let reloading: Reloading
  /// Enumerations of what is not the configuration.
  private let enumerations = Enumerations(now: { ContinuousClock.now })
  private let listeners: ListenerControl

  /// - Parameters:
  ///   - authority: who proves identities and starts processes.
  ///   - logger: one line for each event of the network side; the authority has its own for logons and commands.
  public init(configuration: WinRMServerConfiguration, authority: any LogonAuthority, logger: Logger) {
    self.init(configuration: configuration, authority: authority, logger: logger, time: .continuous, offer: nil)
  }

  init(
    configuration: WinRMServerConfiguration, authority: any LogonAuthority, logger: Logger, time: TimeSource, offer: AuthenticationOffer?
  ) {
    self.configuration = configuration
    self.authority = authority
    self.logger = logger
    self.time = time
    customOffer = offer
    group = MultiThreadedEventLoopGroup.singleton
    // Nobody is let in before ``run()`` has checked the settings.
    live = LiveSettings(
      .init(
        offer: AuthenticationOffer(schemes: []) { _, _, _ in nil }, limits: configuration.limits,
        shellLimits: configuration.shellLimits, settings: configuration.settings, logger: logger))
    reloading = Reloading(acceptsKerberos: configuration.acceptsKerberos)
    listeners = ListenerControl(
      settings: configuration.settings, gate: AcceptGate { [live] in live.limits.connections * 2 + 64 },
      certificates: ListenerCertificates(store: configuration.certificates, machineNames: configuration.hostNames), group: group,
      logger: logger, time: time, served: configuration.served, onListening: configuration.onListening)
  }

  /// Serves until a graceful shutdown or cancellation. A listener that cannot be served is said in the log and tried again; a service
  /// without any waits for one.
  ///
  /// A graceful shutdown stops accepting, closes every shell, answers what is under way and closes the connections; what has not ended
  /// after ``ServiceLimits/shutdownTimeout`` is cut off.
  ///
  /// - Throws: ``WinRMServiceError`` when the service cannot start.
  public func run() async throws {
    let nursery = Nursery()
    let registry = ShellRegistry(
      logon: LogonClient(authority: authority), live: live, time: time, nursery: nursery, group: group,
      logger: logger)
    try start()
    let ledger = ConnectionLedger(limits: live.limits)
    do {
      try await withThrowingTaskGroup(of: Part.self) { tasks in
        tasks.addTask {
          await nursery.run()
          return .nursery
        }
        tasks.addTask {
          await listeners.run { place, tls in context(for: place, tls: tls, ledger: ledger, registry: registry) }
          return .listeners
        }
        tasks.addTask {
          await shutDown(registry)
          return .end
        }
        if let local = localListener(registry) {
          tasks.addTask {
            await local.run()
            return .local
          }
        }
        defer { tasks.cancelAll() }
        while let part = try await tasks.next() {
          switch part {
          case .local: break
          case .listeners:
            await registry.close()
            nursery.close()
          case .nursery, .end: return
          }
        }
      }
    } catch {
      await registry.close()
      throw error
    }
  }

  private enum Part { case listeners, local, nursery, end }

  /// Waits for the graceful shutdown, closes the shells, and returns when the time for the rest is over.
  private func shutDown(_ registry: ShellRegistry) async {
    do { try await gracefulShutdown() } catch { return }
    logger.info("service stops")
    await registry.close()
    try? await time.sleep(configuration.limits.shutdownTimeout)
  }

  // MARK: Making

  private func start() throws {
    let settings = configuration.settings
    warn(about: settings)
    let offer =
      try customOffer
      ?? makeOffer(
        settings, identity: configuration.credSSPIdentity, acceptsKerberos: configuration.acceptsKerberos)
    guard !offer.schemes.isEmpty else {
      throw WinRMServiceError(
        .noAuthentication,
        "No authentication that can be offered is enabled. Run: winrm set winrm/config/service/auth @{Negotiate=\"true\"}")
    }
    live.update(
      .init(
        offer: offer, limits: configuration.limits, shellLimits: configuration.shellLimits, settings: settings, logger: logger))
  }

  private func context(
    for place: ListenerTable.Place, tls: ListenerTLS?, ledger: ConnectionLedger, registry: ShellRegistry
  ) -> ListenerContext {
    ListenerContext(
      prefixes: { [table = listeners.table] in table.prefixes(at: place) }, tls: tls, transport: tls == nil ? .http : .https, live: live,
      logon: LogonClient(authority: authority),
      dispatcher: dispatcher(registry), ledger: ledger, logger: logger)
  }

  private func dispatcher(_ registry: ShellRegistry) -> RequestDispatcher {
    RequestDispatcher(
      registry: registry, live: live, configuration: ConfigurationAccess(configuration.resources, onChange: configuration.onChange),
      enumerations: enumerations, machine: configuration.machineName, logger: logger)
  }

  /// The door for the users of this machine.
  /// Whether a service answers at a local socket already: a second one with the same directories would take its tickets and agents for what a
  /// killed service left. Blocks for a moment.
  public static func isServed(localSocketPath path: String) -> Bool { LocalListener.isServed(path: path) }

  private func localListener(_ registry: ShellRegistry) -> LocalListener? {
    configuration.localSocketPath.map { path in
      LocalListener(
        path: path,
        context: LocalContext(
          logon: LogonClient(authority: authority), dispatcher: dispatcher(registry), live: live, ledger: LocalLedger(),
          logger: logger), group: group)
    }
  }

  private func warn(about settings: WinRMSettings) {
    let service = settings.service
    if service.allowUnencrypted {
      logger.warning(
        "AllowUnencrypted is on: messages may travel over HTTP in clear, and whoever is on the way can read and change them",
        metadata: ["basic": service.auth.basic ? "passwords too: Basic is on" : "off"])
    }
    for name in Self.limitsWithoutEffect(settings) {
      logger.warning("a limit is set that has no effect yet", metadata: ["setting": "\(name)"])
    }
    if service.auth.basic { logger.warning("Basic is on: this service is told the passwords of those who use it") }
    if service.auth.certificate { warnAboutCertificates(settings) }
  }

  /// What keeps certificates of clients from being of use.
  private func warnAboutCertificates(_ settings: WinRMSettings) {
    guard let verifier = configuration.clientCertificates else {
      return logger.warning("certificates of clients cannot be verified: there is no directory of trusted certificates")
    }
    if !settings.listeners.contains(where: { $0.enabled && $0.transport == .https }) {
      logger.warning("Certificate is on, and there is no HTTPS listener")
    }
    do throws(CertificateError) {
      for problem in try verifier.anchors().problems {
        logger.error("a file of trusted certificates is not used", metadata: ["reason": "\(problem.message)"])
      }
    } catch {
      logger.error("certificates of clients cannot be verified", metadata: ["reason": "\(error.message)"])
    }
  }

  /// Limits that somebody has changed and that bind nobody: better said than believed in.
  private static func limitsWithoutEffect(_ settings: WinRMSettings) -> [String] {
    let usual = WinRMSettings()
    var names: [String] = []
    if settings.winrs.maxMemoryPerShellMB != usual.winrs.maxMemoryPerShellMB { names.append("MaxMemoryPerShellMB") }
    if settings.service.maxConcurrentOperationsPerUser != usual.service.maxConcurrentOperationsPerUser {
      names.append("MaxConcurrentOperationsPerUser")
    }
    return names
  }

  private func makeOffer(
    _ settings: WinRMSettings, identity: SelfSignedIdentity?, acceptsKerberos: Bool
  ) throws -> AuthenticationOffer {
    let auth = settings.service.auth
    let logon = LogonClient(authority: authority)
    let certificate = auth.credSSP ? try credSSPCertificate(settings, selfMade: identity) : nil
    let schemes: [AuthenticationScheme] =
      (auth.negotiate ? [.negotiate] : []) + (auth.kerberos && acceptsKerberos ? [.kerberos] : [])
      + (auth.basic ? [.basic] : []) + (auth.certificate && configuration.clientCertificates != nil ? [.certificate] : [])
      + (auth.credSSP ? [.credSSP] : [])
    let certificates = auth.certificate ? configuration.clientCertificates : nil
    return AuthenticationOffer(
      schemes: schemes, allowsUnencrypted: settings.service.allowUnencrypted,
      certificates: certificates.map { ClientCertificateRules(verifier: $0, mappings: settings.certificateMappings) }
    ) { scheme, peer, channelBindings in
      switch scheme {
      case .credSSP:
        guard let certificate else { return nil }
        let ready = try certificate.use()
        return CredSSPServerAuthentication(logon: logon, peer: peer, tls: try MemoryTLS.server(context: ready.context))
      case .negotiate: return NegotiateServerAuthentication(logon: logon, peer: peer, channelBindings: channelBindings)
      case .kerberos: return NegotiateServerAuthentication(logon: logon, peer: peer, isKerberos: true, channelBindings: channelBindings)
      case .basic: return BasicServerAuthentication(logon: logon, peer: peer)
      case .certificate: return nil  // no exchange: the certificate is in the connection
      }
    }
  }

  /// The certificate inside CredSSP. Its hash is logged, so that clients can pin it.
  ///
  /// A self-made one is made once: a service without an identity of its own keeps the certificate that clients have seen.
  private func credSSPCertificate(
    _ settings: WinRMSettings, selfMade given: SelfSignedIdentity?
  ) throws(WinRMServiceError) -> CheckedCertificate {
    let thumbprint = settings.service.certificateThumbprint
    let report = { @Sendable [self] (certificate: CredSSPCertificate) in
      switch certificate {
      case .ready(let ready):
        if !ready.isSelfMade { reloading.namedCredSSP = ready }
        announce(ready)
      case .unusable(let error):
        reloading.announcedCredSSP = nil
        logger.error("CredSSP cannot be used", metadata: ["certificate": "\(thumbprint)", "reason": "\(error.message)"])
      }
    }
    guard !thumbprint.isEmpty else { return CheckedCertificate(selfMade: try selfMadeCertificate(given), report: report) }
    return CheckedCertificate(setting: thumbprint, store: configuration.certificates, known: reloading.namedCredSSP, report: report)
  }

  private func selfMadeCertificate(_ given: SelfSignedIdentity?) throws(WinRMServiceError) -> CredSSPCertificate.Ready {
    if let made = reloading.selfMadeCredSSP { return made }
    do {
      let identity = try given ?? ServiceCertificate.make(machineName: configuration.machineName)
      let ready = try CredSSPCertificate.Ready(
        chainDER: [identity.certificateDER], privateKeyPEM: identity.privateKeyPEM, isSelfMade: true)
      reloading.selfMadeCredSSP = ready
      return ready
    } catch {
      throw WinRMServiceError(.certificate, "The certificate for CredSSP cannot be used: \(error)")
    }
  }

  private func announce(_ ready: CredSSPCertificate.Ready) {
    guard reloading.announcedCredSSP != ready.sha256 else { return }
    reloading.announcedCredSSP = ready.sha256
    let thumbprint = CertificateThumbprint(certificateDER: ready.chainDER[0])
    let certificate = ready.isSelfMade ? "self-signed: it proves nothing to clients that have not pinned it" : "\(thumbprint)"
    logger.notice(
      "CredSSP is enabled", metadata: ["certificateSHA256": "\(ready.sha256)", "certificate": "\(certificate)"])
  }

  // MARK: Changing

  /// Takes over new settings while the service runs: the schemes offered, who may come from other machines, all limits, the listeners, and
  /// the certificates of CredSSP and of HTTPS listeners, which are read again. They hold for the next connection, request and shell, also
  /// of connections that stand; who is proven on one of these stays so, unless its listener has gone.
  ///
  /// Listeners come and go in the running service: ``settled()`` waits for that.
  ///
  /// - Parameters:
  ///   - credSSPIdentity: what CredSSP shows if it is switched on now; `nil` for a certificate of this run.
  ///   - acceptsKerberos: whether the authority has a keytab now; `nil` (default) for as before.
  /// - Throws: ``WinRMServiceError`` for settings that the service cannot honour; then everything stays as it was.
  public func update(
    _ settings: WinRMSettings, credSSPIdentity: SelfSignedIdentity? = nil, acceptsKerberos: Bool? = nil
  ) throws {
    let kerberos = acceptsKerberos ?? reloading.acceptsKerberos
    let offer =
      try customOffer ?? makeOffer(settings, identity: configuration.credSSPIdentity ?? credSSPIdentity, acceptsKerberos: kerberos)
    reloading.acceptsKerberos = kerberos
    var shellLimits = configuration.shellLimits
    shellLimits.update(settings)
    var limits = configuration.limits
    limits.update(settings)
    live.update(.init(offer: offer, limits: limits, shellLimits: shellLimits, settings: settings, logger: logger))
    if offer.schemes.isEmpty { logger.warning("no authentication that can be offered is enabled any more: nobody can log on") }
    warn(about: settings)
    listeners.apply(settings)
  }

  /// Returns when the listeners are as the last ``update(_:credSSPIdentity:acceptsKerberos:)`` said, as far as they can be.
  public func settled() async { await listeners.settled() }
}

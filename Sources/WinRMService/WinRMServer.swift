public import Certificates
import HummingbirdCore
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
        offer: AuthenticationOffer(schemes: []) { _, _, _ in nil }, shellLimits: configuration.shellLimits,
        allowsRemoteAccess: configuration.settings.service.allowRemoteAccess))
    reloading = Reloading(settings: configuration.settings)
  }

  /// Serves until a graceful shutdown or cancellation.
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
    let servers = try makeServers(registry: registry)
    do {
      try await withThrowingTaskGroup(of: Part.self) { tasks in
        tasks.addTask {
          await nursery.run()
          return .nursery
        }
        for server in servers {
          tasks.addTask {
            try await server.run()
            return .listener
          }
        }
        tasks.addTask {
          await shutDown(registry)
          return .end
        }
        defer { tasks.cancelAll() }
        var listening = servers.count
        while listening > 0, let part = try await tasks.next() {
          switch part {
          case .listener: listening -= 1
          case .end: return
          case .nursery: break
          }
        }
        await registry.close()
        nursery.close()
      }
    } catch {
      await registry.close()
      throw error
    }
  }

  private enum Part { case listener, nursery, end }

  /// Waits for the graceful shutdown, closes the shells, and returns when the time for the rest is over.
  private func shutDown(_ registry: ShellRegistry) async {
    do { try await gracefulShutdown() } catch { return }
    logger.info("service stops")
    await registry.close()
    try? await time.sleep(configuration.limits.shutdownTimeout)
  }

  // MARK: Making

  private func makeServers(registry: ShellRegistry) throws -> [ListenerServer] {
    let settings = configuration.settings
    try Self.checkSettings(settings)
    warn(about: settings)
    let offer = try customOffer ?? makeOffer(settings, identity: configuration.credSSPIdentity)
    guard !offer.schemes.isEmpty else {
      throw WinRMServiceError(
        .noAuthentication, "Neither Negotiate nor CredSSP is enabled. Run: winrm set winrm/config/service/auth @{Negotiate=\"true\"}")
    }
    live.update(
      .init(offer: offer, shellLimits: configuration.shellLimits, allowsRemoteAccess: settings.service.allowRemoteAccess))
    let ledger = ConnectionLedger(limits: configuration.limits)
    let listeners = settings.listeners.filter(\.enabled)
    let identities = identities(of: listeners)
    let served = listeners.filter { $0.transport == .http || identities[$0.address] != nil }
    guard !served.isEmpty else {
      throw WinRMServiceError(
        .noListener,
        listeners.isEmpty
          ? "No listener is configured and enabled. Run: winrm quickconfig"
          : "No listener can be served: what is wrong with the certificates of the HTTPS listeners stands above.")
    }
    let sockets = try served.flatMap { listener in try ListenerSocket.hosts(of: listener).map { (listener, host: $0) } }
    let start = ListenerStart(count: sockets.count, onListening: configuration.onListening)
    return sockets.map { listener, host in
      let tls = listener.transport == .https ? identities[listener.address] : nil
      return ListenerServer(
        settings: listener, host: host, context: context(for: listener, tls: tls, ledger: ledger, registry: registry), group: group,
        start: start)
    }
  }

  private func context(
    for listener: ListenerSettings, tls: ListenerTLS?, ledger: ConnectionLedger, registry: ShellRegistry
  ) -> ListenerContext {
    let prefix = String(listener.urlPrefix.drop { $0 == "/" }.reversed().drop { $0 == "/" }.reversed())
    return ListenerContext(
      prefix: prefix, tls: tls, live: live, logon: LogonClient(authority: authority),
      dispatcher: RequestDispatcher(
        registry: registry, live: live, envelopeSize: configuration.limits.envelopeSize, machine: configuration.machineName,
        logger: logger),
      limits: configuration.limits, ledger: ledger, logger: logger)
  }

  /// What the HTTPS listeners show, by address. One whose certificate cannot be used is not served, and does not keep the others from it.
  private func identities(of listeners: [ListenerSettings]) -> [String: ListenerTLS] {
    var result: [String: ListenerTLS] = [:]
    for listener in listeners where listener.transport == .https {
      do {
        result[listener.address] = ListenerTLS(try identity(of: listener))
      } catch {
        logger.error(
          "an HTTPS listener is not served",
          metadata: ["address": "\(listener.address)", "port": "\(listener.port)", "reason": "\(error)"])
      }
    }
    reloading.listeners = result
    return result
  }

  private func identity(of listener: ListenerSettings) throws(CertificateError) -> ListenerIdentity {
    guard let thumbprint = CertificateThumbprint(parsing: listener.certificateThumbprint) else {
      throw CertificateError(.notFound, "it has no CertificateThumbprint")
    }
    guard let store = configuration.certificates else { throw CertificateError(.notFound, "the service has no store of certificates") }
    let certificate = try store.load(thumbprint)
    warn(about: certificate, of: "the HTTPS listener \(listener.address)")
    if !listener.hostname.isEmpty, !certificate.details.isFor(host: listener.hostname) {
      logger.warning(
        "a certificate is not for the Hostname of its listener",
        metadata: ["certificate": "\(thumbprint)", "hostname": "\(listener.hostname)"])
    }
    return try ListenerIdentity(certificate)
  }

  /// A certificate that clients will refuse is shown all the same: they, and not this service, decide whom they believe.
  private func warn(about certificate: ServerCertificate, of user: String) {
    do throws(CertificateError) {
      try certificate.checkUse()
    } catch {
      logger.warning(
        "clients will not believe a certificate",
        metadata: ["certificate": "\(certificate.thumbprint)", "of": "\(user)", "reason": "\(error.message)"])
    }
  }

  /// Settings that are not honoured yet: those that would open something are only reported, those that would close something stop the
  /// start.
  private static func checkSettings(_ settings: WinRMSettings) throws(WinRMServiceError) {
    let service = settings.service
    guard service.ipv4Filter == "*", service.ipv6Filter == "*" else {
      throw WinRMServiceError(
        .unsupportedSetting, "IPv4Filter and IPv6Filter are not honoured yet. Use listeners with IP: addresses instead.")
    }
  }

  private func warn(about settings: WinRMSettings) {
    let service = settings.service
    if service.allowUnencrypted { logger.warning("AllowUnencrypted is ignored: unencrypted requests stay refused") }
    for name in Self.limitsWithoutEffect(settings) {
      logger.warning("a limit is set that has no effect yet", metadata: ["setting": "\(name)"])
    }
    if service.auth.basic { logger.warning("Basic authentication is not available") }
    if service.auth.certificate { logger.warning("certificate authentication is not available") }
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

  private func makeOffer(_ settings: WinRMSettings, identity: SelfSignedIdentity?) throws -> AuthenticationOffer {
    let auth = settings.service.auth
    let logon = LogonClient(authority: authority)
    let certificate = auth.credSSP ? try credSSPCertificate(settings, selfMade: identity) : nil
    let schemes: [AuthenticationScheme] =
      (auth.negotiate ? [.negotiate] : []) + (auth.kerberos && configuration.acceptsKerberos ? [.kerberos] : [])
      + (auth.credSSP ? [.credSSP] : [])
    return AuthenticationOffer(schemes: schemes) { scheme, peer, channelBindings in
      switch scheme {
      case .credSSP:
        guard let certificate else { return nil }
        let ready = try certificate.use()
        return CredSSPServerAuthentication(logon: logon, peer: peer, tls: try MemoryTLS.server(context: ready.context))
      case .negotiate: return NegotiateServerAuthentication(logon: logon, peer: peer, channelBindings: channelBindings)
      case .kerberos: return NegotiateServerAuthentication(logon: logon, peer: peer, isKerberos: true, channelBindings: channelBindings)
      case .basic: return nil
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

  /// Takes over new settings while the service runs: the schemes offered, who may come from other machines, the limits of shells, and the
  /// certificates of CredSSP and of the HTTPS listeners that run, which are read again. They hold for the next connection, request and
  /// shell; connections that stand keep what they have. What takes a restart is said in the log.
  ///
  /// - Parameter credSSPIdentity: what CredSSP shows if it is switched on now; `nil` for a certificate of this run.
  /// - Throws: ``WinRMServiceError`` for settings that the service cannot honour; then everything stays as it was.
  public func update(_ settings: WinRMSettings, credSSPIdentity: SelfSignedIdentity? = nil) throws {
    try Self.checkSettings(settings)
    let offer = try customOffer ?? makeOffer(settings, identity: configuration.credSSPIdentity ?? credSSPIdentity)
    var shellLimits = configuration.shellLimits
    shellLimits.update(settings)
    live.update(.init(offer: offer, shellLimits: shellLimits, allowsRemoteAccess: settings.service.allowRemoteAccess))
    if offer.schemes.isEmpty { logger.warning("neither Negotiate nor CredSSP is enabled any more: nobody can log on") }
    warn(about: settings)
    renewListeners(settings)
    let names = reloading.restartNeeded(by: settings)
    if !names.isEmpty {
      logger.warning("changed settings take effect with a restart", metadata: ["settings": "\(names.joined(separator: " "))"])
    }
  }

  /// Has the HTTPS listeners that run show the certificates that are named now. One that cannot be used leaves the former one in place.
  private func renewListeners(_ settings: WinRMSettings) {
    let running = reloading.listeners
    for listener in settings.listeners where listener.transport == .https && listener.enabled {
      guard let tls = running[listener.address] else { continue }
      do throws(CertificateError) {
        let identity = try identity(of: listener)
        let isAnother = identity.thumbprint != tls.current.thumbprint
        tls.replace(with: identity)
        guard isAnother else { continue }
        logger.notice(
          "an HTTPS listener shows another certificate",
          metadata: ["address": "\(listener.address)", "certificate": "\(identity.thumbprint)"])
      } catch {
        logger.error(
          "an HTTPS listener keeps the certificate that it has",
          metadata: ["address": "\(listener.address)", "certificate": "\(tls.current.thumbprint)", "reason": "\(error.message)"])
      }
    }
  }
}

public import Certificates
import HummingbirdCore
public import LogonInterface
public import Logging
import MemoryTLS
import NIOCore
import NIOPosix
public import ServiceLifecycle
import Synchronization
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
    let listeners = configuration.settings.listeners.filter(\.enabled)
    for listener in listeners where listener.transport == .https {
      logger.warning("HTTPS listeners are not served yet", metadata: ["port": "\(listener.port)"])
    }
    let sockets = try listeners.filter { $0.transport == .http }.flatMap { listener in
      try ListenerSocket.hosts(of: listener).map { (listener, host: $0) }
    }
    let start = ListenerStart(count: sockets.count, onListening: configuration.onListening)
    let servers = sockets.map { listener, host in
      ListenerServer(
        settings: listener, host: host, context: context(for: listener, ledger: ledger, registry: registry), group: group, start: start)
    }
    guard !servers.isEmpty else {
      throw WinRMServiceError(.noListener, "No HTTP listener is configured and enabled. Run: winrm quickconfig")
    }
    return servers
  }

  private func context(
    for listener: ListenerSettings, ledger: ConnectionLedger, registry: ShellRegistry
  ) -> ListenerContext {
    let prefix = String(listener.urlPrefix.drop { $0 == "/" }.reversed().drop { $0 == "/" }.reversed())
    return ListenerContext(
      prefix: prefix, transport: .http, live: live, logon: LogonClient(authority: authority),
      dispatcher: RequestDispatcher(
        registry: registry, live: live, envelopeSize: configuration.limits.envelopeSize, identity: ServiceIdentity(usesTLS: false),
        machine: configuration.machineName, logger: logger),
      limits: configuration.limits, ledger: ledger, logger: logger)
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
    let tls = auth.credSSP ? try credSSPContext(identity, thumbprint: settings.service.certificateThumbprint) : nil
    let schemes: [AuthenticationScheme] = (auth.negotiate ? [.negotiate] : []) + (auth.credSSP ? [.credSSP] : [])
    return AuthenticationOffer(schemes: schemes) { scheme, peer, channelBindings in
      switch scheme {
      case .credSSP:
        guard let tls else { return nil }
        return CredSSPServerAuthentication(logon: logon, peer: peer, tls: try MemoryTLS.server(context: tls))
      case .negotiate: return NegotiateServerAuthentication(logon: logon, peer: peer, channelBindings: channelBindings)
      case .kerberos, .basic: return nil
      }
    }
  }

  /// The inner TLS of CredSSP. Its certificate's hash is logged, so that clients can pin it.
  /// It is made once: a service without an identity of its own keeps the certificate that clients have seen.
  private func credSSPContext(_ given: SelfSignedIdentity?, thumbprint wanted: String) throws(WinRMServiceError) -> MemoryTLSServerContext {
    do {
      let made = reloading.credSSP
      let identity = try made?.identity ?? given ?? ServiceCertificate.make(machineName: configuration.machineName)
      guard wanted.isEmpty || wanted.uppercased() == CertificateHash.thumbprint(certificateDER: identity.certificateDER).uppercased() else {
        throw WinRMServiceError(
          .certificate,
          "The service has no certificate with the CertificateThumbprint that is set. To use its own, run: "
            + "winrm set winrm/config/service @{CertificateThumbprint=\"\"}")
      }
      if let made { return made.context }
      let hash = CertificateHash.sha256(certificateDER: identity.certificateDER)
      logger.notice(
        "CredSSP is enabled", metadata: ["certificateSHA256": "\(hash.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined())"])
      let context = try MemoryTLSServerContext(certificateChainDER: [identity.certificateDER], privateKeyPEM: identity.privateKeyPEM)
      reloading.credSSP = (identity, context)
      return context
    } catch let error as WinRMServiceError {
      throw error
    } catch {
      throw WinRMServiceError(.certificate, "The certificate for CredSSP cannot be used: \(error)")
    }
  }

  // MARK: Changing

  /// Takes over new settings while the service runs: the schemes offered, who may come from other machines, and the limits of shells. They
  /// hold for the next connection, request and shell; connections that stand keep what they have. What takes a restart is said in the log.
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
    let names = reloading.restartNeeded(by: settings)
    if !names.isEmpty {
      logger.warning("changed settings take effect with a restart", metadata: ["settings": "\(names.joined(separator: " "))"])
    }
  }
}

/// What the service remembers from one change of its settings to the next.
private final class Reloading: Sendable {
  private struct Books {
    var credSSP: (identity: SelfSignedIdentity, context: MemoryTLSServerContext)?
    /// The settings of the last change.
    var last: WinRMSettings
  }

  private let books: Mutex<Books>

  init(settings: WinRMSettings) { books = Mutex(Books(last: settings)) }

  /// The certificate and the inner TLS of CredSSP, once made.
  var credSSP: (identity: SelfSignedIdentity, context: MemoryTLSServerContext)? {
    get { books.withLock { $0.credSSP } }
    set { books.withLock { $0.credSSP = newValue } }
  }

  /// The names of those settings that differ from the last ones and are read at the start alone.
  func restartNeeded(by settings: WinRMSettings) -> [String] {
    let old = books.withLock { books in
      defer { books.last = settings }
      return books.last
    }
    let differences = [
      ("Listener", old.listeners != settings.listeners), ("MaxEnvelopeSizekb", old.maxEnvelopeSizekb != settings.maxEnvelopeSizekb),
      ("MaxConnections", old.service.maxConnections != settings.service.maxConnections),
      (
        "MaxPacketRetrievalTimeSeconds",
        old.service.maxPacketRetrievalTimeSeconds != settings.service.maxPacketRetrievalTimeSeconds
      ),
    ]
    return differences.filter(\.1).map(\.0)
  }
}

import Certificates
import HummingbirdCore
public import LogonInterface
public import Logging
import MemoryTLS
import NIOCore
import NIOPosix
public import ServiceLifecycle
import WinRMAuthentication
import WinRMConfiguration
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
      logon: LogonClient(authority: authority), limits: configuration.shellLimits, time: time, nursery: nursery, group: group,
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
    try checkSettings()
    let offer = try customOffer ?? makeOffer()
    guard !offer.schemes.isEmpty else {
      throw WinRMServiceError(
        .noAuthentication, "Neither Negotiate nor CredSSP is enabled. Run: winrm set winrm/config/service/auth @{Negotiate=\"true\"}")
    }
    let ledger = ConnectionLedger(limits: configuration.limits)
    let listeners = configuration.settings.listeners.filter(\.enabled)
    for listener in listeners where listener.transport == .https {
      logger.warning("HTTPS listeners are not served yet", metadata: ["port": "\(listener.port)"])
    }
    let servers = try listeners.filter { $0.transport == .http }.flatMap { listener in
      try ListenerSocket.hosts(of: listener).map { host in
        ListenerServer(
          settings: listener, host: host, context: context(for: listener, offer: offer, ledger: ledger, registry: registry), group: group,
          onListening: configuration.onListening)
      }
    }
    guard !servers.isEmpty else {
      throw WinRMServiceError(.noListener, "No HTTP listener is configured and enabled. Run: winrm quickconfig")
    }
    return servers
  }

  private func context(
    for listener: ListenerSettings, offer: AuthenticationOffer, ledger: ConnectionLedger, registry: ShellRegistry
  ) -> ListenerContext {
    let prefix = String(listener.urlPrefix.drop { $0 == "/" }.reversed().drop { $0 == "/" }.reversed())
    return ListenerContext(
      prefix: prefix, transport: .http, offer: offer, logon: LogonClient(authority: authority),
      dispatcher: RequestDispatcher(
        registry: registry, limits: configuration.shellLimits, envelopeSize: configuration.limits.envelopeSize,
        allowsRemoteAccess: configuration.settings.service.allowRemoteAccess, identity: ServiceIdentity(usesTLS: false),
        machine: configuration.machineName, logger: logger),
      limits: configuration.limits, ledger: ledger, logger: logger)
  }

  /// Settings that are not honoured yet: those that would open something are only reported, those that would close something stop the
  /// start.
  private func checkSettings() throws(WinRMServiceError) {
    let service = configuration.settings.service
    guard service.ipv4Filter == "*", service.ipv6Filter == "*" else {
      throw WinRMServiceError(
        .unsupportedSetting, "IPv4Filter and IPv6Filter are not honoured yet. Use listeners with IP: addresses instead.")
    }
    if service.allowUnencrypted { logger.warning("AllowUnencrypted is ignored: unencrypted requests stay refused") }
    for name in Self.limitsWithoutEffect(configuration.settings) {
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

  private func makeOffer() throws -> AuthenticationOffer {
    let auth = configuration.settings.service.auth
    let logon = LogonClient(authority: authority)
    let tls = auth.credSSP ? try makeCredSSPContext() : nil
    let schemes: [AuthenticationScheme] = (auth.negotiate ? [.negotiate] : []) + (auth.credSSP ? [.credSSP] : [])
    return AuthenticationOffer(schemes: schemes) { scheme, peer in
      switch scheme {
      case .credSSP:
        guard let tls else { return nil }
        return CredSSPServerAuthentication(logon: logon, peer: peer, tls: try MemoryTLS.server(context: tls))
      case .negotiate: return NegotiateServerAuthentication(logon: logon, peer: peer)
      case .kerberos, .basic: return nil
      }
    }
  }

  /// The inner TLS of CredSSP. Its certificate's hash is logged, so that clients can pin it.
  private func makeCredSSPContext() throws(WinRMServiceError) -> MemoryTLSServerContext {
    do {
      let identity = try configuration.credSSPIdentity ?? ServiceCertificate.make(machineName: configuration.machineName)
      let wanted = configuration.settings.service.certificateThumbprint
      guard wanted.isEmpty || wanted.uppercased() == CertificateHash.thumbprint(certificateDER: identity.certificateDER).uppercased() else {
        throw WinRMServiceError(
          .certificate,
          "The service has no certificate with the CertificateThumbprint that is set. To use its own, run: "
            + "winrm set winrm/config/service @{CertificateThumbprint=\"\"}")
      }
      let hash = CertificateHash.sha256(certificateDER: identity.certificateDER)
      logger.notice(
        "CredSSP is enabled", metadata: ["certificateSHA256": "\(hash.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined())"])
      return try MemoryTLSServerContext(certificateChainDER: [identity.certificateDER], privateKeyPEM: identity.privateKeyPEM)
    } catch let error as WinRMServiceError {
      throw error
    } catch {
      throw WinRMServiceError(.certificate, "The certificate for CredSSP cannot be used: \(error)")
    }
  }
}

public import Certificates
public import WinRMConfiguration
public import WinRMResources

/// What a ``WinRMServer`` is made of.
public struct WinRMServerConfiguration: Sendable {
  /// The settings of the service at its start; see ``WinRMServer/update(_:credSSPIdentity:acceptsKerberos:)``.
  public var settings: WinRMSettings
  /// Limits of connections and messages.
  public var limits: ServiceLimits
  /// Limits of shells.
  public var shellLimits: ShellLimits
  /// The name of this computer, as faults carry it.
  public var machineName: String
  /// Whether the authority has a keytab, so that scheme Kerberos can be offered where the settings permit it. Default `false`.
  public var acceptsKerberos = false
  /// What CredSSP shows while `CertificateThumbprint` is empty; `nil` (default) for a certificate that lasts as long as this run.
  public var credSSPIdentity: SelfSignedIdentity?
  /// Where the certificates are that the settings name; `nil` (default) for none.
  public var certificates: ServerCertificateStore?
  /// What `winrm/config` is for requests; `nil` (default) for a service that does not let its configuration be seen.
  public var resources: ConfigurationResources?
  /// Told where the listeners are bound, for ``resources``; `nil` (default) for nobody.
  public var served: ServedListeners?
  /// Where requests of this machine's users are answered, by a Unix socket; `nil` (default) for nowhere.
  public var localSocketPath: String?
  /// Called when a request has changed the settings; returns when they hold. Default: nothing.
  public var onChange: @Sendable () async -> Void = {}
  /// The names of this machine, for HTTPS listeners with neither Hostname nor CertificateThumbprint. Asked when certificates are looked
  /// for; it may block. Default none.
  public var hostNames: @Sendable () -> [String] = { [] }
  /// Who verifies the certificates of clients; `nil` (default) for nobody, and then none is accepted.
  public var clientCertificates: ClientCertificateVerifier?
  /// Told each listener when it listens, and again when its addresses are others.
  public var onListening: @Sendable (ListenerAddress) -> Void

  /// Limits follow from the settings.
  public init(settings: WinRMSettings, machineName: String, onListening: @escaping @Sendable (ListenerAddress) -> Void = { _ in }) {
    self.settings = settings
    self.machineName = machineName
    self.onListening = onListening
    limits = ServiceLimits(settings)
    shellLimits = ShellLimits(settings)
  }
}

extension ServiceLimits {
  init(_ settings: WinRMSettings) {
    self.init()
    update(settings)
  }

  /// Takes over what the settings say.
  mutating func update(_ settings: WinRMSettings) {
    connections = Int(settings.service.maxConnections)
    envelopeSize = Int(settings.maxEnvelopeSizekb) * 1024
    bodyTimeout = .seconds(Int(settings.service.maxPacketRetrievalTimeSeconds))
  }
}

extension ShellLimits {
  init(_ settings: WinRMSettings) {
    self.init()
    update(settings)
  }

  /// Takes over what the settings say.
  mutating func update(_ settings: WinRMSettings) {
    allowsShells = settings.winrs.allowRemoteShellAccess
    idleTimeout = .milliseconds(max(60_000, Int(settings.winrs.idleTimeout)))
    shellsPerUser = Int(settings.winrs.maxShellsPerUser)
    concurrentUsers = Int(settings.winrs.maxConcurrentUsers)
    processesPerShell = Int(settings.winrs.maxProcessesPerShell)
    operationTimeout = .milliseconds(Int(settings.maxTimeoutms))
  }
}

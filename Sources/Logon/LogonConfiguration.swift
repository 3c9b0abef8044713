import Kerberos
public import LogonInterface
public import NTLM
public import Winbind

/// What the logon authority is told at its start.
public struct LogonConfiguration: Sendable {
  /// The names of this host, as NTLM tells them to clients and as accounts may be qualified with.
  public struct HostNames: Sendable, Hashable {
    /// Upper case, at most 15 characters.
    public var netBIOS: String
    /// The full DNS name; may have no dot.
    public var dns: String

    public init(netBIOS: String, dns: String) {
      self.netBIOS = netBIOS
      self.dns = dns
    }

    /// From the system's host name.
    public static func current() -> HostNames {
      let name = SystemNames.hostName()
      let label = name.split(separator: ".").first.map(String.init) ?? "localhost"
      return HostNames(netBIOS: String(label.uppercased().prefix(15)), dns: name.lowercased())
    }

    /// Every name that means this host.
    var all: [String] { [netBIOS, dns] + (dns.split(separator: ".").first.map { [String($0)] } ?? []) }
  }

  /// The keytab of the system's Kerberos configuration.
  public static func systemKeytab() -> String? { KerberosKeytab.systemDefault()?.name }

  /// Whether ``keytab`` is there, can be read, and has keys. Blocks on its file.
  public var hasKeytab: Bool { keytab.map { KerberosKeytab(name: $0).hasKeys } ?? false }

  /// Why ``keytab`` must not be believed; `nil` when it can be, or is not there. Blocks on its file.
  public var keytabDanger: String? { keytab.flatMap { KerberosKeytab(name: $0).danger } }

  /// Bounds on what one authority does at once.
  public struct Limits: Sendable, Hashable {
    /// Authentication exchanges under way. Default: 1024.
    public var contexts = 1024
    /// How long an exchange may take. Default: 60 seconds.
    public var contextLifetime = Duration.seconds(60)
    /// Passwords that are checked at once; each takes a processor and 32 MiB for a tenth of a second. Default: 2.
    public var passwordChecks = 2
    /// Passwords that wait to be checked. Default: 64.
    public var passwordsWaiting = 64
    /// Completed logons whose connections stand. Default: 4096.
    public var logons = 4096
    /// Open sessions. Default: 512.
    public var sessions = 512
    /// Running processes in one session. Default: 25, as MaxProcessesPerShell.
    public var processesPerSession = 25
    /// How long processes have between SIGTERM and SIGKILL. Default: 2 seconds.
    public var terminationGrace = Duration.seconds(2)
    /// Failed logons within ``failureWindow`` after which further ones are refused unseen. Default: 10 from one source for one
    /// account, 100 from one source, 200 for one account.
    public var failuresPerSourceAndAccount = 10
    public var failuresPerSource = 100
    public var failuresPerAccount = 200
    /// Default: 60 seconds.
    public var failureWindow = Duration.seconds(60)

    public init() {}
  }

  /// The accounts; see `AccountStore`.
  public var accountsFile: String
  /// Where the sockets of logon agents are made. It is made when missing: mode 0711 as root, 0700 otherwise.
  public var agentDirectory: String
  /// Unix groups whose members may use shells.
  public var allowedGroups: [String]
  /// Accounts that may use shells whatever their groups. Naming is the only way in for accounts of uid 0 and of system users.
  public var allowedAccounts: [String]
  public var hostNames: HostNames
  /// The program `winrmd-exec`.
  public var execHelperPath: String
  public var channelBindingLevel: NTLMAcceptorConfiguration.ChannelBindingLevel
  /// The keytab with the keys of this service, such as `FILE:/etc/krb5.keytab`. Without one, or when it is missing or empty, Kerberos is not
  /// offered.
  public var keytab: String?
  /// The service names, `service/host`, that a client's ticket may be for; `nil` for WSMAN, HTTP and HOST of this host's names and of those
  /// that the keytab has under one of the three.
  public var servicePrincipals: [String]?
  /// Where the ticket caches of sessions are made. It is made when missing: mode 0711 as root, 0700 otherwise.
  public var ticketCacheDirectory: String
  /// The domain that this host is a member of; `nil` where there is none.
  public var domain: (any DomainDirectory)?
  /// What the system says about a Unix user whose password was proven; `nil` where nobody is asked, as an ordinary user cannot.
  public var accountPhase: (any AccountPhase)?
  /// The local accounts, as they are written there, that clients' certificates may stand for: those that an enabled mapping names, while the
  /// service accepts certificates. Default none.
  public var certificateAccounts: Set<String> = []
  /// Variables that every command gets and no client can set, such as `WINRM_ROOT`.
  public var serviceEnvironment: [EnvironmentVariable]
  /// `PATH` of commands; `nil` for the system's usual one.
  public var commandPath: String?
  /// The umask of commands. Default: 022.
  public var umask: UInt32
  public var limits: Limits

  public init(
    accountsFile: String, agentDirectory: String, allowedGroups: [String] = ["winrm-users"], allowedAccounts: [String] = [],
    hostNames: HostNames = .current(), execHelperPath: String,
    channelBindingLevel: NTLMAcceptorConfiguration.ChannelBindingLevel = .strict, keytab: String? = nil,
    servicePrincipals: [String]? = nil, ticketCacheDirectory: String = "/run/winrm/cc", domain: (any DomainDirectory)? = nil,
    accountPhase: (any AccountPhase)? = nil,
    serviceEnvironment: [EnvironmentVariable] = [], commandPath: String? = nil, umask: UInt32 = 0o022, limits: Limits = .init()
  ) {
    self.accountsFile = accountsFile
    self.agentDirectory = agentDirectory
    self.allowedGroups = allowedGroups
    self.allowedAccounts = allowedAccounts
    self.hostNames = hostNames
    self.execHelperPath = execHelperPath
    self.channelBindingLevel = channelBindingLevel
    self.keytab = keytab
    self.servicePrincipals = servicePrincipals
    self.ticketCacheDirectory = ticketCacheDirectory
    self.domain = domain
    self.accountPhase = accountPhase
    self.serviceEnvironment = serviceEnvironment
    self.commandPath = commandPath
    self.umask = umask
    self.limits = limits
  }
}

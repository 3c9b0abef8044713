/// The configuration of this machine, as `winrm get winrm/config` shows it, with its listeners. Names in files and output are Windows'.
///
/// Defaults are those of a modern Windows server, or stricter; ``SettingDescription`` says for each setting what it does and where, and
/// why, it deviates.
public struct WinRMSettings: Sendable, Equatable {
  /// MaxEnvelopeSizekb: the largest message in either direction, in kilobytes of 1024 bytes, 32 … 1039440. Default 500.
  public var maxEnvelopeSizekb: UInt32 = 500
  /// MaxTimeoutms: cap and default of an operation's timeout, in milliseconds, at least 500. Default 60000.
  public var maxTimeoutms: UInt32 = 60_000
  /// MaxBatchItems: the most elements in one answer to Pull, at least 1. Default 32000.
  public var maxBatchItems: UInt32 = 32_000
  /// MaxProviderRequests: unused since WinRM 2.0, shown, not settable.
  public var maxProviderRequests: UInt32 = .max
  public var client = ClientSettings()
  public var service = ServiceSettings()
  public var winrs = ShellSettings()
  /// Default none, as on a Windows client: `winrm quickconfig` makes one.
  public var listeners: [ListenerSettings] = []
  /// Client certificates that stand for local accounts. Default none.
  public var certificateMappings: [CertificateMapping] = []
  /// What the service offers beyond its own configuration. Default: what is built in, ``PlugInConfiguration/builtIn``.
  public var plugins: [PlugInConfiguration] = PlugInConfiguration.builtIn

  public init() {}
}

/// `winrm/config/client`.
public struct ClientSettings: Sendable, Equatable {
  /// NetworkDelayms: added to the operation's timeout while waiting for an answer, in milliseconds, at least 500. Default 5000.
  public var networkDelayms: UInt32 = 5000
  /// URLPrefix: the path of a connection string that names none. Default `wsman`.
  public var urlPrefix = "wsman"
  /// AllowUnencrypted. Default false.
  public var allowUnencrypted = false
  public var auth = ClientAuth()
  public var defaultPorts = DefaultPorts()
  /// TrustedHosts: servers that may be used although nothing proves who they are. Default empty.
  public var trustedHosts = ""
  /// KerberosRealms: `DOMAIN=REALM` for NetBIOS names and suffixes of user names that are not those of their realm. Default none. Not a
  /// setting of Windows, whose clients are members of a domain and ask it.
  public var kerberosRealms: [String] = []

  public init() {}
}

/// `winrm/config/client/auth`: the mechanisms that the client may use.
public struct ClientAuth: Sendable, Equatable {
  /// Default false: Windows says true, and its own policy text says that it is off unless configured.
  public var basic = false
  /// Default false; Windows says true, although no service accepts Digest.
  public var digest = false
  public var kerberos = true
  public var negotiate = true
  public var certificate = true
  /// Default false: delegating credentials is a decision.
  public var credSSP = false

  public init() {}
}

/// `winrm/config/service/auth`: the mechanisms that the service accepts.
public struct ServiceAuth: Sendable, Equatable {
  public var basic = false
  public var kerberos = true
  public var negotiate = true
  public var certificate = false
  /// Default false: receiving credentials is a decision.
  public var credSSP = false
  /// CbtHardeningLevel: what an HTTPS listener demands of channel bindings. Default Relaxed.
  public var cbtHardeningLevel = ChannelBindingHardening.relaxed

  public init() {}
}

/// What the service demands of channel bindings over HTTPS. Over HTTP there are none.
public enum ChannelBindingHardening: String, Sendable, Equatable, CaseIterable {
  /// Bindings are not looked at.
  case none = "None"
  /// Bindings may be absent, and must be right when present.
  case relaxed = "Relaxed"
  /// Bindings must be present and right.
  case strict = "Strict"
}

/// Ports for connection strings without a scheme.
public struct DefaultPorts: Sendable, Equatable {
  /// 1 … 65535. Default 5985.
  public var http: UInt16 = 5985
  /// 1 … 65535. Default 5986.
  public var https: UInt16 = 5986

  public init() {}
}

/// `winrm/config/service`.
public struct ServiceSettings: Sendable, Equatable {
  /// RootSDDL: who may do what with every resource that has no security descriptor of its own, in the notation of MS-DTYP §2.5.1.
  /// Default: everything for administrators, reading for whoever works at the machine itself.
  public var rootSDDL = ServiceSettings.defaultRootSDDL
  /// MaxConcurrentOperations: unused since WinRM 2.0, shown, not settable.
  public var maxConcurrentOperations: UInt32 = .max
  /// MaxConcurrentOperationsPerUser, 1 …. Default 1500.
  public var maxConcurrentOperationsPerUser: UInt32 = 1500
  /// EnumerationTimeoutms: how long an enumeration may rest between two Pulls, in milliseconds, at least 500. Default 240000.
  public var enumerationTimeoutms: UInt32 = 240_000
  /// MaxConnections, 1 … 512. Default 300.
  public var maxConnections: UInt32 = 300
  /// MaxPacketRetrievalTimeSeconds: how long receiving one request may take, in seconds, at least 1. Default 120.
  public var maxPacketRetrievalTimeSeconds: UInt32 = 120
  /// AllowUnencrypted. Default false.
  public var allowUnencrypted = false
  public var auth = ServiceAuth()
  /// Shown, not settable: a listener has its own port.
  public var defaultPorts = DefaultPorts()
  /// IPv4Filter: `*`, or ranges `IP1-IP2` separated by commas; empty listens on no IPv4 address. Default `*`.
  public var ipv4Filter = "*"
  /// IPv6Filter: as ``ipv4Filter``.
  public var ipv6Filter = "*"
  public var enableCompatibilityHTTPListener = false
  public var enableCompatibilityHTTPSListener = false
  /// CertificateThumbprint: SHA-1 of the certificate that CredSSP shows, 40 upper-case hexadecimal digits; empty: a self-signed one, which
  /// encrypts and proves nothing to a client that has not pinned it.
  public var certificateThumbprint = ""
  /// AllowRemoteAccess: false refuses every request of another machine but Identify. Default true.
  public var allowRemoteAccess = true
  /// AllowedGroups: members of these Unix groups, and groups of the domain (`DOMAIN\group`), may open shells. Default `winrm-users`. Not a setting
  /// of Windows.
  public var allowedGroups = ["winrm-users"]
  /// AllowedAccounts: these accounts do too. Root and system accounts get in only this way. Default none. Not a setting of Windows.
  public var allowedAccounts: [String] = []
  /// KeytabFile: the keys of this service for Kerberos. Default empty: as root the system's keytab, otherwise none. Not a setting of Windows.
  public var keytabFile = ""

  /// As a modern Windows has it.
  public static let defaultRootSDDL = "O:NSG:BAD:P(A;;GA;;;BA)(A;;GR;;;IU)S:P(AU;FA;GA;;;WD)(AU;SA;GXGW;;;WD)"

  public init() {}
}

/// `winrm/config/winrs`. Where a modern Windows sets no effective limit, the documented default of the protocol specification is taken.
public struct ShellSettings: Sendable, Equatable {
  /// AllowRemoteShellAccess: false refuses new shells. Default true.
  public var allowRemoteShellAccess = true
  /// IdleTimeout: how long a shell may rest, in milliseconds, 1 … 0x7FFFFFFF; less than 60000 acts as 60000. Default 7200000.
  public var idleTimeout: UInt32 = 7_200_000
  /// MaxConcurrentUsers, 1 … 0x7FFFFFFF. Default 10.
  public var maxConcurrentUsers: UInt32 = 10
  /// MaxShellRunTime: unused since WinRM 2.0, shown, not settable.
  public var maxShellRunTime: UInt32 = 0x7FFF_FFFF
  /// MaxProcessesPerShell, 0 … 0x7FFFFFFF; 0 is no limit. Default 25.
  public var maxProcessesPerShell: UInt32 = 25
  /// MaxMemoryPerShellMB, in megabytes, 0 … 0x7FFFFFFF; 0 is no limit. Default 1024.
  public var maxMemoryPerShellMB: UInt32 = 1024
  /// MaxShellsPerUser, 0 … 0x7FFFFFFF; 0 is no limit. Default 30.
  public var maxShellsPerUser: UInt32 = 30

  public init() {}
}

/// `winrm/config/listener?Address=…+Transport=…`.
public struct ListenerSettings: Sendable, Equatable {
  public enum Transport: String, Sendable, Equatable, CaseIterable {
    case http = "HTTP"
    case https = "HTTPS"
  }

  /// `*`, `IP:` and an IPv4 or IPv6 address without brackets (a link-local one perhaps with `%` and its interface), or `MAC:` and the
  /// hardware address of an adapter.
  public var address: String
  public var transport: Transport
  /// 1 … 65535. Default 5985 or 5986.
  public var port: UInt16
  /// The name that an HTTPS listener's certificate must carry.
  public var hostname = ""
  public var enabled = true
  /// The path it answers on. Default `wsman`.
  public var urlPrefix = "wsman"
  /// SHA-1 of the certificate of an HTTPS listener, 40 upper-case hexadecimal digits.
  public var certificateThumbprint = ""

  public init(address: String = "*", transport: Transport = .http, port: UInt16? = nil) {
    self.address = address
    self.transport = transport
    self.port = port ?? (transport == .http ? 5985 : 5986)
  }

  /// The address to bind: `nil` for all of the machine's.
  public var bindAddress: String? { address == "*" ? nil : String(address.dropFirst(3)) }
}

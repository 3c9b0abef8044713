import DelegationPolicy

// The tree of MS-WSMV §2.2.4: every name, range and access once. Files, `winrm get` and `winrm set` all read these tables.

private let positive: ClosedRange<UInt32> = 1...(.max)
private let positive31: ClosedRange<UInt32> = 1...0x7FFF_FFFF
private let any31: ClosedRange<UInt32> = 0...0x7FFF_FFFF

extension SettingGroup where Root == ClientAuth {
  static let clientAuth = SettingGroup(
    name: "Auth",
    entries: [
      .field(.boolean("Basic", \.basic)), .field(.boolean("Digest", \.digest)), .field(.boolean("Kerberos", \.kerberos)),
      .field(.boolean("Negotiate", \.negotiate)), .field(.boolean("Certificate", \.certificate)), .field(.boolean("CredSSP", \.credSSP)),
    ])
}

extension SettingGroup where Root == ServiceAuth {
  static let serviceAuth = SettingGroup(
    name: "Auth",
    entries: [
      .field(.boolean("Basic", \.basic)), .field(.boolean("Kerberos", \.kerberos)), .field(.boolean("Negotiate", \.negotiate)),
      .field(.boolean("Certificate", \.certificate)), .field(.boolean("CredSSP", \.credSSP)),
      .field(
        .choice("CbtHardeningLevel", \.cbtHardeningLevel) {
          ConfigurationError(.invalidValue, $0, specificCode: .invalidChannelBindingLevel)
        }),
    ])
}

extension SettingGroup where Root == DefaultPorts {
  static func defaultPorts(access: SettingAccess) -> Self {
    SettingGroup(
      name: "DefaultPorts",
      entries: [
        .field(.integer("HTTP", \.http, 1...65535, access: access)), .field(.integer("HTTPS", \.https, 1...65535, access: access)),
      ])
  }
}

extension SettingGroup where Root == ClientSettings {
  static let client = SettingGroup(
    name: "Client",
    entries: [
      .field(.integer("NetworkDelayms", \.networkDelayms, 500...(.max))),
      .field(.text("URLPrefix", \.urlPrefix, check: SettingCheck.urlPrefix)),
      .field(.boolean("AllowUnencrypted", \.allowUnencrypted)),
      .group(SettingGroup<ClientAuth>.clientAuth.lifted(\.auth)),
      .group(SettingGroup<DefaultPorts>.defaultPorts(access: .readWrite).lifted(\.defaultPorts)),
      .field(.text("TrustedHosts", \.trustedHosts, check: SettingCheck.trustedHosts)),
      .field(.list("KerberosRealms", \.kerberosRealms, check: SettingCheck.kerberosRealms)),
    ])
}

extension SettingGroup where Root == ServiceSettings {
  static let service = SettingGroup(
    name: "Service",
    entries: [
      .field(.canonicalText("RootSDDL", \.rootSDDL, canonical: SettingCheck.sddl("RootSDDL"))),
      .field(.integer("MaxConcurrentOperations", \.maxConcurrentOperations, positive, access: .deprecated)),
      .field(.integer("MaxConcurrentOperationsPerUser", \.maxConcurrentOperationsPerUser, positive)),
      .field(.integer("EnumerationTimeoutms", \.enumerationTimeoutms, 500...(.max))),
      .field(.integer("MaxConnections", \.maxConnections, 1...512)),
      .field(.integer("MaxPacketRetrievalTimeSeconds", \.maxPacketRetrievalTimeSeconds, positive)),
      .field(.boolean("AllowUnencrypted", \.allowUnencrypted)),
      .group(SettingGroup<ServiceAuth>.serviceAuth.lifted(\.auth)),
      .group(SettingGroup<DefaultPorts>.defaultPorts(access: .readOnly).lifted(\.defaultPorts)),
      .field(.text("IPv4Filter", \.ipv4Filter, check: SettingCheck.ipFilter(.v4))),
      .field(.text("IPv6Filter", \.ipv6Filter, check: SettingCheck.ipFilter(.v6))),
      .field(.boolean("EnableCompatibilityHttpListener", \.enableCompatibilityHTTPListener)),
      .field(.boolean("EnableCompatibilityHttpsListener", \.enableCompatibilityHTTPSListener)),
      .field(.canonicalText("CertificateThumbprint", \.certificateThumbprint, canonical: SettingCheck.thumbprint)),
      .field(.boolean("AllowRemoteAccess", \.allowRemoteAccess)),
      .field(.list("AllowedGroups", \.allowedGroups)), .field(.list("AllowedAccounts", \.allowedAccounts)),
      .field(.text("KeytabFile", \.keytabFile, check: SettingCheck.keytabFile)),
    ])
}

extension SettingGroup where Root == ShellSettings {
  static let winrs = SettingGroup(
    name: "Winrs",
    entries: [
      .field(.boolean("AllowRemoteShellAccess", \.allowRemoteShellAccess)),
      .field(.integer("IdleTimeout", \.idleTimeout, 1...0x7FFF_FFFF)),
      .field(.integer("MaxConcurrentUsers", \.maxConcurrentUsers, 1...0x7FFF_FFFF)),
      .field(.integer("MaxShellRunTime", \.maxShellRunTime, any31, access: .readOnly)),
      .field(.integer("MaxProcessesPerShell", \.maxProcessesPerShell, any31)),
      .field(.integer("MaxMemoryPerShellMB", \.maxMemoryPerShellMB, any31)),
      .field(.integer("MaxShellsPerUser", \.maxShellsPerUser, any31)),
    ])
}

extension SettingGroup where Root == WinRMSettings {
  static let config = SettingGroup(
    name: "Config",
    entries: [
      .field(.integer("MaxEnvelopeSizekb", \.maxEnvelopeSizekb, 32...1_039_440)),
      .field(.integer("MaxTimeoutms", \.maxTimeoutms, 500...(.max))),
      .field(.integer("MaxBatchItems", \.maxBatchItems, positive)),
      .field(.integer("MaxProviderRequests", \.maxProviderRequests, 0...(.max), access: .deprecated)),
      .group(SettingGroup<ClientSettings>.client.lifted(\.client)),
      .group(SettingGroup<ServiceSettings>.service.lifted(\.service)),
      .group(SettingGroup<ShellSettings>.winrs.lifted(\.winrs)),
    ])
}

extension SettingGroup where Root == ListenerSettings {
  static let listener = SettingGroup(
    name: "Listener",
    entries: [
      .field(.text("Address", \.address, access: .readOnly, check: SettingCheck.listenerAddress)),
      .field(.choice("Transport", \.transport, access: .readOnly) { ConfigurationError(.invalidValue, $0) }),
      .field(.integer("Port", \.port, 1...65535)),
      .field(.text("Hostname", \.hostname, check: SettingCheck.hostname)),
      .field(.boolean("Enabled", \.enabled)),
      .field(.text("URLPrefix", \.urlPrefix, check: SettingCheck.urlPrefix)),
      .field(.canonicalText("CertificateThumbprint", \.certificateThumbprint, canonical: SettingCheck.thumbprint)),
    ])
}

extension SettingGroup where Root == CertificateMapping {
  static let certificateMapping = SettingGroup(
    name: "CertMapping",
    entries: [
      .field(.text("URI", \.uri, access: .readOnly, check: CertificateMapping.checkURI)),
      .field(.text("Subject", \.subject, access: .readOnly, check: CertificateMapping.checkSubject)),
      .field(.canonicalText("Issuer", \.issuer, access: .readOnly, canonical: CertificateMapping.canonicalIssuer)),
      .field(.text("UserName", \.userName, check: CertificateMapping.checkUserName)),
      .field(.boolean("Enabled", \.enabled)),
    ])
}

extension SettingGroup where Root == PlugInConfiguration.Quotas {
  static let quotas = SettingGroup(
    name: "Quotas",
    entries: [
      .field(.integer("MaxConcurrentUsers", \.maxConcurrentUsers, positive31)),
      .field(.integer("MaxConcurrentOperationsPerUser", \.maxConcurrentOperationsPerUser, positive31)),
      .field(.integer("MaxConcurrentOperations", \.maxConcurrentOperations, positive31)),
      .field(.integer("MaxShells", \.maxShells, positive31)), .field(.integer("MaxShellsPerUser", \.maxShellsPerUser, positive31)),
      .field(.integer("MaxMemoryPerShellMB", \.maxMemoryPerShellMB, any31)),
      .field(.integer("MaxProcessesPerShell", \.maxProcessesPerShell, any31)),
      .field(.integer("MaxConcurrentCommandsPerShell", \.maxConcurrentCommandsPerShell, positive31)),
      .field(.integer("IdleTimeoutms", \.idleTimeoutms, 60_000...0x7FFF_FFFF)),
      .field(.integer("MaxIdleTimeoutms", \.maxIdleTimeoutms, 60_000...0x7FFF_FFFF)),
    ])
}

extension SettingGroup where Root == PlugInConfiguration {
  /// Its attributes and its quotas; parameters and resources are lists of their own.
  static let plugIn = SettingGroup(
    name: "PlugInConfiguration",
    entries: [
      .field(.text("Name", \.name, access: .readOnly)), .field(.text("Filename", \.fileName, access: .readOnly)),
      .field(.integer("SDKVersion", \.sdkVersion, 1...2, access: .readOnly)),
      .field(.choice("XmlRenderingType", \.xmlRenderingType, access: .readOnly) { ConfigurationError(.invalidValue, $0) }),
      .field(.integer("Architecture", \.architecture, 32...64, access: .readOnly)), .field(.boolean("Enabled", \.enabled)),
      .field(.boolean("UseSharedProcess", \.useSharedProcess, access: .readOnly)),
      .field(.boolean("AutoRestart", \.autoRestart, access: .readOnly)),
      .field(.integer("ProcessIdleTimeoutSec", \.processIdleTimeoutSec, 0...1_209_600, access: .readOnly)),
      .field(.text("RunAsUser", \.runAsUser, access: .readOnly)),
      .field(.choice("OutputBufferingMode", \.outputBufferingMode, access: .readOnly) { ConfigurationError(.invalidValue, $0) }),
      .group(SettingGroup<PlugInConfiguration.Quotas>.quotas.lifted(\.quotas)),
    ])
}

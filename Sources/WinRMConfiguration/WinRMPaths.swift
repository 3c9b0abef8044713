#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Where the files of this machine's WinRM are.
///
/// | Who | service's settings and accounts | client's settings and machine policy |
/// |---|---|---|
/// | root | `/etc/winrm`, `/var/lib/winrm`, `/run/winrm` | `/etc/winrm` |
/// | ordinary user | `$XDG_CONFIG_HOME/winrm`, `$XDG_STATE_HOME/winrm`, `$XDG_RUNTIME_DIR/winrm` | `/etc/winrm` |
/// | anybody with `WINRM_ROOT=DIR` | `DIR/etc/winrm`, `DIR/var/lib/winrm`, `DIR/run/winrm` | `DIR/etc/winrm` |
///
/// An ordinary user runs a service of their own; what the machine's administrator says about delegation holds for everybody.
public struct WinRMPaths: Sendable, Equatable {
  /// The service's configuration: settings and certificates.
  public var configurationDirectory: String
  /// What the service keeps: accounts.
  public var stateDirectory: String
  /// What lives as long as the service: sockets of logon agents.
  public var runtimeDirectory: String
  /// The configuration of the machine's client.
  public var machineConfigurationDirectory: String
  /// What was last read of the domain's policy. Everybody reads it, so it is apart from what the service keeps.
  public var policyStateDirectory: String
  /// A policy file of the user, which can only narrow the machine's; `nil` when the user has no home directory.
  public var userPolicyFile: String?

  public init(
    configurationDirectory: String, stateDirectory: String, runtimeDirectory: String, machineConfigurationDirectory: String,
    policyStateDirectory: String = "/var/lib/winrm-policy", userPolicyFile: String?
  ) {
    self.configurationDirectory = configurationDirectory
    self.stateDirectory = stateDirectory
    self.runtimeDirectory = runtimeDirectory
    self.machineConfigurationDirectory = machineConfigurationDirectory
    self.policyStateDirectory = policyStateDirectory
    self.userPolicyFile = userPolicyFile
  }

  /// Settings of the service, its listeners and shells, and the global ones, as people write them. No program does.
  public var settingsFile: String { configurationDirectory + "/config.json" }
  /// What programs such as `winrm set` have changed of them. No person writes it.
  public var settingsChangesFile: String { configurationDirectory + "/config.changes.json" }
  /// Certificates by which the service proves itself, and their private keys.
  public var certificateDirectory: String { configurationDirectory + "/certificates" }
  /// Certificates of those who may sign the certificates of clients.
  public var trustedDirectory: String { configurationDirectory + "/trusted" }
  /// Certificates by which this user proves himself as a client, and their private keys; `nil` without a home directory. For an ordinary
  /// user it is ``certificateDirectory``: both belong to nobody else.
  public var userCertificateDirectory: String? {
    userPolicyFile.map { $0[..<($0.lastIndex(of: "/") ?? $0.endIndex)] + "/certificates" }
  }
  /// Where a client looks for its certificates: the user's own, and for root the machine's.
  public var clientCertificateDirectories: [String] {
    ([userCertificateDirectory].compactMap { $0 } + [certificateDirectory]).reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
  }
  /// Settings of the client (`Client` in the tree), as people write them.
  public var machineSettingsFile: String { machineConfigurationDirectory + "/config.json" }
  /// What programs have changed of them.
  public var machineSettingsChangesFile: String { machineConfigurationDirectory + "/config.changes.json" }
  /// Credentials delegation and certificate pins.
  public var machinePolicyFile: String { machineConfigurationDirectory + "/policy.json" }
  /// A registry policy file of the machine's administrator, which counts before ``machinePolicyFile``.
  public var machineRegistryPolicyFile: String { machineConfigurationDirectory + "/Registry.pol" }
  /// The policy of the domain as it was last read.
  public var domainPolicyFile: String { policyStateDirectory + "/domain.json" }
  /// Accounts of the service.
  public var accountsFile: String { stateDirectory + "/accounts.json" }
  /// Where the running service answers `winrm` on the same machine.
  public var serviceSocket: String { runtimeDirectory + "/winrmd.sock" }
  /// Sockets of logon agents.
  public var agentDirectory: String { runtimeDirectory + "/agents" }

  /// The paths for this process.
  ///
  /// - Parameters:
  ///   - environment: `WINRM_ROOT`, `HOME`, `XDG_CONFIG_HOME`, `XDG_STATE_HOME`, `XDG_RUNTIME_DIR` are read. Relative `XDG_*` values are
  ///     ignored, as their specification asks; a relative `WINRM_ROOT` counts from the working directory.
  ///   - effectiveUserID: 0 for root.
  public static func current(
    environment: [String: String] = WinRMPaths.processEnvironment, effectiveUserID: UInt32 = WinRMPaths.processUserID
  ) -> WinRMPaths {
    if let root = environment["WINRM_ROOT"], !root.isEmpty { return under(absolute(root)) }
    let home = absoluteValue("HOME", in: environment)
    let configuration = absoluteValue("XDG_CONFIG_HOME", in: environment) ?? home.map { $0 + "/.config" }
    let userPolicy = configuration.map { $0 + "/winrm/policy.json" }
    guard effectiveUserID != 0 else {
      return WinRMPaths(
        configurationDirectory: "/etc/winrm", stateDirectory: "/var/lib/winrm", runtimeDirectory: "/run/winrm",
        machineConfigurationDirectory: "/etc/winrm", userPolicyFile: userPolicy)
    }
    let state = (absoluteValue("XDG_STATE_HOME", in: environment) ?? (home ?? "/nonexistent") + "/.local/state") + "/winrm"
    let runtime = absoluteValue("XDG_RUNTIME_DIR", in: environment).map { $0 + "/winrm" } ?? state + "/run"
    return WinRMPaths(
      configurationDirectory: (configuration ?? "/nonexistent/.config") + "/winrm", stateDirectory: state, runtimeDirectory: runtime,
      machineConfigurationDirectory: "/etc/winrm", userPolicyFile: userPolicy)
  }

  /// All files below one directory, so that several hosts can live on one machine.
  public static func under(_ root: String) -> WinRMPaths {
    var root = root
    while root.count > 1, root.hasSuffix("/") { root.removeLast() }
    if root == "/" { root = "" }
    return WinRMPaths(
      configurationDirectory: root + "/etc/winrm", stateDirectory: root + "/var/lib/winrm", runtimeDirectory: root + "/run/winrm",
      machineConfigurationDirectory: root + "/etc/winrm", policyStateDirectory: root + "/var/lib/winrm-policy",
      userPolicyFile: root + "/home/.config/winrm/policy.json")
  }

  /// The environment variables above, as this process has them. A process that runs with more rights than the user who started it (a
  /// set-user-ID program) sees none: they would let that user choose the policy.
  public static var processEnvironment: [String: String] {
    guard geteuid() == getuid(), getegid() == getgid() else { return [:] }
    var environment: [String: String] = [:]
    for name in ["WINRM_ROOT", "HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR"] {
      if let value = getenv(name) { environment[name] = String(cString: value) }
    }
    return environment
  }

  /// The effective user of this process.
  public static var processUserID: UInt32 { geteuid() }

  private static func absoluteValue(_ name: String, in environment: [String: String]) -> String? {
    guard var value = environment[name], value.hasPrefix("/") else { return nil }
    while value.count > 1, value.hasSuffix("/") { value.removeLast() }
    return value
  }

  private static func absolute(_ path: String) -> String {
    guard !path.hasPrefix("/"), let here = getcwd(nil, 0) else { return path }
    defer { free(here) }
    return String(cString: here) + "/" + path
  }
}

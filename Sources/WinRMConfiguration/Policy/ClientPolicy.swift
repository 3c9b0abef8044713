public import DelegationPolicy
import GroupPolicy

/// Everything that the machine's administrator says about what its WinRM client may do.
public struct ClientPolicy: Sendable, Equatable {
  /// To which servers credentials may be delegated. Default: to none.
  public var delegation = DelegationPolicy.nothing
  /// `client/auth CredSSP`. Default false.
  public var credSSPEnabled = false
  /// `client/auth Negotiate`. Default true.
  public var negotiateEnabled = true
  /// `client/auth Kerberos`: the scheme Kerberos. Negotiate may use Kerberos whatever this says. Default true.
  public var kerberosEnabled = true
  /// `client/auth Basic`. Default false.
  public var basicEnabled = false
  /// `client/auth Certificate`. Default true.
  public var certificateEnabled = true
  /// `client AllowUnencrypted`: whether messages over HTTP may go without encryption where the user asks for that. Default false.
  public var allowUnencrypted = false
  /// Realms of domains whose user names do not tell them, by domain in lower case. Default none.
  public var kerberosRealms: [String: String] = [:]
  /// Servers that may be used although nothing proves who they are. Default none.
  public var trustedHosts = TrustedHosts.none
  /// SHA-256 of the DER of a server's certificate by host, in lower case without brackets and final dot: ask ``pins(for:)``. A pin replaces the check of chain and name.
  public var pins: [String: [[UInt8]]] = [:]
  /// NetworkDelayms. Default 5 seconds.
  public var networkDelay = Duration.seconds(5)
  public var defaultHTTPPort = 5985
  public var defaultHTTPSPort = 5986
  public var urlPrefix = "wsman"
  /// MaxTimeoutms: the time for an operation where the user names none. Default 60 seconds.
  public var maximumTimeout = Duration.seconds(60)
  /// MaxEnvelopeSizekb, in bytes: the largest answer asked for and accepted. Default 512 000.
  public var maximumEnvelopeSize = 500 * 1024
  /// Which policy decides a setting of the client, for people: by the name of the setting, such as `CredSSP`. Such a setting cannot be set.
  /// For remedies; it decides nothing. Default none.
  public var governed: [String: String] = [:]

  /// How reasons call the user's own policy file.
  public static let userSource = "policy of the user"

  /// The defaults: nothing may be delegated, nobody is trusted.
  public init() {}

  /// The pins of `host` as typed, in any case, with or without brackets and final dot; empty when it has none.
  public func pins(for host: String) -> [[UInt8]] {
    FoldedHost(host).flatMap { pins[$0.text] } ?? []
  }

  /// What holds on this machine: settings and policy of the machine and of its domain (``EffectivePolicy``), narrowed by the user's own policy file. Missing files mean the
  /// defaults above.
  ///
  /// - Throws: ``ConfigurationError`` when a file cannot be read, understood or believed. Treat it as "nothing is allowed".
  public static func machine(paths: WinRMPaths = .current()) throws -> ClientPolicy {
    let effective = try EffectivePolicy.load(paths: paths)
    let settings = try ConfigurationStore(paths: paths).loadForClient(effective)
    var policy = try ClientPolicy(settings: settings.settings, source: paths.machineSettingsFile)
    for entry in settings.governed where [.client, .clientAuth].contains(entry.resource) {
      policy.governed[entry.name] = settings.reason(deciding: entry.name, of: entry.resource).map { reason in
        DomainPolicy.line("\(reason) (\(entry.item.source.file))")
      }
    }
    policy.delegation = effective.delegation
    policy.pins = effective.machine.pins
    guard let file = paths.userPolicyFile, file != paths.machinePolicyFile, let own = try MachinePolicyStore(path: file).read() else {
      return policy
    }
    guard own.pins.isEmpty else {
      throw ConfigurationError(
        .malformed, "pins can only stand in the machine's policy: a pin proves a server, which would widen it", file: file,
        specificCode: .policyCorrupted)
    }
    // Nothing else of a user's file is asked, so that whoever wrote it for safety would believe in what has no effect.
    guard own.client == RegistryValues(), own.service == RegistryValues(), own.remoteShell == RegistryValues(),
      own.credSSP == RegistryValues()
    else {
      throw ConfigurationError(
        .malformed,
        "only CredentialsDelegation can stand in a user's policy, which takes away from the machine's; WinRM and CredSSP are the machine's",
        file: file, specificCode: .policyCorrupted)
    }
    policy.delegation = policy.delegation.narrowed(by: try own.delegationPolicy(source: userSource, narrowing: true))
    return policy
  }

  init(settings whole: WinRMSettings, source: String) throws(ConfigurationError) {
    let settings = whole.client
    do throws(DelegationPolicyError) {
      trustedHosts = try TrustedHosts(parsing: settings.trustedHosts)
    } catch {
      throw ConfigurationError(.invalidValue, error.message, file: source, specificCode: error.winrmCode)
    }
    credSSPEnabled = settings.auth.credSSP
    negotiateEnabled = settings.auth.negotiate
    kerberosEnabled = settings.auth.kerberos
    basicEnabled = settings.auth.basic
    certificateEnabled = settings.auth.certificate
    allowUnencrypted = settings.allowUnencrypted
    kerberosRealms = try SettingCheck.realms(of: settings.kerberosRealms)
    networkDelay = .milliseconds(settings.networkDelayms)
    defaultHTTPPort = Int(settings.defaultPorts.http)
    defaultHTTPSPort = Int(settings.defaultPorts.https)
    urlPrefix = settings.urlPrefix
    maximumTimeout = .milliseconds(whole.maxTimeoutms)
    maximumEnvelopeSize = Int(whole.maxEnvelopeSizekb) * 1024
  }
}

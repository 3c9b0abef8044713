public import DelegationPolicy

/// Everything that the machine's administrator says about what its WinRM client may do.
public struct ClientPolicy: Sendable, Equatable {
  /// To which servers credentials may be delegated. Default: to none.
  public var delegation = DelegationPolicy.nothing
  /// `client/auth CredSSP`. Default false.
  public var credSSPEnabled = false
  /// `client/auth Negotiate`. Default true.
  public var negotiateEnabled = true
  /// Servers that may be used although nothing proves who they are. Default none.
  public var trustedHosts = TrustedHosts.none
  /// SHA-256 of the DER of a server's certificate by host, in lower case as the user types it. A pin replaces the check of chain and name.
  public var pins: [String: [[UInt8]]] = [:]
  /// NetworkDelayms. Default 5 seconds.
  public var networkDelay = Duration.seconds(5)
  public var defaultHTTPPort = 5985
  public var defaultHTTPSPort = 5986
  public var urlPrefix = "wsman"

  /// The defaults: nothing may be delegated, nobody is trusted.
  public init() {}

  /// The pins of `host` as typed, in any case, with or without brackets and final dot; empty when it has none.
  public func pins(for host: String) -> [[UInt8]] { pins[host.lowercased()] ?? [] }

  /// What holds on this machine: settings and policy of the machine, narrowed by the user's own policy file. Missing files mean the
  /// defaults above.
  ///
  /// - Throws: ``ConfigurationError`` when a file cannot be read, understood or believed. Treat it as "nothing is allowed".
  public static func machine(paths: WinRMPaths = .current()) throws -> ClientPolicy { ClientPolicy() }
}

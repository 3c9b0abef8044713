import DelegationPolicy
import GroupPolicy
import SecuritySupport
import WSMan
import WinRMConfiguration

/// `winrm credssp enable|disable|get`: what Enable-, Disable- and Get-WSManCredSSP do.
struct CredSSPOperations {
  /// Which end of CredSSP.
  enum Role: String {
    case client, server

    /// Where its flag is.
    var resource: ConfigurationResource { self == .client ? .clientAuth : .serviceAuth }

    func flag(_ settings: WinRMSettings) -> Bool { self == .client ? settings.client.auth.credSSP : settings.service.auth.credSSP }
  }

  var settings: ConfigurationStore
  var policy: MachinePolicyStore

  /// The targets of `-delegate`: patterns separated by commas; a bare host gets the service class `wsman`.
  ///
  /// - Throws: ``WinrmFailure`` for what is no pattern, or a pattern of another service.
  static func targets(_ text: String) throws(WinrmFailure) -> [DelegationPattern] {
    var result: [DelegationPattern] = []
    for item in text.split(separator: ",", omittingEmptySubsequences: false) {
      var name = String(item.drop { $0 == " " })
      while name.last == " " { name.removeLast() }
      let pattern: DelegationPattern
      do throws(DelegationPolicyError) {
        pattern = try DelegationPattern(parsing: name.contains("/") ? name : "wsman/" + name)
      } catch {
        throw WinrmFailure(WinRMCode(rawValue: 87), error.message)
      }
      guard pattern.isWSMan else {
        throw WinrmFailure(WinRMCode(rawValue: 87), "\"\(name)\" is a target of another service; WinRM delegates to WSMAN/... only")
      }
      result.append(pattern)
    }
    return result
  }

  /// Lets this machine's client delegate to more targets, and returns the settings that hold then.
  ///
  /// The policy comes first and the flag last, so that a failure in between leaves delegation off.
  func enableClient(_ targets: [DelegationPattern], whenNTLMOnly: Bool) throws -> EffectiveSettings {
    // Both files must be usable before the first is written, and no other policy may take away what is written here.
    let setsFlag = try isFree(.client)
    let present = try EffectivePolicy.checkEnabling(targets, whenNTLMOnly: whenNTLMOnly, paths: settings.paths)
    try policy.update { $0.allowFreshCredentials(to: targets, whenNTLMOnly: whenNTLMOnly, beside: present) }
    if setsFlag { try settings.update(.client) { $0.client.auth.credSSP = true } }
    return try settings.loadEffective()
  }

  /// What comes into force beside the targets, whoever wrote it: a list has one switch for all of its entries, and the client one for all
  /// lists. A line for each; `nil` for nothing.
  func remarkOnTargetsComing(with targets: [DelegationPattern], whenNTLMOnly: Bool) throws -> String? {
    let isSwitchedOn = Role.client.flag(try settings.loadEffective().settings)
    let others = try EffectivePolicy.targetsComing(
      with: targets, whenNTLMOnly: whenNTLMOnly, isSwitchedOn: isSwitchedOn, paths: settings.paths)
    return Self.remark(on: others)
  }

  /// A line for each target; `nil` for none.
  static func remark(on others: [EffectivePolicy.ComingTarget]) -> String? {
    guard !others.isEmpty else { return nil }
    let lines = others.prefix(Self.maximumTargets).map { target in
      let source = target.item.map { ", of \($0.source.object) (\($0.source.file))" } ?? ""
      return DomainPolicy.line("  \(target.pattern) in \(target.list)\(source)")
    }
    let rest = others.count > Self.maximumTargets ? ["  and \(others.count - Self.maximumTargets) more: winrm policy shows them"] : []
    return (["Not in force until now, and in force with it:"] + lines + rest).joined(separator: "\n")
  }

  /// Lets this machine's service receive credentials, and returns the settings that hold then.
  func enableServer() throws -> EffectiveSettings {
    if try isFree(.server) { try settings.update(.service) { $0.service.auth.credSSP = true } }
    return try settings.loadEffective()
  }

  /// Switches the client's flag off first, then takes every WinRM target out of the machine's own file. What other policy allows stays, and
  /// is returned, a sentence for each.
  func disableClient() throws -> [String] {
    // Both files must be usable before the first is written.
    _ = try policy.load()
    _ = try settings.loadEffective()
    try settings.update(.client, evenIfGoverned: true) { $0.client.auth.credSSP = false }
    try policy.update { $0.disallowFreshCredentials() }
    return try flagThatStays(.client) + targetsThatStay()
  }

  /// Switches the service's flag off, and returns what policy keeps.
  func disableServer() throws -> [String] {
    _ = try settings.loadEffective()
    try settings.update(.service, evenIfGoverned: true) { $0.service.auth.credSSP = false }
    return try flagThatStays(.server)
  }

  /// Whether the flag of a role is the machine's own. One that policy has set is what is wanted; then there is nothing to set.
  ///
  /// - Throws: `governedByPolicy` (0x8033808A) when policy wants CredSSP switched off.
  private func isFree(_ role: Role) throws -> Bool {
    let effective = try settings.loadEffective()
    guard effective.item(deciding: "CredSSP", of: role.resource) != nil else { return true }
    if !role.flag(effective.settings) { try effective.checkChange(of: ["CredSSP"], in: role.resource) }
    return false
  }

  private func flagThatStays(_ role: Role) throws -> [String] {
    let effective = try settings.loadEffective()
    guard role.flag(effective.settings), let item = effective.item(deciding: "CredSSP", of: role.resource) else { return [] }
    return ["CredSSP stays switched on in winrm/\(role.resource.rawValue): \(Self.origin(item))."]
  }

  private func targetsThatStay() throws -> [String] {
    let effective = try EffectivePolicy.load(paths: settings.paths)
    let delegation = effective.delegation
    let entries = (delegation.allowFresh + delegation.allowFreshWhenNTLMOnly).filter(\.pattern.isWSMan)
    let sentences = entries.prefix(Self.maximumTargets).map { entry in
      "Credentials may still go to \(entry.pattern): \(effective.item(of: entry.origin).map(Self.origin) ?? entry.source)."
    }
    let rest = entries.count - sentences.count
    return sentences + (rest > 0 ? ["And \(rest) more: winrm policy shows them."] : [])
  }

  /// More than these are not told one by one.
  static let maximumTargets = 50

  private static func origin(_ item: PolicyTree.Item) -> String {
    DomainPolicy.line(
      "\(item.source.object) has \(DomainPolicy.quoted(item.name)) in the key HKEY_LOCAL_MACHINE\\\(item.key) (\(item.source.file))")
  }

  /// Which certificate proves a server.
  struct Pin {
    var host: String
    var hash: [UInt8]

    /// - Throws: ``ConfigurationError``: `invalidValue` for what is no host or no hash.
    init(host: String, digits: String) throws(ConfigurationError) {
      self.host = try MachinePolicy.pinnedHost(host)
      hash = try MachinePolicy.pinHash(digits)
    }
  }

  func pin(_ pin: Pin) throws {
    try policy.update { $0.addPin(pin.hash, for: pin.host) }
  }

  /// - Throws: ``WinrmFailure`` when the host has no pin.
  func unpin(_ host: String) throws {
    let host = try MachinePolicy.pinnedHost(host)
    guard try policy.update({ $0.removePins(for: host) }) else {
      throw WinrmFailure(.resourceNotFound, "No certificate is pinned for \(host).")
    }
  }

  /// The two sentences of Get-WSManCredSSP, and what else the policy says, if it does.
  func status() throws -> [String] {
    let policy = try EffectivePolicy.load(paths: settings.paths)
    let targets = policy.freshCredentialsTargets
    var more: [String] = []
    if !policy.ntlmOnlyTargets.isEmpty {
      more.append("Also where nothing better than NTLM proves the server: " + policy.ntlmOnlyTargets.joined(separator: ","))
    }
    if !policy.deniedTargets.isEmpty { more.append("Never, whatever else allows it: " + policy.deniedTargets.joined(separator: ",")) }
    if policy.deniesEveryTarget { more.append("RestrictedRemoteAdministration is set: credentials are delegated to no server.") }
    for (host, hashes) in policy.machine.pins.sorted(by: { $0.key < $1.key }) {
      more.append("Pinned certificate of \(host): " + hashes.map(MachinePolicy.hexadecimal).joined(separator: ","))
    }
    let receives = try settings.load().service.auth.credSSP
    return [
      targets.isEmpty
        ? "The machine is not configured to allow delegating fresh credentials."
        : "The machine is configured to allow delegating fresh credentials to the following target(s): " + targets.joined(separator: ","),
      receives
        ? "This computer is configured to receive credentials from a remote client computer."
        : "This computer is not configured to receive credentials from a remote client computer.",
    ] + more
  }

  /// What is asked before a certificate is pinned.
  static func question(_ pin: Pin) -> String {
    let risk = """
      Whoever holds the key of the certificate with this SHA-256 counts as \(pin.host) then:
      \(MachinePolicy.hexadecimal(pin.hash))
      Neither the chain nor the name of the certificate is checked any more. Where the policy allows to delegate credentials to
      \(pin.host), they go to that server.
      """
    return "CredSSP Authentication Configuration for WS-Management\n\(risk)\nPin the certificate [y/n]? "
  }

  /// What is asked before delegation is switched on.
  ///
  /// - Parameter remark: what else comes with it.
  static func question(_ role: Role, _ remark: String? = nil) -> String {
    let risk =
      switch role {
      case .client:
        """
        CredSSP authentication sends the user name and the password from this computer to the remote one. If that computer is in the
        wrong hands, so are the user name and the password then.
        """
      case .server:
        """
        CredSSP authentication lets this computer receive the user name and the password of those who log on from a client computer.
        Whoever controls this computer can use them.
        """
      }
    return
      "CredSSP Authentication Configuration for WS-Management\n\(risk)\n\(remark.map { $0 + "\n" } ?? "")Enable CredSSP authentication [y/n]? "
  }
}

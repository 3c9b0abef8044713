import DelegationPolicy
import Foundation
import GroupPolicy
import SecuritySupport
import Testing
import WinRMConfiguration

private let delegation = #"Software\Policies\Microsoft\Windows\CredentialsDelegation"#
private let client = #"Software\Policies\Microsoft\Windows\WinRM\Client"#
private let service = #"Software\Policies\Microsoft\Windows\WinRM\Service"#
private let shell = #"Software\Policies\Microsoft\Windows\WinRM\Service\WinRS"#
private let oracle = #"Software\Microsoft\Windows\CurrentVersion\Policies\System\CredSSP\Parameters"#

private func number(_ key: String, _ name: String, _ value: UInt32) -> PolicyFile.Entry {
  PolicyFile.Entry(key: key, name: name, value: .number(value))
}

private func text(_ key: String, _ name: String, _ value: String) -> PolicyFile.Entry {
  PolicyFile.Entry(key: key, name: name, value: .text(value))
}

extension TemporaryRoot {
  fileprivate func writeRegistryPolicy(_ entries: [PolicyFile.Entry]) throws {
    try Data(PolicyFile(entries: entries).encode()).write(to: URL(fileURLWithPath: paths.machineRegistryPolicyFile))
    try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: paths.machineRegistryPolicyFile)
  }

  fileprivate func storeDomainPolicy(_ objects: [PolicyFile.Entry]...) throws {
    try DomainPolicyStore(paths: paths).replace(
      with: DomainPolicy(
        domain: "lab.example", controller: "dc.lab.example", machine: "CN=HOP1,CN=Computers,DC=lab,DC=example", updated: 1_763_822_000,
        objects: try objects.enumerated().map { index, entries in
          DomainPolicy.Object(
            name: "Object \(index + 1)", identifier: try #require(PolicyIdentifier("{31B2F340-016D-11D2-945F-00C04FB984F\(index)}")),
            link: "DC=lab,DC=example", isEnforced: false, version: 1, file: #"\\lab.example\SYSVOL\\#(index + 1)\Registry.pol"#,
            entries: entries)
        }))
  }
}

private enum JSONEscape {
  static func text(_ template: String, list: String, entry: String) -> String {
    let escaped = entry.unicodeScalars.map {
      "\\u" + String(repeating: "0", count: 4 - String($0.value, radix: 16).count) + String($0.value, radix: 16)
    }
    return template.replacingOccurrences(of: "LIST", with: list).replacingOccurrences(of: "ENTRY", with: escaped.joined())
  }
}

@Suite struct EffectivePolicyTests {
  let root: TemporaryRoot

  init() throws { root = try TemporaryRoot() }

  var settings: EffectiveSettings { get throws { try ConfigurationStore(paths: root.paths).loadEffective() } }

  @Test("policy.json, Registry.pol, then the objects of the domain: the last one wins, and each value tells its source") func precedence()
    throws
  {
    try root.writeRegistryPolicy([
      number(client, "AllowCredSSP", 0), number(client, "AllowKerberos", 0), number(client, "AllowNegotiate", 1),
      number(service, "AllowCredSSP", 1),
    ])
    try root.write(
      #"{"WinRM": {"Client": {"AllowKerberos": 1, "AllowNegotiate": 0, "AllowDigest": 0}, "Service": {"WinRS": {"MaxShellsPerUser": 3}}}}"#,
      to: root.paths.machinePolicyFile)
    try root.storeDomainPolicy(
      [number(client, "AllowNegotiate", 0), number(service, "AllowCredSSP", 0)],
      [text(service, "**del.AllowCredSSP", " "), number(client, "AllowCredSSP", 1)])
    let effective = try settings
    let auth = effective.settings.client.auth
    #expect(auth.credSSP && !auth.kerberos && !auth.negotiate)
    #expect(effective.settings.winrs.maxShellsPerUser == 3)
    #expect(effective.item(deciding: "CredSSP", of: .clientAuth)?.source.object == "Object 2 {31B2F340-016D-11D2-945F-00C04FB984F1}")
    #expect(effective.item(deciding: "CredSSP", of: .clientAuth)?.source.file == #"\\lab.example\SYSVOL\2\Registry.pol"#)
    #expect(effective.item(deciding: "Kerberos", of: .clientAuth)?.source.file == root.paths.machineRegistryPolicyFile)
    #expect(effective.item(deciding: "Digest", of: .clientAuth)?.source.file == root.paths.machinePolicyFile)
    #expect(effective.item(deciding: "Negotiate", of: .clientAuth)?.source.object.hasPrefix("Object 1") == true)
    // What a later object removes is not configured: the local value holds.
    #expect(effective.item(deciding: "CredSSP", of: .serviceAuth) == nil)
    #expect(!effective.settings.service.auth.credSSP)
  }

  @Test("Policy over local value over default") func fallback() throws {
    let store = ConfigurationStore(paths: root.paths)
    try store.update { $0.client.auth.credSSP = true }
    #expect(try store.load().client.auth.credSSP)
    try root.storeDomainPolicy([number(client, "AllowCredSSP", 0)])
    #expect(try !store.load().client.auth.credSSP)
    #expect(try !store.loadClient().auth.credSSP)
    let governed = try ClientPolicy.machine(paths: root.paths)
    #expect(!governed.credSSPEnabled)
    #expect(Array(governed.governed.keys) == ["CredSSP"])
    for part in [" sets AllowCredSSP in the key ", "Registry.pol)"] { #expect(governed.governed["CredSSP"]?.contains(part) == true) }
    #expect(try store.loadLocal().client.auth.credSSP)
    try DomainPolicyStore(paths: root.paths).remove()
    #expect(try store.load().client.auth.credSSP)
    #expect(try ClientPolicy.machine(paths: root.paths).governed.isEmpty)
  }

  static let rules: [(PolicyFile.Entry, ConfigurationResource, String, SettingValue)] = [
    (number(client, "AllowBasic", 1), .clientAuth, "Basic", .boolean(true)),
    (number(client, "AllowDigest", 1), .clientAuth, "Digest", .boolean(true)),
    (number(client, "AllowKerberos", 0), .clientAuth, "Kerberos", .boolean(false)),
    (number(client, "AllowNegotiate", 0), .clientAuth, "Negotiate", .boolean(false)),
    (number(client, "AllowCredSSP", 1), .clientAuth, "CredSSP", .boolean(true)),
    (number(client, "AllowUnencryptedTraffic", 1), .client, "AllowUnencrypted", .boolean(true)),
    (number(service, "AllowBasic", 1), .serviceAuth, "Basic", .boolean(true)),
    (number(service, "AllowKerberos", 0), .serviceAuth, "Kerberos", .boolean(false)),
    (number(service, "AllowNegotiate", 0), .serviceAuth, "Negotiate", .boolean(false)),
    (number(service, "AllowCredSSP", 1), .serviceAuth, "CredSSP", .boolean(true)),
    (number(service, "AllowUnencryptedTraffic", 1), .service, "AllowUnencrypted", .boolean(true)),
    (number(service, "AllowAutoConfig", 0), .service, "AllowRemoteAccess", .boolean(false)),
    (number(service, "HttpCompatibilityListener", 1), .service, "EnableCompatibilityHttpListener", .boolean(true)),
    (number(service, "HttpsCompatibilityListener", 1), .service, "EnableCompatibilityHttpsListener", .boolean(true)),
    (number(shell, "AllowRemoteShellAccess", 0), .winrs, "AllowRemoteShellAccess", .boolean(false)),
    (number(shell, "IdleTimeout", 0), .winrs, "IdleTimeout", .integer(60_000)),
    (number(shell, "IdleTimeout", 900_000), .winrs, "IdleTimeout", .integer(900_000)),
    (number(shell, "MaxConcurrentUsers", 500), .winrs, "MaxConcurrentUsers", .integer(100)),
    (number(shell, "MaxMemoryPerShellMB", 0), .winrs, "MaxMemoryPerShellMB", .integer(0)),
    (number(shell, "MaxProcessesPerShell", 7), .winrs, "MaxProcessesPerShell", .integer(7)),
    (number(shell, "MaxShellsPerUser", 0xFFFF_FFFF), .winrs, "MaxShellsPerUser", .integer(0x7FFF_FFFF)),
  ]

  @Test("Each policy decides its setting, which cannot be changed then", arguments: rules.indices) func rule(index: Int) throws {
    let (entry, resource, name, value) = Self.rules[index]
    try root.storeDomainPolicy([entry])
    let effective = try settings
    #expect(effective.governed.count == 1)
    #expect(effective.settings.tree(of: resource).nodes.contains(.value(name: name, value)))
    let change = #expect(throws: ConfigurationError.self) { try effective.checkChange(of: [name], in: resource) }
    #expect(change?.winrmCode.rawValue == 0x8033_808A)
    #expect(
      change?.message.contains(#"Object 1 {31B2F340-016D-11D2-945F-00C04FB984F0} sets \#(entry.name) in the key \#(entry.key)"#) == true)
    try effective.checkChange(of: ["NetworkDelayms", "MaxConnections"], in: resource)
    #expect(try EffectivePolicy.load(paths: root.paths).items.map(\.name) == [entry.name])
  }

  @Test("A policy of two values needs its switch") func switches() throws {
    try root.storeDomainPolicy([
      text(client, "TrustedHostsList", "*.lab"), text(service, "CbtHardeningLevel", "strict"), text(service, "IPv4Filter", ""),
    ])
    #expect(try settings.governed.isEmpty)
    #expect(try settings.settings == WinRMSettings())
    try root.storeDomainPolicy([
      number(client, "TrustedHosts", 1), text(client, "TrustedHostsList", "*.lab"), number(service, "CBTHardeningLevelStatus", 1),
      text(service, "CbtHardeningLevel", "strict"), number(service, "AllowAutoConfig", 1), text(service, "IPv4Filter", ""),
      text(service, "IPv6Filter", "*"),
    ])
    let effective = try settings
    #expect(effective.settings.client.trustedHosts == "*.lab")
    #expect(effective.settings.service.auth.cbtHardeningLevel == .strict)
    #expect(effective.settings.service.ipv4Filter == "" && effective.settings.service.ipv6Filter == "*")
    #expect(effective.settings.listeners == [ListenerSettings()])
    #expect(effective.governedListener?.name == "AllowAutoConfig")
    #expect(effective.isGoverned(ListenerSettings()) && !effective.isGoverned(ListenerSettings(transport: .https)))
    let change = #expect(throws: ConfigurationError.self) { try effective.checkListenerChange(address: "*", transport: "http") }
    #expect(change?.winrmCode.rawValue == 0x8033_808A)
    try effective.checkListenerChange(address: "IP:192.0.2.1", transport: "HTTP")
    try effective.checkListenerChange(address: "*", transport: "HTTPS")
  }

  @Test("A filter that is not there admits no address, and the switch is what decides it", arguments: [nil, "", "*"] as [String?])
  func absentFilter(text filter: String?) throws {
    let store = ConfigurationStore(paths: root.paths)
    try store.update { $0.service.ipv4Filter = "192.0.2.1-192.0.2.9" }
    try root.storeDomainPolicy([number(service, "AllowAutoConfig", 1)] + (filter.map { [text(service, "IPv4Filter", $0)] } ?? []))
    let effective = try settings
    #expect(effective.settings.service.ipv4Filter == filter ?? "")
    #expect(effective.settings.service.ipv6Filter == "")
    #expect(effective.item(deciding: "IPv4Filter", of: .service)?.name == (filter == nil ? "AllowAutoConfig" : "IPv4Filter"))
    #expect(effective.item(deciding: "IPv6Filter", of: .service)?.name == "AllowAutoConfig")
    #expect(throws: ConfigurationError.self) { try effective.checkChange(of: ["IPv6Filter"], in: .service) }
    // Switched off or not configured, it says nothing about filters.
    // A number that nobody knows admits no more than 1.
    try root.storeDomainPolicy([number(service, "AllowAutoConfig", 2)] + (filter.map { [text(service, "IPv4Filter", $0)] } ?? []))
    let odd = try settings
    #expect(
      odd.settings.service.allowRemoteAccess && odd.settings.service.ipv4Filter == (filter ?? "") && odd.settings.service.ipv6Filter == "")
    for state in [[number(service, "AllowAutoConfig", 0)], []] {
      try root.storeDomainPolicy(state)
      #expect(try settings.settings.service.ipv4Filter == "192.0.2.1-192.0.2.9")
      #expect(try settings.settings.service.ipv6Filter == WinRMSettings().service.ipv6Filter)
      #expect(try settings.item(deciding: "IPv6Filter", of: .service) == nil)
    }
  }

  @Test("A text that is not there is decided by its switch: nobody is trusted, and the hardening is the strictest") func absentTexts()
    throws
  {
    let store = ConfigurationStore(paths: root.paths)
    try store.update {
      $0.client.trustedHosts = "*"
      $0.service.auth.cbtHardeningLevel = .none
    }
    try root.storeDomainPolicy([number(client, "TrustedHosts", 1), number(service, "CBTHardeningLevelStatus", 1)])
    let effective = try settings
    #expect(effective.settings.client.trustedHosts == "" && effective.settings.service.auth.cbtHardeningLevel == .strict)
    #expect(effective.item(deciding: "TrustedHosts", of: .client)?.name == "TrustedHosts")
    #expect(effective.item(deciding: "CbtHardeningLevel", of: .serviceAuth)?.name == "CBTHardeningLevelStatus")
    #expect(throws: ConfigurationError.self) { try effective.checkChange(of: ["TrustedHosts"], in: .client) }
    #expect(throws: ConfigurationError.self) { try effective.checkChange(of: ["CbtHardeningLevel"], in: .serviceAuth) }
    #expect(try ClientPolicy.machine(paths: root.paths).trustedHosts == .none)
    try root.storeDomainPolicy([number(client, "TrustedHosts", 0), number(service, "CBTHardeningLevelStatus", 0)])
    #expect(try settings.settings.client.trustedHosts == "*" && settings.governed.isEmpty)
  }

  @Test(
    "An entry that names no service is passed over where it allows, and a mistake where it denies",
    arguments: ["server1", "", " ", "WSMAN"])
  func nameless(entry: String) throws {
    for list in ["AllowFreshCredentials", "AllowFreshCredentialsWhenNTLMOnly"] {
      try root.storeDomainPolicy([
        number(delegation, list, 1), text(delegation + "\\" + list, "1", entry), text(delegation + "\\" + list, "2", "WSMAN/b"),
      ])
      let policy = try ClientPolicy.machine(paths: root.paths).delegation
      let proof: ServerProof = list == "AllowFreshCredentials" ? .certificate("x") : .ntlmOnly
      #expect(policy.decide(host: "b", proof: proof).isAllowed && !policy.decide(host: "server1", proof: proof).isAllowed)
      let effective = try EffectivePolicy.load(paths: root.paths)
      #expect(effective.freshCredentialsTargets + effective.ntlmOnlyTargets == ["WSMAN/b"])
    }
    try root.storeDomainPolicy([text(delegation + #"\DenyFreshCredentials"#, "1", entry)])
    let error = #expect(throws: ConfigurationError.self) { try ClientPolicy.machine(paths: root.paths) }
    #expect(error?.winrmCode.rawValue == 0x8033_8088)
  }

  @Test("What decides about delegation tells its object, file and key") func decidingItems() throws {
    let allow = delegation + #"\AllowFreshCredentials"#
    try root.storeDomainPolicy(
      [number(delegation, "AllowFreshCredentials", 1), text(allow, "1", "WSMAN/a")],
      [text(delegation + #"\DenyFreshCredentials"#, "x", "WSMAN/b"), text(allow, "2", "WSMAN/b")])
    var policy = try EffectivePolicy.load(paths: root.paths)
    func item(_ host: String) throws -> PolicyTree.Item? {
      policy.item(of: policy.delegation.decide(host: host, proof: .certificate("x")).origin)
    }
    #expect(try item("a")?.source.file == #"\\lab.example\SYSVOL\1\Registry.pol"#)
    #expect(try item("a")?.key == allow && item("a")?.name == "1")
    #expect(try item("b")?.source.file == #"\\lab.example\SYSVOL\2\Registry.pol"#)
    #expect(try item("b")?.key == delegation + #"\DenyFreshCredentials"#)
    #expect(try item("c") == nil)
    try root.storeDomainPolicy(
      [number(delegation, "AllowFreshCredentials", 1), text(allow, "1", "WSMAN/a")],
      [number(delegation, "RestrictedRemoteAdministration", 1)])
    policy = try EffectivePolicy.load(paths: root.paths)
    #expect(try item("a")?.name == "RestrictedRemoteAdministration" && item("a")?.key == delegation)
    #expect(try item("a")?.source.object == "Object 2 {31B2F340-016D-11D2-945F-00C04FB984F1}")
  }

  @Test(
    "A value that cannot be used names the object and the file that it is from",
    arguments: [
      text(delegation + #"\AllowFreshCredentials"#, "7", "WSMAN/a:5985"), text(delegation + #"\DenyFreshCredentials"#, "7", "nonsense"),
      number(delegation + #"\AllowFreshCredentials"#, "7", 1), text(client, "AllowCredSSP", "1"), number(delegation, "**forget.", 1),
      number(oracle, "AllowEncryptionOracle", 9),
      PolicyFile.Entry(key: delegation, name: "**DeleteKeys", value: RegistryValue(type: .binary, data: [1])),
    ])
  func corruptedSource(entry: PolicyFile.Entry) throws {
    try root.storeDomainPolicy([number(delegation, "AllowFreshCredentials", 1)], [entry])
    var error = #expect(throws: ConfigurationError.self) { try EffectivePolicy.load(paths: root.paths) }
    #expect(error?.file == #"\\lab.example\SYSVOL\2\Registry.pol"#, "\(String(describing: error))")
    #expect(error?.message.contains("Object 2 {31B2F340-016D-11D2-945F-00C04FB984F1}") == true, "\(String(describing: error))")
    #expect(error?.message.contains(entry.name) == true, "\(String(describing: error))")
    try DomainPolicyStore(paths: root.paths).remove()
    try root.writeRegistryPolicy([number(delegation, "AllowFreshCredentials", 1), entry])
    error = #expect(throws: ConfigurationError.self) { try EffectivePolicy.load(paths: root.paths) }
    #expect(error?.file == root.paths.machineRegistryPolicyFile)
    #expect(error?.message.contains(entry.name) == true)
  }

  @Test("A local change of what policy decides writes nothing") func localChange() throws {
    try root.storeDomainPolicy([number(client, "AllowCredSSP", 0), number(service, "AllowAutoConfig", 1)])
    let store = ConfigurationStore(paths: root.paths)
    for change: @Sendable (inout WinRMSettings) throws -> Void in [
      { $0.client.auth.credSSP = true },
      {
        $0.client.auth.credSSP = true; $0.client.networkDelayms = 750
      },
      { try $0.addListener(ListenerSettings()) },
    ] {
      let error = #expect(throws: ConfigurationError.self) { try store.update(.service, change) }
      #expect(error?.code == .governedByPolicy && error?.winrmCode.rawValue == 0x8033_808A)
    }
    #expect(!FileManager.default.fileExists(atPath: root.paths.settingsFile))
    try store.update { $0.client.networkDelayms = 750 }
    #expect(try store.load().client.networkDelayms == 750)
  }

  @Test(
    "Policy that cannot be used is an error for everybody",
    arguments: [
      text(client, "AllowCredSSP", "1"), number(service, "CBTHardeningLevelStatus", 1), text(delegation, "AllowFreshCredentials", "1"),
      number(delegation + #"\AllowFreshCredentials"#, "1", 1), number(oracle, "AllowEncryptionOracle", 3),
      number(delegation, "**forget.", 1), text(delegation + #"\DenyFreshCredentials"#, "1", "WSMAN/a:5985"),
      PolicyFile.Entry(key: shell, name: "IdleTimeout", value: RegistryValue(type: .doubleWord, data: [1, 2])),
    ])
  func corrupted(entry: PolicyFile.Entry) throws {
    try root.storeDomainPolicy([
      number(delegation, "AllowFreshCredentials", 1), text(service, "CbtHardeningLevel", "tight"), entry,
    ])
    for attempt: () throws -> Void in [
      { _ = try ClientPolicy.machine(paths: root.paths) }, { _ = try ConfigurationStore(paths: root.paths).load() },
      { try ConfigurationStore(paths: root.paths).update { $0.maxBatchItems = 7 } },
    ] {
      let error = #expect(throws: ConfigurationError.self) { try attempt() }
      #expect(error?.winrmCode.rawValue == 0x8033_8088)
    }
  }

  @Test("A damaged file of policy is an error that names it") func damagedFiles() throws {
    for (path, content) in [
      (root.paths.machineRegistryPolicyFile, "PRegx"), (root.paths.domainPolicyFile, "{"), (root.paths.domainPolicyFile, "{}"),
    ] {
      try FileManager.default.createDirectory(atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
      try root.write(content, to: path)
      let error = #expect(throws: ConfigurationError.self) { try ClientPolicy.machine(paths: root.paths) }
      #expect(error?.winrmCode.rawValue == 0x8033_8088)
      #expect(error?.file == path)
      try FileManager.default.removeItem(atPath: path)
    }
    try root.write("", to: root.paths.machineRegistryPolicyFile, mode: 0o666)
    #expect(throws: ConfigurationError.self) { try ClientPolicy.machine(paths: root.paths) }
  }

  @Test("Delegation lists of several objects are merged as the registry merges them, and reasons name the object") func delegationLists()
    throws
  {
    let allow = delegation + #"\AllowFreshCredentials"#
    try root.write(
      #"{"CredentialsDelegation": {"AllowFreshCredentials": 1, "AllowFreshCredentials.List": ["WSMAN/local"]}}"#,
      to: root.paths.machinePolicyFile)
    try root.storeDomainPolicy([text(allow, "2", "WSMAN/*.lab"), text(allow, "name", "WSMAN/named")])
    var policy = try ClientPolicy.machine(paths: root.paths).delegation
    #expect(policy.decide(host: "local", proof: .certificate("x")).reason.contains(#"machine policy AllowFreshCredentials\1"#))
    #expect(
      policy.decide(host: "a.lab", proof: .certificate("x")).reason.contains(
        #"Object 1 {31B2F340-016D-11D2-945F-00C04FB984F0} AllowFreshCredentials\2"#))
    #expect(policy.decide(host: "named", proof: .certificate("x")).isAllowed)
    // What the policy editor writes: the list of the object replaces all others.
    try root.storeDomainPolicy([text(allow, "**delvals.", " "), text(allow, "1", "WSMAN/*.lab")])
    policy = try ClientPolicy.machine(paths: root.paths).delegation
    #expect(!policy.decide(host: "local", proof: .certificate("x")).isAllowed)
    // Order decides.
    try root.storeDomainPolicy([number(delegation, "AllowFreshCredentials", 0)], [number(delegation, "AllowFreshCredentials", 1)])
    #expect(try ClientPolicy.machine(paths: root.paths).delegation.decide(host: "local", proof: .certificate("x")).isAllowed)
    try root.storeDomainPolicy([number(delegation, "AllowFreshCredentials", 1)], [number(delegation, "AllowFreshCredentials", 0)])
    #expect(try !ClientPolicy.machine(paths: root.paths).delegation.decide(host: "local", proof: .certificate("x")).isAllowed)
  }

  private func names(_ list: String = "AllowFreshCredentials") throws -> [String] {
    try EffectivePolicy.load(paths: root.paths).tree.items(of: "\(delegation)\\\(list)").map { item in
      let source = item.source.file == root.paths.machinePolicyFile ? "json" : item.source.object == "machine policy" ? "pol" : "domain"
      return "\(item.name) \(source) \(item.value.text ?? "")"
    }
  }

  @Test("What Registry.pol and the domain set under a number of policy.json takes its place in an allow list") func numbers() throws {
    let allow = delegation + #"\AllowFreshCredentials"#
    try root.write(
      #"{"CredentialsDelegation": {"AllowFreshCredentials": 1, "AllowFreshCredentials.List": {"1": "WSMAN/a", "2": "WSMAN/b", "9": "WSMAN/c"}}}"#,
      to: root.paths.machinePolicyFile)
    #expect(try names() == ["1 json WSMAN/a", "2 json WSMAN/b", "9 json WSMAN/c"])
    try root.writeRegistryPolicy([text(allow, "1", "WSMAN/pol"), text(allow, "name", "WSMAN/named")])
    #expect(
      try names() == ["1 pol WSMAN/pol", "2 json WSMAN/b", "9 json WSMAN/c", "name pol WSMAN/named"])
    let taken = try EffectivePolicy.load(paths: root.paths).notInForce()
    #expect(taken.map(\.value.text) == ["WSMAN/a"] && taken.first?.source.file == root.paths.machinePolicyFile)
    #expect(taken.first?.reason == "machine policy sets WSMAN/pol (\(root.paths.machineRegistryPolicyFile))")
    try root.storeDomainPolicy([text(allow, "1", "WSMAN/d1"), text(allow, "2", "WSMAN/d2"), text(allow, "4294967295", "WSMAN/d3")])
    #expect(
      try names() == [
        "1 domain WSMAN/d1", "2 domain WSMAN/d2", "9 json WSMAN/c", "4294967295 domain WSMAN/d3", "name pol WSMAN/named",
      ])
    // All of them hold, and each reason has its source.
    let policy = try EffectivePolicy.load(paths: root.paths)
    for (host, file) in [("c", root.paths.machinePolicyFile), ("d2", #"\\lab.example\SYSVOL\1\Registry.pol"#)] {
      let decision = policy.delegation.decide(host: host, proof: .certificate("x"))
      #expect(decision.isAllowed && policy.item(of: decision.origin)?.source.file == file, "\(decision.reason)")
    }
    // A later one can clear the list.
    try root.storeDomainPolicy([text(allow, "**delvals.", " "), text(allow, "1", "WSMAN/d1")])
    #expect(try names() == ["1 domain WSMAN/d1"])
    try root.storeDomainPolicy()
    try root.writeRegistryPolicy([text(allow, "**del.1", " "), text(allow, "**soft.2", "WSMAN/pol")])
    #expect(try names() == ["2 json WSMAN/b", "9 json WSMAN/c"])
  }

  @Test("An entry of a deny list in policy.json stays beside one of the same number, and is not removed by number") func denyNumbers()
    throws
  {
    let deny = delegation + #"\DenyFreshCredentials"#
    try root.write(
      #"{"CredentialsDelegation": {"DenyFreshCredentials.List": {"1": "WSMAN/a", "2": "WSMAN/b"}}}"#, to: root.paths.machinePolicyFile)
    try root.storeDomainPolicy([text(deny, "1", "WSMAN/d"), text(deny, "**del.2", " "), text(deny, "**DeleteValues", "1;2")])
    #expect(try names("DenyFreshCredentials") == ["1 json WSMAN/a", "2 json WSMAN/b"])
    try root.storeDomainPolicy([text(deny, "1", "WSMAN/d")])
    #expect(try names("DenyFreshCredentials") == ["1 domain WSMAN/d", "2 json WSMAN/b", "3 json WSMAN/a"])
  }

  static let replacements: [[PolicyFile.Entry]] = [
    [text(allow, "**del.1", " "), text(allow, "2", "WSMAN/good.example")], [text(allow, "1", "WSMAN/good.example")],
    [text(allow, "**DeleteValues", "1"), text(allow, "2", "WSMAN/good.example")],
  ]

  @Test("What policy sets or removes under a number leaves nothing of the local entry", arguments: replacements.indices, [true, false])
  func replaced(index: Int, byDomain: Bool) throws {
    for list in ["AllowFreshCredentials", "AllowFreshCredentialsWhenNTLMOnly"] {
      try root.write(
        #"{"CredentialsDelegation": {"LIST": 1, "LIST.List": {"1": "wsman/*"}}}"#.replacing("LIST", with: list),
        to: root.paths.machinePolicyFile)
      let entries = Self.replacements[index].map { entry in
        PolicyFile.Entry(key: "\(delegation)\\\(list)", name: entry.name, value: entry.value)
      }
      if byDomain { try root.storeDomainPolicy(entries) } else { try root.writeRegistryPolicy(entries) }
      let policy = try ClientPolicy.machine(paths: root.paths).delegation
      let proof: ServerProof = list == "AllowFreshCredentials" ? .certificate("x") : .ntlmOnly
      #expect(!policy.decide(host: "evil.example", proof: proof).isAllowed)
      #expect(policy.decide(host: "good.example", proof: proof).isAllowed)
    }
  }

  @Test(
    "A list that policy.json does not switch on is not brought back by policy that does", arguments: [0, 2, nil] as [UInt32?],
    [true, false])
  func revived(state: UInt32?, byDomain: Bool) throws {
    try root.write(
      """
      {"CredentialsDelegation": {\(state.map { #""AllowFreshCredentials": \#($0), "# } ?? "")"AllowFreshCredentials.List": {"7": "wsman/*"}}}
      """, to: root.paths.machinePolicyFile)
    let entries = [number(delegation, "AllowFreshCredentials", 1), text(Self.allow, "1", "WSMAN/good.example")]
    if byDomain { try root.storeDomainPolicy(entries) } else { try root.writeRegistryPolicy(entries) }
    let effective = try EffectivePolicy.load(paths: root.paths)
    #expect(!effective.delegation.decide(host: "evil.example", proof: .certificate("x")).isAllowed)
    #expect(effective.delegation.decide(host: "good.example", proof: .certificate("x")).isAllowed)
    #expect(
      effective.notInForce().contains {
        $0.value.text == "wsman/*" && $0.reason.hasPrefix("policy.json does not switch its list on, and no other policy's switch brings")
      })
    #expect(effective.freshCredentialsTargets == ["WSMAN/good.example"])
    // Nobody else switches it on: it is there to be seen and to be exported.
    try DomainPolicyStore(paths: root.paths).remove()
    try root.writeRegistryPolicy([])
    #expect(try names() == ["7 json wsman/*"])
    #expect(try EffectivePolicy.load(paths: root.paths).exported().credentialsDelegation.lists["AllowFreshCredentials"] == [7: "wsman/*"])
  }

  @Test(
    "A deny list counts with every switch but 0, an allow list with 1 only", arguments: [nil, 0, 1, 2, .max] as [UInt32?], [true, false])
  func oddSwitches(state: UInt32?, inJSON: Bool) throws {
    let denied = [text(delegation + #"\DenyFreshCredentials"#, "1", "WSMAN/evil.example")]
    let deny = state.map { [number(delegation, "DenyFreshCredentials", $0)] } ?? []
    let local = #""AllowFreshCredentials": 1, "AllowFreshCredentials.List": {"1": "wsman/*"}"#
    if inJSON {
      let member = state.map { #", "DenyFreshCredentials": \#($0)"# } ?? ""
      try root.write(
        "{\"CredentialsDelegation\": {\(local)\(member), \"DenyFreshCredentials.List\": {\"1\": \"WSMAN/evil.example\"}}}",
        to: root.paths.machinePolicyFile)
      let targets = try EffectivePolicy.load(paths: root.paths).deniedTargets
      #expect(targets == (state == 0 ? [] : ["WSMAN/evil.example"]))
    } else {
      try root.write("{\"CredentialsDelegation\": {\(local)}}", to: root.paths.machinePolicyFile)
      try root.writeRegistryPolicy(denied + deny)
    }
    let policy = try ClientPolicy.machine(paths: root.paths).delegation
    #expect(policy.decide(host: "evil.example", proof: .certificate("x")).isAllowed == (state == 0))
    #expect(policy.decide(host: "other.example", proof: .certificate("x")).isAllowed)
    // An allow list.
    try root.writeRegistryPolicy(
      [text(Self.allow, "2", "WSMAN/a")] + (state.map { [number(delegation, "AllowFreshCredentials", $0)] } ?? []))
    try FileManager.default.removeItem(atPath: root.paths.machinePolicyFile)
    let decision = try ClientPolicy.machine(paths: root.paths).delegation.decide(host: "a", proof: .certificate("x"))
    #expect(decision.isAllowed == (state == 1))
  }

  @Test("Keys that nobody reads are not kept, however deep and however many", .timeLimit(.minutes(1))) func deepKeys() throws {
    let deep = delegation + String(repeating: #"\k"#, count: 400)
    let entries =
      (0..<400).map { number("\(deep)\\\($0)", "x", 1) }
      + Array(repeating: text(delegation, "**deletekeys", "k" + String(repeating: #"\k"#, count: 300) + #"\x"#), count: 300)
      + [text(Self.allow + #"\below"#, "1", "WSMAN/a"), text(Self.allow, "1", "WSMAN/b"), number(delegation + "x", "x", 1)]
    try root.storeDomainPolicy(entries)
    let policy = try EffectivePolicy.load(paths: root.paths)
    #expect(policy.tree.items.compactMap { $0.value.text } == ["WSMAN/b"])
    #expect(!DomainPolicy.isRelevant(delegation + #"\k"#) && !DomainPolicy.isRelevant(Self.allow + #"\k"#))
    #expect(!DomainPolicy.isRelevant(delegation + "x") && !DomainPolicy.isRelevant("Software\\Policies\\Microsoft\\Windows\\WinRM\\Other"))
    for key in [
      delegation, Self.allow.uppercased(), client, service, shell, oracle, "software", #"Software\Policies\Microsoft\Windows\WinRM"#,
    ] {
      #expect(DomainPolicy.isRelevant(key))
    }
  }

  @Test("A new entry of this machine passes over numbers that policy removes, and is written anew where policy took its number")
  func enablingBesideInstructions() throws {
    try root.write(
      #"{"CredentialsDelegation": {"AllowFreshCredentials": 1, "AllowFreshCredentials.List": {"1": "wsman/a"}}}"#,
      to: root.paths.machinePolicyFile)
    try root.storeDomainPolicy([
      text(Self.allow, "1", "WSMAN/d"), text(Self.allow, "**del.2", " "), text(Self.allow.uppercased(), "**DeleteValues", "3;4;x"),
    ])
    let targets = [try DelegationPattern(parsing: "wsman/a")]
    for _ in 0..<2 {
      let present = try EffectivePolicy.checkEnabling(targets, whenNTLMOnly: false, paths: root.paths)
      try MachinePolicyStore(paths: root.paths).update { $0.allowFreshCredentials(to: targets, whenNTLMOnly: false, beside: present) }
      #expect(try names() == ["1 domain WSMAN/d", "5 json wsman/a"])
    }
  }

  @Test("A new entry of this machine takes a number that nobody has") func freeNumbers() throws {
    let allow = delegation + #"\AllowFreshCredentials"#
    try root.writeRegistryPolicy([number(delegation, "AllowFreshCredentials", 1), text(allow, "1", "WSMAN/pol")])
    try root.storeDomainPolicy([text(allow, "7", "WSMAN/d")])
    let targets = [try DelegationPattern(parsing: "wsman/a"), try DelegationPattern(parsing: "wsman/b")]
    let present = try EffectivePolicy.checkEnabling(targets, whenNTLMOnly: false, paths: root.paths)
    try MachinePolicyStore(paths: root.paths).update { $0.allowFreshCredentials(to: targets, whenNTLMOnly: false, beside: present) }
    #expect(
      try MachinePolicyStore(paths: root.paths).load().credentialsDelegation.lists["AllowFreshCredentials"] == [8: "wsman/a", 9: "wsman/b"])
    #expect(try names() == ["1 pol WSMAN/pol", "7 domain WSMAN/d", "8 json wsman/a", "9 json wsman/b"])
  }

  @Test("The highest number is no reason to lose an entry") func lastNumber() throws {
    let store = MachinePolicyStore(paths: root.paths)
    try root.write(
      #"{"CredentialsDelegation": {"AllowFreshCredentials.List": {"4294967295": "WSMAN/last", "1": "WSMAN/first"}}}"#,
      to: root.paths.machinePolicyFile)
    try store.update { $0.allowFreshCredentials(to: [try DelegationPattern(parsing: "wsman/new")], whenNTLMOnly: false) }
    #expect(
      try store.load().credentialsDelegation.lists["AllowFreshCredentials"] == [1: "WSMAN/first", 2: "wsman/new", .max: "WSMAN/last"])
  }

  private static let allow = delegation + #"\AllowFreshCredentials"#

  static let obstacles: [([PolicyFile.Entry], [String])] = [
    ([number(delegation, "AllowFreshCredentials", 0)], ["AllowFreshCredentials: Object 1", "sets it to 0"]),
    ([text(delegation, "**del.AllowFreshCredentials", " ")], ["AllowFreshCredentials: Object 1", "takes away"]),
    ([text(allow, "**delvals.", " "), text(allow, "1", "WSMAN/other")], ["AllowFreshCredentials: Object 1", "takes away"]),
    ([text(delegation, "**deletekeys", "AllowFreshCredentials")], ["AllowFreshCredentials: Object 1", "takes away"]),
    ([text(delegation + #"\DenyFreshCredentials"#, "3", "WSMAN/*.lab")], [#"DenyFreshCredentials\3 (WSMAN/*.lab) denies wsman/a.lab"#]),
    (
      [number(delegation, "DenyFreshCredentials", 2), text(delegation + #"\DenyFreshCredentials"#, "1", "WSMAN/a.lab")],
      [#"DenyFreshCredentials\1 (WSMAN/a.lab) denies wsman/a.lab"#]
    ),
    ([number(delegation, "RestrictedRemoteAdministration", 1)], ["RestrictedRemoteAdministration (WSMAN/*) denies wsman/a.lab"]),
  ]

  @Test("An entry that would have no effect is refused, with object, file and key", arguments: obstacles.indices)
  func obstacle(index: Int) throws {
    let (entries, words) = Self.obstacles[index]
    try root.storeDomainPolicy(entries, [number(client, "AllowKerberos", 1)])
    let error = #expect(throws: ConfigurationError.self) {
      try EffectivePolicy.checkEnabling([DelegationPattern(parsing: "wsman/a.lab")], whenNTLMOnly: false, paths: root.paths)
    }
    #expect(error?.winrmCode.rawValue == 0x8033_808A)
    #expect(error?.file == #"\\lab.example\SYSVOL\1\Registry.pol"#)
    for word in words + [#"HKEY_LOCAL_MACHINE\Software\Policies\Microsoft\Windows\CredentialsDelegation"#] {
      #expect(error?.message.contains(word) == true, "\(error?.message ?? "")")
    }
  }

  @Test("A deny for one host of a domain leaves an entry for the domain its effect") func exception() throws {
    try root.storeDomainPolicy([text(delegation + #"\DenyFreshCredentials"#, "3", "WSMAN/bad.lab")])
    let targets = [try DelegationPattern(parsing: "wsman/*.lab")]
    _ = try EffectivePolicy.checkEnabling(targets, whenNTLMOnly: true, paths: root.paths)
  }

  @Test("A list that is there and not in force: the reason names the value that decides") func reasons() throws {
    let list = text(Self.allow, "1", "WSMAN/a")
    for (entries, reason, name) in [
      (
        [list, number(delegation, "AllowFreshCredentials", 0)],
        "Object 1 {31B2F340-016D-11D2-945F-00C04FB984F0} AllowFreshCredentials (0) switches the list off, so nothing there names WSMAN/a",
        "AllowFreshCredentials"
      ),
      ([list], "AllowFreshCredentials is not configured, which leaves its list without force, so nothing there names WSMAN/a", nil),
      (
        [list, number(delegation, "AllowFreshCredentials", 1), number(delegation, "RestrictedRemoteAdministration", 2)],
        "Object 1 {31B2F340-016D-11D2-945F-00C04FB984F0} RestrictedRemoteAdministration (WSMAN/*) denies delegation to WSMAN/a",
        "RestrictedRemoteAdministration"
      ),
    ] as [([PolicyFile.Entry], String, String?)] {
      try root.storeDomainPolicy(entries)
      let policy = try EffectivePolicy.load(paths: root.paths)
      for decision in [
        policy.delegation.beforeConnecting(to: "a"), policy.delegation.decide(host: "a", proof: .certificate("x")),
      ] {
        #expect(!decision.isAllowed && decision.reason.hasPrefix(reason), "\(decision.reason)")
        #expect(policy.item(of: decision.origin)?.name == name)
      }
    }
    try root.storeDomainPolicy([number(delegation, "AllowFreshCredentialsWhenNTLMOnly", 0)])
    let ntlm = try EffectivePolicy.load(paths: root.paths).delegation.decide(host: "a", proof: .ntlmOnly)
    #expect(ntlm.reason.contains("AllowFreshCredentialsWhenNTLMOnly (0) switches the list off"))
  }

  static let unseenEntries = [
    " WSMAN/a", "WSMAN/a ", "\tWSMAN/a", "WSMAN/a\n", "WSMAN/ a", "WS\u{200B}MAN/a", "WSMAN/a\u{A0}", "WSMAN/a\u{85}", "\u{FEFF}WSMAN/*",
    "\u{1}WSMAN/a", " WSMAN/a:5985", "WSMAN /a",
  ]

  @Test("What nobody sees makes an entry for WinRM a mistake, wherever it stands", arguments: unseenEntries) func unseen(entry: String)
    throws
  {
    for list in ["AllowFreshCredentials", "AllowFreshCredentialsWhenNTLMOnly", "DenyFreshCredentials"] {
      try root.storeDomainPolicy([number(delegation, list, 1), text(delegation + "\\" + list, "1", entry)])
      let error = #expect(throws: ConfigurationError.self) { try ClientPolicy.machine(paths: root.paths) }
      #expect(error?.winrmCode.rawValue == 0x8033_8088)
      #expect(error?.message.contains("blanks, control characters and invisible ones") == true, "\(error?.message ?? "")")
      // In a file of this machine also where the list is not in force.
      let json = JSONEscape.text(#"{"CredentialsDelegation": {"LIST.List": ["ENTRY"]}}"#, list: list, entry: entry)
      #expect(throws: ConfigurationError.self) { try MachinePolicy(importing: Array(json.utf8), file: "x.json") }
    }
    #expect(throws: DelegationPolicyError.self) { try DelegationPattern(parsing: entry) }
  }

  static let otherServices = [
    "TERMSRV/a", "TERMSRV/*", "termsrv/*.lab.example", "TERMSRV/a:3389", "TERMSRV/we*ird", "TERMSRV/ a",
    "Microsoft Virtual Console Service/*",
    "Microsoft Virtual System Migration Service/a", "ldap/dc.lab.example/lab.example", "E3514235-4B06-11D1-AB04-00C04FC2DCD2/x/y", "HTTP/a",
  ]

  @Test("In a list that denies, an entry of another service is passed over in every form", arguments: otherServices)
  func deniesOfOthers(entry: String) throws {
    try root.storeDomainPolicy([
      number(delegation, "AllowFreshCredentials", 1), text(Self.allow, "1", "WSMAN/*"),
      text(delegation + #"\DenyFreshCredentials"#, "1", entry), text(delegation + #"\DenyFreshCredentials"#, "2", "WSMAN/evil"),
    ])
    let effective = try EffectivePolicy.load(paths: root.paths)
    #expect(effective.delegation.decide(host: "a", proof: .certificate("x")).isAllowed)
    #expect(effective.deniedTargets == ["WSMAN/evil"])
    #expect(effective.items.first { $0.value.text == entry }.map(effective.isWithoutEffect) == true)
  }

  @Test(
    "What is no entry of another service is a mistake in a list that denies",
    arguments: [
      "/evil", "//evil", "evil/", "evil//", "evil//x", "http://evil", "evil/ ", "evil/ /x", "evil.lab.example/x", "evil:5985/x", " /evil",
      "TERMSRV /a", " TERMSRV/a", "TERM  SRV/a", "/", "ws man/evil", "w\u{455}man/evil",
    ])
  func badDenials(entry: String) throws {
    let deny = [number(delegation, "DenyFreshCredentials", 1), text(delegation + #"\DenyFreshCredentials"#, "1", entry)]
    try root.storeDomainPolicy([number(delegation, "AllowFreshCredentials", 1), text(Self.allow, "1", "WSMAN/*")] + deny)
    let error = #expect(throws: ConfigurationError.self) { try ClientPolicy.machine(paths: root.paths) }
    #expect(error?.winrmCode.rawValue == 0x8033_8088 && error?.file?.hasPrefix(#"\\lab.example\SYSVOL"#) == true)
    // In a list that allows it would name nobody.
    try root.storeDomainPolicy([number(delegation, "AllowFreshCredentials", 1), text(Self.allow, "1", entry)])
    let isLikeWinRM = entry.replacing(" ", with: "").hasPrefix("wsman")
    #expect((try? ClientPolicy.machine(paths: root.paths).delegation.allowFresh.isEmpty) == (isLikeWinRM ? nil : true))
  }

  static let impossibleHosts = [
    "WSMAN/hop1|hop2", "WSMAN/%HOSTX%", "wsman/hop3?", "WSMAN/.hop", "WSMAN/a..b", "WSMAN/hop1..", "WSMAN/:::", "WSMAN/\u{2800}",
    "WSMAN/*.a|b",
    "WSMAN/" + String(repeating: "a", count: 300),
  ]

  @Test("An entry whose host nobody can type forbids nothing, which is a mistake, or allows nothing", arguments: impossibleHosts)
  func impossibleHost(entry: String) throws {
    let allow = [number(delegation, "AllowFreshCredentials", 1), text(Self.allow, "1", "WSMAN/*")]
    try root.storeDomainPolicy(
      allow + [number(delegation, "DenyFreshCredentials", 1), text(delegation + #"\DenyFreshCredentials"#, "1", entry)])
    let error = #expect(throws: ConfigurationError.self) { try ClientPolicy.machine(paths: root.paths) }
    #expect(error?.winrmCode.rawValue == 0x8033_8088 && error?.file?.hasPrefix(#"\\lab.example\SYSVOL"#) == true)
    for list in ["AllowFreshCredentials", "AllowFreshCredentialsWhenNTLMOnly", "DenyFreshCredentials"] {
      let json = JSONEscape.text(#"{"CredentialsDelegation": {"LIST.List": ["ENTRY"]}}"#, list: list, entry: entry)
      let policy = try? MachinePolicy(importing: Array(json.utf8), file: "x.json")
      #expect((policy == nil) == (list == "DenyFreshCredentials"))
    }
    try root.storeDomainPolicy(allow + [text(Self.allow, "2", entry)])
    let effective = try EffectivePolicy.load(paths: root.paths)
    #expect(effective.freshCredentialsTargets == ["WSMAN/*"])
    #expect(effective.items.filter(effective.isWithoutEffect).map(\.value.text) == [entry])
  }

  @Test("Entries of a list that is not in force are no rules that hold, whoever wrote them") func idleLists() throws {
    func idle() throws -> [String] {
      try EffectivePolicy.load(paths: root.paths).notInForce().map { "\($0.value.text ?? "?"): \($0.reason)" }
    }
    let object = #"Object 1 {31B2F340-016D-11D2-945F-00C04FB984F0} sets 0 (\\lab.example\SYSVOL\1\Registry.pol)"#
    // Nothing switches it on.
    try root.write(#"{"CredentialsDelegation": {"AllowFreshCredentials.List": ["wsman/*"]}}"#, to: root.paths.machinePolicyFile)
    #expect(try idle() == ["wsman/*: nothing switches its list on: AllowFreshCredentials is not configured"])
    #expect(try EffectivePolicy.load(paths: root.paths).rules.isEmpty)
    // It is switched off where it stands.
    try root.write(
      #"{"CredentialsDelegation": {"AllowFreshCredentials": 2, "AllowFreshCredentials.List": ["wsman/*"]}}"#,
      to: root.paths.machinePolicyFile)
    #expect(
      try idle() == ["wsman/*: its list AllowFreshCredentials is switched off: machine policy sets 2 (\(root.paths.machinePolicyFile))"])
    // Another source switches off what denies.
    try root.write(#"{"CredentialsDelegation": {"DenyFreshCredentials.List": ["wsman/evil"]}}"#, to: root.paths.machinePolicyFile)
    #expect(try idle().isEmpty)
    try root.storeDomainPolicy([
      number(delegation, "DenyFreshCredentials", 0), text(delegation + #"\DenyFreshCredentials"#, "1", "WSMAN/own"),
    ])
    #expect(
      try idle() == [
        "WSMAN/own: its list DenyFreshCredentials is switched off: \(object)",
        "wsman/evil: its list DenyFreshCredentials is switched off: \(object)",
      ])
    #expect(try EffectivePolicy.load(paths: root.paths).rules.map(\.name) == ["DenyFreshCredentials"])
    // The same text of two sources, under one number.
    try root.write(
      #"{"CredentialsDelegation": {"AllowFreshCredentials": 1, "AllowFreshCredentials.List": {"1": "WSMAN/a"}}}"#,
      to: root.paths.machinePolicyFile)
    try root.storeDomainPolicy([number(delegation, "AllowFreshCredentials", 0), text(Self.allow, "1", "WSMAN/a")])
    #expect(try EffectivePolicy.load(paths: root.paths).notInForce().map(\.source.object).sorted().last == "machine policy")
    #expect(try idle().count == 3 && idle().contains { $0.hasPrefix("?: Object 1") })
  }

  @Test("Enabling names what comes into force of every source, and no more") func coming() throws {
    let good = try DelegationPattern(parsing: "wsman/good")
    func coming(ntlm: Bool = false, on: Bool = true, _ targets: DelegationPattern...) throws -> [String] {
      try EffectivePolicy.targetsComing(
        with: targets.isEmpty ? [good] : targets, whenNTLMOnly: ntlm, isSwitchedOn: on, paths: root.paths
      ).map { "\($0.pattern) \($0.list) \($0.item?.source.file.split(whereSeparator: { #"/\"#.contains($0) }).last ?? "?")" }
    }
    let ntlm = delegation + #"\AllowFreshCredentialsWhenNTLMOnly"#
    #expect(try coming().isEmpty && coming(ntlm: true, on: false).isEmpty)
    // Lists without a switch.
    try root.write(
      #"{"CredentialsDelegation": {"AllowFreshCredentials.List": ["wsman/old", "WSMAN/GOOD", "TERMSRV/x"]}}"#,
      to: root.paths.machinePolicyFile)
    try root.writeRegistryPolicy([text(Self.allow, "7", "WSMAN/*"), text(ntlm, "1", "WSMAN/n")])
    try root.storeDomainPolicy([text(Self.allow, "8", "WSMAN/d")])
    #expect(
      try coming() == [
        "wsman/old AllowFreshCredentials policy.json", "WSMAN/* AllowFreshCredentials Registry.pol",
        "WSMAN/d AllowFreshCredentials Registry.pol",
      ])
    #expect(try coming(ntlm: true).last == "WSMAN/n AllowFreshCredentialsWhenNTLMOnly Registry.pol")
    #expect(try coming(try DelegationPattern(parsing: "wsman/*")).isEmpty)
    // What is in force, and what is denied, does not come.
    try root.storeDomainPolicy([
      number(delegation, "AllowFreshCredentials", 1), text(Self.allow, "8", "WSMAN/*.d"), text(Self.allow, "9", "WSMAN/x.d"),
      text(delegation + #"\DenyFreshCredentials"#, "1", "WSMAN/old"),
    ])
    #expect(try coming().isEmpty)
    // As long as the client may not use CredSSP, nothing is in force.
    #expect(
      try coming(on: false) == [
        "WSMAN/* AllowFreshCredentials Registry.pol", "WSMAN/*.d AllowFreshCredentials Registry.pol",
        "WSMAN/x.d AllowFreshCredentials Registry.pol",
      ])
    // The file changes as it was foretold.
    try root.storeDomainPolicy([text(Self.allow, "8", "WSMAN/d")])
    let before = try EffectivePolicy.load(paths: root.paths)
    #expect(before.freshCredentialsTargets.isEmpty)
    try MachinePolicyStore(paths: root.paths).update { $0.allowFreshCredentials(to: [good], whenNTLMOnly: false, beside: before) }
    #expect(
      try Set(EffectivePolicy.load(paths: root.paths).freshCredentialsTargets) == ["wsman/old", "WSMAN/*", "WSMAN/d", "WSMAN/GOOD"])
  }

  @Test("A value that means nothing and has another type is no damage, and is not exported") func oddTypes() throws {
    try root.writeRegistryPolicy([
      number(delegation + #"\AllowSavedCredentials"#, "1\nForged", 7), text(delegation, "AllowProtectedCreds", "x"),
      number(delegation, "DenyFreshCredentials", 0), number(delegation + #"\DenyFreshCredentials"#, "1", 7),
      number(delegation, "AllowFreshCredentials", 1), text(Self.allow, "1", "WSMAN/a"),
    ])
    let effective = try EffectivePolicy.load(paths: root.paths)
    #expect(effective.freshCredentialsTargets == ["WSMAN/a"])
    let exported = try effective.exported()
    #expect(exported.credentialsDelegation.numbers == ["AllowFreshCredentials": 1, "DenyFreshCredentials": 0])
    #expect(exported.credentialsDelegation.lists == ["AllowFreshCredentials": [1: "WSMAN/a"]])
    // What means something is not passed over.
    try root.writeRegistryPolicy([number(delegation + #"\DenyFreshCredentials"#, "1", 7)])
    #expect(throws: ConfigurationError.self) { try EffectivePolicy.load(paths: root.paths) }
  }

  @Test(
    "No mistake in a file that is imported can look like another line",
    arguments: [
      #"[{"keyname": "Software\\Policies\\Microsoft\\Windows\\WinRM\\Client", "valuename": "x\nForged", "type": "REG_DWORD", "data": 1}]"#,
      #"[{"keyname": "Software\\Policies\\Microsoft\\Windows\\WinRM\\Client", "valuename": "**x\nForged", "type": "REG_DWORD", "data": 1}]"#,
      #"[{"keyname": "X\nForged", "valuename": "x", "type": "REG_DWORD", "data": 1}]"#, "{\"x\u{2028}Forged\": 1}",
      "{\"WinRM\": {\"x\u{85}Forged\": 1}}", "[{\"x\u{2029}Forged\": 1}]",
      "{\"CredentialsDelegation\": {\"AllowFreshCredentials.List\": {\"x\u{2028}Forged\": \"a\"}}}",
      "{\"ServerCertificatePins\": {\"x\u{2028}Forged\": []}}",
    ])
  func forgedImport(text: String) throws {
    let error = #expect(throws: ConfigurationError.self) { try MachinePolicy(importing: Array(text.utf8), file: "x.json") }
    let message = try #require(error).message
    #expect(message.contains("Forged") && message.split(whereSeparator: \.isNewline).count == 1, "\(message)")
  }

  @Test("Other services' entries may hold blanks: they mean no WinRM server") func othersBlanks() throws {
    try root.storeDomainPolicy([
      number(delegation, "AllowFreshCredentials", 1), text(Self.allow, "1", " TERMSRV/a"), text(Self.allow, "2", "WSMAN/b"),
    ])
    #expect(try ClientPolicy.machine(paths: root.paths).delegation.decide(host: "b", proof: .certificate("x")).isAllowed)
    try root.storeDomainPolicy([text(delegation + #"\DenyFreshCredentials"#, "1", " */a")])
    #expect(throws: ConfigurationError.self) { try ClientPolicy.machine(paths: root.paths) }
  }

  @Test("AllowEncryptionOracle", arguments: [nil, 0, 1, 2] as [UInt32?]) func encryptionOracle(value: UInt32?) throws {
    try root.storeDomainPolicy(value.map { [number(oracle, "AllowEncryptionOracle", $0)] } ?? [])
    #expect(try EffectivePolicy.load(paths: root.paths).encryptionOracle == value.flatMap(EncryptionOracleRemediation.init))
  }

  @Test("Export and import give the same policy, and only what is known") func exchange() throws {
    try root.write(#"{"ServerCertificatePins": {"a": ["\#(String(repeating: "0", count: 64))"]}}"#, to: root.paths.machinePolicyFile)
    try root.storeDomainPolicy([number(service, "AllowCredSSP", 1), text(Self.allow, "1", "WSMAN/domain")])
    try root.writeRegistryPolicy([
      number(delegation, "allowfreshcredentials", 1), text(delegation + #"\AllowFreshCredentials"#, "1", "WSMAN/*.lab"),
      number(client, "AllowCredSSP", 1), text(client, "TrustedHostsList", "a"), number(shell, "MaxShellsPerUser", 3),
      number(oracle, "AllowEncryptionOracle", 0), number(client, "SomethingNew", 1), number(#"Software\Policies\Other"#, "x", 1),
    ])
    let exported = try EffectivePolicy.load(paths: root.paths).exported()
    #expect(exported.credentialsDelegation.numbers == ["AllowFreshCredentials": 1])
    #expect(exported.pins.count == 1)
    #expect(try MachinePolicy(importing: Array(exported.document.utf8), file: "x") == exported)
    #expect(exported.credentialsDelegation.lists == ["AllowFreshCredentials": [1: "WSMAN/*.lab"]] && exported.service.numbers.isEmpty)
    try DomainPolicyStore(paths: root.paths).remove()
    try FileManager.default.removeItem(atPath: root.paths.machineRegistryPolicyFile)
    try MachinePolicyStore(paths: root.paths).update { $0 = exported }
    #expect(try EffectivePolicy.load(paths: root.paths).exported() == exported)
    #expect(try ClientPolicy.machine(paths: root.paths).credSSPEnabled)
  }

  @Test("The form of samba-tool is taken too") func sambaForm() throws {
    let policy = try MachinePolicy(
      importing: Array(
        #"""
        [
          {"keyname": "Software\\Policies\\Microsoft\\Windows\\WinRM\\Client", "valuename": "AllowCredSSP", "class": "MACHINE", "type": "REG_DWORD", "data": 1},
          {"keyname": "Software\\Policies\\Microsoft\\Windows\\CredentialsDelegation\\AllowFreshCredentials", "valuename": "**delvals.", "class": "MACHINE", "type": "REG_SZ", "data": " "},
          {"keyname": "Software\\Policies\\Microsoft\\Windows\\CredentialsDelegation\\AllowFreshCredentials", "valuename": "1", "class": "MACHINE", "type": 1, "data": "WSMAN/a"},
          {"keyname": "Software\\Policies\\Microsoft\\Windows\\WinRM\\Service", "valuename": "AllowCredSSP", "class": "MACHINE", "type": "REG_DWORD", "data": [1, 0, 0, 0]},
          {"keyname": "X", "valuename": "AllowCredSSP", "class": "USER", "type": "REG_DWORD", "data": 1}
        ]
        """#.utf8), file: "x.json")
    #expect(policy.client.numbers == ["AllowCredSSP": 1] && policy.service.numbers == ["AllowCredSSP": 1])
    #expect(policy.credentialsDelegation.lists == ["AllowFreshCredentials": [1: "WSMAN/a"]])
  }

  @Test(
    "What cannot be imported is refused, with the file",
    arguments: [
      "", "1", "[]", #"[{"keyname": "X", "valuename": "y", "class": "USER", "type": "REG_DWORD", "data": 1}]"#, #"{"x": 1}"#,
      #"[{"keyname": "X", "valuename": "y", "type": "REG_DWORD", "data": 1}]"#, "[1]",
      #"[{"keyname": "Software\\Policies\\Microsoft\\Windows\\WinRM\\Client", "valuename": "AllowCredSSP", "type": "REG_SZ", "data": "1"}]"#,
      #"[{"keyname": "", "valuename": "y", "type": "REG_DWORD", "data": 1}]"#,
      #"{"CredentialsDelegation": {"DenyFreshCredentials.List": ["nonsense"]}}"#,
    ])
  func badImport(text: String) {
    let error = #expect(throws: ConfigurationError.self) { try MachinePolicy(importing: Array(text.utf8), file: "x.json") }
    #expect(error?.file == "x.json")
  }

  @Test("The stored policy of the domain survives writing and reading, whatever its values are") func domainStore() throws {
    let store = DomainPolicyStore(paths: root.paths)
    #expect(try store.load() == nil)
    let object = DomainPolicy.Object(
      name: "a \"b\" \u{1B}[2J", identifier: try #require(PolicyIdentifier("{31B2F340-016D-11D2-945F-00C04FB984F9}")), link: "OU=x",
      isEnforced: true,
      version: .max, file: #"\\lab.example\x"#,
      entries: [
        number(client, "n", .max), text(client, "t", "a\u{1}é😀"),
        PolicyFile.Entry(key: client, name: "odd", value: RegistryValue(type: .string, data: [1])),
        PolicyFile.Entry(key: client, name: "", value: RegistryValue(type: RegistryType(rawValue: 77), data: [0, 255])),
        PolicyFile.Entry(key: client, name: "short", value: RegistryValue(type: .doubleWord, data: [])),
        PolicyFile.Entry(key: client, name: "m", value: RegistryValue(type: .multiString, data: [0x61, 0, 0, 0, 0, 0])),
      ])
    let policy = DomainPolicy(
      domain: "d", controller: "c", machine: "m", updated: 7, objects: [object],
      leftAside: [DomainPolicy.LeftAside(object: "x \u{1B} \"", link: "DC=y", reason: "because")])
    try store.replace(with: policy)
    #expect(try store.load() == policy)
    var large = policy
    large.objects[0].entries = Array(repeating: text(client, "t", String(repeating: "x", count: 1000)), count: 1100)
    // What does not fit does not leave the one before in force: it could be what forbids something.
    let mark = try store.replace(with: large)
    #expect(try store.load() == mark && mark.objects.isEmpty)
    #expect(
      mark.unusable?.contains(#"larger than 1048576 bytes; most of it is from"#) == true && mark.unusable?.contains(object.file) == true)
    let error = #expect(throws: ConfigurationError.self) { try ClientPolicy.machine(paths: root.paths) }
    #expect(error?.winrmCode.rawValue == 0x8033_8088 && error?.message.contains("most of it is from") == true)
    // An older version does not take the mark for a policy without rules.
    let written = try String(contentsOfFile: root.paths.domainPolicyFile, encoding: .utf8)
    #expect(written.contains(#""Format": 3"#))
    try root.write(written.replacing("\"Unusable\"", with: "\"Unknown\""), to: root.paths.domainPolicyFile)
    #expect(throws: ConfigurationError.self) { try store.load() }
  }

  @Test("A stored policy of a time that there was not is not whole", arguments: [-1, Int64.min]) func negativeTime(updated: Int64) throws {
    try root.storeDomainPolicy([number(client, "AllowCredSSP", 1)])
    let path = root.paths.domainPolicyFile
    for (time, isWhole) in [(updated, false), (0, true), (Int64.max, true)] {
      try root.write(
        root.text(path).replacing(#/"Updated": -?[0-9]+/#, with: "\"Updated\": \(time)"), to: path)
      guard !isWhole else {
        #expect(try DomainPolicyStore(paths: root.paths).load()?.updated == time)
        continue
      }
      let error = #expect(throws: ConfigurationError.self) { try DomainPolicyStore(paths: root.paths).load() }
      #expect(error?.winrmCode.rawValue == 0x8033_8088 && error?.file == path)
    }
  }

  @Test("A file of an older version has no list of what was left aside; one of a newer version is not guessed at") func formats() throws {
    let store = DomainPolicyStore(paths: root.paths)
    let object = DomainPolicy.LeftAside(object: "o", link: "l", reason: "r")
    let policy = DomainPolicy(domain: "d", controller: "c", machine: "m", updated: 7, objects: [], leftAside: [object])
    try store.replace(with: policy)
    let written = try String(contentsOfFile: root.paths.domainPolicyFile, encoding: .utf8)
    func read(_ text: String) throws -> DomainPolicy? {
      try root.write(text, to: root.paths.domainPolicyFile)
      return try store.load()
    }
    #expect(try read(written) == policy)
    var older = policy
    older.leftAside = []
    let first = #"{"Domain": "d", "Controller": "c", "Machine": "m", "Updated": 7, "Objects": []}"#
    #expect(try read(first) == older)
    for text in [
      written.replacing(#""Format": 2"#, with: #""Format": 3"#), written.replacing(#""Format": 2"#, with: #""Format": "x""#),
      written.replacing(#""Because": "r""#, with: #""Because": 1"#), first.replacing("{", with: #"{"LeftAside": 1, "#),
    ] {
      #expect(text != written && text != first)
      let error = #expect(throws: ConfigurationError.self) { try read(text) }
      #expect(error?.winrmCode.rawValue == 0x8033_8088 && error?.file == root.paths.domainPolicyFile)
    }
  }

  @Test(
    "A link that leads nowhere is no policy that is not there: what it led to may have denied",
    arguments: ["machine", "registry", "domain"], [true, false])
  func danglingLink(file: String, isDirectory: Bool) throws {
    let path =
      switch file {
      case "machine": root.paths.machinePolicyFile
      case "registry": root.paths.machineRegistryPolicyFile
      default: root.paths.domainPolicyFile
      }
    #expect(try !ClientPolicy.machine(paths: root.paths).credSSPEnabled)
    // The file itself, or the directory that it is in.
    let link = isDirectory ? (path as NSString).deletingLastPathComponent : path
    let away = root.directory + "/away"
    let files = FileManager.default
    try files.createDirectory(atPath: (link as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
    if isDirectory, files.fileExists(atPath: link) { try files.removeItem(atPath: link) }
    try files.createSymbolicLink(atPath: link, withDestinationPath: away)
    let error = #expect(throws: ConfigurationError.self) { try EffectivePolicy.load(paths: root.paths) }
    #expect(error?.winrmCode.rawValue == 0x8033_8088, "\(String(describing: error))")
    #expect(error?.file?.hasPrefix(link) == true && error?.message.contains("leads nowhere") == true, "\(String(describing: error))")
    #expect(throws: ConfigurationError.self) { try ClientPolicy.machine(paths: root.paths) }
    // A link to a directory without the file is as good as the directory.
    if isDirectory {
      try files.createDirectory(atPath: away, withIntermediateDirectories: false)
      _ = try EffectivePolicy.load(paths: root.paths)
    }
  }

  @Test("A file that others than root and the reader can write is believed by nobody", arguments: [0o666, 0o646]) func unsafe(mode: Int)
    throws
  {
    try root.storeDomainPolicy([number(client, "AllowCredSSP", 1)])
    #expect(try ClientPolicy.machine(paths: root.paths).credSSPEnabled)
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: root.paths.domainPolicyFile)
    let error = #expect(throws: ConfigurationError.self) { try ClientPolicy.machine(paths: root.paths) }
    #expect(error?.code == .unsafeFile && error?.winrmCode.rawValue == 0x8033_8088)
  }
}

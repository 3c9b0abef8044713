import DelegationPolicy
import Foundation
import GroupPolicy
import SecuritySupport
import Testing
import WinRMConfiguration

@testable import WinRMCommands

private enum ConfigurationFlag {
  /// What the files say of the client's flag.
  static func credSSP(_ host: WinrmHost) throws -> Bool { try ConfigurationStore(paths: host.paths).loadLocal().client.auth.credSSP }
}

@Suite struct PolicyCommandTests {
  let host: WinrmHost

  init() throws { host = try WinrmHost() }

  private static let delegation = #"Software\Policies\Microsoft\Windows\CredentialsDelegation"#
  private static let client = #"Software\Policies\Microsoft\Windows\WinRM\Client"#
  private static let service = #"Software\Policies\Microsoft\Windows\WinRM\Service"#
  private static let identifier = "{9D7E6253-909D-4660-A4E5-053E242D0661}"
  private static let file = #"\\lab.example\sysvol\lab.example\Policies\{9D7E6253-909D-4660-A4E5-053E242D0661}\Machine\Registry.pol"#

  private func storeDomain(_ entries: PolicyFile.Entry...) throws {
    try DomainPolicyStore(paths: host.paths).replace(
      with: DomainPolicy(
        domain: "lab.example", controller: "dc.lab.example", machine: "CN=HOP1,CN=Computers,DC=lab,DC=example", updated: 1_763_822_000,
        objects: [
          DomainPolicy.Object(
            name: "WinRM CredSSP", identifier: try #require(PolicyIdentifier(Self.identifier)), link: "DC=lab,DC=example",
            isEnforced: false,
            version: 3, file: Self.file, entries: entries)
        ]))
  }

  private func number(_ key: String, _ name: String, _ value: UInt32) -> PolicyFile.Entry {
    PolicyFile.Entry(key: key, name: name, value: .number(value))
  }

  private func text(_ key: String, _ name: String, _ value: String) -> PolicyFile.Entry {
    PolicyFile.Entry(key: key, name: name, value: .text(value))
  }

  @Test("Without policy it is said that none holds, and the exit code is 0") func empty() async throws {
    let run = await host.run("policy")
    #expect(run.code == 0 && run.error.isEmpty)
    #expect(run.output == "Policy\nNo rule of policy holds here, and no policy of a domain was read.\n")
    let xml = await host.run("policy", "-format:xml")
    #expect(xml.code == 0 && xml.output.hasPrefix("<p:Policy") && !xml.output.contains("No rule"))
    try storeDomain()
    let domain = await host.run("policy").output
    #expect(domain.contains("Name = lab.example") && domain.hasSuffix("\nNo rule of policy holds here.\n"), "\(domain)")
    try storeDomain(number(Self.client, "AllowCredSSP", 1))
    #expect(await !host.run("policy").output.contains("No rule"))
  }

  @Test("Every rule with its value, what it decides, object, file and key") func show() async throws {
    try storeDomain(number(Self.client, "AllowCredSSP", 1))
    try #"{"CredentialsDelegation": {"AllowFreshCredentials": 1, "AllowFreshCredentials.List": ["WSMAN/a"]}}"#.write(
      toFile: host.paths.machinePolicyFile, atomically: true, encoding: .utf8)
    let run = await host.run("policy")
    #expect(run.code == 0)
    let lines = run.output.split(separator: "\n").filter { !$0.contains("Age = ") }.joined(separator: "\n")
    #expect(
      lines == #"""
        Policy
            Domain
                Name = lab.example
                Controller = dc.lab.example
                Machine = CN=HOP1,CN=Computers,DC=lab,DC=example
                Updated = 2025-11-22T14:33:20Z
                Object
                    Name = WinRM CredSSP
                    Identifier = {9D7E6253-909D-4660-A4E5-053E242D0661}
                    Link = DC=lab,DC=example
                    Enforced = false
                    Version = 3
            Rule
                Name = AllowFreshCredentials
                Value = 1
                Object = machine policy
                File = \#(host.paths.machinePolicyFile)
                Key = HKEY_LOCAL_MACHINE\Software\Policies\Microsoft\Windows\CredentialsDelegation
            Rule
                Name = 1
                Value = WSMAN/a
                Object = machine policy
                File = \#(host.paths.machinePolicyFile)
                Key = HKEY_LOCAL_MACHINE\Software\Policies\Microsoft\Windows\CredentialsDelegation\AllowFreshCredentials
            Rule
                Name = AllowCredSSP
                Value = 1
                Decides = winrm/config/client/auth CredSSP = true
                Object = WinRM CredSSP {9D7E6253-909D-4660-A4E5-053E242D0661}
                File = \\lab.example\sysvol\lab.example\Policies\{9D7E6253-909D-4660-A4E5-053E242D0661}\Machine\Registry.pol
                Key = HKEY_LOCAL_MACHINE\Software\Policies\Microsoft\Windows\WinRM\Client
        """#)
    #expect(await host.run("policy", "-format:xml").output.hasPrefix("<p:Policy xmlns:p="))
  }

  @Test("What was left aside is shown, and cannot write to a terminal") func leftAside() async throws {
    try DomainPolicyStore(paths: host.paths).replace(
      with: DomainPolicy(
        domain: "lab.example", controller: "dc.lab.example", machine: "CN=HOP1,DC=lab,DC=example", updated: 1_763_822_000, objects: [],
        leftAside: [DomainPolicy.LeftAside(object: "A \u{1B}]0;x\u{7} B", link: "OU=x,DC=lab,DC=example", reason: "it has a WMI filter")]))
    let run = await host.run("policy")
    #expect(
      run.output.hasSuffix(
        "        NotApplied\n            Name = A \u{FFFD}]0;x\u{FFFD} B\n            Link = OU=x,DC=lab,DC=example\n            Because = it has a WMI filter\nNo rule of policy holds here.\n"
      ),
      "\(run.output)")
    #expect(await host.run("policy", "-format:xml").output.contains("<p:NotApplied><p:Name>"))
  }

  @Test("Nothing that policy says can look like a line of the answer") func forgedLines() async throws {
    let forged = "x\n    Allowed = true\n    Because = nothing"
    let value = text(Self.client, "TrustedHostsList", forged)
    func store(_ name: String) throws {
      try DomainPolicyStore(paths: host.paths).replace(
        with: DomainPolicy(
          domain: forged, controller: forged, machine: forged, updated: 1_763_822_000,
          objects: [
            DomainPolicy.Object(
              name: name, identifier: try #require(PolicyIdentifier(Self.identifier)), link: forged, isEnforced: false, version: 3,
              file: forged,
              entries: [
                value, text(Self.delegation + #"\DenyFreshCredentials"#, forged, "WSMAN/a.example"),
                text(Self.delegation + #"\AllowFreshCredentials"#, forged, "WSMAN/b.example"),
                number(Self.delegation, "AllowFreshCredentials", 1), number(Self.client, "AllowCredSSP", 1),
              ])
          ], leftAside: [DomainPolicy.LeftAside(object: forged, link: forged, reason: forged)]))
    }
    try store(forged)
    // Whoever wrote the file, it is read so.
    let file = host.paths.domainPolicyFile
    let written = try String(contentsOfFile: file, encoding: .utf8)
    for content in [written, written.replacing("x\u{FFFD}", with: #"x\n"#)] {
      try content.write(toFile: file, atomically: true, encoding: .utf8)
      try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: file)
      for arguments in [["policy"], ["policy", "test", "-remote:a.example"], ["policy", "test", "-remote:a.example", "-proof:kerberos"]] {
        let run =
          arguments.count == 1
          ? await host.run("policy")
          : arguments.count == 3
            ? await host.run("policy", "test", arguments[2]) : await host.run("policy", "test", arguments[2], arguments[3])
        #expect(run.output.contains("x\u{FFFD}    Allowed = true"), "\(run.output)\(run.error)")
        #expect(!run.output.contains("\n    Allowed = true") && !run.output.contains("\n    Because = nothing"), "\(run.output)")
      }
    }
  }

  @Test("A rule without effect here says so") func withoutEffect() async throws {
    let allow = Self.delegation + #"\AllowFreshCredentials"#
    try storeDomain(
      number(Self.service, "DisableRunAs", 1), number(Self.service + #"\WinRS"#, "ShellTimeOut", 1),
      number(Self.delegation, "AllowProtectedCreds", 1), number(Self.delegation, "AllowSavedCredentials", 1),
      text(Self.delegation + #"\DenyDefaultCredentials"#, "1", "WSMAN/x"), number(Self.delegation, "ConcatenateDefaults_DenyFresh", 1),
      number(Self.delegation, "AllowFreshCredentials", 1), text(allow, "1", "server1"), text(allow, "2", "WSMAN/a"), text(allow, "3", ""),
      text(allow, "4", "TERMSRV/*"),
      number(Self.client, "AllowCredSSP", 1))
    let output = await host.run("policy").output
    for (name, value) in [
      ("DisableRunAs", "1"), ("ShellTimeOut", "1"), ("AllowProtectedCreds", "1"), ("AllowSavedCredentials", "1"), ("1", "WSMAN/x"),
      ("ConcatenateDefaults_DenyFresh", "1"), ("1", "server1"), ("4", "TERMSRV/*"),
    ] {
      #expect(
        output.contains("        Name = \(name)\n        Value = \(value)\n        Decides = nothing, it has no effect here\n"),
        "\(name): \(output)")
    }
    #expect(output.contains("        Name = 3\n        Value\n        Decides = nothing, it has no effect here\n"), "\(output)")
    #expect(output.components(separatedBy: "no effect here").count == 10, "\(output)")
    #expect(await host.run("policy", "test", "-remote:a", "-proof:kerberos").code == 0)
    #expect(await host.run("policy", "test", "-remote:server1", "-proof:kerberos").code == 1)
  }

  @Test("Every decision tells its object, file and key", arguments: ["kerberos", "certificate", "ntlm"])
  func sources(proof: String) async throws {
    try storeDomain(
      number(Self.client, "AllowCredSSP", 1), number(Self.delegation, "AllowFreshCredentials", 1),
      text(Self.delegation + #"\AllowFreshCredentials"#, "1", "WSMAN/*"), number(Self.delegation, "RestrictedRemoteAdministration", 1))
    let restricted = await host.run("policy", "test", "-remote:a.example", "-proof:\(proof)")
    #expect(restricted.code == 1 && restricted.output.contains("RestrictedRemoteAdministration (WSMAN/*) denies"))
    #expect(
      restricted.output.hasSuffix(
        "    Object = WinRM CredSSP \(Self.identifier)\n    File = \(Self.file)\n    Key = HKEY_LOCAL_MACHINE\\\(Self.delegation)\n"))
    try storeDomain(
      number(Self.client, "AllowCredSSP", 0), number(Self.client, "AllowNegotiate", 0), number(Self.client, "AllowKerberos", 0))
    for method in ["credssp", "negotiate", "kerberos"] {
      let off = await host.run("policy", "test", "-remote:a.example", "-authentication:\(method)")
      #expect(
        off.code == 1 && off.output.hasSuffix("    File = \(Self.file)\n    Key = HKEY_LOCAL_MACHINE\\\(Self.client)\n"), "\(off.output)")
    }
  }

  @Test("Ages in sentences") func ages() {
    #expect(
      PolicyReport.ago(0) == "0 seconds ago" && PolicyReport.ago(119) == "119 seconds ago" && PolicyReport.ago(120) == "2 minutes ago")
    #expect(PolicyReport.ago(7199) == "119 minutes ago" && PolicyReport.ago(3 * 3600 + 3599) == "3 hours ago")
    #expect(PolicyReport.ago(172_800) == "2 days ago" && PolicyReport.ago(.max).hasSuffix(" days ago"))
    #expect(PolicyReport.ago(-1) == "at a time in the future (the clock was changed)")
  }

  @Test("get marks what policy decides") func get() async throws {
    try storeDomain(
      number(Self.client, "AllowCredSSP", 1), number(Self.client, "TrustedHosts", 1), text(Self.client, "TrustedHostsList", "*.lab"),
      number(Self.service, "AllowAutoConfig", 1))
    let client = await host.run("get", "winrm/config/client").output
    #expect(client.contains("        CredSSP = true [Source=\"GPO\"]\n"))
    #expect(client.contains("    TrustedHosts = *.lab [Source=\"GPO\"]\n"))
    #expect(client.contains("        Kerberos = true\n"))
    #expect(await host.run("get", "winrm/config", "-format:xml").output.contains("<cfg:CredSSP Source=\"GPO\">true</cfg:CredSSP>"))
    #expect(await host.run("get", "winrm/config/client/auth").output.contains("    CredSSP = true [Source=\"GPO\"]\n"))
    #expect(await host.run("get", "winrm/config/service").output.contains("    AllowRemoteAccess = true [Source=\"GPO\"]\n"))
    for arguments in [["enumerate", "winrm/config/Listener"], ["get", "winrm/config/Listener?Address=*+Transport=HTTP"]] {
      #expect(await host.run(arguments[0], arguments[1]).output.hasPrefix("Listener [Source=\"GPO\"]\n    Address = *\n"))
    }
  }

  @Test("Setting what policy decides fails with its own number and changes nothing") func set() async throws {
    try storeDomain(number(Self.client, "AllowCredSSP", 1), number(Self.service, "AllowAutoConfig", 1))
    let before = host.snapshot()
    for arguments in [
      ["set", "winrm/config/client/auth", #"@{CredSSP="false"}"#],
      ["set", "winrm/config/client/auth", #"@{Basic="true";CredSSP="false"}"#],
      ["set", "winrm/config/Listener?Address=*+Transport=HTTP", #"@{Port="80"}"#],
      ["create", "winrm/config/Listener?Address=*+Transport=HTTP"], ["delete", "winrm/config/Listener?Address=*+Transport=HTTP"],
    ] {
      let run = await host.run(arguments[0], arguments[1], arguments.count > 2 ? arguments[2] : "-format:text")
      #expect(run.code == 1, "\(arguments)")
      #expect(run.error.contains("Error number:  -2144108406 0x8033808A"), "\(arguments): \(run.error)")
      #expect(run.error.contains("WinRM CredSSP"))
    }
    #expect(host.snapshot().filter { !$0.key.hasSuffix(".lock") } == before.filter { !$0.key.hasSuffix(".lock") })
    // What is so already is no change, and what policy says never becomes a setting of this machine.
    #expect(await host.run("set", "winrm/config/client/auth", #"@{CredSSP="true"}"#).code == 0)
    #expect(await host.run("set", "winrm/config/client/auth", #"@{Basic="true"}"#).code == 0)
    let local = try ConfigurationStore(paths: host.paths).loadLocal()
    #expect(local.client.auth.basic && !local.client.auth.credSSP && local.listeners.isEmpty)
  }

  @Test("credssp enable does what policy lets it, or nothing") func enable() async throws {
    let list = Self.delegation + #"\AllowFreshCredentials"#
    try storeDomain(number(Self.client, "AllowCredSSP", 1))
    #expect(await host.run("credssp", "enable", "-role:client", "-delegate:a", "-force").code == 0)
    #expect(await host.run("credssp", "get").output.contains("target(s): wsman/a\n"))
    let policy = host.text(host.paths.machinePolicyFile)
    try storeDomain(text(list, "**delvals.", " "), text(list, "1", "WSMAN/*.lab"), number(Self.delegation, "AllowFreshCredentials", 1))
    let replaced = await host.run("credssp", "enable", "-role:client", "-delegate:b", "-force")
    #expect(replaced.code == 1 && replaced.error.contains("0x8033808A"))
    #expect(await host.run("credssp", "get").output.contains("target(s): WSMAN/*.lab\n"))
    try storeDomain(number(Self.client, "AllowCredSSP", 0))
    #expect(await host.run("credssp", "enable", "-role:client", "-delegate:b", "-force").error.contains("0x8033808A"))
    #expect(host.text(host.paths.machinePolicyFile) == policy)
    #expect(await host.run("credssp", "enable", "-role:server", "-force").code == 0)
    try storeDomain(number(Self.client, "AllowCredSSP", 1), number(Self.service, "AllowCredSSP", 0))
    #expect(await host.run("credssp", "enable", "-role:server", "-force").error.contains("0x8033808A"))
    #expect(host.text(host.paths.machinePolicyFile) == policy)
    try storeDomain(number(Self.client, "AllowCredSSP", 0))
    #expect(await host.run("credssp", "disable", "-role:client").code == 0)
    #expect(host.text(host.paths.machinePolicyFile) == "{}\n")
  }

  private func writeRegistryPolicy(_ entries: PolicyFile.Entry...) throws {
    try Data(PolicyFile(entries: entries).encode()).write(to: URL(fileURLWithPath: host.paths.machineRegistryPolicyFile))
    try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: host.paths.machineRegistryPolicyFile)
  }

  @Test("credssp beside a Registry.pol: nothing of it is hidden, enable says who decides, disable takes what is this machine's")
  func besideRegistryPolicy() async throws {
    let list = Self.delegation + #"\AllowFreshCredentials"#
    try writeRegistryPolicy(
      number(Self.client, "AllowCredSSP", 1), number(Self.delegation, "AllowFreshCredentials", 1),
      number(Self.delegation, "ConcatenateDefaults_AllowFresh", 0), text(list, "1", "WSMAN/pol"))
    let before = await host.run("policy").output
    let enabled = await host.run("credssp", "enable", "-role:client", "-delegate:a", "-force")
    #expect(enabled.code == 0 && enabled.output.hasSuffix("    CredSSP = true [Source=\"GPO\"]\n"))
    #expect(await host.run("credssp", "get").output.contains("target(s): wsman/a,WSMAN/pol\n"))
    let shown = await host.run("policy").output
    #expect(shown.contains("        Name = ConcatenateDefaults_AllowFresh\n        Value = 0\n"))
    #expect(
      shown.contains("        Name = 1\n        Value = WSMAN/pol\n") && shown.contains("        Name = 2\n        Value = wsman/a\n"))
    let disabled = await host.run("credssp", "disable", "-role:client")
    #expect(disabled.code == 0 && disabled.output.isEmpty)
    let file = host.paths.machineRegistryPolicyFile
    #expect(
      disabled.error == """
        CredSSP stays switched on in winrm/config/client/auth: machine policy has AllowCredSSP in the key \
        HKEY_LOCAL_MACHINE\\\(Self.client) (\(file)).
        Credentials may still go to WSMAN/pol: machine policy has 1 in the key HKEY_LOCAL_MACHINE\\\(list) (\(file)).

        """)
    #expect(await host.run("policy").output == before)
    #expect(host.text(host.paths.machinePolicyFile) == "{}\n")
    // A flag of this machine's own goes too, whatever policy says meanwhile.
    try FileManager.default.removeItem(atPath: file)
    #expect(await host.run("credssp", "enable", "-role:client", "-delegate:a", "-force").code == 0)
    #expect(await host.run("credssp", "enable", "-role:server", "-force").code == 0)
    try writeRegistryPolicy(number(Self.client, "AllowCredSSP", 1), number(Self.service, "AllowCredSSP", 1))
    #expect(await host.run("credssp", "disable", "-role:client").code == 0)
    let server = await host.run("credssp", "disable", "-role:server")
    #expect(server.code == 0 && server.error.hasPrefix("CredSSP stays switched on in winrm/config/service/auth: machine policy"))
    let local = try ConfigurationStore(paths: host.paths).loadLocal()
    #expect(!local.client.auth.credSSP && !local.service.auth.credSSP)
    try writeRegistryPolicy(number(Self.delegation, "AllowFreshCredentials", 0))
    let refused = await host.run("credssp", "enable", "-role:client", "-delegate:a", "-force")
    #expect(refused.error.contains("0x8033808A") && refused.error.contains(file) && refused.error.contains("AllowFreshCredentials"))
    #expect(host.text(host.paths.machinePolicyFile) == "{}\n")
    #expect(try !ConfigurationStore(paths: host.paths).loadLocal().client.auth.credSSP)
  }

  @Test("What cannot be read stops disable before anything is changed") func disableUnreadable() async throws {
    #expect(await host.run("credssp", "enable", "-role:client", "-delegate:a", "-force").code == 0)
    let policy = try #require(host.text(host.paths.machinePolicyFile))
    for damage in ["{", policy + " "] {
      try damage.write(toFile: host.paths.machinePolicyFile, atomically: false, encoding: .utf8)
      let isDamaged = damage == "{"
      #expect(await host.run("credssp", "disable", "-role:client").code == (isDamaged ? 1 : 0))
      #expect(try ConfigurationFlag.credSSP(host) == isDamaged)
    }
  }

  static let mistakes: [@Sendable () -> (entries: [PolicyFile.Entry], unusable: String?, word: String)] = [
    { ([PolicyFile.Entry(key: delegation + #"\AllowFreshCredentials"#, name: "9", value: .text("WSMAN/h:5985"))], nil, "9") },
    { ([PolicyFile.Entry(key: delegation + #"\AllowFreshCredentials"#, name: "9", value: .number(1))], nil, "REG_SZ") },
    { ([PolicyFile.Entry(key: delegation, name: "**x", value: .text(" "))], nil, "**x") },
    { ([PolicyFile.Entry(key: client, name: "AllowCredSSP", value: .text("yes"))], nil, "AllowCredSSP") },
    {
      let entries = (1...7000).map {
        PolicyFile.Entry(key: delegation + #"\AllowFreshCredentials"#, name: String($0), value: .text("WSMAN/h\($0)"))
      }
      return (entries, nil, "larger than")
    },
    { ([], #"\\lab.example\x\Registry.pol of the policy object B cannot be used"#, "policy object B") },
  ]

  @Test("A mistake in one object does not keep what another forbids from the machine", arguments: mistakes.indices)
  func frozen(index: Int) async throws {
    let list = Self.delegation + #"\AllowFreshCredentials"#
    let deny = text(Self.delegation + #"\DenyFreshCredentials"#, "1", "WSMAN/evil")
    let allow = [
      number(Self.client, "AllowCredSSP", 1), number(Self.delegation, "AllowFreshCredentials", 1), text(list, "1", "WSMAN/evil"),
    ]
    func policy(_ objects: [[PolicyFile.Entry]], _ unusable: String? = nil) throws -> DomainPolicy {
      DomainPolicy(
        domain: "lab.example", controller: "dc.lab.example", machine: "CN=HOP1,DC=lab,DC=example", updated: 1_763_822_000,
        objects: try objects.enumerated().map { number, entries in
          DomainPolicy.Object(
            name: "Object \(number)", identifier: try #require(PolicyIdentifier(Self.identifier)), link: "DC=lab,DC=example",
            isEnforced: false, version: 1, file: Self.file, entries: entries)
        }, unusable: unusable)
    }
    _ = try WinrmRunner.store(try policy([allow]), paths: host.paths)
    #expect(await host.run("policy", "test", "-remote:evil", "-proof:kerberos").code == 0)
    let (entries, unusable, word) = Self.mistakes[index]()
    let error = #expect(throws: WinrmRunner.UnusablePolicy.self) {
      try WinrmRunner.store(try policy([allow, entries, [deny]], unusable), paths: host.paths)
    }
    let failure = try #require(error).failure
    #expect(failure.code.rawValue == 0x8033_8088 && failure.message.contains(word), "\(failure)")
    if unusable == nil { #expect(failure.message.contains("Object 1"), "\(failure)") }
    for arguments in [["policy"], ["policy", "test", "-remote:evil", "-proof:kerberos"], ["credssp", "get"]] {
      let run = await host.run(arguments)
      #expect(run.code != 0 && run.error.contains("0x80338088") && !run.output.contains("Allowed = true"), "\(run.output)\(run.error)")
    }
    #expect(throws: ConfigurationError.self) { try ClientPolicy.machine(paths: host.paths) }
    // Mended, with the deny.
    _ = try WinrmRunner.store(try policy([allow, [deny]]), paths: host.paths)
    let run = await host.run("policy", "test", "-remote:evil", "-proof:kerberos")
    #expect(run.code == 1 && run.output.contains("denies delegation"))
  }

  @Test("An update that fails says what holds: nothing, where what was read before cannot be used") func failedUpdate() throws {
    var policy = DomainPolicy(
      domain: "lab.example", controller: "dc.lab.example", machine: "CN=HOP1,DC=lab,DC=example", updated: WinrmRunner.now - 7300,
      objects: [])
    func message(_ stored: Result<DomainPolicy?, any Error>) -> String {
      WinrmRunner.failure(DomainPolicyError(message: "no domain controller was found"), stored).message
    }
    #expect(message(.success(policy)).contains("The policy of lab.example that was read 2 hours ago (20"))
    #expect(message(.success(policy)).contains("stays in force"))
    #expect(message(.success(nil)).hasSuffix("No policy of a domain was read before."))
    policy.unusable = "the policy object X cannot be used"
    let unusable = message(.success(policy))
    #expect(!unusable.contains("in force") && unusable.contains("no domain controller was found"), "\(unusable)")
    #expect(unusable.contains("What lab.example said 2 hours ago (20") && unusable.contains("the policy object X cannot be used"))
    #expect(unusable.contains("nothing is delegated") && unusable.contains("0x80338088"))
  }

  @Test("What an object said last is shown as such") func staleObject() async throws {
    let identifier = try #require(PolicyIdentifier(Self.identifier))
    try DomainPolicyStore(paths: host.paths).replace(
      with: DomainPolicy(
        domain: "lab.example", controller: "dc.lab.example", machine: "CN=HOP1,DC=lab,DC=example", updated: WinrmRunner.now,
        objects: [
          DomainPolicy.Object(
            name: "Old", identifier: identifier, link: "DC=lab,DC=example", isEnforced: false, version: 3, file: Self.file,
            entries: [number(Self.client, "AllowCredSSP", 1)],
            stale: DomainPolicy.Object.Stale(lastRead: WinrmRunner.now - 7300, reason: "SYSVOL lacks x\nAllowed = true"))
        ]))
    let shown = await host.run("policy")
    #expect(shown.code == 0 && shown.output.contains("            Version = 3\n            Stale = true\n            LastRead = 20"))
    #expect(
      shown.output.contains("            Age = 2 hours\n            Because = SYSVOL lacks x\u{FFFD}Allowed = true\n"), "\(shown.output)")
    #expect(shown.output.contains("Name = AllowCredSSP"))
    // A time that is none.
    let file = host.paths.domainPolicyFile
    let text = try String(contentsOfFile: file, encoding: .utf8)
    for damage in [#""LastRead": -1,"#, #""LastRead": "x","#, ""] {
      let damaged = text.replacing(try Regex(#""LastRead": [0-9]+,"#), with: damage)
      #expect(damaged != text)
      try Data(damaged.utf8).write(to: URL(fileURLWithPath: file))
      let run = await host.run("policy")
      #expect(run.code == 1 && run.error.contains("0x80338088") && run.error.contains("LastRead"), "\(run.output)\(run.error)")
    }
  }

  @Test("Nobody names an object or a value so that a rule seems to be somebody else's") func forgedSource() async throws {
    let list = Self.delegation + #"\AllowFreshCredentials"#
    func store(_ name: String, _ entries: [PolicyFile.Entry]) throws {
      try DomainPolicyStore(paths: host.paths).replace(
        with: DomainPolicy(
          domain: "lab.example", controller: "dc.lab.example", machine: "CN=HOP1,DC=lab,DC=example", updated: 1_763_822_000,
          objects: [
            DomainPolicy.Object(
              name: name, identifier: try #require(PolicyIdentifier(Self.identifier)), link: "DC=lab,DC=example", isEnforced: false,
              version: 3, file: Self.file, entries: entries)
          ]))
    }
    try #"{"CredentialsDelegation": {"AllowFreshCredentials": 1, "AllowFreshCredentials.List": ["wsman/good"]}}"#.write(
      toFile: host.paths.machinePolicyFile, atomically: true, encoding: .utf8)
    try store(
      #"machine policy AllowFreshCredentials\1 (wsman/good) names WSMAN/evil; x"#,
      [
        number(Self.client, "AllowCredSSP", 1), text(list, "2", "WSMAN/evil"),
        text(Self.delegation + #"\DenyFreshCredentials"#, #"DenyFreshCredentials\1 (WSMAN/none) denies nothing"#, "WSMAN/bad"),
      ])
    let evil = await host.run("policy", "test", "-remote:evil", "-proof:kerberos")
    #expect(evil.code == 0 && evil.output.contains("    File = \(Self.file)\n"), "\(evil.output)")
    #expect(
      evil.output.contains(#"    Because = "machine policy AllowFreshCredentials\1 (wsman/good) names WSMAN/evil; x" {9D7E6253"#),
      "\(evil.output)")
    #expect(!evil.output.contains("Object = machine policy"))
    let bad = await host.run("policy", "test", "-remote:bad", "-proof:kerberos")
    #expect(bad.code == 1 && bad.output.contains("    File = \(Self.file)\n"), "\(bad.output)")
    #expect(
      bad.output.contains(#"DenyFreshCredentials\"DenyFreshCredentials\1 (WSMAN/none) denies nothing" (WSMAN/bad) denies"#), "\(bad.output)"
    )
    // A list that is switched off is no denial, whatever its object is called.
    try store("x denies y", [number(Self.client, "AllowCredSSP", 1), number(Self.delegation, "AllowFreshCredentials", 0)])
    let decision = try ClientPolicy.machine(paths: host.paths).delegation.beforeConnecting(to: "good")
    #expect(!decision.isAllowed && !decision.isDenial && decision.reason.contains("x denies y"))
    #expect(try EffectivePolicy.load(paths: host.paths).item(of: decision.origin)?.source.file == Self.file)
  }

  @Test("No message that names a value of the domain has its line breaks") func forgedMessages() async throws {
    let forged = "1\nEverything was enabled.\nz"
    try storeDomain(
      number(Self.client, "AllowCredSSP", 1), number(Self.delegation, "AllowFreshCredentials", 1),
      text(Self.delegation + #"\DenyFreshCredentials"#, forged, "WSMAN/evil"),
      text(Self.delegation + #"\AllowFreshCredentials"#, forged, "WSMAN/good"))
    let enable = await host.run("credssp", "enable", "-role:client", "-delegate:evil", "-force")
    #expect(enable.code != 0 && enable.error.contains("Everything was enabled."), "\(enable.error)")
    let disable = await host.run("credssp", "disable", "-role:client")
    #expect(disable.code == 0 && (disable.output + disable.error).contains("Everything was enabled."), "\(disable.output)\(disable.error)")
    let decision = try ClientPolicy.machine(paths: host.paths).delegation.beforeConnecting(to: "evil")
    #expect(decision.isDenial && !decision.reason.contains("\n"))
    for entry in [
      PolicyFile.Entry(key: Self.delegation, name: "**x\nEverything was enabled.", value: .text(" ")),
      text(Self.delegation + #"\AllowFreshCredentials"#, forged, "WSMAN/h:5985"),
      number(Self.delegation + #"\DenyFreshCredentials"#, forged, 1),
    ] {
      try storeDomain(number(Self.delegation, "AllowFreshCredentials", 1), entry)
      let error = #expect(throws: ConfigurationError.self) { try ClientPolicy.machine(paths: host.paths) }
      #expect(
        error?.message.contains("Everything was enabled.") == true && error?.message.contains("\n") == false, "\(error?.message ?? "")")
    }
    for run in [enable, disable] { #expect(!(run.output + run.error).contains("\nEverything"), "\(run.output)\(run.error)") }
  }

  @Test("disable tells of many rules of others in time that grows with their number", .timeLimit(.minutes(1))) func disableMany()
    async throws
  {
    let list = Self.delegation + #"\AllowFreshCredentials"#
    let entries = (1...4000).map { PolicyFile.Entry(key: list, name: String($0), value: .text("WSMAN/h\($0)")) }
    try DomainPolicyStore(paths: host.paths).replace(
      with: DomainPolicy(
        domain: "lab.example", controller: "dc.lab.example", machine: "CN=HOP1,DC=lab,DC=example", updated: 1_763_822_000,
        objects: [
          DomainPolicy.Object(
            name: "Many", identifier: try #require(PolicyIdentifier(Self.identifier)), link: "DC=lab,DC=example", isEnforced: false,
            version: 3, file: Self.file, entries: [number(Self.delegation, "AllowFreshCredentials", 1)] + entries)
        ]))
    let start = ContinuousClock.now
    let run = await host.run("credssp", "disable", "-role:client")
    #expect(run.code == 0 && ContinuousClock.now - start < .seconds(30))
    let text = run.output + run.error
    #expect(
      text.components(separatedBy: "Credentials may still go to").count == 51 && text.contains("And 3950 more"), "\(text.suffix(300))")
  }

  @Test("What a switched-off list still holds comes back with a word, or is told as not in force") func switchedOffList() async throws {
    try #"{"CredentialsDelegation": {"AllowFreshCredentials": 0, "AllowFreshCredentials.List": ["wsman/old"]}}"#.write(
      toFile: host.paths.machinePolicyFile, atomically: true, encoding: .utf8)
    try storeDomain(number(Self.client, "AllowCredSSP", 1), number(Self.delegation, "AllowFreshCredentials", 1))
    let shown = await host.run("policy")
    #expect(
      shown.output.contains(
        "    NotInForce\n        Name = 1\n        Value = wsman/old\n        Because = policy.json does not switch its list on"),
      "\(shown.output)")
    let test = await host.run("policy", "test", "-remote:old", "-proof:kerberos")
    #expect(
      test.code == 1
        && test.output.contains(
          "policy.json has entries in AllowFreshCredentials and does not switch the list on, and the switch of WinRM CredSSP"),
      "\(test.output)")
    let asked = await host.run("credssp", "enable", "-role:client", "-delegate:new", lines: ["n"])
    let remark = """
      Not in force until now, and in force with it:
        wsman/old in AllowFreshCredentials, of machine policy (\(host.paths.machinePolicyFile))

      """
    #expect(asked.output.contains("\n\(remark)Enable"), "\(asked.output)")
    let forced = await host.run("credssp", "enable", "-role:client", "-delegate:new", "-force")
    #expect(forced.code == 0 && forced.error == remark, "\(forced.error)")
    let again = await host.run("credssp", "enable", "-role:client", "-delegate:third", "-force")
    #expect(again.code == 0 && again.error.isEmpty, "\(again.error)")
  }

  @Test("Enabling names what it brings into force of the domain, before it asks and with -force") func comingOfOthers() async throws {
    try storeDomain(text(Self.delegation + #"\AllowFreshCredentials"#, "7", "WSMAN/*"))
    #expect(await host.run("policy", "test", "-remote:evil", "-proof:kerberos").code == 1)
    let remark = """
      Not in force until now, and in force with it:
        WSMAN/* in AllowFreshCredentials, of WinRM CredSSP \(Self.identifier) (\(Self.file))

      """
    let asked = await host.run("credssp", "enable", "-role:client", "-delegate:wsman/good", lines: ["n"])
    #expect(asked.code == 0 && asked.output.contains("\n\(remark)Enable"), "\(asked.output)")
    #expect(host.text(host.paths.machinePolicyFile) == nil)
    let forced = await host.run("credssp", "enable", "-role:client", "-delegate:wsman/good", "-force")
    #expect(forced.code == 0 && forced.error == remark)
    #expect(await host.run("policy", "test", "-remote:evil", "-proof:kerberos").code == 0)
    let again = await host.run("credssp", "enable", "-role:client", "-delegate:wsman/good", "-force")
    #expect(again.code == 0 && again.error.isEmpty)
  }

  @Test("Where only the client's flag was missing, all that the lists allow comes into force") func comingWithFlag() async throws {
    try storeDomain(number(Self.delegation, "AllowFreshCredentials", 1), text(Self.delegation + #"\AllowFreshCredentials"#, "7", "WSMAN/d"))
    let asked = await host.run("credssp", "enable", "-role:client", "-delegate:wsman/good", lines: ["n"])
    #expect(asked.output.contains("in force with it:\n  WSMAN/d in AllowFreshCredentials, of WinRM CredSSP"), "\(asked.output)")
    try storeDomain(
      number(Self.delegation, "AllowFreshCredentials", 1), text(Self.delegation + #"\AllowFreshCredentials"#, "7", "WSMAN/d"),
      number(Self.client, "AllowCredSSP", 1))
    let later = await host.run("credssp", "enable", "-role:client", "-delegate:wsman/good", lines: ["n"])
    #expect(later.code == 0 && !later.output.contains("in force with it"))
  }

  @Test("Importing a switch names what it brings into force of others") func comingWithImport() async throws {
    try storeDomain(text(Self.delegation + #"\AllowFreshCredentials"#, "7", "WSMAN/*"), number(Self.client, "AllowCredSSP", 1))
    let file = host.directory + "/x.json"
    try #"{"CredentialsDelegation": {"AllowFreshCredentials": 1, "AllowFreshCredentials.List": ["wsman/good"]}}"#.write(
      toFile: file, atomically: true, encoding: .utf8)
    let remark = """
      Not in force until now, and in force with it:
        WSMAN/* in AllowFreshCredentials, of WinRM CredSSP \(Self.identifier) (\(Self.file))

      """
    let asked = await host.run("policy", "import", file, lines: ["n"])
    #expect(asked.code == 0 && asked.output.contains("\n\(remark)Import it"), "\(asked.output)")
    // Also in place of a file that nobody can understand.
    try "{".write(toFile: host.paths.machinePolicyFile, atomically: true, encoding: .utf8)
    let forced = await host.run("policy", "import", file, "-force")
    #expect(forced.code == 0 && forced.error == remark, "\(forced.error)")
    let again = await host.run("policy", "import", file, "-force")
    #expect(again.code == 0 && again.error.isEmpty)
  }

  @Test("A list that is not in force is told as such, by policy and by import, with one reason") func idleLists() async throws {
    let file = host.directory + "/x.json"
    func imported(_ text: String) async throws -> String {
      try text.write(toFile: file, atomically: true, encoding: .utf8)
      let run = await host.run("policy", "import", file, "-force")
      #expect(run.code == 0)
      return run.error
    }
    let allow = #"{"CredentialsDelegation": {"AllowFreshCredentials.List": ["wsman/*"]}}"#
    let allowKey = "HKEY_LOCAL_MACHINE\\\(Self.delegation)\\AllowFreshCredentials"
    let alone = "nothing switches its list on: AllowFreshCredentials is not configured"
    #expect(try await imported(allow) == "Not in force: 1 of \(allowKey): \(alone)\n")
    #expect(
      await host.run("policy").output == """
        Policy
            NotInForce
                Name = 1
                Value = wsman/*
                Because = \(alone)
                Object = machine policy
                File = \(host.paths.machinePolicyFile)
                Key = \(allowKey)
        No rule of policy holds here, and no policy of a domain was read.

        """)
    // Where the domain has the switch, the reason is another one, in both places.
    try storeDomain(number(Self.delegation, "AllowFreshCredentials", 1))
    let withheld = "policy.json does not switch its list on, and no other policy's switch brings its entries back"
    #expect(try await imported(allow) == "Not in force: 1 of \(allowKey): \(withheld)\n")
    #expect(await host.run("policy").output.contains("Because = \(withheld)\n"))
    // What denies, and was switched off by somebody else.
    try storeDomain(number(Self.delegation, "DenyFreshCredentials", 0))
    let off = "its list DenyFreshCredentials is switched off: WinRM CredSSP \(Self.identifier) sets 0 (\(Self.file))"
    let deny = #"{"CredentialsDelegation": {"DenyFreshCredentials.List": ["wsman/evil"]}}"#
    #expect(try await imported(deny) == "Not in force: 1 of HKEY_LOCAL_MACHINE\\\(Self.delegation)\\DenyFreshCredentials: \(off)\n")
    let shown = await host.run("policy").output
    #expect(shown.contains("    NotInForce\n        Name = 1\n        Value = wsman/evil\n        Because = \(off)\n"), "\(shown)")
    #expect(!shown.contains("    Rule\n        Name = 1\n"))
  }

  @Test("Entries that name nobody because of their form are named by import") func malformedEntries() async throws {
    let file = host.directory + "/x.json"
    let list = #"["WSMAN/a", "hop1", "*", "http://hop1", "WSMAN/b|c", "TERMSRV/a:3389", "Microsoft Virtual Console Service/*"]"#
    try #"{"CredentialsDelegation": {"AllowFreshCredentials": 1, "AllowFreshCredentials.List": \#(list)}}"#.write(
      toFile: file, atomically: true, encoding: .utf8)
    let run = await host.run("policy", "import", file, "-force")
    let lines = run.error.split(separator: "\n")
    let key = "HKEY_LOCAL_MACHINE\\\(Self.delegation)\\AllowFreshCredentials"
    #expect(run.code == 0 && lines.count == 4, "\(run.error)")
    for (line, (number, text)) in zip(lines, [(2, "hop1"), (3, "*"), (4, "http://hop1"), (5, "WSMAN/b|c")]) {
      #expect(line.hasPrefix("Without effect: \(number) of \(key): \"\(text)\" is no delegation target: "), "\(line)")
    }
    try #"{"CredentialsDelegation": {"DenyFreshCredentials.List": ["WSMAN/b|c"]}}"#.write(toFile: file, atomically: true, encoding: .utf8)
    let refused = await host.run("policy", "import", file, "-force")
    #expect(refused.code == 1 && refused.error.contains("b|c") && refused.error.contains("Nothing was imported."), "\(refused.error)")
  }

  @Test("What a list of values takes away itself, or says twice, is named; what it says in two ways is refused") func doubledValues()
    async throws
  {
    let file = host.directory + "/x.json"
    func imported(_ entries: (name: String, data: String)...) async throws -> (code: Int32, error: String) {
      let key = #"Software\\Policies\\Microsoft\\Windows\\CredentialsDelegation\\DenyFreshCredentials"#
      let list = entries.map { #"{"keyname":"\#(key)","valuename":"\#($0.name)","class":"MACHINE","type":"REG_SZ","data":"\#($0.data)"}"# }
      try "[\(list.joined(separator: ","))]".write(toFile: file, atomically: true, encoding: .utf8)
      let run = await host.run("policy", "import", file, "-force")
      return (run.code, run.error)
    }
    let key = #"Software\Policies\Microsoft\Windows\CredentialsDelegation\DenyFreshCredentials"#
    let doubled = try await imported(("1", "WSMAN/a"), ("1", "WSMAN/b"))
    #expect(doubled.code == 1 && doubled.error.contains("[1] gives the value 1 of \(key) another content than [0]"), "\(doubled.error)")
    #expect(host.text(host.paths.machinePolicyFile) == nil)
    let same = try await imported(("1", "WSMAN/a"), ("1", "WSMAN/a"))
    #expect(same.code == 0 && same.error == "[1] says the same as [0]: the value 1 of \(key)\n", "\(same.error)")
    let taken = try await imported(("1", "WSMAN/a"), ("2", "WSMAN/b"), ("**del.1", " "), ("**delvals.", " "), ("1", "WSMAN/c"))
    #expect(
      taken.code == 0
        && taken.error == """
          [0] is not imported: [2] (**del.1) takes the value 1 of \(key) away again
          [1] is not imported: [3] (**delvals.) takes the value 2 of \(key) away again

          """,
      "\(taken.error)")
    let usual = try await imported(("**delvals.", " "), ("1", "WSMAN/a"), ("2", "WSMAN/a"))
    #expect(usual.code == 0 && usual.error.isEmpty, "\(usual.error)")
    #expect(host.text(host.paths.machinePolicyFile)?.contains("WSMAN/a") == true)
  }

  @Test("What is about other credentials breaks no answer, and no name of it is a line of its own") func forged() async throws {
    try storeDomain(
      number(Self.delegation + #"\AllowSavedCredentials"#, "1\nEverything was enabled.\nz", 7),
      number(Self.delegation, "AllowFreshCredentials", 1),
      text(Self.delegation + #"\AllowFreshCredentials"#, "1", "WSMAN/a"))
    let get = await host.run("credssp", "get")
    #expect(get.code == 0 && get.error.isEmpty && get.output.contains("following target(s): WSMAN/a\n"), "\(get.error)")
    let file = host.directory + "/x.json"
    for name in ["Foo\\nForged line", "**x\\nForged line"] {
      try
        #"[{"keyname": "Software\\Policies\\Microsoft\\Windows\\WinRM\\Client", "valuename": "\#(name)", "type": "REG_DWORD", "data": 1}]"#
        .write(toFile: file, atomically: true, encoding: .utf8)
      let run = await host.run("policy", "import", file, "-force")
      #expect(run.code == 1 && run.error.contains("Forged line"))
      #expect(!run.error.split(separator: "\n").contains { $0.drop { $0 == " " }.hasPrefix("Forged") }, "\(run.error)")
    }
  }

  @Test("A stored time that there was not stops nothing but policy", arguments: ["-9223372036854775808", "-1"])
  func negativeTime(updated: String) async throws {
    try storeDomain(number(Self.client, "AllowCredSSP", 1))
    let path = host.paths.domainPolicyFile
    let text = try String(contentsOfFile: path, encoding: .utf8)
    try text.replacing("1763822000", with: updated).write(toFile: path, atomically: false, encoding: .utf8)
    for words in [["policy", "-format:text"], ["policy", "export"], ["credssp", "get"]] {
      let run = await host.run(words[0], words[1])
      #expect(run.code == 1 && run.error.contains(path), "\(run.error)")
    }
  }

  @Test("A level of AllowEncryptionOracle that would allow more says that it does not", arguments: [0, 1, 2] as [UInt32])
  func oracle(level: UInt32) async throws {
    try storeDomain(
      number(#"Software\Microsoft\Windows\CurrentVersion\Policies\System\CredSSP\Parameters"#, "AllowEncryptionOracle", level))
    #expect(await host.run("policy").output.contains("Decides = nothing, peers of CredSSP below version 5 are always refused"))
  }

  @Test("Damaged policy stops everything with its own number") func damaged() async throws {
    try storeDomain(text(Self.client, "AllowCredSSP", "yes"))
    for arguments in [["get", "winrm/config"], ["policy", "-format:text"], ["policy", "export"], ["credssp", "get"]] {
      let run = await host.run(arguments[0], arguments[1])
      #expect(run.code == 1 && run.error.contains("0x80338088") && run.error.contains("AllowCredSSP"), "\(run.error)")
    }
  }

  @Test("test: which rule decides, and the exit code") func test() async throws {
    let disabled = await host.run("policy", "test", "-remote:hop1.lab.example")
    #expect(disabled.code == 1 && disabled.error.isEmpty)
    #expect(disabled.output.contains("    Allowed = false\n") && disabled.output.contains("    Code = 0x803381A2\n"))
    try storeDomain(
      number(Self.client, "AllowCredSSP", 1), number(Self.delegation, "AllowFreshCredentials", 1),
      text(Self.delegation + #"\AllowFreshCredentials"#, "1", "WSMAN/*.lab.example"),
      number(Self.delegation, "AllowFreshCredentialsWhenNTLMOnly", 1),
      text(Self.delegation + #"\DenyFreshCredentials"#, "1", "WSMAN/bad.lab.example"))
    for proof in ["kerberos", "certificate"] {
      let run = await host.run("policy", "test", "-remote:https://hop1.lab.example:5986", "-proof:\(proof)")
      #expect(run.code == 0)
      #expect(
        run.output.hasPrefix(
          "PolicyTest\n    Target = WSMAN/hop1.lab.example\n    Authentication = CredSSP\n    AssumedProof = \(proof)\n    Allowed = true\n    Because = WinRM CredSSP \(Self.identifier) AllowFreshCredentials\\1 (WSMAN/*.lab.example) names WSMAN/hop1.lab.example"
        ))
      #expect(
        run.output.hasSuffix(
          "    Object = WinRM CredSSP \(Self.identifier)\n    File = \(Self.file)\n    Key = HKEY_LOCAL_MACHINE\\\(Self.delegation)\\AllowFreshCredentials\n"
        ))
    }
    let ntlm = await host.run("policy", "test", "-remote:hop1.lab.example", "-proof:ntlm")
    #expect(ntlm.code == 1 && ntlm.output.contains("Code = 0x803381A4"))
    let any = await host.run("policy", "test", "-remote:hop1.lab.example", "-authentication:CredSSP")
    #expect(any.code == 0)
    #expect(
      any.output.contains("Kind = ntlm\n        Allowed = false\n") && any.output.contains("Kind = kerberos\n        Allowed = true\n"))
    let denied = await host.run("policy", "test", "-remote:bad.lab.example", "-proof:kerberos")
    #expect(
      denied.code == 1 && denied.output.contains("DenyFreshCredentials\\1 (WSMAN/bad.lab.example) denies")
        && denied.output.contains("0x803381A3"))
    #expect(denied.output.contains("\\DenyFreshCredentials\n"))
    #expect(await host.run("policy", "test", "-remote:other.net").code == 1)
  }

  @Test("test: a list that is switched off, and who has switched it off") func testSwitchedOff() async throws {
    try storeDomain(
      number(Self.client, "AllowCredSSP", 1), number(Self.delegation, "AllowFreshCredentials", 0),
      text(Self.delegation + #"\AllowFreshCredentials"#, "1", "WSMAN/a"))
    for arguments in [["-format:text"], ["-proof:kerberos"]] {
      let run = await host.run("policy", "test", "-remote:a", arguments[0])
      #expect(run.code == 1)
      #expect(
        run.output.contains(
          "    Because = WinRM CredSSP \(Self.identifier) AllowFreshCredentials (0) switches the list off, so nothing there names WSMAN/a"))
      #expect(
        run.output.hasSuffix(
          "    Code = 0x803381A3\n    Object = WinRM CredSSP \(Self.identifier)\n    File = \(Self.file)\n    Key = HKEY_LOCAL_MACHINE\\\(Self.delegation)\n"
        ), "\(run.output)")
    }
  }

  @Test("test: the user's own policy decides, and its file is named") func testUserPolicy() async throws {
    #expect(await host.run("credssp", "enable", "-role:client", "-delegate:a,b", "-ntlmonly", "-force").code == 0)
    let file = try #require(host.paths.userPolicyFile)
    try FileManager.default.createDirectory(
      atPath: (file as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
    try #"{"CredentialsDelegation": {"AllowFreshCredentials": 1, "AllowFreshCredentials.List": ["WSMAN/a"]}}"#.write(
      toFile: file, atomically: true, encoding: .utf8)
    #expect(await host.run("policy", "test", "-remote:a").code == 0)
    let run = await host.run("policy", "test", "-remote:b")
    #expect(run.code == 1)
    #expect(run.output.contains("    Because = policy of the user AllowFreshCredentials has no entry for the host"), "\(run.output)")
    #expect(run.output.hasSuffix("    File = \(file)\n"))
  }

  @Test("test: methods that hand nothing on, and what a forwarded ticket would need", arguments: ["Kerberos", "negotiate"])
  func testTicket(method: String) async throws {
    let run = await host.run("policy", "test", "-remote:hop1", "-authentication:\(method)")
    #expect(run.code == 1 && run.output.contains("the server gets no credentials"))
    #expect(run.output.contains("    ForwardedTicket = only by winrs -allowdelegate: ") && run.output.contains("(ok-as-delegate)"))
    let name = method.prefix(1).uppercased() + method.dropFirst()
    try storeDomain(number(Self.client, "Allow\(name)", 0))
    let off = await host.run("policy", "test", "-remote:hop1", "-authentication:\(method)")
    #expect(off.code == 1 && off.output.contains("Because = \(name) is switched off in winrm/config/client/auth, by policy\n"))
    #expect(off.output.contains("Code = 0x803380E\(name == "Kerberos" ? 2 : 1)\n") && off.output.contains("File = \(Self.file)\n"))
    #expect(!off.output.contains("ForwardedTicket"))
  }

  @Test("test: Basic sends the password itself") func testBasic() async throws {
    func test(_ remote: String) async -> (Int32, String) {
      let run = await host.run("policy", "test", "-remote:\(remote)", "-authentication:basic")
      return (run.code, run.output)
    }
    var (code, output) = await test("https://a")
    #expect(code == 1 && output.contains("Basic is switched off in winrm/config/client/auth\n") && output.contains("Code = 0x803380DF\n"))
    try storeDomain(number(Self.client, "AllowBasic", 1))
    (code, output) = await test("https://a")
    #expect(code == 0 && output.contains("    Allowed = true\n    Because = Basic sends the password itself, inside TLS"))
    #expect(output.hasSuffix("    Key = HKEY_LOCAL_MACHINE\\\(Self.client)\n"))
    (code, output) = await test("a")
    #expect(code == 1 && output.contains("AllowUnencrypted is switched off in winrm/config/client\n") && output.contains("0x803380DE\n"))
    try storeDomain(number(Self.client, "AllowBasic", 1), number(Self.client, "AllowUnencryptedTraffic", 1))
    (code, output) = await test("http://a")
    #expect(code == 1 && output.contains("it is not in TrustedHosts") && output.contains("0x803380E4\n"))
    try storeDomain(
      number(Self.client, "AllowBasic", 1), number(Self.client, "AllowUnencryptedTraffic", 1), number(Self.client, "TrustedHosts", 1),
      text(Self.client, "TrustedHostsList", "a"))
    (code, output) = await test("http://a:5985")
    #expect(code == 0 && output.contains("readable for everybody in between") && output.contains("    File = \(Self.file)\n"))
    try storeDomain(number(Self.client, "AllowBasic", 0))
    (code, output) = await test("https://a")
    #expect(code == 1 && output.contains(", by policy\n") && output.contains("    File = \(Self.file)\n"))
  }

  @Test("test: the other methods") func testOthers() async throws {
    for (method, words) in [("none", "nothing is sent"), ("digest", "0x803380E0"), ("certificate", "private key stays here")] {
      let run = await host.run("policy", "test", "-remote:a", "-authentication:\(method)")
      #expect(run.code == 1 && run.error.isEmpty && run.output.contains(words), "\(run.output)")
    }
    let bogus = await host.run("policy", "test", "-remote:a", "-authentication:x")
    #expect(bogus.error.contains("It is none, basic, digest, negotiate, kerberos, certificate or credssp."))
    #expect(await host.run("policy", "test", "-remote:a", "-authentication:kerberos", "-proof:ntlm").error.contains("CredSSP only"))
  }

  @Test(
    "Wrong lines are refused",
    arguments: [
      ["policy", "test"], ["policy", "test", "-remote:a", "-proof:x"], ["policy", "test", "-remote:a", "-authentication:x"],
      ["policy", "nonsense"],
      ["policy", "import"], ["policy", "export", "x"], ["policy", "-remote:a"], ["policy", "update", "-force"],
      ["policy", "export", "-proof:ntlm"],
    ])
  func usage(arguments: [String]) async {
    func word(_ index: Int) -> String { index < arguments.count ? arguments[index] : "" }
    let run =
      switch arguments.count {
      case 2: await host.run(word(0), word(1))
      case 3: await host.run(word(0), word(1), word(2))
      default: await host.run(word(0), word(1), word(2), word(3))
      }
    #expect(run.code == (word(1) == "test" ? 2 : 1) && run.error.hasPrefix("Error: "), "\(run.error)")
  }

  @Test("test: what is no answer has an exit code of its own") func noAnswer() async throws {
    for arguments in [
      ["policy", "test", "-remote:a", "-nonsense"], ["Policy", "TEST", "--remote=a"], ["policy", "test", "x", "-remote:a"],
      ["policy", "test", "-remote:ftp://a"], ["policy", "-remote:a", "test"], ["policy", "test", "-remote:WSMAN/a"],
      ["policy", "test", "-remote:"], ["policy", "test", "-remote:a", "-format:y"],
    ] {
      let run = await host.run(arguments)
      #expect(run.code == 2 && run.output.isEmpty && !run.error.isEmpty, "\(arguments): \(run.error)")
    }
    #expect(await host.run("policy", "test", "-?").code == 0)
    // An answer that nobody got is none, whichever it was.
    #expect(await host.run("policy", "test", "-remote:a", outputFailure: 28).code == 2)
    #expect(await host.run("policy", "test", "-remote:a", "-authentication:none", outputFailure: 32).code == 2)
    try "{".write(toFile: host.paths.machinePolicyFile, atomically: true, encoding: .utf8)
    let unreadable = await host.run("policy", "test", "-remote:a")
    #expect(unreadable.code == 2 && unreadable.output.isEmpty && unreadable.error.contains("policy.json"))
    #expect(await host.run("policy").code == 1)
  }

  @Test("export leaves the domain's rules to the domain; import gives another machine the same") func exchange() async throws {
    try storeDomain(number(Self.service, "AllowCredSSP", 1), number(Self.delegation, "AllowFreshCredentials", 1))
    try writeRegistryPolicy(number(Self.client, "AllowCredSSP", 1), number(Self.delegation, "AllowFreshCredentials", 0))
    let exported = await host.run("policy", "export")
    #expect(
      exported.output == """
        {
          "CredentialsDelegation": {
            "AllowFreshCredentials": 0
          },
          "WinRM": {
            "Client": {
              "AllowCredSSP": 1
            }
          }
        }

        """)
    let file = host.directory + "/exported.json"
    try exported.output.write(toFile: file, atomically: true, encoding: .utf8)
    #expect(await host.run("policy", "forget", "-force").code == 0)
    try FileManager.default.removeItem(atPath: host.paths.machineRegistryPolicyFile)
    #expect(await host.run("policy", "import", file, lines: ["n"]).code == 0)
    #expect(await host.run("policy").output.hasPrefix("Policy\nNo rule of policy holds here"))
    #expect(await host.run("policy", "import", file).code == 1)
    #expect(await host.run("policy", "import", file, "-force").code == 0)
    #expect(host.text(host.paths.machinePolicyFile) == exported.output)
    #expect(await host.run("policy", "export").output == exported.output)
    // What other policy decides is said.
    try storeDomain(number(Self.client, "AllowCredSSP", 0))
    let overridden = await host.run("policy", "import", file, "-force")
    #expect(overridden.code == 0)
    #expect(
      overridden.error
        == "Not in force: AllowCredSSP of HKEY_LOCAL_MACHINE\\\(Self.client): WinRM CredSSP \(Self.identifier) sets 0 (\(Self.file))\n")
    try "{".write(toFile: file, atomically: true, encoding: .utf8)
    #expect(await host.run("policy", "import", file, "-force").code == 1)
    #expect(await host.run("policy", "import", file + "x", "-force").error.contains("0x80070002"))
    #expect(host.text(host.paths.machinePolicyFile) == exported.output)
  }

  @Test(
    "What cannot be imported is a mistake of that file, and this machine's policy stays whole",
    arguments: [
      ("{", "it is not JSON"), ("null", "must be an object"), (#"{"x": 1}"#, "x is no policy that is known here"),
      (#"{"CredentialsDelegation": {"AllowFreshCredentials": 4294967296}}"#, "from 0 to 4294967295, and is 4294967296"),
      (#"{"CredentialsDelegation": {"AllowFreshCredentials.List": [" WSMAN/a"]}}"#, "blanks, control characters"),
      (#"{"WinRM": {"Client": {"TrustedHosts": 1, "TrustedHostsList": "a b"}}}"#, "TrustedHosts"),
      (#"{"CredSSP": {"AllowEncryptionOracle": 7}}"#, "must be 0, 1 or 2"),
    ])
  func badImport(text: String, words: String) async throws {
    let file = host.directory + "/x.json"
    try text.write(toFile: file, atomically: true, encoding: .utf8)
    let run = await host.run("policy", "import", file, "-force")
    #expect(run.code == 1 && run.error.contains("0x8007000D") && run.error.contains(words), "\(run.error)")
    #expect(run.error.hasPrefix("WSManFault\n    Message = \(file):") && run.error.contains("Nothing was imported."), "\(run.error)")
    #expect(!run.error.contains(host.paths.machinePolicyFile))
    #expect(host.text(host.paths.machinePolicyFile) == nil)
    // Where this machine's own policy is damaged, that is what is told.
    try FileManager.default.createDirectory(
      atPath: (host.paths.domainPolicyFile as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
    try "{".write(toFile: host.paths.domainPolicyFile, atomically: true, encoding: .utf8)
    try "{}".write(toFile: file, atomically: true, encoding: .utf8)
    let damaged = await host.run("policy", "import", file, "-force")
    #expect(damaged.code == 1 && damaged.error.contains(host.paths.domainPolicyFile) && damaged.error.contains("0x80338088"))
  }

  @Test("A list without a machine's policy does not empty the machine's, and what is replaced is counted") func importOfNothing()
    async throws
  {
    let deny = #"{"CredentialsDelegation": {"DenyFreshCredentials": 1, "DenyFreshCredentials.List": ["WSMAN/a"]}}"#
    try deny.write(toFile: host.paths.machinePolicyFile, atomically: true, encoding: .utf8)
    let file = host.directory + "/x.json"
    func list(_ kinds: [String]) -> String {
      let key = #"Software\\Policies\\Microsoft\\Windows\\WinRM\\Client"#
      let entries = kinds.map { #"{"keyname":"\#(key)","valuename":"AllowCredSSP","class":"\#($0)","type":"REG_DWORD","data":1}"# }
      return "[\(entries.joined(separator: ","))]"
    }
    for kinds in [[], ["USER"], ["USER", "USER"]] {
      try list(kinds).write(toFile: file, atomically: true, encoding: .utf8)
      let run = await host.run("policy", "import", file, "-force")
      #expect(run.code == 1 && run.error.contains("nothing of a machine's policy") && run.error.contains("{}"), "\(run.error)")
      #expect(run.error.contains("USER") == !kinds.isEmpty)
      #expect(host.text(host.paths.machinePolicyFile) == deny)
    }
    try list(["USER", "MACHINE"]).write(toFile: file, atomically: true, encoding: .utf8)
    let asked = await host.run("policy", "import", file, lines: ["y"])
    let text = asked.output + asked.error
    #expect(asked.code == 0 && text.contains("1 rule in place of the 2 of now") && text.contains("1 entry of class USER"), "\(text)")
    #expect(asked.output.hasSuffix("1 rule imported, in place of 2. Skipped: 1 of class USER.\n"), "\(asked.output)")
    try "{}".write(toFile: file, atomically: true, encoding: .utf8)
    let emptied = await host.run("policy", "import", file, "-force")
    #expect(emptied.code == 0 && emptied.output == "0 rules imported, in place of 1.\n")
    #expect(await host.run("policy").output.hasPrefix("Policy\nNo rule of policy holds here"))
    // What nobody can understand goes as well, and until then allows nothing.
    for damaged in ["{", #"{"x": 1}"#] {
      try damaged.write(toFile: host.paths.machinePolicyFile, atomically: true, encoding: .utf8)
      #expect(await host.run("policy").error.contains("0x80338088"))
      try deny.write(toFile: file, atomically: true, encoding: .utf8)
      let refused = await host.run("policy", "import", file, lines: ["n"])
      #expect((refused.output + refused.error).contains("in place of what stands there now, and cannot be understood"))
      #expect(host.text(host.paths.machinePolicyFile) == damaged)
      let mended = await host.run("policy", "import", file, "-force")
      #expect(mended.code == 0 && mended.output == "2 rules imported, in place of what could not be understood.\n", "\(mended.error)")
      #expect(await host.run("policy").output.contains("Value = WSMAN/a"))
    }
  }

  @Test("An assumed proof is told as assumed") func assumedProof() async throws {
    let policy =
      #"{"CredentialsDelegation": {"AllowFreshCredentials": 1, "AllowFreshCredentials.List": ["WSMAN/a"]}, "WinRM": {"Client": {"AllowCredSSP": 1}}}"#
    try policy.write(toFile: host.paths.machinePolicyFile, atomically: true, encoding: .utf8)
    let run = await host.run("policy", "test", "-remote:a", "-proof:kerberos")
    #expect(run.code == 0 && run.output.contains("the server is proven by Kerberos as WSMAN/a (assumed)"), "\(run.output)\(run.error)")
  }

  @Test("A bare name on a member of a domain may be meant for one of the domain's accounts") func domainForm() {
    let text = ServiceExamination.domainForm(of: "dave", "dave", in: ["alice", "dave"], domain: "LAB")
    #expect(text.hasSuffix(#"winrm set winrm/config/service '@{AllowedAccounts="alice,LAB\dave"}'"#))
    #expect(ServiceExamination.domainForm(of: "dave", "dave", in: ["dave"], domain: nil).contains(#"="DOMAIN\dave""#))
  }

  @Test("A policy as large as the files that it comes from can be exported and imported") func large() async throws {
    let list = (1...12_000).map { "\"WSMAN/host\($0)\"" }.joined(separator: ",")
    try #"{"CredentialsDelegation": {"AllowFreshCredentials.List": [\#(list)]}}"#.write(
      toFile: host.paths.machinePolicyFile, atomically: true, encoding: .utf8)
    let exported = await host.run("policy", "export").output
    #expect(exported.utf8.count > 300_000)
    let file = host.directory + "/x.json"
    try exported.write(toFile: file, atomically: true, encoding: .utf8)
    try FileManager.default.removeItem(atPath: host.paths.machinePolicyFile)
    #expect(await host.run("policy", "import", file, "-force").code == 0)
    #expect(await host.run("policy", "export").output == exported)
  }
}

import Foundation
import GroupPolicy
import Testing
import WinRMConfiguration

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

  @Test("Without policy there is nothing to show, and the exit code is 0") func empty() async {
    let run = await host.run("policy")
    #expect(run.code == 0 && run.output == "Policy\n" && run.error.isEmpty)
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
    #expect(await host.run("credssp", "disable", "-role:client").error.contains("0x8033808A"))
    #expect(await host.run("credssp", "enable", "-role:server", "-force").error.contains("0x8033808A"))
    #expect(host.text(host.paths.machinePolicyFile) == policy)
    try storeDomain(number(Self.client, "AllowCredSSP", 0))
    #expect(await host.run("credssp", "disable", "-role:client").code == 0)
    #expect(host.text(host.paths.machinePolicyFile) == "{}\n")
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
    let negotiate = await host.run("policy", "test", "-remote:hop1.lab.example", "-authentication:Negotiate")
    #expect(negotiate.code == 1 && negotiate.output.contains("the server gets no credentials"))
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
    #expect(run.code == 1 && run.error.hasPrefix("Error: "), "\(run.error)")
  }

  @Test("export and import") func exchange() async throws {
    try storeDomain(number(Self.client, "AllowCredSSP", 1), number(Self.delegation, "AllowFreshCredentials", 0))
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
    #expect(await host.run("policy", "import", file, lines: ["n"]).code == 0)
    #expect(await host.run("policy").output == "Policy\n")
    #expect(await host.run("policy", "import", file).code == 1)
    #expect(await host.run("policy", "import", file, "-force").code == 0)
    #expect(host.text(host.paths.machinePolicyFile) == exported.output)
    try "{".write(toFile: file, atomically: true, encoding: .utf8)
    #expect(await host.run("policy", "import", file, "-force").code == 1)
    #expect(await host.run("policy", "import", file + "x", "-force").error.contains("0x80070002"))
    #expect(host.text(host.paths.machinePolicyFile) == exported.output)
  }
}

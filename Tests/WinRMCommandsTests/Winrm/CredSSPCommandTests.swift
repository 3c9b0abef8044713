import DelegationPolicy
import Foundation
import Testing
import WinRMConfiguration

@Suite struct CredSSPCommandTests {
  let host: WinrmHost

  init() throws { host = try WinrmHost() }

  func policy() throws -> ClientPolicy { try ClientPolicy.machine(paths: host.paths) }

  @Test("Enabling the client asks, sets the flag and the policy, and shows the settings")
  func client() async throws {
    let run = await host.run("credssp", "enable", "-role:client", "-delegate:hosta,WSMAN/*.lab", lines: ["yes"])
    #expect(run.code == 0)
    #expect(run.output.hasPrefix("CredSSP Authentication Configuration for WS-Management\n"))
    #expect(run.output.contains("[y/n]? Auth\n") && run.output.hasSuffix("    CredSSP = true\n"))
    let policy = try policy()
    #expect(policy.credSSPEnabled)
    #expect(policy.delegation.decide(host: "hosta", proof: .certificate("pin")).isAllowed)
    #expect(policy.delegation.decide(host: "x.lab", proof: .certificate("pin")).isAllowed)
    #expect(!policy.delegation.decide(host: "x.lab", proof: .ntlmOnly).isAllowed)
    #expect(try EffectivePolicy.load(paths: host.paths).freshCredentialsTargets == ["WSMAN/*.lab", "wsman/hosta"])
  }

  @Test("No is no, silence is an error, -force does not ask")
  func questions() async throws {
    for answers in [["n"], ["nonsense"], [""]] {
      #expect(await host.run("credssp", "enable", "-role:client", "-delegate:a", lines: answers).code == 0)
      #expect(host.snapshot().isEmpty)
    }
    let silent = await host.run("credssp", "enable", "-role:client", "-delegate:a")
    #expect(silent.code == 1 && silent.error.contains("-force"))
    #expect(await host.run("credssp", "enable", "-role:server").code == 1)
    #expect(host.snapshot().isEmpty)
    let forced = await host.run("credssp", "enable", "-role:client", "-delegate:a", "-ntlmonly", "-force")
    #expect(forced.code == 0 && !forced.output.contains("[y/n]"))
    #expect(try policy().delegation.decide(host: "a", proof: .ntlmOnly).isAllowed)
  }

  @Test("Repeating adds nothing, in whatever case")
  func repeating() async throws {
    for name in ["a", "a", "WSMAN/A"] { await host.run("credssp", "enable", "-role:client", "-delegate:\(name)", "-force").check() }
    let policy = try MachinePolicyStore(paths: host.paths).load()
    #expect(policy.credentialsDelegation.lists["AllowFreshCredentials"] == [1: "wsman/a"])
  }

  private func write(policy text: String) throws {
    try text.write(toFile: host.paths.machinePolicyFile, atomically: false, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: host.paths.machinePolicyFile)
  }

  @Test("get: a target once, then NTLM-only and deny entries when there are some")
  func getMore() async throws {
    try write(
      policy: """
        {"CredentialsDelegation": {"AllowFreshCredentials": 1, "AllowFreshCredentials.List": {"1": "wsman/a", "2": "TERMSRV/x", "3": "WSMAN/A", "4": "wsman/b"},
        "AllowFreshCredentialsWhenNTLMOnly": 1, "AllowFreshCredentialsWhenNTLMOnly.List": ["wsman/a"],
        "DenyFreshCredentials.List": ["wsman/c", "TERMSRV/y"], "RestrictedRemoteAdministration": 1}}
        """)
    #expect(
      await host.run("credssp", "get").output == """
        The machine is configured to allow delegating fresh credentials to the following target(s): wsman/b,wsman/a
        This computer is not configured to receive credentials from a remote client computer.
        Also where nothing better than NTLM proves the server: wsman/a
        Never, whatever else allows it: wsman/c
        RestrictedRemoteAdministration is set: credentials are delegated to no server.

        """)
    try write(
      policy: """
        {"CredentialsDelegation": {"AllowFreshCredentialsWhenNTLMOnly.List": ["wsman/a"],
        "DenyFreshCredentials": 0, "DenyFreshCredentials.List": ["wsman/c"]}}
        """)
    #expect(await host.run("credssp", "get").output.split(separator: "\n").count == 2)
  }

  static let digits = String(repeating: "ab", count: 32)

  @Test("pin asks, writes the policy, shows in get; unpin takes it away")
  func pins() async throws {
    let before = await host.run("credssp", "get").output
    #expect(await host.run("credssp", "pin", "-remote:HostB.lab.", "-sha256:\(Self.digits)", lines: ["n"]).code == 0)
    #expect(host.snapshot().isEmpty)
    #expect(await host.run("credssp", "pin", "-remote:HostB.lab.", "-sha256:\(Self.digits)").code == 1)
    #expect(host.snapshot().isEmpty)
    let asked = await host.run("credssp", "pin", "-remote:HostB.lab.", "-sha256:\(Self.digits)", lines: ["y"])
    #expect(asked.code == 0 && asked.output.contains("hostb.lab") && asked.output.hasSuffix("[y/n]? "))
    let colons = String(repeating: "CD:", count: 31) + "CD"
    for _ in 1...2 {
      let forced = await host.run("credssp", "pin", "-remote:hostb.lab", "-sha256:\(colons)", "-force")
      #expect(forced.code == 0 && forced.output.isEmpty)
    }
    #expect(try policy().pins(for: "HOSTB.lab") == [[UInt8](repeating: 0xAB, count: 32), [UInt8](repeating: 0xCD, count: 32)])
    #expect(
      await host.run("credssp", "get").output
        == before + "Pinned certificate of hostb.lab: \(Self.digits),\(String(repeating: "cd", count: 32))\n")
    await host.run("credssp", "unpin", "-remote:hostB.LAB").check()
    #expect(await host.run("credssp", "get").output == before)
    let again = await host.run("credssp", "unpin", "-remote:hostb.lab")
    #expect(again.code == 1 && again.error.contains("0x80338000"))
  }

  @Test("Pinning does not touch what else the policy says") func pinsBeside() async throws {
    await host.run("credssp", "enable", "-role:client", "-delegate:a", "-force").check()
    await host.run("credssp", "pin", "-remote:a", "-sha256:\(Self.digits)", "-force").check()
    await host.run("credssp", "disable", "-role:client").check()
    #expect(try policy().pins(for: "a").count == 1)
    #expect(try EffectivePolicy.load(paths: host.paths).freshCredentialsTargets.isEmpty)
  }

  @Test(
    "What cannot be pinned, and nothing is written",
    arguments: [
      ["pin", "-remote:a", "-force"], ["pin", "-sha256:\(digits)", "-force"], ["pin", "-remote:a:5985", "-sha256:\(digits)", "-force"],
      ["pin", "-remote:http://a", "-sha256:\(digits)", "-force"], ["pin", "-remote:*", "-sha256:\(digits)", "-force"],
      ["pin", "-remote:a", "-sha256:\(digits)0", "-force"], ["pin", "-remote:a", "-sha256:\(digits.dropLast())g", "-force"],
      ["pin", "-remote:a", "-sha256:\(digits)", "-role:client"], ["unpin", "-remote:a", "-sha256:\(digits)"], ["unpin", "-force"],
      ["enable", "-role:server", "-remote:a", "-force"], ["disable", "-role:client", "-sha256:\(digits)"], ["get", "-remote:a"],
    ])
  func pinRefusals(words: [String]) async {
    let run =
      switch words.count {
      case 2: await host.run("credssp", words[0], words[1], lines: ["y"])
      case 3: await host.run("credssp", words[0], words[1], words[2], lines: ["y"])
      default: await host.run("credssp", words[0], words[1], words[2], words[3], lines: ["y"])
      }
    #expect(run.code == 1 && !run.error.isEmpty)
    #expect(host.snapshot().isEmpty)
  }

  @Test("The server's role touches the service alone")
  func server() async throws {
    let run = await host.run("credssp", "enable", "-role:server", lines: ["y"])
    #expect(run.code == 0 && run.output.contains("CredSSP = true"))
    let settings = try ConfigurationStore(paths: host.paths).load()
    #expect(settings.service.auth.credSSP && !settings.client.auth.credSSP)
    #expect(host.text(host.paths.machinePolicyFile) == nil)
    await host.run("credssp", "disable", "-role:server").check()
    #expect(try !ConfigurationStore(paths: host.paths).load().service.auth.credSSP)
  }

  @Test("The two sentences of get") func get() async {
    #expect(
      await host.run("credssp", "get").output == """
        The machine is not configured to allow delegating fresh credentials.
        This computer is not configured to receive credentials from a remote client computer.

        """)
    await host.run("credssp", "enable", "-role:client", "-delegate:a,b", "-force").check()
    await host.run("credssp", "enable", "-role:server", "-force").check()
    #expect(
      await host.run("credssp", "get").output == """
        The machine is configured to allow delegating fresh credentials to the following target(s): wsman/b,wsman/a
        This computer is configured to receive credentials from a remote client computer.

        """)
  }

  @Test("Disabling the client takes flag and every WinRM target away, without a question and without a word")
  func disable() async throws {
    await host.run("credssp", "enable", "-role:client", "-delegate:a", "-ntlmonly", "-force").check()
    let run = await host.run("credssp", "disable", "-role:client")
    #expect(run.code == 0 && run.output.isEmpty && run.error.isEmpty)
    #expect(try policy() == ClientPolicy())
    #expect(host.text(host.paths.machinePolicyFile) == "{}\n")
  }

  @Test(
    "What cannot be enabled, and nothing is written",
    arguments: [
      ["enable"], ["enable", "-role:client"], ["enable", "-role:server", "-delegate:a"], ["enable", "-role:server", "-ntlmonly"],
      ["enable", "-role:both", "-delegate:a"], ["enable", "-role:client", "-delegate:a,,b"],
      ["enable", "-role:client", "-delegate:a:5985"], ["enable", "-role:client", "-delegate:hop1|hop2"],
      ["enable", "-role:client", "-delegate:WSMAN/a..b"], ["enable", "-role:client", "-delegate:%HOSTX%"],
      ["enable", "-role:client", "-delegate:TERMSRV/*"], ["enable", "-role:client", "-delegate:*a"], ["disable"],
      ["disable", "-role:client", "-delegate:a"], ["get", "-role:client"], ["frob", "-role:client", "-delegate:a"],
    ])
  func refusals(words: [String]) async {
    let run =
      switch words.count {
      case 1: await host.run("credssp", words[0], lines: ["y"])
      case 2: await host.run("credssp", words[0], words[1], lines: ["y"])
      default: await host.run("credssp", words[0], words[1], words[2], lines: ["y"])
      }
    #expect(run.code == 1 && !run.error.isEmpty)
    #expect(host.snapshot().isEmpty)
  }

  @Test(
    "Without rights: access denied, code 5, in the tool's form", arguments: [["-role:client", "-delegate:a"], ["-role:server", "-force"]])
  func noRights(words: [String]) async {
    // Nobody makes directories there, root neither.
    let run = await host.run("credssp", "enable", words[0], words[1], lines: ["y"], root: "/sys/kernel")
    #expect(run.code == 1)
    #expect(run.error.hasPrefix("WSManFault\n    Message = Access is denied."))
    #expect(run.error.hasSuffix("\n\nError number:  -2147024891 0x80070005\nAccess is denied.\n"))
  }
}

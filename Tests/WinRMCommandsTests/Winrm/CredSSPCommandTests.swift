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
    #expect(try MachinePolicyStore(paths: host.paths).load().freshCredentialsTargets == ["WSMAN/*.lab", "wsman/hosta"])
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

  @Test("Repeating appends, as Enable-WSManCredSSP does")
  func repeating() async throws {
    for _ in 1...2 { await host.run("credssp", "enable", "-role:client", "-delegate:a", "-force").check() }
    #expect(try MachinePolicyStore(paths: host.paths).load().freshCredentialsTargets == ["wsman/a", "wsman/a"])
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
      ["enable", "-role:client", "-delegate:a:5985"],
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

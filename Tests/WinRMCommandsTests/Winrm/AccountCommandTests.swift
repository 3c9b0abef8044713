import Foundation
import Testing
import WinRMConfiguration

@Suite struct AccountCommandTests {
  let host: WinrmHost

  init() throws { host = try WinrmHost() }

  @Test("add asks twice, list shows, no secret is in the output")
  func add() async throws {
    let run = await host.run("account", "add", "alice", "-unixuser:nobody", passwords: ["pass\u{E4}word", "pass\u{E4}word"])
    #expect(run.code == 0, "\(run.error)")
    #expect(!run.output.contains("pass\u{E4}") && run.output.contains("alice"))
    #expect(
      await host.run("account", "list").output == """
        Account
            Name = alice
            UnixUser = nobody
            Enabled = true

        """)
    let mode = try FileManager.default.attributesOfItem(atPath: host.paths.accountsFile)[.posixPermissions] as? Int
    #expect(mode == 0o600)
    #expect(host.text(host.paths.accountsFile)?.contains("pass\u{E4}word") == false)
  }

  @Test("The password from a descriptor, or from standard input when nobody sits there")
  func descriptor() async {
    #expect(await host.run("account", "add", "a", "-passwordfd:3", passwords: ["x"]).code == 0)
    #expect(await host.run("account", "add", "b", "-password-fd:3", passwords: ["x"]).code == 0)
    #expect(await host.run("account", "add", "c", passwords: ["x"], isInteractive: false).code == 0)
    #expect(await host.run("account", "passwd", "C", passwords: ["y"], isInteractive: false).code == 0)
  }

  @Test("disable, enable, remove")
  func life() async {
    await host.run("account", "add", "a", "-passwordfd:3", passwords: ["x"]).check()
    await host.run("account", "disable", "A").check()
    #expect(await host.run("account", "list").output.contains("Enabled = false"))
    await host.run("account", "enable", "a").check()
    #expect(await host.run("account", "list").output.contains("Enabled = true"))
    await host.run("account", "remove", "a").check()
    #expect(await host.run("account", "list").output.isEmpty)
  }

  @Test("Two different passwords, an empty one, no terminal: nothing is changed")
  func badPasswords() async {
    let differing = await host.run("account", "add", "a", passwords: ["x", "y"])
    #expect(differing.code == 1 && differing.error.contains("differ"))
    #expect(await host.run("account", "add", "a", passwords: ["", ""]).code == 1)
    #expect(await host.run("account", "add", "a").code == 1)
    #expect(await host.run("account", "add", "a", "-passwordfd:x", passwords: ["x"]).code == 1)
    #expect(await host.run("account", "list").output.isEmpty)
  }

  @Test("An account that is there, or is not, is said before a password is asked")
  func existence() async {
    await host.run("account", "add", "a", "-passwordfd:3", passwords: ["x"]).check()
    let again = await host.run("account", "add", "A", passwords: ["x", "x"])
    #expect(again.code == 1 && again.error.contains("0x80070524") && again.output.isEmpty)
    let missing = await host.run("account", "passwd", "b", passwords: ["x", "x"])
    #expect(missing.code == 1 && missing.error.contains("0x80070525") && missing.output.isEmpty)
    #expect(await host.run("account", "disable", "b").code == 1)
    #expect(await host.run("account", "remove", "b").code == 1)
  }

  @Test("Mistakes in the line", arguments: [["frob"], ["add"], ["list", "a"], ["remove"]])
  func mistakes(words: [String]) async {
    let run = words.count == 1 ? await host.run("account", words[0]) : await host.run("account", words[0], words[1])
    #expect(run.code == 1 && run.error.hasPrefix("Error: "))
    #expect(await host.run("account", "remove", "a", "-unixuser:x").code == 1)
  }
}

import Accounts
import Foundation
import SecuritySupport
import Testing
import WinRMConfiguration

@testable import WinRMCommands

@Suite struct AccountCommandTests {
  let host: WinrmHost
  /// The one user that everybody may map accounts to, root or not.
  let own = NSUserName()

  init() throws { host = try WinrmHost() }

  @Test("add asks twice, list shows, no secret is in the output")
  func add() async throws {
    let run = await host.run("account", "add", "alice", "-unixuser:\(own)", passwords: ["pass\u{E4}word", "pass\u{E4}word"])
    #expect(run.code == 0, "\(run.error)")
    #expect(!run.output.contains("pass\u{E4}") && run.output.contains("alice"))
    #expect(
      await host.run("account", "list").output == """
        Account
            Name = alice
            UnixUser = \(own)
            Enabled = true

        """)
    let mode = try FileManager.default.attributesOfItem(atPath: host.paths.accountsFile)[.posixPermissions] as? Int
    #expect(mode == 0o600)
    #expect(host.text(host.paths.accountsFile)?.contains("pass\u{E4}word") == false)
  }

  @Test("The password from a descriptor, or from standard input when nobody sits there")
  func descriptor() async {
    #expect(await host.run("account", "add", "a", "-unixuser:\(own)", "-passwordfd:3", passwords: ["x"]).code == 0)
    #expect(await host.run("account", "add", "b", "-unixuser:\(own)", "-password-fd:3", passwords: ["x"]).code == 0)
    #expect(await host.run("account", "add", "c", "-unixuser:\(own)", passwords: ["x"], isInteractive: false).code == 0)
    #expect(await host.run("account", "passwd", "C", passwords: ["y"], isInteractive: false).code == 0)
  }

  @Test("disable, enable, remove")
  func life() async {
    await host.run("account", "add", "a", "-unixuser:\(own)", "-passwordfd:3", passwords: ["x"]).check()
    await host.run("account", "disable", "A").check()
    #expect(await host.run("account", "list").output.contains("Enabled = false"))
    await host.run("account", "enable", "a").check()
    #expect(await host.run("account", "list").output.contains("Enabled = true"))
    await host.run("account", "remove", "a").check()
    #expect(await host.run("account", "list").output.isEmpty)
  }

  @Test("Two different passwords, an empty one, no terminal: nothing is changed")
  func badPasswords() async {
    let differing = await host.run("account", "add", "a", "-unixuser:\(own)", passwords: ["x", "y"])
    #expect(differing.code == 1 && differing.error.contains("differ"))
    #expect(await host.run("account", "add", "a", "-unixuser:\(own)", passwords: ["", ""]).code == 1)
    #expect(await host.run("account", "add", "a", "-unixuser:\(own)").code == 1)
    #expect(await host.run("account", "add", "a", "-unixuser:\(own)", "-passwordfd:x", passwords: ["x"]).code == 1)
    #expect(await host.run("account", "list").output.isEmpty)
  }

  @Test("An account that is there, or is not, is said before a password is asked")
  func existence() async {
    await host.run("account", "add", "a", "-unixuser:\(own)", "-passwordfd:3", passwords: ["x"]).check()
    let again = await host.run("account", "add", "A", passwords: ["x", "x"])
    #expect(again.code == 1 && again.error.contains("0x80070524") && again.output.isEmpty)
    let missing = await host.run("account", "passwd", "b", passwords: ["x", "x"])
    #expect(missing.code == 1 && missing.error.contains("0x80070525") && missing.output.isEmpty)
    #expect(await host.run("account", "disable", "b").code == 1)
    #expect(await host.run("account", "remove", "b").code == 1)
  }

  @Test("A Unix user that does not exist, given or assumed, is refused before a password is asked")
  func unknownUnixUser() async {
    for words in [["dave", "-unixuser:nosuchuser7"], ["nosuchuser7"]] {
      let run =
        words.count == 1
        ? await host.run("account", "add", words[0], passwords: ["x", "x"])
        : await host.run("account", "add", words[0], words[1], passwords: ["x", "x"])
      // A user who is not root gets the account mapped to themselves when they say nothing.
      guard words.count == 2 || WinRMPaths.processUserID == 0 else { continue }
      #expect(run.code == 1 && run.error.contains("nosuchuser7") && run.output.isEmpty, "\(run.error)")
    }
    #expect(host.snapshot().filter { $0.key.hasSuffix("accounts.json") }.isEmpty || WinRMPaths.processUserID != 0)
  }

  @Test("Who is not root can only map to their own user")
  func mapping() throws {
    func operations(_ users: UnixNames) throws -> AccountOperations {
      AccountOperations(
        store: AccountStore(path: host.paths.accountsFile),
        console: CommandConsole(
          writeOutput: { _ in }, writeError: { _ in }, readLine: { nil }, readPassword: { _, _ in SecretBytes([0x78]) },
          readPasswordFromDescriptor: { _ in SecretBytes([0x78]) }, isInteractive: true), users: users)
    }
    let ordinary = UnixNames(isRoot: false, processUser: { "eve" }, hasUser: { ["eve", "alice"].contains($0) }, hasGroup: { _ in true })
    let error = #expect(throws: WinrmFailure.self) {
      try operations(ordinary).run(WinrmArguments(parsing: ["account", "add", "x", "-unixuser:alice"]))
    }
    #expect(error?.code == .accessDenied && error?.message.contains("its own user, eve") == true)
    try operations(ordinary).run(WinrmArguments(parsing: ["account", "add", "x", "-unixuser:eve"]))
    try operations(ordinary).run(WinrmArguments(parsing: ["account", "add", "y"]))
    let root = UnixNames(isRoot: true, processUser: { nil }, hasUser: { ["eve", "alice"].contains($0) }, hasGroup: { _ in true })
    try operations(root).run(WinrmArguments(parsing: ["account", "add", "alice"]))
    let unknown = #expect(throws: WinrmFailure.self) { try operations(root).run(WinrmArguments(parsing: ["account", "add", "z"])) }
    #expect(unknown?.message.contains("-unixuser:USER") == true)
    #expect(try AccountStore(path: host.paths.accountsFile).list().map(\.unixUser) == ["eve", "eve", "alice"])
  }

  @Test("A descriptor that cannot be read is named, with the reason")
  func badDescriptor() async {
    let error = PasswordReaderError.unreadable(path: "of descriptor 99", errno: EBADF)
    let run = await host.run("account", "add", "a", "-unixuser:\(own)", "-passwordfd:99", descriptorError: error)
    #expect(run.code == 1 && run.error.contains("Descriptor 99 of -passwordfd cannot be read: Bad file descriptor."), "\(run.error)")
    #expect(!run.error.contains("requirements"))
    let input = await host.run("account", "add", "a", "-unixuser:\(own)", isInteractive: false, descriptorError: error)
    #expect(input.code == 1 && input.error.contains("Standard input cannot be read"))
    let terminal = await host.run("account", "add", "a", "-unixuser:\(own)")
    #expect(terminal.code == 1 && terminal.error.contains("-passwordfd:N"))
    #expect(await host.run("account", "list").output.isEmpty)
  }

  @Test("--help and unknown switches do nothing", arguments: ["--help", "-?", "--force", "//q", "--"])
  func nothingDone(word: String) async {
    await host.run("account", "add", "eve", "-unixuser:\(own)", "-passwordfd:3", passwords: ["x"]).check()
    let run = await host.run("account", "remove", "eve", word)
    let isHelp = ["--help", "-?"].contains(word)
    #expect(run.code == (isHelp ? 0 : 1))
    #expect(isHelp ? run.output.contains("winrm account add NAME") : run.error.hasPrefix("Error: Unknown switch: \(word)\n"))
    #expect(await host.run("account", "list").output.contains("eve"))
  }

  @Test("Mistakes in the line", arguments: [["frob"], ["add"], ["list", "a"], ["remove"]])
  func mistakes(words: [String]) async {
    let run = words.count == 1 ? await host.run("account", words[0]) : await host.run("account", words[0], words[1])
    #expect(run.code == 1 && run.error.hasPrefix("Error: "))
    #expect(await host.run("account", "remove", "a", "-unixuser:x").code == 1)
  }
}

import Accounts
import Foundation
import SecurityDescriptors
import SecuritySupport
import Synchronization
import Testing
import WinRMConfiguration

@testable import WinRMCommands

@Suite("A name service that does not answer")
struct NameServiceTests {
  @Test func nobodyWaitsForLongOrTwice() async throws {
    let service = NameService(patience: .seconds(3))
    let gate = DispatchSemaphore(value: 0)
    let start = ContinuousClock.now
    #expect(throws: NameService.Failure.silent) { try service.ask { gate.wait() } }
    #expect(start.duration(to: .now) < .seconds(20))
    #expect(service.isWaiting)
    // Nothing is asked while the first question waits.
    let isAsked = Mutex(false)
    #expect(throws: NameService.Failure.notAsked) { try service.ask { isAsked.withLock { $0 = true } } }
    #expect(!isAsked.withLock { $0 })
    #expect(throws: NameService.Failure.notAsked) { try service.user(named: "root") }
    #expect(throws: NameService.Failure.notAsked) { try service.group(0) }
    // It answers again.
    gate.signal()
    while service.isWaiting { try await Task.sleep(for: .milliseconds(1)) }
    #expect(try service.ask { 7 } == 7)
  }

  @Test func whoIsThere() throws {
    let service = NameService(patience: .seconds(60))
    let root = try #require(try service.user(named: "root"))
    #expect(root == NameService.User(name: "root", number: 0, group: 0))
    #expect(try service.user(0) == root)
    #expect(try service.groups(of: root).contains(0))
    let group = try #require(try service.group(0))
    #expect(try service.group(named: group.name) == group)
    #expect(try service.user(named: "nosuchuser7") == nil)
    #expect(try service.user(4_000_000_123) == nil)
    #expect(try service.group(named: "nosuchgroup7") == nil)
    #expect(try service.group(4_000_000_123) == nil)
    #expect(!service.isWaiting)
  }

  @Test func theErrorSaysWhoIsSilentAndWhatToTry() {
    let failure = UnixNames.failure("whether there is a user dave", .silent)
    #expect(failure.code == WinRMCode(rawValue: 1460))
    for part in ["does not answer", "whether there is a user dave", "5 seconds", "winbind", "Nothing was changed", "\nNext: "] {
      #expect(failure.message.contains(part))
    }
    let next = UnixNames.failure("whether there is a group ops", .notAsked)
    #expect(next.code == failure.code && next.message.contains("not asked whether there is a group ops, because an earlier question"))
    #expect(failure.text(.text).contains("0x800705B4"))
    #expect(UnixNames.failure("whether there is a user dave", .system(EIO)).message.hasSuffix("user dave: Input/output error"))
  }

  @Test(arguments: [
    ("passwd: files systemd winbind\ngroup: files winbind\n", [NameService.Server.winbind]),
    ("passwd:\tfiles sss # winbind\ngroup: files [SUCCESS=merge] sss\nhosts: files dns winbind\n", [.sssd]),
    ("  group : files ldap\n", [.nslcd]), ("passwd: files[NOTFOUND=continue]winbind\ninitgroups: sss\n", [.winbind, .sssd]),
    ("#passwd: winbind\nshadow: sss\n", []), ("", []),
  ])
  func theServersAreThoseOfTheConfiguration(_ configuration: String, _ servers: [NameService.Server]) {
    #expect(NameService.servers(in: configuration) == servers)
    // What the doctor proposes names winbind in both lines, where none is named that knows a domain's users.
    let remedy = ServiceExamination.nameServiceRemedy(configuration)
    for database in ["passwd", "group"] {
      let sources = NameService.sources(of: database, in: configuration)
      let isNamed = sources?.contains { ["winbind", "sss"].contains($0) } == true
      #expect(isNamed != remedy.contains(database == "passwd" ? /passwd/ : /group/), "\(remedy)")
      #expect((sources == nil) == remedy.contains("echo '\(database): files winbind'"), "\(remedy)")
    }
  }

  @Test(
    "Who but winbind and sss knows the users of a domain is not said by the name of a source",
    arguments: [
      ("passwd: files systemd", true), ("passwd: files [NOTFOUND=return] db", true), ("passwd: files ldap", false),
      ("passwd: compat\npasswd_compat: winbind", false), ("passwd: files winbind", false),
    ])
  func sourcesOfThisMachineAlone(_ configuration: String, _ areOwn: Bool) throws {
    #expect(ServiceExamination.areOwn(try #require(NameService.sources(of: "passwd", in: configuration))) == areOwn)
  }

  @Test func whatIsRestartedIsThere() {
    #expect(NameService.remedy(restarting: [.sssd], hasSystemd: true) == "systemctl restart sssd")
    #expect(NameService.remedy(restarting: [.winbind, .sssd], hasSystemd: true) == "systemctl restart winbind sssd")
    #expect(NameService.remedy(restarting: [.winbind], hasSystemd: false) == "end winbindd (kill -KILL), and start it again")
    #expect(NameService.remedy(restarting: [.winbind, .sssd], hasSystemd: false).contains("end winbindd and sssd "))
    for hasSystemd in [false, true] {
      let unknown = NameService.remedy(restarting: [], hasSystemd: hasSystemd)
      #expect(unknown.contains("/etc/nsswitch.conf") && !unknown.contains("winbind"))
    }
  }

  @Test func noAccountIsMadeAndNoPasswordAsked() throws {
    let host = try WinrmHost()
    let silent: @Sendable (String) throws -> Bool = { throw UnixNames.failure($0, .silent) }
    let isAsked = Mutex(false)
    for users in [
      UnixNames(isRoot: true, processUser: { nil }, hasUser: silent, hasGroup: silent),
      UnixNames(isRoot: false, processUser: { throw UnixNames.failure("its name", .silent) }, hasUser: { _ in true }, hasGroup: silent),
    ] {
      let operations = AccountOperations(
        store: AccountStore(path: host.paths.accountsFile),
        console: CommandConsole(
          writeOutput: { _ in }, writeError: { _ in }, readLine: { nil },
          readPassword: { _, _ in
            isAsked.withLock { $0 = true }
            return SecretBytes([0x78])
          },
          readPasswordFromDescriptor: { _ in SecretBytes([0x78]) }, isInteractive: true), users: users)
      let error = #expect(throws: WinrmFailure.self) { try operations.run(WinrmArguments(parsing: ["account", "add", "dave"])) }
      #expect(error?.message.contains("does not answer") == true)
    }
    #expect(!isAsked.withLock { $0 } && host.text(host.paths.accountsFile) == nil)
  }

  @Test func aReportShowsTheNumber() throws {
    let sid = try #require(SecurityIdentifier(parsing: "S-1-22-1-1000"))
    let text = SecurityReport.unix("user", 1000, sid) { () throws(NameService.Failure) in throw .silent }
    #expect(text == "Unix user 1000 (S-1-22-1-1000; its name is not known: the name service does not answer)")
    #expect(SecurityReport.unix("user", 1000, sid) { "alice" } == "Unix user alice (S-1-22-1-1000)")
    #expect(SecurityReport.unix("group", 1000, sid) { nil } == "Unix group 1000 (S-1-22-1-1000)")
    #expect(SecurityReport.name(of: try #require(SecurityIdentifier(parsing: "S-1-22-1-0"))) == "Unix user root (S-1-22-1-0)")
  }
}

import Accounts
import CLinux
import Glibc
import InMemoryLogging
import Logging
import LogonInterface
import SecurityDescriptors
import SecuritySupport
import Synchronization
import Testing
import Winbind

@testable import Logon

private func sid(_ text: String) throws -> SecurityIdentifier { try #require(SecurityIdentifier(parsing: text)) }

private let wellKnown = ["S-1-1-0", "S-1-5-11", "S-1-5-2", "S-1-5-32-545"]
private let administrators = "S-1-5-32-544"
private let managementUsers = "S-1-5-32-580"

struct MembershipTests {
  /// Somebody without rights: the user of `ann`.
  private var user: UnixUser {
    get throws { try #require(SystemNames.user(named: Fixture.unixUser)) }
  }

  @Test("a local account: the Unix user and its groups, what everybody over the network is, and Remote Management Users if admitted")
  func localAccount() async throws {
    for (allowed, isAdmitted) in [(["ann"], true), ([], false)] {
      let identity = try await Fixture(allowed: allowed).negotiate().identity
      let expected = try ["S-1-22-1-\(user.uid)"] + user.groups.map { "S-1-22-2-\($0)" } + wellKnown
      // Whoever runs the tests unprivileged is also who runs the service.
      let own = try isAdmitted && user.uid == geteuid() ? [administrators] : []
      #expect(Set(identity.securityIdentifiers) == Set(expected + (isAdmitted ? [managementUsers] : []) + own))
      #expect(identity.memberships.areComplete)
      #expect(!identity.securityIdentifiers.contains("S-1-5-4"))
    }
  }

  @Test("root over the network is an administrator when AllowedAccounts names it, and not by its number alone")
  func root() async throws {
    let subject = LogonSubject(
      local: Account(
        name: "root", unixUser: "root", isEnabled: true, ntHash: .random(),
        verifier: .refusing(cost: .init(rounds: 16, blockSize: 8, parallelism: 1))), host: "HOST")
    let service = try Fixture().service
    let root = try #require(SystemNames.user(named: "root"))
    #expect(await service.memberships(of: subject, .admitted(root, rule: "AllowedAccounts")).securityIdentifiers.contains(administrators))
    let unnamed = await service.memberships(of: subject, .refused("not named"))
    #expect(!unnamed.securityIdentifiers.contains(administrators) && unnamed.securityIdentifiers.contains("S-1-22-1-0"))
  }

  @Test("a domain's user: its SID and its groups; what the domain says of built-in groups and Unix users is dropped")
  func domainUser() async throws {
    let user = try user
    let domain = StandInDomain(unixUser: user.name, unixID: user.uid, [:])
    let group = "S-1-5-21-1-2-3-2001"
    domain.groups.withLock { groups in
      groups = [group, "S-1-5-32-544", "S-1-5-32-580", "S-1-22-1-0", "S-1-22-2-0", "S-1-5-18", "S-1-1-0"].compactMap {
        SecurityIdentifier(parsing: $0)
      }
    }
    let service = try Fixture { $0.domain = domain }.service
    let alice = DomainUser(
      sid: try sid("S-1-5-21-1-2-3-1104"), domain: "LAB", name: "alice", realm: "LAB.EXAMPLE", unixName: user.name, unixID: user.uid)
    let memberships = await service.memberships(of: LogonSubject(domain: alice), .refused("no rule"))
    let expected = ["S-1-5-21-1-2-3-1104", group, "S-1-22-1-\(user.uid)"] + user.groups.map { "S-1-22-2-\($0)" } + wellKnown
    #expect(Set(memberships.securityIdentifiers) == Set(expected))
    #expect(memberships.securityIdentifiers.first == "S-1-5-21-1-2-3-1104" && memberships.areComplete)
  }

  @Test("what cannot be asked gives fewer rights, and is said: the domain's groups, another Unix user of the same name")
  func unknown() async throws {
    let user = try user
    let domain = StandInDomain(unixUser: user.name, unixID: user.uid, [:])
    domain.groups.withLock { $0 = nil }
    let fixture = try Fixture { $0.domain = domain }
    var alice = DomainUser(
      sid: try sid("S-1-5-21-1-2-3-1104"), domain: "LAB", name: "alice", realm: nil, unixName: user.name, unixID: user.uid)
    let silent = await fixture.service.memberships(of: LogonSubject(domain: alice), .refused("no rule"))
    #expect(!silent.areComplete && silent.securityIdentifiers.contains("S-1-5-21-1-2-3-1104"))
    #expect(fixture.logText.contains("the groups of an account cannot be read"))
    domain.groups.withLock { $0 = [] }
    alice.unixID += 1
    let other = await fixture.service.memberships(of: LogonSubject(domain: alice), .refused("no rule"))
    #expect(!other.areComplete && !other.securityIdentifiers.contains { $0.hasPrefix("S-1-22-") })
    alice.unixName = "no such user"
    let missing = await fixture.service.memberships(of: LogonSubject(domain: alice), .refused("no rule"))
    #expect(!missing.areComplete)
  }

  @Test("a user of this machine by the kernel's number: interactive and not network; root and the service's user are administrators")
  func local() async throws {
    let service = try Fixture().service
    let root = await service.describe(userID: 0)
    #expect(root.accountName == "HOST\\root" && root.unixUser == "root")
    #expect(root.memberships.securityIdentifiers.contains(administrators))
    #expect(root.memberships.securityIdentifiers.contains("S-1-5-4") && !root.memberships.securityIdentifiers.contains("S-1-5-2"))
    // System users are not admitted by groups.
    #expect(!root.memberships.securityIdentifiers.contains(managementUsers))
    let own = await service.describe(userID: geteuid())
    #expect(own.memberships.securityIdentifiers.contains(administrators))
    let nobody = await service.describe(userID: 4_000_000_001)
    #expect(nobody.accountName == "HOST\\4000000001" && nobody.unixUser == nil && !nobody.memberships.areComplete)
    #expect(Set(nobody.memberships.securityIdentifiers) == ["S-1-1-0", "S-1-5-11", "S-1-5-4", "S-1-5-32-545", "S-1-22-1-4000000001"])
    if try user.uid != geteuid() {
      #expect(try await !service.describe(userID: user.uid).memberships.securityIdentifiers.contains(administrators))
    }
  }

  @Test("more groups than a grant can carry: the last are left out, and that is said")
  func manyGroups() throws {
    var table = MembershipTable()
    table.addWellKnown(.network)
    var user = try user
    user.groups = Array(0..<5000)
    table.add(unixUser: user)
    #expect(table.memberships.securityIdentifiers.count == LogonCodec.maximumMemberships && !table.memberships.areComplete)
    #expect(table.memberships.securityIdentifiers.starts(with: ["S-1-1-0"]))
    user.groups = [1, 1, 2]
    user.hasAllGroups = false
    var small = MembershipTable()
    small.add(unixUser: user)
    #expect(small.memberships == Memberships(["S-1-22-1-\(user.uid)", "S-1-22-2-1", "S-1-22-2-2"], areComplete: false))
  }

  @Test("whom PAM does not let in and the rules do not admit is proven, and has no rights at all")
  func closedAccount() async throws {
    struct Closed: AccountPhase {
      func check(_ user: String, from host: String) async throws(LogonFailure) { throw LogonFailure(.refused(.accountDisabled), "closed") }
    }
    let fixture = try Fixture(allowed: []) { $0.accountPhase = Closed() }
    #expect(try await fixture.negotiate().identity.memberships == .unknown)
    #expect(fixture.logText.contains("none: closed"))
  }

  @Test("a password can be checked without a logon; failures count")
  func verifies() async throws {
    let fixture = try Fixture { $0.limits.failuresPerSourceAndAccount = 2 }
    let right = SecretBytes(Array(password.utf8))
    let wrong = SecretBytes(Array("wrong".utf8))
    #expect(await fixture.service.verifies(right, of: "ann", from: "test"))
    #expect(await fixture.service.verifies(right, of: "HOST\\Ann", from: "test"))
    #expect(await !fixture.service.verifies(right, of: "off", from: "test"))
    #expect(await !fixture.service.verifies(right, of: "nobody-here", from: "test"))
    #expect(await !fixture.service.verifies(right, of: "LAB\\ann", from: "test"))
    for _ in 0..<2 { #expect(await !fixture.service.verifies(wrong, of: "ann", from: "test")) }
    #expect(await !fixture.service.verifies(right, of: "ann", from: "test"))
    #expect(!fixture.log.entries.contains { $0.message == "logon" })
  }
}

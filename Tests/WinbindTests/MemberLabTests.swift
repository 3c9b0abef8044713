import BlockingThreads
import NTLM
import SecurityDescriptors
import SecuritySupport
import Testing
import Winbind

/// Against a real Active Directory, on its member hop1 as root: `Tests/Lab/up`, then `Tests/Lab/in hop1 swift test --filter MemberLabTests`.
@Suite("winbind in the lab", .enabled(if: Lab.isHere, "not on the lab's host hop1"), .serialized)
struct MemberLabTests {
  let lab: Lab
  let domain = WinbindDirectory()

  init() throws { lab = try Lab.shared.get() }

  @Test("The member's own names are the domain's") func membership() async throws {
    let membership = try await domain.membership()
    #expect(
      membership
        == DomainMembership(netBIOSComputer: "HOP1", netBIOSDomain: "LAB", dnsDomain: "lab.example", realm: "LAB.EXAMPLE"))
  }

  @Test(
    "A name in each form and case leads to the same user, as the directory writes it",
    arguments: [
      "alice", "ALICE", "LAB\\alice", "lab\\Alice", "alice@lab.example", "Alice@LAB.EXAMPLE", "lab.example\\alice", "LAB.EXAMPLE\\ALICE",
    ])
  func names(typed: String) async throws {
    let name = try #require(AccountName(parsing: typed))
    let user = try #require(try await domain.lookup(name))
    #expect(user.domain == "LAB" && user.name == "alice" && user.realm == "LAB.EXAMPLE" && user.principal == "alice@LAB.EXAMPLE")
    #expect(user.unixName == "LAB\\alice" && user.unixID == 100_000 + (user.sid.relativeIdentifier ?? 0))
    #expect(!user.groupsAreComplete)
  }

  @Test(
    "What is no user of a domain is nobody",
    arguments: [
      "nobody", "LAB\\nobody", "nobody@lab.example", "alice@elsewhere.example", "ELSEWHERE\\alice", "walter", "HOP1\\walter", ".\\alice",
      "hop1\\root", "Unix User\\root", "BUILTIN\\Administrators", "NT AUTHORITY\\SYSTEM", "LAB\\winrm-users", "LAB\\Domain Users", "SYSTEM",
      "Administrators", "Everyone", "*", "LAB\\*", "S-1-5-32-544", "LAB/alice",
    ])
  func strangers(typed: String) async throws {
    let name = try #require(AccountName(parsing: typed))
    #expect(try await domain.lookup(name) == nil)
  }

  @Test("A name that the protocol would cut is not asked about") func longNames() async throws {
    let long = "alice" + String(repeating: "x", count: 300)
    #expect(try await domain.lookup(AccountName(domain: "LAB", user: long)) == nil)
    #expect(try await domain.lookup(AccountName(domain: "LAB" + long, user: "alice")) == nil)
    #expect(try await domain.lookup(AccountName(domain: "LAB\0", user: "alice")) == nil)
    #expect(try await domain.lookup(AccountName(domain: "", user: "LAB\\alice")) == nil)
  }

  @Test("A principal is looked up in its own realm and nowhere else") func principals() async throws {
    #expect(try await domain.lookup(principal: "alice@LAB.EXAMPLE")?.accountName == "LAB\\alice")
    for text in [
      "alice@lab.example", "alice@LAB", "alice@ELSEWHERE.EXAMPLE", "HTTP/hop1.lab.example@LAB.EXAMPLE", "alice", "a\\@b@LAB.EXAMPLE",
      "nobody@LAB.EXAMPLE",
    ] {
      #expect(try await domain.lookup(principal: text) == nil, "\(text)")
    }
  }

  @Test("The realm of a domain by either name") func realms() async throws {
    for name in ["LAB", "lab", "lab.example", "LAB.EXAMPLE"] { #expect(try await domain.realm(ofDomain: name) == "LAB.EXAMPLE") }
    for name in ["ELSEWHERE", "BUILTIN", "HOP1", "", "a b"] { #expect(try await domain.realm(ofDomain: name) == nil) }
  }

  @Test(
    "The domain verifies a response in each form of the name, and its key opens what the client seals",
    arguments: [
      AccountName(domain: "LAB", user: "alice"), .init(domain: "lab", user: "ALICE"), .init(domain: "lab.example", user: "alice"),
      .init(domain: "", user: "alice@lab.example"), .init(domain: "", user: "alice"),
    ])
  func authentication(name: AccountName) async throws {
    var exchange = try lab.response(of: name, passwordOf: "ALICE")
    let success = try await domain.authenticate(exchange.response)
    #expect(success.user.accountName == "LAB\\alice" && success.user.groupsAreComplete)
    #expect(success.user == (try await lookedUp("alice", like: success.user)))
    #expect(try exchange.carry([1, 2, 3], with: success.sessionBaseKey) == [1, 2, 3])
    let group = try #require(try await domain.group(AccountName(domain: "LAB", user: "winrm-users")))
    #expect(success.user.groupSIDs.contains(group))
  }

  private func lookedUp(_ name: String, like other: DomainUser) async throws -> DomainUser? {
    var user = try await domain.lookup(AccountName(domain: "LAB", user: name))
    user?.groupSIDs = other.groupSIDs
    user?.groupsAreComplete = other.groupsAreComplete
    return user
  }

  @Test(
    "What the domain refuses comes with its status",
    arguments: [
      ("alice", "LAB", "BOB", NTStatus.wrongPassword), ("nobody", "LAB", "BOB", .noSuchUser),
      ("carol", "LAB", "CAROL", .accountRestriction),
      ("erin", "LAB", "ERIN", .passwordMustChange), ("alice", "ELSEWHERE", "ALICE", .noSuchUser), ("walter", "HOP1", "LOCAL", .noSuchUser),
      ("alice", "HOP1", "ALICE", .noSuchUser), ("root", "Unix User", "ALICE", .noSuchUser), ("", "LAB", "ALICE", .noSuchUser),
    ])
  func refusals(user: String, in domainName: String, passwordOf: String, status: NTStatus) async throws {
    var response = try lab.response(of: AccountName(domain: domainName, user: user.isEmpty ? "x" : user), passwordOf: passwordOf).response
    response.user = user
    let refusal = await error { _ = try await domain.authenticate(response) }
    #expect(refusal == .refused(status), "\(String(describing: refusal))")
  }

  @Test("A disabled and an expired account have their own status") func closedAccounts() async throws {
    try lab.run("dc", "samba-tool", "user", "add", "grace", "Gr4ce-Pw!lab")
    defer { _ = try? lab.run("dc", "samba-tool", "user", "delete", "grace") }
    let name = AccountName(domain: "LAB", user: "grace")
    func attempt() async throws -> DomainError? {
      let exchange = try NTLMExchange(name, SecretBytes("Gr4ce-Pw!lab".utf8), computer: "HOP1", domain: "LAB")
      return await error { _ = try await domain.authenticate(exchange.response) }
    }
    #expect(try await attempt() == nil)
    try lab.run("dc", "samba-tool", "user", "disable", "grace")
    #expect(try await attempt() == .refused(.accountDisabled))
    try lab.run("dc", "samba-tool", "user", "enable", "grace")
    try lab.run("dc", "samba-tool", "user", "setexpiry", "grace", "--days=-1")
    #expect(try await attempt() == .refused(.accountExpired))
  }

  @Test("A response of NTLMv1, and a challenge that is none, are not asked about") func oldResponses() async throws {
    let name = AccountName(domain: "LAB", user: "alice")
    var exchange = try lab.response(of: name, passwordOf: "ALICE").response
    exchange.ntResponse = Array(exchange.ntResponse.prefix(24))
    #expect(await error { _ = try await domain.authenticate(exchange) } == .refused(.logonFailure))
    exchange.challenge = [1]
    #expect(await error { _ = try await domain.authenticate(exchange) }?.code == .local)
  }

  @Test("A member of Protected Users is known as such; who is not one is known after a logon alone") func protectedUsers() async throws {
    let carol = try #require(try await domain.lookup(AccountName(domain: "", user: "carol")))
    #expect(try await domain.isProtectedUser(carol))
    let dave = try #require(try await domain.lookup(AccountName(domain: "", user: "dave")))
    #expect(await error { _ = try await domain.isProtectedUser(dave) }?.code == .incomplete)
    let name = AccountName(domain: "LAB", user: "bob")
    let success = try await domain.authenticate(try lab.response(of: name, passwordOf: "BOB").response)
    #expect(try await !domain.isProtectedUser(success.user))
    // From here on winbind remembers groups that are not true any more.
    try lab.run("dc", "samba-tool", "group", "addmembers", "Protected Users", "bob")
    defer { _ = try? lab.run("dc", "samba-tool", "group", "removemembers", "Protected Users", "bob") }
    let later = try #require(try await domain.lookup(name))
    var isProtected: Bool?
    let unknown = await error { isProtected = try await domain.isProtectedUser(later) }
    #expect(unknown?.code == .incomplete || isProtected == true)
  }

  @Test("Groups hold nested ones, and groups of the domain are found by each form of their name") func groups() async throws {
    let alice = try #require(try await domain.lookup(AccountName(domain: "", user: "alice")))
    let groups = try await domain.groups(of: alice)
    for text in ["winrm-users", "LAB\\winrm-users", "lab\\WINRM-Users", "winrm-users@lab.example", "lab.example\\winrm-users"] {
      let name = try #require(AccountName(parsing: text))
      let group = try #require(try await domain.group(name), "\(text)")
      #expect(groups.contains(group))
    }
    for text in ["alice", "LAB\\alice", "nothing", "BUILTIN\\Administrators", "Unix Group\\root", "HOP1\\x", "winrm-users@elsewhere"] {
      let name = try #require(AccountName(parsing: text))
      #expect(try await domain.group(name) == nil, "\(text)")
    }
    let dave = try #require(try await domain.lookup(AccountName(domain: "", user: "dave")))
    let users = try #require(try await domain.group(AccountName(domain: "", user: "winrm-users")))
    #expect(!(try await domain.groups(of: dave).contains(users)))
  }

  @Test("A user of 200 groups has them all") func manyGroups() async throws {
    let success = try await domain.authenticate(
      try lab.response(of: AccountName(domain: "LAB", user: "frank"), passwordOf: "FRANK").response)
    #expect(success.user.groupSIDs.count > 200)
    #expect(try await domain.groups(of: success.user).count > 200)
  }

  @Test("Without winbind there is an error, and no user is unknown") func withoutWinbind() async throws {
    try lab.run("hop1", "mv", "/run/samba/winbindd", "/run/samba/winbindd.away")
    defer { _ = try? lab.run("hop1", "mv", "/run/samba/winbindd.away", "/run/samba/winbindd") }
    #expect(await error { _ = try await domain.membership() }?.code == .unavailable)
    #expect(await error { _ = try await domain.lookup(AccountName(domain: "", user: "alice")) }?.code == .unavailable)
    let response = try lab.response(of: AccountName(domain: "LAB", user: "alice"), passwordOf: "ALICE").response
    #expect(await error { _ = try await domain.authenticate(response) }?.code == .unavailable)
  }

  private func error(_ body: () async throws -> Void) async -> DomainError? {
    do {
      try await body()
      return nil
    } catch { return error as? DomainError ?? DomainError(.local, "\(error)") }
  }
}

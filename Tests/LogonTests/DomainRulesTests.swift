import Foundation
import Logging
import LogonInterface
import SecurityDescriptors
import SecuritySupport
import Testing
import Winbind

@testable import Logon

/// A domain LAB of a few users and groups, in memory.
private struct SmallDomain: DomainDirectory {
  static let base = SecurityIdentifier(authority: 5, subAuthorities: [21, 1, 2, 3])
  static func sid(_ number: UInt32) -> SecurityIdentifier? { base?.appending(number) }

  var groups: [String: UInt32] = ["winrm-users": 1109, "admins": 1110]
  var members: [UInt32: [UInt32]] = [1103: [513, 1109]]
  var failure: DomainError?
  var membershipFailure = DomainError(.unavailable, "not here")

  static func user(_ number: UInt32 = 1103, _ name: String = "alice", unixID: UInt32 = 101_103) throws -> DomainUser {
    DomainUser(
      sid: try #require(sid(number)), domain: "LAB", name: name, realm: "LAB.EXAMPLE", unixName: "LAB\\\(name)", unixID: unixID)
  }

  func membership() async throws(DomainError) -> DomainMembership { throw membershipFailure }
  func lookup(_ name: AccountName) async throws(DomainError) -> DomainUser? { throw DomainError(.unavailable, "not here") }
  func lookup(principal: String) async throws(DomainError) -> DomainUser? { throw DomainError(.unavailable, "not here") }
  func authenticate(_ response: DomainNTLMResponse) async throws(DomainError) -> DomainNTLMSuccess { throw .refused(.noSuchUser) }
  func user(pac: [UInt8]) async throws(DomainError) -> DomainUser? { nil }
  func isProtectedUser(_ user: DomainUser) async throws(DomainError) -> Bool { false }
  func realm(ofDomain domain: String) async throws(DomainError) -> String? { nil }

  func group(_ name: AccountName) async throws(DomainError) -> SecurityIdentifier? {
    if let failure { throw failure }
    guard ["", "lab"].contains(name.domain.lowercased()) else { return nil }
    return groups[name.user.lowercased()].flatMap(Self.sid)
  }

  func groups(of user: DomainUser) async throws(DomainError) -> [SecurityIdentifier] {
    if let failure { throw failure }
    return (members[user.sid.relativeIdentifier ?? 0] ?? []).compactMap(Self.sid)
  }
}

struct DomainRulesTests {
  private func decide(
    groups: [String] = [], accounts: [String] = [], uid: UInt32 = 101_103, unixGroups: [UInt32] = [], known: [String: UInt32] = [:],
    serviceUser: UInt32 = 0, in domain: SmallDomain = SmallDomain(), user: DomainUser? = nil
  ) async throws -> AuthorizationRules.Decision {
    let rules = AuthorizationRules(allowedGroups: groups, allowedAccounts: accounts, hostNames: ["HOP1"], serviceUser: serviceUser)
    let unix = UnixUser(name: "LAB\\alice", uid: uid, gid: 1, home: "/", shell: "/bin/sh", groups: unixGroups)
    return await rules.decide(try user ?? SmallDomain.user(), in: domain, view: .init(user: unix, groups: known))
  }

  private func rule(_ decision: AuthorizationRules.Decision) -> String? {
    if case .admitted(_, let rule) = decision { return rule }
    return nil
  }

  @Test(
    "Members of a domain's group are admitted, and the log says by which rule",
    arguments: ["LAB\\winrm-users", "lab\\WINRM-USERS", "winrm-users"])
  func domainGroups(name: String) async throws {
    #expect(rule(try await decide(groups: ["absent", name])) == "AllowedGroups: \(name)")
    #expect(rule(try await decide(groups: [name], user: SmallDomain.user(1104, "bob", unixID: 101_103))) == nil)
  }

  @Test("A bare name is a Unix group's if there is one, and not the domain's group of the same name") func unixGroupsFirst() async throws {
    #expect(rule(try await decide(groups: ["winrm-users"], unixGroups: [500], known: ["winrm-users": 500])) == "AllowedGroups: winrm-users")
    #expect(rule(try await decide(groups: ["winrm-users"], unixGroups: [501], known: ["winrm-users": 500])) == nil)
    // With its domain it is the domain's, whatever number it has here.
    #expect(rule(try await decide(groups: ["LAB\\winrm-users"], unixGroups: [501], known: ["LAB\\winrm-users": 500])) != nil)
  }

  @Test("No group of others' lets in", arguments: ["LAB\\admins", "ELSEWHERE\\winrm-users", ".\\winrm-users", "", "LAB\\"])
  func otherGroups(name: String) async throws {
    #expect(rule(try await decide(groups: [name])) == nil)
  }

  @Test(
    "AllowedAccounts names users of a domain with it",
    arguments: [
      ("LAB\\alice", true), ("lab\\ALICE", true), ("alice@lab.example", true), ("ALICE@LAB.EXAMPLE", true), ("lab.example\\alice", true),
      ("alice", false), ("HOP1\\alice", false), (".\\alice", false), ("alice@hop1", false), ("ELSEWHERE\\alice", false),
      ("alice@elsewhere", false), ("LAB\\alicex", false), ("LAB\\", false),
    ])
  func accounts(text: String, isNamed: Bool) async throws {
    #expect((rule(try await decide(accounts: [text])) == "AllowedAccounts") == isNamed)
  }

  @Test("A Unix user of the same name that winbind does not map is somebody else") func otherUnixUser() async throws {
    let decision = try await decide(groups: ["LAB\\winrm-users"], accounts: ["LAB\\alice"], uid: 1000)
    #expect(decision == .refused("the name service knows another Unix user by its name: 1000 instead of 101103"))
    let rules = AuthorizationRules(allowedGroups: [], allowedAccounts: ["LAB\\alice"], hostNames: [], serviceUser: 0)
    #expect(rule(await rules.decide(try SmallDomain.user(), in: SmallDomain(), view: .init(user: nil))) == nil)
  }

  @Test("Users that are mapped to root or a system user have to be named", arguments: [0, 999, 65_534] as [UInt32])
  func systemUsers(uid: UInt32) async throws {
    let user = try SmallDomain.user(unixID: uid)
    #expect(rule(try await decide(groups: ["LAB\\winrm-users"], uid: uid, unixGroups: [500], user: user)) == nil)
    #expect(rule(try await decide(accounts: ["LAB\\alice"], uid: uid, user: user)) != nil)
  }

  @Test("An ordinary user's service serves that user alone") func ordinary() async throws {
    #expect(rule(try await decide(accounts: ["LAB\\alice"], serviceUser: 101_103)) != nil)
    #expect(rule(try await decide(accounts: ["LAB\\alice"], serviceUser: 1000)) == nil)
  }

  @Test("A domain that does not answer lets nobody in by its groups") func silentDomain() async throws {
    let silent = SmallDomain(failure: DomainError(.timeout, "winbind gave no answer within 5.0 seconds"))
    let decision = try await decide(groups: ["LAB\\winrm-users"], in: silent)
    #expect(decision == .refused("its groups could not be read from the domain: timeout: winbind gave no answer within 5.0 seconds"))
    #expect(rule(try await decide(accounts: ["LAB\\alice"], in: silent)) != nil)
  }

  @Test("By Kerberos alone, a name has its case and a realm has none") func principals() {
    let rules = AuthorizationRules(allowedGroups: [], allowedAccounts: ["alice@lab.example", "LAB\\bob"], hostNames: ["HOP1"])
    #expect(rules.names(user: "alice", realm: "LAB.EXAMPLE"))
    #expect(
      !rules.names(user: "Alice", realm: "LAB.EXAMPLE") && !rules.names(user: "alice", realm: "OTHER")
        && !rules.names(user: "bob", realm: "LAB"))
  }
}

struct PAMStatusTests {
  @Test("Each way in which PAM closes an account has its own status")
  func statuses() {
    for (value, status) in [
      (13, NTStatus.accountExpired), (27, .passwordExpired), (6, .accountRestriction), (7, .accountRestriction), (10, .accountRestriction),
      (19, .accountRestriction), (11, .accountLockedOut),
    ] {
      #expect(PAMStatus(rawValue: Int32(value)).failure(mustChange: false)?.code == .refused(status), "\(value)")
    }
    #expect(PAMStatus(rawValue: 12).failure(mustChange: false)?.code == .refused(.passwordExpired))
    #expect(PAMStatus(rawValue: 12).failure(mustChange: true)?.code == .refused(.passwordMustChange))
    #expect(PAMStatus.success.failure(mustChange: true) == nil)
    // What is broken says nothing about the account.
    for value in [1, 2, 3, 4, 5, 9, 25, 26, 28, 99] as [Int32] {
      #expect(PAMStatus(rawValue: value).failure(mustChange: false)?.code == .unavailable, "\(value)")
    }
  }

  @Test("A name with a NUL is not asked about") func nul() async {
    await #expect { try await PAMAccountPhase().check("root\0x", from: "192.0.2.1") } throws: {
      ($0 as? LogonFailure)?.code == .refused(.accountRestriction)
    }
  }
}

/// Without a domain, Kerberos' own configuration maps principals, by name alone: the domain's `walter` would be that of `/etc/passwd`.
struct DomainOfHostTests {
  private func find(_ code: DomainError.Code, _ nameServiceSwitch: String) async throws -> Bool {
    let file = FileManager.default.temporaryDirectory.appending(path: "nsswitch-\(UInt64.random(in: .min ... .max))")
    try nameServiceSwitch.write(to: file, atomically: true, encoding: .utf8)
    defer { try? FileManager.default.removeItem(at: file) }
    var domain = SmallDomain()
    domain.membershipFailure = DomainError(code, "as the test wants it")
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    return await DomainOfHost.find(in: domain, nameServiceSwitch: file.path(), logger: logger) != nil
  }

  @Test(
    "A winbind that does not run does not make its users local ones",
    arguments: ["passwd: files winbind", "# x\n passwd:\tfiles winbind\n"])
  func outage(nameServiceSwitch: String) async throws {
    #expect(try await find(.unavailable, nameServiceSwitch))
    #expect(try await find(.timeout, nameServiceSwitch))
  }

  @Test(
    "Where users do not come from winbind, there is no domain without it",
    arguments: ["", "passwd: files sss\ngroup: files winbind\n", "passwd: files # winbind\n", "#passwd: winbind\npasswd: files\n"])
  func unused(nameServiceSwitch: String) async throws {
    #expect(try await !find(.unavailable, nameServiceSwitch))
  }

  @Test("What is no member is none, and what is one stays one") func others() async throws {
    #expect(try await !find(.notMember, "passwd: files"))
    #expect(try await find(.timeout, "passwd: files"))
  }
}

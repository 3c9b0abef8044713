import Foundation
import Kerberos
import Logging
import LogonInterface
import NTLM
import SecuritySupport
import Synchronization
import TestRealm
import Testing
import Winbind

@testable import Logon

/// What a session of `identity` says in a variable.
extension Fixture {
  func open(_ identity: ProvenIdentity) async throws -> Session {
    try await client.openSession(for: identity.authorize(), options: SessionOptions(shellID: "shell"))
  }

  func variables(_ session: Session) async throws -> [String: String] {
    let text = try await session.run("env").text
    let pairs = text.split(separator: "\n").compactMap { line -> (String, String)? in
      let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      return parts.count == 2 ? (parts[0], parts[1]) : nil
    }
    return Dictionary(pairs) { $1 }
  }

  var ticketDirectory: String { directory + "/cc" }
  var ticketFiles: [String] { (try? FileManager.default.contentsOfDirectory(atPath: ticketDirectory)) ?? [] }

  /// CredSSP with Kerberos inside, up to the point where the credentials go out.
  func kerberosProven(_ user: String = "alice") async throws -> (KerberosClientEnd, LogonContext) {
    let end = try KerberosClientEnd(user)
    let context = try await client.begin(.credSSP, peer: peer)
    #expect(try await end.logOn(context)?.identity == nil)
    _ = try await context.provePublicKey(end.proof())
    return (end, context)
  }

  func kerberosCredSSP() async throws -> ProvenIdentity {
    let (end, context) = try await kerberosProven()
    return try await context.acceptCredentials(sealed: end.credentials(AccountName(domain: "", user: "alice"), LocalRealm.password))
  }
}

@Suite(.enabled(if: LocalRealm.isAvailable, LocalRealm.missing))
struct KerberosDelegationTests {
  private func fixture(_ change: (inout LogonConfiguration) -> Void = { _ in }) throws -> Fixture {
    try Fixture.withRealm { configuration in
      configuration.ticketCacheDirectory = configuration.agentDirectory + "/../cc"
      change(&configuration)
    }
  }

  @Test("CredSSP with Kerberos inside: the session has a ticket cache of its user and an agent, and says so; both go with it")
  func session() async throws {
    let fixture = try fixture()
    let identity = try await fixture.kerberosCredSSP()
    #expect(identity.hasDelegatedCredentials)
    let session = try await fixture.open(identity)
    let variables = try await fixture.variables(session)
    #expect(variables["WINRM_SESSION"] == "credssp")
    #expect(variables["WINRM_ACCOUNT"] == "alice@\(LocalRealm.name)")
    #expect(variables["WINRM_MECHANISM"] == "Kerberos")
    #expect(variables["WINRM_CREDENTIALS"] == "ticket+agent")
    #expect(variables["WINRM_TICKET_ERROR"] == nil)
    let name = try #require(variables["KRB5CCNAME"])
    #expect(name.hasPrefix("FILE:"))
    let path = String(name.dropFirst(5))
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    #expect(attributes[.posixPermissions] as? Int == 0o600)
    #expect(attributes[.ownerAccountName] as? String == LocalRealm.unixUser)
    #expect(try KerberosTicketCache(name: name).principal().description == "alice@\(LocalRealm.name)")
    // The user can use it, put nothing in its place, and not even see its neighbours.
    let size = try await session.run("wc -c < \(path)").text.trimmingCharacters(in: .whitespacesAndNewlines)
    #expect(Int(size).map { $0 > 500 } == true)
    #expect(try await session.run("mv \(path) \(path).old").status != .exited(code: 0))
    if geteuid() == 0 { #expect(try await session.run("ls \(fixture.ticketDirectory)").status != .exited(code: 0)) }
    let socket = try #require(variables["WINRM_AGENT_SOCKET"])
    await session.close()
    #expect(!FileManager.default.fileExists(atPath: path))
    #expect(!FileManager.default.fileExists(atPath: socket))
    #expect(!fixture.logText.contains(LocalRealm.password))
  }

  @Test("The ticket stays with its session when the connection is gone, and goes at the service's end")
  func shutdown() async throws {
    let fixture = try fixture()
    let identity = try await fixture.kerberosCredSSP()
    let (first, second) = (try await fixture.open(identity), try await fixture.open(identity))
    #expect(fixture.ticketFiles.count == 2)
    await fixture.client.release(identity)
    await first.close()
    #expect(fixture.ticketFiles.count == 1)
    #expect(try await fixture.variables(second)["WINRM_CREDENTIALS"] == "ticket+agent")
    await fixture.service.shutdown()
    #expect(fixture.ticketFiles.isEmpty)
  }

  @Test("What a service that ended badly has left is destroyed at the next start, and nothing else")
  func abandoned() throws {
    let directory = "/tmp/logon-cc-\(UInt64.random(in: .min ... .max))"
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o711])
    defer { try? FileManager.default.removeItem(atPath: directory) }
    for name in ["krb5cc_1", "krb5cc_2.new", "other"] { try Data([1]).write(to: URL(filePath: "\(directory)/\(name)")) }
    _ = try Fixture { $0.ticketCacheDirectory = directory }
    #expect(try FileManager.default.contentsOfDirectory(atPath: directory) == ["other"])
  }

  @Test("A password that is not the account's is refused, whatever came before", arguments: ["", "x", LocalRealm.password + "x"])
  func wrongPassword(secret: String) async throws {
    let fixture = try fixture()
    let (end, context) = try await fixture.kerberosProven()
    let sealed = try end.credentials(AccountName(domain: "", user: "alice"), secret)
    #expect(await failure { _ = try await context.acceptCredentials(sealed: sealed) }?.code == .refused(.logonFailure))
    #expect(fixture.ticketFiles.isEmpty)
  }

  @Test(
    "The delegated name may have any form that means the proven principal",
    arguments: [
      ("", "ALICE", true), ("WINRM", "alice", true), ("winrm.test", "Alice", true), ("", "alice@winrm.test", true),
      ("", "bob", false), ("OTHER", "alice", false), ("", "alice@other.test", false), ("", "", false),
    ])
  func names(domain: String, user: String, passes: Bool) async throws {
    let fixture = try fixture()
    let (end, context) = try await fixture.kerberosProven()
    let sealed = try end.credentials(AccountName(domain: domain, user: user), LocalRealm.password)
    let refusal = await failure { _ = try await context.acceptCredentials(sealed: sealed) }
    #expect((refusal == nil) == passes)
    if !passes { #expect(fixture.reasons("logon refused") == ["the delegated name is not the account that was proven"]) }
  }

  @Test("A delegated ticket makes a session with a ticket and without an agent", arguments: [LogonPurpose.negotiate, .kerberos])
  func delegatedTicket(purpose: LogonPurpose) async throws {
    let fixture = try fixture()
    let form: KerberosClientEnd.Form = purpose == .kerberos ? .bare : .spnego
    let identity = try await fixture.kerberos(purpose, form: form, delegation: .whenTrusted).logon.identity
    #expect(identity.hasDelegatedCredentials)
    let session = try await fixture.open(identity)
    let variables = try await fixture.variables(session)
    #expect(variables["WINRM_CREDENTIALS"] == "ticket")
    #expect(variables["WINRM_AGENT_SOCKET"] == nil)
    #expect(try KerberosTicketCache(name: variables["KRB5CCNAME"] ?? "").principal().description == "alice@\(LocalRealm.name)")
    await session.close()
    #expect(fixture.ticketFiles.isEmpty)
  }

  @Test("Without delegation the session has nothing, and says so")
  func nothing() async throws {
    let fixture = try fixture()
    let session = try await fixture.open(try await fixture.kerberos().logon.identity)
    let variables = try await fixture.variables(session)
    #expect(variables["WINRM_CREDENTIALS"] == "none")
    #expect(variables["WINRM_SESSION"] == "negotiate")
    #expect(variables["KRB5CCNAME"] == nil)
    #expect(!session.hasDelegatedCredentials)
    await session.close()
  }

  @Test("A ticket is renewed in the middle of its life, into a fresh file of the user")
  func renewal() async throws {
    let realm = try LocalRealm.shared.get()
    _ = realm
    let time = StandInTime()
    let ticket = try DelegatedTicket(
      password: SecretBytes(Array(LocalRealm.password.utf8)), of: KerberosPrincipal(components: ["alice"], realm: LocalRealm.name))
    let directory = "/tmp/logon-cc-\(UInt64.random(in: .min ... .max))"
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o711])
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let user = try #require(SystemNames.user(named: LocalRealm.unixUser))
    let session = try await SessionTicket(
      ticket, for: user, in: directory, workers: .shared, time: time.time, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    func inode() throws -> Int { try #require(FileManager.default.attributesOfItem(atPath: session.file.path)[.systemFileNumber] as? Int) }
    let before = try inode()
    session.start()
    let wait = try #require(await time.firstSleep())
    let life = ticket.lifetime.expiry - ticket.lifetime.start
    #expect(abs(wait - life / 2) < 60)
    time.pass()
    _ = await time.firstSleep()
    #expect(try inode() != before)
    let attributes = try FileManager.default.attributesOfItem(atPath: session.file.path)
    #expect(attributes[.ownerAccountName] as? String == LocalRealm.unixUser)
    #expect(try FileManager.default.contentsOfDirectory(atPath: directory).count == 1)
    await session.end()
    #expect(try FileManager.default.contentsOfDirectory(atPath: directory).isEmpty)
  }

  @Test("When a ticket is renewed: in the middle, some minutes before its end at the latest")
  func renewalTime() {
    func due(_ start: Int64, _ expiry: Int64) -> Int64 {
      SessionTicket.renewal(of: .init(start: start, expiry: expiry, renewableUntil: nil))
    }
    #expect(due(1000, 37_000) == 19_000)
    #expect(due(1000, 1400) == 1100)
    #expect(due(1000, 1060) == 1000)
  }
}

/// Time that passes when told.
private final class StandInTime: Sendable {
  private let sleeps = AsyncStream<Int64>.makeStream()
  private let wakes = AsyncStream<Void>.makeStream()
  private let passed = Mutex<Int64>(0)

  var time: TicketTime {
    TicketTime(now: { [self] in Int64(Date().timeIntervalSince1970) + passed.withLock { $0 } }) { [self] seconds in
      sleeps.continuation.yield(seconds)
      for await _ in wakes.stream { break }
      try Task.checkCancellation()
      passed.withLock { $0 += seconds }
    }
  }

  func firstSleep() async -> Int64? {
    for await seconds in sleeps.stream { return seconds }
    return nil
  }

  func pass() { wakes.continuation.yield() }
}

/// Accounts of a domain, which a stand-in answers for.
struct DomainTests {
  private static let secret = "D0main-Canary-ß"

  private func domain(realm: String = "CLOSED.TEST", _ change: (inout StandInDomain.Entry) -> Void = { _ in }) throws -> StandInDomain {
    _ = LocalRealm.isAvailable ? try LocalRealm.shared.get() : nil
    let user = try #require(SystemNames.user(named: Fixture.unixUser))
    var entry = StandInDomain.Entry(password: Self.secret)
    change(&entry)
    return StandInDomain(realm: realm, unixUser: user.name, unixID: user.uid, ["alice": entry, "Ann": .init(password: Self.secret)])
  }

  private func fixture(_ domain: StandInDomain, _ change: (inout LogonConfiguration) -> Void = { _ in }) throws -> Fixture {
    try Fixture(allowed: ["LAB\\alice", "ann"]) { configuration in
      configuration.domain = domain
      configuration.ticketCacheDirectory = configuration.agentDirectory + "/../cc"
      change(&configuration)
    }
  }

  private func credSSP(_ fixture: Fixture, _ delegated: AccountName, _ secret: String) async throws -> ProvenIdentity {
    var client = try TestClient(AccountName(domain: "LAB", user: "alice"), Self.secret)
    let context = try await fixture.client.begin(.credSSP, peer: peer)
    _ = try await client.logOn(context)
    _ = try await context.provePublicKey(client.proof(nonce: nonce, key: publicKey))
    return try await context.acceptCredentials(sealed: client.credentials(delegated, secret))
  }

  @Test(
    "NTLM of a domain's user is verified by the domain",
    arguments: [("LAB", "alice"), ("lab", "ALICE"), ("", "alice"), ("", "alice@closed.test")])
  func ntlm(domain: String, user: String) async throws {
    let fixture = try fixture(try self.domain())
    let identity = try await fixture.negotiate(AccountName(domain: domain, user: user), Self.secret).identity
    #expect(identity.accountName == "LAB\\alice")
    #expect(identity.unixUser == Fixture.unixUser)
    #expect(identity.mechanism == "NTLM")
    _ = try identity.authorize()
  }

  @Test("A name without a domain is one of the account file first; this host's own names are never asked of the domain")
  func localFirst() async throws {
    let domain = try domain()
    let fixture = try fixture(domain)
    #expect(try await fixture.negotiate(AccountName(domain: "", user: "ann"), password).identity.accountName == "HOP1\\Ann")
    for own in ["HOST", ".", "host.example"] {
      #expect(
        await failure { _ = try await fixture.negotiate(AccountName(domain: own, user: "alice"), Self.secret) }?.code
          == .refused(.logonFailure))
    }
    #expect(domain.asked == 0)
    #expect(try await fixture.negotiate(AccountName(domain: "LAB", user: "ann"), Self.secret).identity.accountName == "LAB\\Ann")
  }

  @Test("CHALLENGE has the names of the member")
  func names() async throws {
    let fixture = try fixture(try domain())
    var client = try TestClient(AccountName(domain: "LAB", user: "alice"), Self.secret, isRaw: true)
    let context = try await fixture.client.begin(.negotiate, peer: peer)
    let hello = try #require(try client.next(nil))
    let challenge = try #require(try await context.step(hello).step.token)
    let text = String(decoding: challenge.filter { $0 != 0 }, as: UTF8.self)
    for name in ["HOP1", "LAB", "closed.test", "host.example"] { #expect(text.contains(name)) }
  }

  @Test("Unknown user and wrong password look alike; what the domain says of an account goes on to the peer")
  func refusals() async throws {
    let fixture = try fixture(try domain())
    for (user, secret) in [("nobody-here", Self.secret), ("alice", "wrong")] {
      let refusal = await failure { _ = try await fixture.negotiate(AccountName(domain: "LAB", user: user), secret) }
      #expect(refusal == LogonFailure(.refused(.logonFailure), "the logon was refused"))
    }
    for status in [NTStatus.accountRestriction, .passwordExpired, .passwordMustChange, .accountDisabled, .accountLockedOut] {
      let fixture = try self.fixture(try domain { $0.refusal = status })
      let refusal = await failure { _ = try await fixture.negotiate(AccountName(domain: "LAB", user: "alice"), Self.secret) }
      #expect(refusal?.code == .refused(status))
    }
  }

  @Test("A domain that does not answer refuses, and the accounts of this host go on")
  func silent() async throws {
    let domain = try domain()
    let fixture = try fixture(domain)
    for code in [DomainError.Code.timeout, .noLogonServers, .notPermitted, .unavailable] {
      domain.fail(DomainError(code, "no answer"))
      for _ in 0..<12 {  // more than the limit: nobody is kept out by them
        let refusal = await failure { _ = try await fixture.negotiate(AccountName(domain: "LAB", user: "alice"), Self.secret) }
        #expect(refusal?.code == .refused(.noLogonServers))
      }
    }
    #expect(try await fixture.negotiate().identity.accountName.hasSuffix("\\Ann"))
    domain.fail(DomainError(.unavailable, "no answer"))
    // Whether a bare name is one of this host's does not show.
    for name in ["ann", "mallory"] {
      let refusal = await failure { _ = try await fixture.negotiate(AccountName(domain: "", user: name), "wrong") }
      #expect(refusal == LogonFailure(.refused(.logonFailure), "the logon was refused"))
    }
    domain.fail(nil)
    _ = try await fixture.negotiate(AccountName(domain: "LAB", user: "alice"), Self.secret)
  }

  @Test("Too many failures are refused before the domain is asked")
  func limiter() async throws {
    let domain = try domain()
    let fixture = try fixture(domain) { $0.limits.failuresPerSourceAndAccount = 3 }
    for _ in 0..<6 { _ = await failure { _ = try await fixture.negotiate(AccountName(domain: "LAB", user: "alice"), "wrong") } }
    #expect(domain.asked == 3)
  }

  @Test("S-07: all spellings of an account have one limit, and a stranger's failures at any of them do not keep its owner out")
  func spellings() async throws {
    let spellings = [("LAB", "alice"), ("lab", "ALICE"), ("", "alice"), ("", "alice@closed.test"), ("CLOSED.test", "Alice")]
    let domain = try domain()
    let fixture = try fixture(domain) {
      $0.limits.failuresPerSourceAndAccount = 3
      $0.limits.failuresPerAccount = 6
    }
    let stranger = PeerAddress(host: "192.0.2.99", port: 1, transport: .http)
    _ = try await fixture.negotiate(AccountName(domain: "", user: "alice"), Self.secret)
    for (domain, user) in spellings + spellings {
      _ = await failure { _ = try await fixture.negotiate(AccountName(domain: domain, user: user), "wrong", from: stranger) }
    }
    #expect(domain.asked == 1 + 3)
    for number in 1...8 {
      let peer = PeerAddress(host: "198.51.100.\(number)", port: 1, transport: .http)
      _ = await failure { _ = try await fixture.negotiate(AccountName(domain: "LAB", user: "alice"), "wrong", from: peer) }
    }
    #expect(domain.asked == 1 + 6)
    for (domain, user) in spellings { _ = try await fixture.negotiate(AccountName(domain: domain, user: user), Self.secret) }
  }

  @Test(
    "NTLM inside CredSSP: the delegated password is compared with the proven one; without a KDC there is an agent alone, and the session says so",
    .enabled(if: LocalRealm.isAvailable, LocalRealm.missing))
  func agentAlone() async throws {
    let fixture = try fixture(try domain())
    let wrong = await failure { _ = try await credSSP(fixture, AccountName(domain: "LAB", user: "alice"), "wrong") }
    #expect(wrong?.code == .refused(.logonFailure))
    let identity = try await credSSP(fixture, AccountName(domain: "closed.test", user: "Alice"), Self.secret)
    let session = try await fixture.open(identity)
    let variables = try await fixture.variables(session)
    #expect(variables["WINRM_ACCOUNT"] == "LAB\\alice")
    #expect(variables["WINRM_CREDENTIALS"] == "agent")
    #expect(variables["WINRM_TICKET_ERROR"]?.isEmpty == false)
    #expect(variables["KRB5CCNAME"] == nil)
    await session.close()
  }

  @Test("The delegated name may be any of the account's, and no other's")
  func delegatedNames() async throws {
    let fixture = try fixture(try domain())
    for (domain, user, passes) in [
      ("", "alice", true), ("", "alice@alias.example", true), ("", "ann", false), ("OTHER", "alice", false), ("HOST", "alice", false),
      ("", "ann@alias.example", false),
    ] {
      let refusal = await failure { _ = try await credSSP(fixture, AccountName(domain: domain, user: user), Self.secret) }
      #expect((refusal == nil) == passes, "\(domain)\\\(user)")
    }
  }

  @Test("A user whom the domain no longer has opens no session")
  func gone() async throws {
    let domain = try domain()
    let fixture = try fixture(domain)
    let identity = try await fixture.negotiate(AccountName(domain: "LAB", user: "alice"), Self.secret).identity
    domain.fail(DomainError(.timeout, "no answer"))
    #expect(await failure { _ = try await fixture.open(identity) } != nil)
    domain.fail(nil)
    try await fixture.open(identity).close()
  }

  @Test("PAM has a say: an expired account does not log on")
  func pam() async throws {
    struct Phase: AccountPhase {
      let refusal: LogonFailure?
      func check(_ unixUser: String, from host: String) async throws(LogonFailure) {
        if let refusal { throw refusal }
      }
    }
    for status in [NTStatus.accountExpired, .passwordExpired, .passwordMustChange] {
      let fixture = try fixture(try domain()) { $0.accountPhase = Phase(refusal: LogonFailure(.refused(status), "PAM")) }
      #expect(
        await failure { _ = try await fixture.negotiate(AccountName(domain: "LAB", user: "alice"), Self.secret) }?.code == .refused(status))
    }
  }

  @Test("PAM is asked again for each session: who has been disabled since opens no other")
  func pamAtSessions() async throws {
    final class Phase: AccountPhase {
      let refusal = Mutex<LogonFailure?>(nil)
      func check(_ unixUser: String, from host: String) async throws(LogonFailure) {
        if let failure = refusal.withLock({ $0 }) { throw failure }
      }
    }
    let phase = Phase()
    let fixture = try fixture(try domain()) { $0.accountPhase = phase }
    let identity = try await fixture.negotiate(AccountName(domain: "LAB", user: "alice"), Self.secret).identity
    try await fixture.open(identity).close()
    phase.refusal.withLock { $0 = LogonFailure(.refused(.accountDisabled), "PAM") }
    #expect(await failure { _ = try await fixture.open(identity) }?.code == .accessDenied)
  }

  @Suite(.enabled(if: LocalRealm.isAvailable, LocalRealm.missing))
  struct ProtectedUsersTests {
    private func proven(isProtected: Bool, _ error: DomainError? = nil) async throws -> (Fixture, KerberosClientEnd, LogonContext) {
      let user = try #require(SystemNames.user(named: LocalRealm.unixUser))
      let domain = StandInDomain(
        realm: LocalRealm.name, unixUser: user.name, unixID: user.uid,
        ["alice": .init(password: LocalRealm.password, isProtected: isProtected)])
      let fixture = try Fixture.withRealm(allowed: ["LAB\\alice"]) { configuration in
        configuration.domain = domain
        configuration.ticketCacheDirectory = configuration.agentDirectory + "/../cc"
      }
      let (end, context) = try await fixture.kerberosProven()
      domain.fail(error)
      return (fixture, end, context)
    }

    @Test("Kerberos inside: the password of a member of Protected Users is refused by name, and so is one of whom nobody knows")
    func refused() async throws {
      for (isProtected, error) in [(true, nil), (false, DomainError(.timeout, "no answer"))] {
        let (_, end, context) = try await proven(isProtected: isProtected, error)
        let sealed = try end.credentials(AccountName(domain: "LAB", user: "alice"), LocalRealm.password)
        #expect(await failure { _ = try await context.acceptCredentials(sealed: sealed) }?.code == .refused(.accountRestriction))
      }
    }

    @Test("Kerberos inside: the password of another user of the domain is taken")
    func taken() async throws {
      let (fixture, end, context) = try await proven(isProtected: false)
      let sealed = try end.credentials(AccountName(domain: "LAB", user: "alice"), LocalRealm.password)
      let session = try await fixture.open(try await context.acceptCredentials(sealed: sealed))
      let variables = try await fixture.variables(session)
      #expect(variables["WINRM_ACCOUNT"] == "LAB\\alice")
      #expect(variables["WINRM_CREDENTIALS"] == "ticket+agent")
      await session.close()
    }
  }
}

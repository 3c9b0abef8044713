import Accounts
import Foundation
import InMemoryLogging
import Logging
import SecuritySupport
import Testing

@testable import Logon
@testable import LogonInterface

/// Logons by HTTP Basic, and by certificates that the network side has verified.
struct PasswordTests {
  private func logOn(_ fixture: Fixture, _ name: String, _ secret: String = password, from peer: PeerAddress = peer) async throws
    -> ProvenIdentity
  {
    try await fixture.client.logOn(PasswordLogon(userName: name, password: SecretBytes(Array(secret.utf8))), peer: peer)
  }

  @Test(
    "A right password proves the account, however its name is written",
    arguments: ["ann", "ANN", ".\\ann", "HOST\\Ann", "host.example\\ann", "ann@host"])
  func right(name: String) async throws {
    let fixture = try Fixture()
    let identity = try await logOn(fixture, name)
    #expect(identity.accountName == "HOST\\Ann" && identity.unixUser == Fixture.unixUser)
    #expect(identity.mechanism == "Basic" && identity.scheme == .basic && !identity.hasDelegatedCredentials)
    let session = try await fixture.client.openSession(for: identity.authorize(), options: SessionOptions(shellID: "S"))
    #expect(!session.hasDelegatedCredentials)
    await session.close()
    #expect(!fixture.logText.contains("Canary"))
    #expect(fixture.log.entries.contains { $0.metadata["scheme"]?.description == "Basic" && $0.message.description == "logon" })
  }

  @Test("N-08: wrong, unknown, disabled, of a domain, empty: one answer, each reason in the log")
  func refusalsLookAlike() async throws {
    let fixture = try Fixture()
    let cases = [
      ("ann", "wrong", "the password is wrong"), ("ann", "", "the password is wrong"), ("nobody", password, "the account is unknown here"),
      ("OTHER\\ann", password, "the account is unknown here"), ("ann@other.example", password, "the account is unknown here"),
      ("off", password, "the account is disabled"), ("off", "wrong", "the password is wrong"),
      ("a\\b\\c", password, "the user name cannot be one"),
    ]
    for (name, secret, reason) in cases {
      #expect(
        await failure { _ = try await logOn(fixture, name, secret) } == LogonFailure(.refused(.logonFailure), "the logon was refused"),
        "\(name)")
      #expect(fixture.reasons("logon refused").last == reason, "\(name)")
    }
    #expect(!fixture.logText.contains("Canary"))
  }

  @Test("N-08: an unknown name takes as long as a wrong password: both cost a verifier's work")
  func sameTime() async throws {
    let fixture = try Fixture()
    // Work that can be told from noise, and is the file's own.
    let costly = AccountStore(path: fixture.store.path, cost: .init(rounds: 1 << 14, blockSize: 8, parallelism: 1))
    try costly.add(name: "slow", password: SecretBytes(Array(password.utf8)), unixUser: Fixture.unixUser)
    func time(_ name: String) async -> Duration {
      var best = Duration.seconds(100)
      for _ in 0..<3 {
        best = min(best, await ContinuousClock().measure { _ = await failure { _ = try await logOn(fixture, name, "wrong") } })
      }
      return best
    }
    let (known, unknown) = (await time("slow"), await time("nobody"))
    #expect(unknown > known / 3 && unknown < known * 3, "\(known) \(unknown)")
  }

  @Test("S-07: after too many failures the right password is refused too, unseen; from elsewhere it is not")
  func rateLimit() async throws {
    let fixture = try Fixture { $0.limits.failuresPerSourceAndAccount = 3 }
    for name in ["ann", "HOST\\ann", ".\\ANN"] { #expect(await failure { _ = try await logOn(fixture, name, "wrong") } != nil) }
    #expect(await failure { _ = try await logOn(fixture, "ann") }?.code == .refused(.logonFailure))
    #expect(fixture.reasons("logon refused").last == "too many failed logons")
    // The other mechanisms count with it.
    #expect(await failure { _ = try await fixture.negotiate() }?.code == .refused(.logonFailure))
    _ = try await logOn(fixture, "ann", from: PeerAddress(host: "192.0.2.8", port: 1, transport: .https))
  }

  @Test("S-07: guesses made all at once are no more than the limit and those under way")
  func parallelGuesses() async throws {
    let fixture = try Fixture {
      $0.limits.failuresPerSourceAndAccount = 3
      $0.limits.passwordChecks = 2
    }
    _ = await Self.atOnce(40, "wrong", fixture.client)
    let reasons = fixture.reasons("logon refused")
    #expect(reasons.count == 40)
    #expect((3...4).contains(reasons.filter { $0 == "the password is wrong" }.count), "\(reasons)")
  }

  private static func atOnce(_ count: Int, _ secret: String, _ client: LogonClient) async -> [LogonFailure.Code?] {
    await withTaskGroup(of: LogonFailure.Code?.self) { group in
      for _ in 0..<count {
        group.addTask {
          do throws(LogonFailure) {
            _ = try await client.logOn(PasswordLogon(userName: "ann", password: SecretBytes(Array(secret.utf8))), peer: peer)
            return nil
          } catch { return error.code }
        }
      }
      return await group.reduce(into: []) { $0.append($1) }
    }
  }

  @Test("Passwords beyond those that may wait are not looked at; right ones that wait are, all of them")
  func turns() async throws {
    let fixture = try Fixture {
      $0.limits.passwordChecks = 1
      $0.limits.passwordsWaiting = 4
    }
    let outcomes = await Self.atOnce(20, password, fixture.client)
    #expect(outcomes.filter { $0 == nil }.count >= 5)
    #expect(outcomes.allSatisfy { $0 == nil || $0 == .quota })
    // Nobody is left waiting, and no turn is lost.
    _ = try await logOn(fixture, "ann")
  }

  @Test("PAM has its say, and who is not admitted is proven without being authorised")
  func rules() async throws {
    let fixture = try Fixture(allowed: ["me"])
    let identity = try await logOn(fixture, "ann")
    #expect(throws: LogonFailure.self) { try identity.authorize() }
    struct Closed: AccountPhase {
      func check(_ user: String, from host: String) async throws(LogonFailure) { throw LogonFailure(.refused(.accountDisabled), "closed") }
    }
    let closed = try Fixture { $0.accountPhase = Closed() }
    #expect(await failure { _ = try await logOn(closed, "ann") }?.code == .refused(.accountDisabled))
  }

  @Test("S-06: with a broken accounts file nobody logs on, and the answer does not say why")
  func brokenAccounts() async throws {
    let fixture = try Fixture()
    _ = try await logOn(fixture, "ann")
    try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: fixture.store.path)
    try fixtureTouch(fixture.store.path)
    #expect(await failure { _ = try await logOn(fixture, "ann") } == LogonFailure(.refused(.logonFailure), "the logon was refused"))
    #expect(fixture.reasons("logon refused").last == "the accounts cannot be read")
  }

  @Test("The account of a certificate mapping: a local one that may log on, with its password")
  func mappingAccount() async throws {
    let fixture = try Fixture()
    for (name, secret, isRight) in [
      ("ann", password, true), ("HOST\\ANN", password, true), ("ann", "wrong", false), ("off", password, false),
      ("nobody", password, false),
      ("OTHER\\ann", password, false), ("", password, false),
    ] {
      let found = await fixture.service.verifies(SecretBytes(Array(secret.utf8)), of: name, from: "certificate mapping")
      #expect(found == isRight, "\(name)")
    }
  }

  // MARK: Certificates

  private let thumbprint = CertificateThumbprint(sha1: [UInt8](repeating: 0xAB, count: 20))

  private func certificate(_ fixture: Fixture, _ name: String) async throws -> LogonGrant {
    guard
      case .granted(let grant) = try await fixture.service.perform(
        .certificate(CertificateLogon(thumbprint: thumbprint, userName: name), peer: peer))
    else { throw CancellationError() }
    return grant
  }

  @Test("S-05: a certificate is only the account of an enabled mapping; it is asked for at each logon")
  func mappedAccounts() async throws {
    let fixture = try Fixture { $0.certificateAccounts = ["ann", "off", "nobody", "OTHER\\ann"] }
    let grant = try await certificate(fixture, "ann")
    #expect(grant.accountName == "HOST\\Ann" && grant.mechanism == "Certificate" && grant.purpose == .certificate)
    #expect(grant.isAuthorized && !grant.hasDelegatedCredentials)
    #expect(fixture.logText.contains(thumbprint.text))
    for (name, reason) in [
      ("me", "no certificate mapping names the account"), ("ANN", "no certificate mapping names the account"),
      ("off", "the account is disabled"), ("nobody", "the account of the certificate mapping is no local one"),
      ("OTHER\\ann", "the account of the certificate mapping is no local one"),
    ] {
      #expect(await failure { _ = try await certificate(fixture, name) } == LogonFailure(.refused(.logonFailure), "the logon was refused"))
      #expect(fixture.reasons("logon refused").last == reason, "\(name)")
    }
    await fixture.service.update(certificateAccounts: [])
    #expect(await failure { _ = try await certificate(fixture, "ann") }?.code == .refused(.logonFailure))
  }

  @Test("S-07: guesses at the password do not keep the certificate out, and it clears none of them")
  func certificateAndLimit() async throws {
    let fixture = try Fixture {
      $0.certificateAccounts = ["ann"]
      $0.limits.failuresPerSourceAndAccount = 2
    }
    for _ in 0..<2 { _ = await failure { _ = try await logOn(fixture, "ann", "wrong") } }
    _ = try await certificate(fixture, "ann")
    #expect(await failure { _ = try await logOn(fixture, "ann") } != nil)
    #expect(fixture.reasons("logon refused").last == "too many failed logons")
  }

  @Test("S-05: neither scheme has an exchange", arguments: [LogonPurpose.basic, .certificate])
  func noExchange(purpose: LogonPurpose) async throws {
    let fixture = try Fixture()
    #expect(await failure { _ = try await fixture.client.begin(purpose, peer: peer) }?.code == .outOfSequence)
  }
}

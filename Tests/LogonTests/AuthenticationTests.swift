import Accounts
import CredSSP
import Foundation
import InMemoryLogging
import Logging
import NTLM
import SecuritySupport
import Synchronization
import Testing

@testable import Logon
@testable import LogonInterface

struct AuthenticationTests {
  @Test("Negotiate proves the account, and the network side gets keys that work", arguments: [false, true])
  func negotiate(isRaw: Bool) async throws {
    let fixture = try Fixture()
    var client = try TestClient(AccountName(domain: "host", user: "ANN"), password, isRaw: isRaw)
    let logon = try #require(try await client.logOn(try await fixture.client.begin(.negotiate, peer: peer)))
    #expect(logon.identity.accountName == "HOST\\Ann")
    #expect(logon.identity.unixUser == Fixture.unixUser)
    #expect(logon.identity.mechanism == "NTLM")
    #expect(logon.identity.scheme == .negotiate)
    #expect(!logon.identity.hasDelegatedCredentials)
    guard case .ntlm(let key, let flags, let sendSequence, let receiveSequence) = logon.messageKeys else {
      Issue.record("the keys are not NTLM's")
      return
    }
    #expect(sendSequence == (isRaw ? 0 : 1))
    var server = NTLMSession(
      importing: try .init(
        exportedSessionKey: key, flags: flags, sendSequence: sendSequence, receiveSequence: receiveSequence, isInitiator: false))
    let received = (try server.unseal(try client.seal([1, 2, 3])), try client.unseal(try server.seal([4, 5])))
    #expect(received == ([1, 2, 3], [4, 5]))
    _ = try logon.identity.authorize()
  }

  @Test("Who may use shells changes while the authority runs: for the next logon, and for the next session of one that stands")
  func update() async throws {
    let fixture = try Fixture(allowed: ["me"])
    let before = try await fixture.negotiate().identity
    #expect(throws: LogonFailure.self) { try before.authorize() }
    func allow(_ names: [String]) async {
      await fixture.service.update(allowedGroups: [], allowedAccounts: names, channelBindingLevel: .strict, processesPerSession: 25)
    }
    await allow(["me", "ann"])
    let after = try await fixture.negotiate().identity.authorize()
    try await fixture.client.openSession(for: after, options: SessionOptions(shellID: "one")).close()
    await allow(["me"])
    let refused = await failure { _ = try await fixture.client.openSession(for: after, options: SessionOptions(shellID: "two")) }
    #expect(refused?.code == .accessDenied)
  }

  @Test("A refusal before anybody was named has one line, without an account")
  func refusalWithoutName() async throws {
    let fixture = try Fixture()
    let context = try await fixture.client.begin(.negotiate, peer: peer)
    #expect(await failure { _ = try await context.step([1, 2, 3]) } != nil)
    let lines = fixture.log.entries.filter { $0.message.description == "logon refused" }
    #expect(lines.count == 1)
    #expect(lines.allSatisfy { $0.metadata["account"] == nil && $0.metadata["reason"] != nil })
  }

  @Test("C-17: CredSSP proves the account and keeps what was delegated; the password is nowhere in the log")
  func credSSP() async throws {
    let fixture = try Fixture()
    let identity = try await fixture.credSSP()
    #expect(identity.hasDelegatedCredentials)
    #expect(identity.scheme == .credSSP)
    #expect(fixture.logText.contains("credentials delegated"))
    #expect(!fixture.logText.contains("Canary"))
  }

  @Test(
    "The delegated name may have any form that means the proven account",
    arguments: [
      ("", "ann"), ("", "ANN"), ("HOST", "Ann"), ("host.example", "ann"), (".", "ann"), ("", "ann@HOST.EXAMPLE"), ("", "ann@host"),
    ])
  func delegatedNames(domain: String, user: String) async throws {
    let fixture = try Fixture()
    var (client, context) = try await fixture.proven()
    let identity = try await context.acceptCredentials(sealed: client.credentials(AccountName(domain: domain, user: user), password))
    #expect(identity.accountName == "HOST\\Ann")
  }

  @Test(
    "A delegated name that is not the proven account is refused", arguments: [("", "me"), ("OTHER", "ann"), ("", "ann@other"), ("", "")])
  func wrongDelegatedName(domain: String, user: String) async throws {
    let fixture = try Fixture()
    var (client, context) = try await fixture.proven()
    let sealed = try client.credentials(AccountName(domain: domain, user: user), password)
    #expect(await failure { _ = try await context.acceptCredentials(sealed: sealed) }?.code == .refused(.logonFailure))
    #expect(fixture.reasons("logon refused") == ["the delegated name is not the account that was proven"])
    #expect(await failure { _ = try await context.acceptCredentials(sealed: sealed) }?.code == .notFound)
  }

  @Test("A delegated password that is not the account's is refused", arguments: ["", "x", password + "x"])
  func wrongDelegatedPassword(secret: String) async throws {
    let fixture = try Fixture()
    var (client, context) = try await fixture.proven()
    let sealed = try client.credentials(AccountName(domain: "", user: "ann"), secret)
    #expect(await failure { _ = try await context.acceptCredentials(sealed: sealed) }?.code == .refused(.logonFailure))
  }

  @Test("C-05: a public-key proof for another key, nonce or version is refused, and the exchange is gone")
  func wrongProof() async throws {
    let fixture = try Fixture()
    for wrong in 0..<5 {
      var client = try TestClient(AccountName(domain: "", user: "ann"), password)
      let context = try await fixture.client.begin(.credSSP, peer: peer)
      _ = try await client.logOn(context)
      var proof = try client.proof(version: wrong == 3 ? 4 : 6, nonce: nonce, key: publicKey)
      switch wrong {
      case 0: proof.subjectPublicKey[0] ^= 1
      case 1: proof.clientNonce?[31] ^= 1
      case 2: proof.clientNonce = nil
      case 3: break
      default: proof.sealed[20] ^= 1
      }
      let refused = await failure { _ = try await context.provePublicKey(proof) }
      #expect(refused != nil && refused?.code != .notFound, "case \(wrong)")
      #expect(await failure { _ = try await context.provePublicKey(proof) }?.code == .notFound)
    }
  }

  @Test("S-05: nothing can be asked before its time, or for another purpose")
  func order() async throws {
    let fixture = try Fixture()
    let proof = PublicKeyProof(sealed: [], clientNonce: nonce, version: 6, subjectPublicKey: publicKey)
    let early = try await fixture.client.begin(.credSSP, peer: peer)
    #expect(await failure { _ = try await early.provePublicKey(proof) }?.code == .outOfSequence)
    let earlier = try await fixture.client.begin(.credSSP, peer: peer)
    #expect(await failure { _ = try await earlier.acceptCredentials(sealed: [1]) }?.code == .outOfSequence)
    var client = try TestClient(AccountName(domain: "", user: "ann"), password)
    let unproven = try await fixture.client.begin(.credSSP, peer: peer)
    _ = try await client.logOn(unproven)
    let sealed = try client.credentials(AccountName(domain: "", user: "ann"), password)
    #expect(await failure { _ = try await unproven.acceptCredentials(sealed: sealed) }?.code == .outOfSequence)
    let negotiate = try await fixture.client.begin(.negotiate, peer: peer)
    #expect(await failure { _ = try await negotiate.provePublicKey(proof) }?.code == .outOfSequence)
  }

  @Test("S-05: identifiers that were never given out, or have served, mean nothing")
  func identifiers() async throws {
    let fixture = try Fixture()
    let requests: [LogonRequest] = [
      .step(.random(), token: [1]), .acceptCredentials(.random(), sealed: [1]), .openSession(.random(), SessionOptions(shellID: "")),
      .start(.random(), CommandSpecification(commandLine: "id")), .waitForExit(.random(), .random()),
      .signal(.random(), .random(), .terminate), .closeSession(.random()),
    ]
    for request in requests { #expect(await failure { _ = try await fixture.service.perform(request) }?.code == .notFound) }
    var client = try TestClient(AccountName(domain: "", user: "ann"), password)
    let context = try await fixture.client.begin(.negotiate, peer: peer)
    _ = try await client.logOn(context)
    #expect(await failure { _ = try await context.step([1]) }?.code == .notFound)
  }

  @Test("N-08: wrong password, unknown and disabled account, other domain, empty password: one answer, each reason in the log")
  func refusalsLookAlike() async throws {
    let fixture = try Fixture()
    let cases: [(AccountName, String, String)] = [
      (AccountName(domain: "", user: "ann"), "wrong", "NTLM"),
      (AccountName(domain: "", user: "nobody"), password, "the account is unknown"),
      (AccountName(domain: "", user: "off"), password, "the account is disabled"),
      (AccountName(domain: "OTHER", user: "ann"), password, "the account is unknown"),
      (AccountName(domain: "", user: "evil\u{1B}[31m"), "x", "the account is unknown"),
    ]
    for (name, secret, reason) in cases {
      #expect(
        await failure { _ = try await fixture.negotiate(name, secret) } == LogonFailure(.refused(.logonFailure), "the logon was refused"))
      #expect(fixture.reasons("logon refused").last?.hasPrefix(reason) == true, "\(name.user)")
    }
    #expect(!fixture.logText.contains("\u{1B}"))
    #expect(!fixture.logText.contains("Canary"))
    for purpose in [LogonPurpose.negotiate, .credSSP] { _ = try await fixture.client.begin(purpose, peer: peer) }
  }

  @Test("S-06: with a broken accounts file nobody logs on, and the answer does not say why")
  func brokenAccounts() async throws {
    let fixture = try Fixture()
    _ = try await fixture.negotiate()
    try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: fixture.store.path)
    try fixtureTouch(fixture.store.path)
    #expect(await failure { _ = try await fixture.negotiate() } == LogonFailure(.refused(.logonFailure), "the logon was refused"))
    #expect(fixture.reasons("logon refused") == ["the accounts cannot be read"])
    #expect(fixture.logText.contains("chmod 600"))
  }

  @Test("A change of the accounts counts at the next logon, and at the next session of an old one")
  func reload() async throws {
    let fixture = try Fixture()
    let identity = try await fixture.negotiate().identity
    try fixture.store.setEnabled(false, of: "ann")
    #expect(await failure { _ = try await fixture.negotiate() }?.code == .refused(.logonFailure))
    let options = SessionOptions(shellID: "s")
    #expect(await failure { _ = try await fixture.client.openSession(for: identity.authorize(), options: options) }?.code == .accessDenied)
    try fixture.store.setEnabled(true, of: "ann")
    _ = try await fixture.negotiate()
  }

  @Test("Authenticated is not authorised, and the authority does not take the asker's word for it")
  func unauthorised() async throws {
    let fixture = try Fixture(allowed: [])
    let identity = try await fixture.negotiate().identity
    #expect(await failure { _ = try identity.authorize() }?.code == .accessDenied)
    let request = LogonRequest.openSession(identity.logonID, SessionOptions(shellID: "s"))
    #expect(await failure { _ = try await fixture.service.perform(request) }?.code == .accessDenied)
    #expect(fixture.log.entries.contains { $0.metadata["authorized"]?.description.hasPrefix("no: ") == true })
  }

  @Test("S-07: after too many failures even the right password is refused, from that source only, until the window has passed")
  func rateLimit() async throws {
    let fixture = try Fixture { configuration in configuration.limits.failuresPerSourceAndAccount = 3 }
    for _ in 0..<3 { #expect(await failure { _ = try await fixture.negotiate(.init(domain: "", user: "ann"), "wrong") } != nil) }
    #expect(await failure { _ = try await fixture.negotiate() } == LogonFailure(.refused(.logonFailure), "the logon was refused"))
    #expect(fixture.reasons("logon refused").last == "too many failed logons")
    _ = try await fixture.negotiate(.init(domain: "", user: "me"))
    _ = try await fixture.negotiate(from: PeerAddress(host: "192.0.2.8", port: 1, transport: .http))
  }

  @Test("S-07: what is refused unseen does not prolong the wait")
  func unseenFailures() async throws {
    let fixture = try Fixture { configuration in
      configuration.limits.failuresPerSourceAndAccount = 2
      configuration.limits.failuresPerAccount = 4
    }
    for _ in 0..<8 { #expect(await failure { _ = try await fixture.negotiate(.init(domain: "", user: "ann"), "wrong") } != nil) }
    // Two were counted, six were not: for the account as a whole the limit is not reached.
    _ = try await fixture.negotiate(from: PeerAddress(host: "192.0.2.8", port: 1, transport: .http))
  }

  @Test("S-07: all names of an account are counted as one")
  func oneAccountOneCount() async throws {
    let fixture = try Fixture { configuration in configuration.limits.failuresPerSourceAndAccount = 3 }
    for name in [AccountName(domain: "", user: "ann"), .init(domain: "", user: "ANN@host.example"), .init(domain: "host", user: "Ann")] {
      #expect(await failure { _ = try await fixture.negotiate(name, "wrong") } != nil)
    }
    #expect(await failure { _ = try await fixture.negotiate() }?.code == .refused(.logonFailure))
    #expect(fixture.reasons("logon refused").last == "too many failed logons")
  }

  @Test("Exchanges are bounded in number and in time")
  func bounds() async throws {
    let fixture = try Fixture { configuration in configuration.limits.contexts = 2 }
    let first = try await fixture.client.begin(.negotiate, peer: peer)
    _ = try await fixture.client.begin(.negotiate, peer: peer)
    #expect(await failure { _ = try await fixture.client.begin(.negotiate, peer: peer) }?.code == .quota)
    await first.abandon()
    _ = try await fixture.client.begin(.negotiate, peer: peer)
    let hasty = try Fixture { configuration in configuration.limits.contextLifetime = .zero }
    #expect(await failure { _ = try await hasty.negotiate() }?.code == .notFound)
  }

  @Test("Channel bindings of the listener must be the client's")
  func channelBindings() async throws {
    let fixture = try Fixture()
    let ours = ChannelBindings(serverEndPointHash: [UInt8](repeating: 1, count: 32))
    for (bindings, isRight) in [(ours, true), (ChannelBindings(serverEndPointHash: [2]), false), (nil, false)] as [(ChannelBindings?, Bool)]
    {
      var client = try TestClient(AccountName(domain: "", user: "ann"), password, bindings: bindings)
      let context = try await fixture.client.begin(.negotiate, peer: peer, channelBindings: ours)
      let refused = await failure { _ = try await client.logOn(context) }
      #expect(refused?.code == (isRight ? nil : .refused(.badBindings)))
    }
  }

  @Test(
    "CbtHardeningLevel: each level judges bindings that are missing and those of another certificate",
    arguments: [
      (NTLMAcceptorConfiguration.ChannelBindingLevel.none, true, true), (.relaxed, true, false), (.strict, false, false),
    ])
  func hardeningLevels(level: NTLMAcceptorConfiguration.ChannelBindingLevel, missing: Bool, other: Bool) async throws {
    // Changed while it runs, as `winrm set` does.
    let fixture = try Fixture { $0.channelBindingLevel = level == .strict ? .none : .strict }
    await fixture.service.update(allowedGroups: [], allowedAccounts: ["ann"], channelBindingLevel: level, processesPerSession: 25)
    let ours = ChannelBindings(serverEndPointHash: [UInt8](repeating: 1, count: 32))
    let theirs = ChannelBindings(serverEndPointHash: [2])
    for (bindings, passes) in [(ours, true), (nil, missing), (theirs, other)] as [(ChannelBindings?, Bool)] {
      var client = try TestClient(AccountName(domain: "", user: "ann"), password, bindings: bindings)
      let context = try await fixture.client.begin(.negotiate, peer: peer, channelBindings: ours)
      let refused = await failure { _ = try await client.logOn(context) }
      #expect(refused?.code == (passes ? nil : .refused(.badBindings)))
    }
  }

  @Test("N-01: over HTTPS nobody logs on by Negotiate while the listener's channel bindings are missing", arguments: [true, false])
  func missingBindings(isStrict: Bool) async throws {
    let fixture = try Fixture { $0.channelBindingLevel = isStrict ? .strict : .none }
    let secure = PeerAddress(host: "192.0.2.7", port: 1, transport: .https)
    #expect(await failure { _ = try await fixture.negotiate(from: secure) }?.code == (isStrict ? .unavailable : nil))
    _ = try await fixture.client.begin(.credSSP, peer: secure)
  }

  /// Asks like a module of PAM that keeps silent, until it is let go.
  private final class SilentPhase: AccountPhase {
    let isSilent = Mutex(true)
    func check(_ unixUser: String, from host: String) async throws(LogonFailure) {
      if isSilent.withLock({ $0 }) { throw LogonFailure(.unavailable, "PAM gave no answer") }
    }
  }

  /// One logon by each way; the secret is that of a password.
  private static let ways: [(name: String, body: @Sendable (Fixture, String) async throws -> Void)] = [
    ("Negotiate", { fixture, secret in _ = try await fixture.negotiate(.init(domain: "", user: "ann"), secret) }),
    (
      "CredSSP",
      { fixture, secret in
        var (client, context) = try await fixture.proven()
        _ = try await context.acceptCredentials(sealed: client.credentials(.init(domain: "", user: "ann"), secret))
      }
    ),
    (
      "Basic",
      { fixture, secret in
        _ = try await fixture.client.logOn(PasswordLogon(userName: "ann", password: SecretBytes(Array(secret.utf8))), peer: peer)
      }
    ),
    (
      "Certificate",
      { fixture, secret in
        let name = secret == password ? "ann" : "nobody"
        let thumbprint = CertificateThumbprint(sha1: [UInt8](repeating: 0xAB, count: 20))
        _ = try await fixture.service.perform(.certificate(CertificateLogon(thumbprint: thumbprint, userName: name), peer: peer))
      }
    ),
  ]

  @Test("Who has proven who they are is not told otherwise while PAM keeps silent, and nobody gets in", arguments: 0..<4)
  func undecided(way: Int) async throws {
    let phase = SilentPhase()
    let fixture = try Fixture {
      $0.accountPhase = phase
      $0.certificateAccounts = ["ann"]
      $0.limits.failuresPerSourceAndAccount = 2
    }
    let logOn = Self.ways[way].body
    for _ in 0..<4 { #expect(await failure { try await logOn(fixture, password) }?.code == .undecided, "\(Self.ways[way].name)") }
    #expect(await fixture.service.logons.isEmpty)
    #expect(fixture.reasons("logon refused") == [String](repeating: "PAM gave no answer", count: 4))
    // A wrong one is wrong meanwhile, and counts; what nobody decided does not.
    #expect(await failure { try await logOn(fixture, "wrong") }?.code == .refused(.logonFailure))
    phase.isSilent.withLock { $0 = false }
    try await logOn(fixture, password)
    guard Self.ways[way].name != "Certificate" else { return }
    for _ in 0..<2 { #expect(await failure { try await logOn(fixture, "wrong") }?.code == .refused(.logonFailure)) }
    #expect(await failure { try await logOn(fixture, password) }?.code == .refused(.logonFailure))
    #expect(fixture.reasons("logon refused").last == "too many failed logons")
  }

  @Test("An authority that is full has no time for those who come, and nothing against them", arguments: 0..<4)
  func full(way: Int) async throws {
    let fixture = try Fixture {
      $0.certificateAccounts = ["ann"]
      $0.limits.logons = 0
    }
    #expect(await failure { try await Self.ways[way].body(fixture, password) }?.code == .quota)
    #expect(await failure { try await Self.ways[way].body(fixture, "wrong") }?.code == .refused(.logonFailure))
  }

  @Test("Garbage, truncated and flipped tokens are refused and leave nothing behind")
  func garbage() async throws {
    let fixture = try Fixture()
    var client = try TestClient(AccountName(domain: "", user: "ann"), password)
    let first = try #require(try client.next(nil))
    let context = try await fixture.client.begin(.negotiate, peer: peer)
    let second = try #require(try client.next(try await context.step(first).step.token))
    for count in stride(from: 0, to: second.count, by: 7) {
      let context = try await fixture.client.begin(.negotiate, peer: peer)
      _ = try await context.step(first)
      #expect(await failure { _ = try await context.step(Array(second.prefix(count))) } != nil)
      #expect(await failure { _ = try await context.step(second) }?.code == .notFound)
    }
    #expect(await fixture.service.contexts.count == 1)
  }

  @Test("Released credentials are zeros")
  func release() async throws {
    let fixture = try Fixture()
    let identity = try await fixture.credSSP()
    let hash = try #require(await fixture.service.logons[identity.logonID]?.delegated.ntlm?.hash.bytes)
    #expect(hash.isEqual(to: try NTHash(password: SecretBytes(Array(password.utf8))).bytes))
    await fixture.client.release(identity)
    #expect(hash.isEqual(to: SecretBytes([UInt8](repeating: 0, count: 16))))
    #expect(await fixture.service.logons.isEmpty)
    #expect(
      await failure { _ = try await fixture.client.openSession(for: identity.authorize(), options: .init(shellID: "")) }?.code == .notFound)
  }
}

/// Gives a file a new modification time.
func fixtureTouch(_ path: String) throws {
  try FileManager.default.setAttributes([.modificationDate: Date(timeIntervalSinceNow: -10)], ofItemAtPath: path)
}

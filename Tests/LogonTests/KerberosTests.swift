import Dispatch
import Foundation
import Kerberos
import Logging
import LogonInterface
import NTLM
import SecuritySupport
import TestRealm
import Testing

@testable import Logon

@Suite(.enabled(if: LocalRealm.isAvailable, LocalRealm.missing))
struct KerberosTests {
  @Test("Kerberos proves the account in every form, and the network side gets keys that work", arguments: KerberosClientEnd.Form.allCases)
  func negotiate(form: KerberosClientEnd.Form) async throws {
    let fixture = try Fixture.withRealm()
    let (client, logon) = try await fixture.kerberos(form: form)
    #expect(logon.identity.accountName == "alice@\(LocalRealm.name)")
    #expect(logon.identity.unixUser == LocalRealm.unixUser)
    #expect(logon.identity.mechanism == "Kerberos")
    #expect(logon.identity.scheme == .negotiate)
    #expect(!logon.identity.hasDelegatedCredentials)
    _ = try logon.identity.authorize()
    guard case .kerberos(let context, let service, let flags) = logon.messageKeys else {
      Issue.record("the keys are not Kerberos's")
      return
    }
    #expect(service == "WSMAN/\(LocalRealm.host)")
    let name = try #require(KerberosServiceName(parsing: service))
    let server = try KerberosSession(
      importing: .init(context: context, service: name, flags: KerberosFlags(rawValue: flags), isInitiator: false))
    let received = (try server.unseal(try client.seal([1, 2, 3])), try client.unseal(try server.seal([4, 5])))
    #expect(received == ([1, 2, 3], [4, 5]))
  }

  @Test("Scheme Kerberos takes bare tokens, and nothing else")
  func scheme() async throws {
    let fixture = try Fixture.withRealm()
    let identity = try await fixture.kerberos(.kerberos, form: .bare).logon.identity
    #expect(identity.scheme == .kerberos)
    let wrapped = try KerberosClientEnd(form: .spnego)
    let context = try await fixture.client.begin(.kerberos, peer: peer)
    #expect(await failure { _ = try await wrapped.logOn(context) }?.code == .malformed)
    var ntlm = try TestClient(AccountName(domain: "", user: "ann"), password, isRaw: true)
    let other = try await fixture.client.begin(.kerberos, peer: peer)
    #expect(await failure { _ = try await ntlm.logOn(other) } != nil)
  }

  @Test(
    "Without a keytab NTLM alone is offered, and scheme Kerberos is refused", arguments: ["FILE:/nonexistent/keytab", "FILE:/dev/null"])
  func noKeytab(keytab: String) async throws {
    let fixture = try Fixture.withRealm(keytab: keytab)
    #expect(await failure { _ = try await fixture.client.begin(.kerberos, peer: peer) }?.code == .unavailable)
    let bare = try KerberosClientEnd(form: .bare)
    let context = try await fixture.client.begin(.negotiate, peer: peer)
    #expect(await failure { _ = try await bare.logOn(context) }?.code == .refused(.notSupported))
    #expect(try await fixture.negotiate().identity.mechanism == "NTLM")
  }

  @Test("A ticket that was accepted is not told to be bad while PAM keeps silent", arguments: [LogonPurpose.kerberos, .negotiate])
  func undecided(purpose: LogonPurpose) async throws {
    struct Silent: AccountPhase {
      func check(_ unixUser: String, from host: String) async throws(LogonFailure) { throw LogonFailure(.unavailable, "no answer") }
    }
    let fixture = try Fixture.withRealm { $0.accountPhase = Silent() }
    #expect(await failure { _ = try await fixture.kerberos(purpose, form: .bare) }?.code == .undecided)
    #expect(await fixture.service.logons.isEmpty)
  }

  @Test(
    "A ticket that nobody had time to look at is undecided; one that nobody has keys for is not",
    arguments: [
      (KerberosError.Code.busy, true), (.timeout, true), (.configuration, false), (.unreachable, false),
    ])
  func whatIsUndecided(code: KerberosError.Code, isUndecided: Bool) {
    #expect(LogonFailure(kerberos: KerberosError(code, "x")).code == (isUndecided ? .undecided : .unavailable))
  }

  @Test("A keytab that others could have made or read is not used, and the log says why")
  func unsafeKeytab() async throws {
    let realm = try LocalRealm.shared.get()
    let path = realm.directory + "/open-\(UInt32.random(in: .min ... .max)).keytab"
    try FileManager.default.copyItem(atPath: String(realm.keytab.dropFirst("FILE:".count)), toPath: path)
    defer { unlink(path) }
    #expect(chmod(path, 0o644) == 0)
    let fixture = try Fixture.withRealm(keytab: "FILE:" + path)
    #expect(await failure { _ = try await fixture.client.begin(.kerberos, peer: peer) }?.code == .unavailable)
    #expect(KerberosKeytab(name: path).danger?.contains("chmod 600") == true && !KerberosKeytab(name: "FILE:" + path).hasKeys)
    #expect(chmod(path, 0o600) == 0)
    #expect(KerberosKeytab(name: "FILE:" + path).danger == nil && KerberosKeytab(name: path).hasKeys)
    _ = try await Fixture.withRealm(keytab: "FILE:" + path).kerberos(.kerberos, form: .bare)
  }

  @Test("The names of a service are those of this host, and those that the keytab has under a class of WinRM")
  func services() async throws {
    let fixture = try Fixture.withRealm { $0.servicePrincipals = nil }
    _ = try await fixture.client.begin(.kerberos, peer: peer)
    let names = await fixture.service.services.map(\.description)
    for name in ["WSMAN/host.example", "HTTP/host", "WSMAN/\(LocalRealm.host)", "HOST/\(LocalRealm.host)"] { #expect(names.contains(name)) }
    #expect(!names.contains { $0.hasSuffix("stale.winrm.test") })
    #expect(try await fixture.kerberos().logon.identity.mechanism == "Kerberos")
  }

  @Test("K-08: whoever has a ticket gets in while a silent KDC takes all threads that ask it")
  func silentKDC() async throws {
    let workers = KerberosWorkers(slots: 2)
    let service = LogonService(
      configuration: await (try Fixture.withRealm()).service.configuration,
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, workers: workers, ticketTime: .system)
    let gate = DispatchSemaphore(value: 0)
    let calls = (0..<workers.slots).map { _ in Task { try? await workers.run { gate.wait() } } }
    defer { for _ in calls { gate.signal() } }
    for _ in 0..<500 where workers.slotsTaken < workers.slots { try await Task.sleep(for: .milliseconds(10)) }
    try #require(workers.slotsTaken == workers.slots)
    let context = try await LogonClient(authority: service).begin(.negotiate, peer: peer)
    #expect(try await KerberosClientEnd().logOn(context)?.identity.mechanism == "Kerberos")
  }

  @Test("NTLM goes on beside Kerberos")
  func ntlmBeside() async throws {
    let fixture = try Fixture.withRealm()
    #expect(try await fixture.negotiate().identity.accountName == "HOST\\Ann")
  }

  @Test("A ticket for a service that is not configured here, or that the keytab has no key for, is refused")
  func wrongService() async throws {
    let realm = try LocalRealm.shared.get()
    let fixture = try Fixture.withRealm()
    let other = try KerberosClientEnd(to: "HOST/only.winrm.test")
    let context = try await fixture.client.begin(.negotiate, peer: peer)
    #expect(await failure { _ = try await other.logOn(context) }?.code == .refused(.logonFailure))
    #expect(fixture.reasons("logon refused").contains { $0.contains("not configured here") })
    let stale = try Fixture.withRealm(keytab: realm.staleKeytab) { $0.servicePrincipals = ["WSMAN/stale.winrm.test"] }
    let late = try KerberosClientEnd(to: "WSMAN/stale.winrm.test")
    let second = try await stale.client.begin(.negotiate, peer: peer)
    #expect(await failure { _ = try await late.logOn(second) }?.code == .refused(.logonFailure))
  }

  @Test("A principal that maps to no Unix user is proven, and gets nowhere")
  func unmapped() async throws {
    let fixture = try Fixture.withRealm(allowed: ["bob@\(LocalRealm.name)"])
    // By the default rule bob would be the Unix user bob, who does not exist.
    let identity = try await fixture.kerberos(user: "bob").logon.identity
    #expect(identity.unixUser == "bob")
    #expect(await failure { _ = try identity.authorize() }?.code == .accessDenied)
  }

  @Test("Who is not named and in no group is proven, and not let in")
  func stranger() async throws {
    let fixture = try Fixture.withRealm(allowed: ["alice@OTHER.TEST", "alice", "me"])
    let identity = try await fixture.kerberos().logon.identity
    #expect(await failure { _ = try identity.authorize() }?.code == .accessDenied)
  }

  @Test(
    "Channel bindings: right ones pass, others never, absent ones by the level",
    arguments: [
      (ChannelBindings(serverEndPointHash: [1, 2]), true, true), (ChannelBindings(serverEndPointHash: [3]), false, false),
      (nil, true, false),
    ])
  func bindings(client: ChannelBindings?, relaxed: Bool, strict: Bool) async throws {
    for (level, passes) in [(NTLMAcceptorConfiguration.ChannelBindingLevel.relaxed, relaxed), (.strict, strict)] {
      let fixture = try Fixture.withRealm { $0.channelBindingLevel = level }
      let end = try KerberosClientEnd(bindings: client)
      let secure = PeerAddress(host: "192.0.2.7", port: 1, transport: .https)
      let context = try await fixture.client.begin(
        .negotiate, peer: secure, channelBindings: ChannelBindings(serverEndPointHash: [1, 2]))
      let refusal = await failure { _ = try await end.logOn(context) }
      #expect((refusal == nil) == passes)
      if !passes { #expect(refusal?.code == .refused(.badBindings)) }
    }
  }

  @Test("The same AP-REQ is taken once")
  func replay() async throws {
    let fixture = try Fixture.withRealm()
    let end = try KerberosClientEnd(form: .bare)
    let token = try #require(try end.next(nil))
    _ = try await fixture.client.begin(.kerberos, peer: peer).step(token)
    let again = try await fixture.client.begin(.kerberos, peer: peer)
    #expect(await failure { _ = try await again.step(token) }?.code == .refused(.logonFailure))
  }
}

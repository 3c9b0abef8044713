import CredSSP
import DelegationPolicy
import Kerberos
import SecuritySupport
import Testing
import WSMan
import WinRM
import WinRMConfiguration

@testable import WinRMDoctor

/// Answers by hand; says afterwards what was asked.
private final class FakeProbes: ChainProbes, @unchecked Sendable {  // one test, one task
  var refusals: [WinRMError] = []
  var obstacle: String?
  var proxy = ProxyAnswer.notAsked
  var address = AddressAnswer.found(["203.0.113.11"])
  var greeting = Greeting(
    peer: "hop1:5985", address: "203.0.113.11",
    answer: .init(status: 401, schemes: ["Negotiate", "Kerberos", "CredSSP"], date: "Sun, 22 Nov 2026 17:45:39 GMT"))
  var product: ServiceProduct? = ServiceProduct(vendor: "winrmd", version: "1")
  var kerberos = KerberosAnswer.ticket("alice@LAB.EXAMPLE")
  var logon = LogonAnswer()
  var asked: [String] = []

  func ruleFailures() -> [WinRMError] { refusals }
  var kerberosObstacle: String? { obstacle }
  var serviceNames: [String] { ["WSMAN/hop1"] }
  func addresses() async -> AddressAnswer {
    asked.append("address")
    return address
  }
  func greet() async throws -> Greeting {
    asked.append("greet")
    return greeting
  }
  func identify() async throws -> ServiceProduct? { product }
  func askKerberos() async throws -> KerberosAnswer {
    asked.append("kerberos")
    return kerberos
  }
  func logOn(second: SecondHopProbe?) async throws -> LogonAnswer {
    asked.append(second.map { "logon, then \($0.target.host)\($0.isWindows ? " by Windows" : "")" } ?? "logon")
    return logon
  }
}

@Suite("The chain")
struct ChainTests {
  private let probes = FakeProbes()
  static let noon: Int64 = 1_795_369_539  // 2026-11-22T17:45:39Z

  private func policy(ntlmOnly: Bool = false) throws -> ClientPolicy {
    var policy = ClientPolicy()
    policy.credSSPEnabled = true
    let entry = DelegationPolicy.Entry(
      pattern: try DelegationPattern(parsing: "WSMAN/hop1"), source: "machine policy AllowFreshCredentials\\1")
    policy.delegation = DelegationPolicy(allowFresh: [entry], allowFreshWhenNTLMOnly: ntlmOnly ? [entry] : [])
    return policy
  }

  private func examine(
    _ method: AuthenticationMethod = .credSSP, policy: ClientPolicy? = nil, target: String = "hop1", second: String? = nil,
    credential: ChainSubject.CredentialKind = .explicit("alice"), sources: PolicySources = PolicySources(), mistake: WinRMError? = nil
  ) async throws -> DoctorReport {
    let subject = ChainSubject(
      target: target, endpoint: try WinRMEndpoint(parsing: target), method: method, credential: credential,
      policy: try policy ?? self.policy(), secondHop: second.flatMap { SecondHopTarget(parsing: $0) }, sources: sources, mistake: mistake)
    return try await ChainDiagnosis(subject: subject, probes: probes, now: { Self.noon }).run()
  }

  private func failure(_ code: WinRMCode, _ stage: WinRMError.Stage) -> WinRMError {
    WinRMError(code: code, stage: stage, cause: "the cause", nextStep: "the step")
  }

  private func broken(_ report: DoctorReport, _ name: String, _ comment: Comment? = nil, sourceLocation: SourceLocation = #_sourceLocation)
  {
    #expect(report.checks.filter { $0.state == .fail }.map(\.id.rawValue) == [name], comment, sourceLocation: sourceLocation)
    #expect(!report.passed, sourceLocation: sourceLocation)
  }

  private func success(_ mechanism: MechanismIdentifier = .kerberos) -> LogonAnswer {
    var sighting = CredSSPSighting()
    sighting.version = 6
    sighting.proof = .ntlmOnly
    sighting.parameters = TLSParameters(version: 0x0303, cipherSuite: 0xC02F)
    sighting.permission = "machine policy AllowFreshCredentials\\1 (WSMAN/hop1) names WSMAN/hop1"
    return LogonAnswer(
      credSSP: sighting,
      report: AuthenticationReport(
        peer: "hop1:5985", method: .credSSP, mechanism: mechanism,
        service: mechanism == .kerberos ? KerberosServiceName(service: "WSMAN", host: "hop1") : nil,
        delegation: .password(because: "policy")))
  }

  @Test func aWholeChainPasses() async throws {
    probes.logon = success()
    let report = try await examine()
    #expect(report.passed && report.firstFailure == nil)
    #expect(probes.asked == ["address", "greet", "kerberos", "logon"])
    #expect(
      report.checks.map(\.id.rawValue) == [
        "client.settings", "client.flag", "client.credential", "client.delegation", "network.name", "network.port", "server.service",
        "server.schemes", "server.clock", "domain.kdc", "domain.servicename", "server.credssp", "server.proof", "server.mechanism",
        "server.logon", "server.shell",
      ])
  }

  @Test("What fails before the logon keeps the credentials at home") func noSecretAfterAFailure() async throws {
    var closed = ClientPolicy()
    closed.credSSPEnabled = true
    broken(try await examine(policy: closed), "client.delegation")
    #expect(probes.asked == ["address"], "a rule of this machine refuses: nobody is connected to")
    probes.address = .notFound("Name or service not known")
    broken(try await examine(), "network.name")
    probes.address = .found(["203.0.113.11"])
    probes.greeting.answer?.schemes = ["Negotiate"]
    broken(try await examine(), "server.schemes")
    #expect(!probes.asked.contains("kerberos") && !probes.asked.contains { $0.hasPrefix("logon") })
  }

  @Test(arguments: [
    (WinRMError.Stage.connect, WinRMCode.destinationUnreachable, "network.port"), (.connect, .networkTimedOut, "network.port"),
    (.tls, .sslConnectionAborted, "network.tls"), (.tls, .mutualAuthenticationFailed, "network.certificate"),
    (.authenticate, .networkTimedOut, "server.service"),
  ])
  func connections(stage: WinRMError.Stage, code: WinRMCode, name: String) async throws {
    probes.greeting = Greeting(certificate: "for others", peer: "hop1:5986", failure: failure(code, stage))
    let report = try await examine(target: "https://hop1:5986")
    broken(report, name)
    #expect(report.checks.last?.state == .unknown)
  }

  // MARK: Clocks

  private func clock(_ report: DoctorReport) throws -> Check { try #require(report.checks.first { $0.id.rawValue == "server.clock" }) }

  /// The server's clock is an hour behind.
  private func anHourBehind() { probes.greeting.answer?.date = String(httpDate: Self.noon - 3600) }

  @Test(
    "A clock is not blamed where the logon comes about: the library makes up for the difference to the KDC",
    arguments: [(-301 as Int64, true), (-300, false), (0, false), (300, false), (301, true)])
  func clocks(offset: Int64, isApart: Bool) async throws {
    probes.logon = success()
    probes.greeting.answer?.date = String(httpDate: Self.noon + offset)
    let report = try await examine()
    #expect(report.passed)
    #expect(try clock(report).evidence.contains("all the same") == isApart)
  }

  @Test("Where names rule Kerberos out, the clock has no part in it") func clockWithoutKerberos() async throws {
    anHourBehind()
    probes.obstacle = "an address"
    probes.logon = LogonAnswer(failure: failure(.logonFailure, .authenticate))
    var policy = ClientPolicy()
    policy.trustedHosts = try TrustedHosts(parsing: "hop1")
    let report = try await examine(.negotiate, policy: policy)
    broken(report, "server.logon")
    #expect(try clock(report).state == .pass && clock(report).evidence.contains("60 minutes behind"))
    #expect(try clock(report).evidence.contains("Kerberos has no part"))
  }

  @Test("Whether it matters is not known where nothing showed it") func clockThatNobodyJudges() async throws {
    anHourBehind()
    probes.kerberos = .obstacle(reason: "no", error: KerberosError(.unreachable))
    probes.logon = LogonAnswer(credSSP: success().credSSP, failure: failure(.freshCredentialsNTLMOnly, .delegate))
    let report = try await examine()
    broken(report, "domain.kdc")
    #expect(try clock(report).state == .unknown && clock(report).evidence.contains("60 minutes behind"))
  }

  @Test("The KDC, or the server, says that it matters") func clockThatMatters() async throws {
    anHourBehind()
    probes.kerberos = .failure(failure(.timeSkew, .kerberos), nil)
    var report = try await examine()
    broken(report, "server.clock")
    #expect(try clock(report).evidence == "the server's clock is 60 minutes behind this machine's; the cause")
    probes.kerberos = .ticket("alice@LAB.EXAMPLE")
    probes.logon = LogonAnswer(credSSP: success().credSSP, failure: failure(.timeSkew, .authenticate))
    broken(try await examine(), "server.clock")
    // A server that refuses a good ticket without a word.
    probes.logon = LogonAnswer(failure: failure(.logonFailure, .authenticate))
    report = try await examine(.kerberos)
    broken(report, "server.clock")
    #expect(report.checks.first { $0.id.rawValue == "server.logon" }?.state == .unknown)
    probes.greeting.answer?.date = String(httpDate: Self.noon)
    broken(try await examine(.kerberos), "server.logon")
  }

  @Test("A certificate that is good by the right clock") func clockAndCertificate() async throws {
    anHourBehind()
    var sighting = try #require(success().credSSP)
    sighting.flaw = "it has expired"
    probes.kerberos = .obstacle(reason: "no", error: KerberosError(.unknownPrincipal))
    probes.logon = LogonAnswer(credSSP: sighting, failure: failure(.freshCredentialsNTLMOnly, .delegate))
    broken(try await examine(), "server.clock")
    probes.greeting.answer?.date = String(httpDate: Self.noon)
    broken(try await examine(credential: .explicit("HOP1\\alice")), "server.proof")
  }

  @Test func aServerThatTellsNoTimeIsNotBlamed() async throws {
    probes.logon = success()
    for date in [nil, "yesterday"] {
      probes.greeting.answer?.date = date
      let report = try await examine()
      #expect(report.passed && !report.checks.contains { $0.id.rawValue == "server.clock" })
    }
  }

  // MARK: Kerberos

  @Test(
    "A KDC that is needed is the broken link, and the missing proof its consequence",
    arguments: [
      (KerberosError.Code.unreachable, "domain.kdc"), (.timeout, "domain.kdc"), (.unknownService, "domain.servicename"),
    ])
  func neededKerberos(code: KerberosError.Code, name: String) async throws {
    probes.kerberos = .obstacle(reason: "no", error: KerberosError(code))
    probes.logon = LogonAnswer(credSSP: success().credSSP, failure: failure(.freshCredentialsNTLMOnly, .delegate))
    let report = try await examine()
    broken(report, name)
    #expect(report.checks.first { $0.id.rawValue == "server.proof" }?.state == .unknown)
  }

  @Test func aKDCThatIsNotNeededIsNotBlamed() async throws {
    probes.kerberos = .obstacle(reason: "no", error: KerberosError(.unreachable))
    probes.logon = success(.ntlm)
    let report = try await examine(policy: try policy(ntlmOnly: true))
    #expect(report.passed && !report.checks.contains { $0.place == .domain })
  }

  @Test("An account of the server has nothing to do with a KDC") func missingProof() async throws {
    probes.kerberos = .obstacle(reason: "no", error: KerberosError(.unknownPrincipal))
    probes.logon = LogonAnswer(credSSP: success().credSSP, failure: failure(.freshCredentialsNTLMOnly, .delegate))
    broken(try await examine(credential: .explicit("hop1\\alice")), "server.proof")
  }

  @Test(
    "What the KDC refuses",
    arguments: [
      (WinRMCode.logonFailure, "server.logon"), (.accountDisabled, "server.logon"), (.targetUnknown, "domain.servicename"),
      (.timeSkew, "server.clock"), (.noAuthenticatingAuthority, "domain.kdc"), (.accountRestriction, "server.logon"),
    ])
  func refusalsOfTheKDC(code: WinRMCode, name: String) async throws {
    probes.kerberos = .failure(failure(code, .kerberos), nil)
    broken(try await examine(), name)
    #expect(!probes.asked.contains("logon"))
  }

  @Test func withoutKerberosNegotiateNeedsTrustedHosts() async throws {
    probes.kerberos = .failure(failure(.serverNotTrusted, .policy), KerberosError(.unreachable))
    let report = try await examine(.negotiate)
    broken(report, "domain.kdc")
    #expect(report.checks.first { $0.id.rawValue == "client.trustedhosts" }?.state == .unknown)
    probes.kerberos = .failure(failure(.serverNotTrusted, .policy), KerberosError(.unknownPrincipal))
    broken(try await examine(.negotiate), "client.trustedhosts")
  }

  // MARK: The server's no

  @Test(arguments: [
    (WinRMCode.logonFailure, "server.logon"), (.accountRestriction, "server.logon"), (.timeSkew, "server.clock"),
    (.wrongPrincipal, "server.proof"), (.mutualAuthenticationFailed, "server.proof"), (.invalidToken, "server.credssp"),
  ])
  func refusalsOfTheServer(code: WinRMCode, name: String) async throws {
    probes.logon = LogonAnswer(credSSP: success().credSSP, failure: failure(code, .authenticate))
    broken(try await examine(), name)
  }

  @Test func aShellThatIsRefusedIsNoFailedLogon() async throws {
    probes.logon = success()
    probes.logon.failure = failure(.accessDenied, .shell)
    let report = try await examine(second: "hop2")
    broken(report, "server.shell")
    #expect(report.checks.filter { $0.id.rawValue.hasPrefix("secondhop.") }.allSatisfy { $0.state == .unknown })
  }

  @Test(
    "The setting that refused the shell is named",
    arguments: [
      (
        WinRMCode.accessDenied,
        ["AllowedAccounts=\"alice\"", "AllowedGroups", "RootSDDL", "plug-in", "winrm doctor there", "/etc/nsswitch.conf"]
      ),
      (.init(rawValue: 0x8033_81AC), ["AllowRemoteShellAccess", "0x8033808A"]),
      (.quotaMaxShells, ["MaxShellsPerUser", "winrm delete shell"]),
      (.init(rawValue: 0x8033_81AB), ["MaxConcurrentUsers"]), (.init(rawValue: 0x8033_81A6), ["MaxConcurrentOperationsPerUser"]),
      (.init(rawValue: 0x8033_81DD), ["AllowRemoteAccess"]), (.init(rawValue: 0x8033_8000), ["winrm enumerate winrm/config/plugin"]),
    ])
  func shells(code: WinRMCode, words: [String]) async throws {
    probes.logon = success()
    probes.logon.failure = failure(code, .shell)
    probes.logon.failure?.fault = WSManFault(code: .receiver, subcode: nil, wsmanCode: code, reason: "no")
    let check = try #require(try await examine().firstFailure)
    #expect(check.id.rawValue == "server.shell" && check.code == code)
    for word in words { #expect(check.remedy?.contains(word) == true, "\(check.remedy ?? "")") }
    // On Windows others may do it.
    probes.product = ServiceProduct(vendor: "Microsoft Corporation", version: "")
    let windows = try #require(try await examine().firstFailure)
    #expect(windows.remedy?.contains("AllowedAccounts") == false)
  }

  private func refusedShell(_ code: WinRMCode) {
    probes.logon.failure = failure(code, .shell)
    probes.logon.failure?.fault = WSManFault(code: .receiver, subcode: nil, wsmanCode: code, reason: "no")
  }

  @Test(
    "Whom to admit is who was proven, and both forms where nobody said whose account it is",
    arguments: [
      ("dave", true, [#"@{AllowedAccounts="dave@LAB.EXAMPLE"}'"#], ["=\"dave\""]),
      ("LAB\\dave", true, [#"AllowedAccounts="dave@LAB.EXAMPLE""#], []),
      ("dave", false, [#"AllowedAccounts="dave""#, #"DOMAIN\dave"#], ["LAB.EXAMPLE"]),
      ("LAB\\dave", false, [#"AllowedAccounts="LAB\dave""#], ["DOMAIN\\"]), (".\\dave", false, [#"AllowedAccounts="dave""#], ["DOMAIN\\"]),
      ("dave@LAB.EXAMPLE", false, [#"AllowedAccounts="dave@LAB.EXAMPLE""#], ["DOMAIN\\"]),
      ("da'v\"e", false, [#"AllowedAccounts="USER""#], ["da'v"]),
    ])
  func whomToAdmit(typed: String, isProven: Bool, words: [String], others: [String]) async throws {
    probes.logon = success(isProven ? .kerberos : .ntlm)
    if isProven { probes.logon.report?.client = KerberosPrincipal(components: ["dave"], realm: "LAB.EXAMPLE") }
    refusedShell(.accessDenied)
    let remedy = try #require(try await examine(credential: .explicit(typed)).firstFailure?.remedy)
    for word in words { #expect(remedy.contains(word), "\(remedy)") }
    for word in others { #expect(!remedy.contains(word), "\(remedy)") }
  }

  @Test("Commands to the server name the method and the user as they were given") func commandsThatLogOn() async throws {
    probes.logon = success()
    refusedShell(.quotaMaxShells)
    let remedy = try #require(try await examine(credential: .explicit("LAB\\dave")).firstFailure?.remedy)
    #expect(remedy.contains(#"winrm enumerate shell -remote:hop1 -authentication:CredSSP -username:'LAB\dave' shows"#))
    #expect(remedy.contains(#"winrm delete shell?ShellId=ID -remote:hop1 -authentication:CredSSP -username:'LAB\dave' ends"#))
  }

  @Test("The rule that is shown is the one for the proof that was reached") func ruleOfTheProof() async throws {
    let rule = "machine policy AllowFreshCredentialsWhenNTLMOnly\\1 (WSMAN/hop1) names WSMAN/hop1; the server is proven by NTLM only"
    probes.logon = success()
    probes.logon.credSSP?.permission = rule
    func proof(_ report: DoctorReport) throws -> String { try #require(report.checks.first { $0.id.rawValue == "server.proof" }).evidence }
    let kerberos = try proof(try await examine(policy: try policy(ntlmOnly: true)))
    #expect(
      kerberos.contains("question 3") && kerberos.contains("AllowFreshCredentials\\1") && !kerberos.contains("NTLM"), "\(kerberos)")
    // No rule for that proof: the credentials went by the other one, and it keeps its number.
    var alone = try policy(ntlmOnly: true)
    alone.delegation.allowFresh = []
    let other = try proof(try await examine(policy: alone))
    #expect(other.contains("question 2 (may they go to a server proven so): \(rule)"), "\(other)")
  }

  @Test("A name that the domain does not know is the broken link, unless it names an account of the server") func unknownName() async throws
  {
    probes.kerberos = .obstacle(reason: "no such user", error: KerberosError(.unknownPrincipal))
    probes.logon = LogonAnswer(credSSP: success().credSSP, failure: failure(.freshCredentialsNTLMOnly, .delegate))
    for name in ["nobodyx", "nobodyx@LAB.EXAMPLE", "LAB\\nobodyx"] {
      let report = try await examine(credential: .explicit(name))
      broken(report, "server.logon")
      let remedy = try #require(report.firstFailure?.remedy)
      #expect(remedy.hasPrefix("check the name") && remedy.contains("-ntlmonly") == (name == "nobodyx"), "\(remedy)")
      #expect(report.firstFailure?.evidence.contains(name) == true)
    }
    for name in ["HOP1\\nobodyx", ".\\nobodyx"] { broken(try await examine(credential: .explicit(name)), "server.proof") }
  }

  @Test("What has expired is renewed first of all") func expiredCertificate() async throws {
    var sighting = try #require(success().credSSP)
    sighting.flaw = "it has expired"
    probes.kerberos = .notAsked
    probes.logon = LogonAnswer(credSSP: sighting, failure: failure(.freshCredentialsNTLMOnly, .delegate))
    let check = try #require(try await examine().firstFailure)
    #expect(check.id.rawValue == "server.proof" && check.remedy?.hasPrefix("on the server, renew its CredSSP certificate") == true)
    #expect(check.remedy?.hasSuffix("the step") == true)
    sighting.flaw = "nobody trusts its issuer"
    probes.logon.credSSP = sighting
    #expect(try await examine().firstFailure?.remedy == "the step")
  }

  @Test("Another certificate than the pinned one is the finding, whatever else is wrong; no rule that is content with less is advised")
  func anotherCertificateThanThePinnedOne() async throws {
    var sighting = try #require(success().credSSP)
    var policy = try policy()
    policy.pins = ["hop1": [[UInt8](repeating: 0x11, count: 32)]]
    let governed = PolicySources(ofDelegation: { _, ntlm in .init(deciding: ntlm ? value("A", isOfDomain: true) : nil, canBeEnabled: !ntlm)
    })
    anHourBehind()
    for flaw in ["it is not the pinned one; and it has expired", "it is not the pinned one"] {
      sighting.flaw = flaw
      for (error, name) in [(KerberosError.Code.unknownPrincipal, "alice"), (.unknownPrincipal, "HOP1\\alice")] {
        for sources in [PolicySources(), governed] {
          probes.kerberos = .obstacle(reason: "no", error: KerberosError(error))
          probes.logon = LogonAnswer(credSSP: sighting, failure: failure(.freshCredentialsNTLMOnly, .delegate))
          let report = try await examine(policy: policy, credential: .explicit(name), sources: sources)
          broken(report, "server.proof")
          #expect(report.firstFailure?.remedy == "the step")
        }
      }
    }
  }

  @Test("Without a fault the client's own advice holds") func aLostConnectionNeedsNoSetting() async throws {
    probes.logon = success()
    probes.logon.failure = failure(.destinationUnreachable, .request)
    #expect(try await examine().firstFailure?.remedy == "the step")
  }

  @Test("A service that does not open the ticket is asked for its keytab", arguments: [WinRMCode.logonFailure, .wrongPrincipal])
  func keytab(code: WinRMCode) async throws {
    probes.logon = LogonAnswer(credSSP: success().credSSP, failure: failure(code, .authenticate))
    let check = try #require(try await examine().firstFailure)
    #expect(check.code == code)
    for word in ["KeytabFile", "net ads keytab", "klist -kte", "kvno WSMAN/hop1"] { #expect(check.remedy?.contains(word) == true) }
    // What is quickly looked at comes first.
    #expect(check.remedy?.hasPrefix("Is 203.0.113.11 really hop1 (getent hosts hop1)?") == true)
    if code == .logonFailure {
      let words = ["winrm doctor", "the log of winrmd", "/etc/pam.d/winrmd", "/etc/nsswitch.conf", "klist -kte"]
      let places = words.map { word in check.remedy?.firstRange(of: word)?.lowerBound }
      #expect(!places.contains(nil) && places.compactMap { $0 } == places.compactMap { $0 }.sorted(), "\(check.remedy ?? "")")
    }
    // Without a ticket it may as well be the password.
    probes.kerberos = .obstacle(reason: "no", error: KerberosError(.unknownPrincipal))
    #expect(try await examine(policy: try policy(ntlmOnly: true)).firstFailure?.remedy == "the step")
  }

  @Test("Whether a setting or a policy switched a method off, the remedy names both") func methodsThatAreOff() async throws {
    probes.greeting.answer?.schemes = ["Negotiate"]
    let credSSP = try #require(try await examine().firstFailure?.remedy)
    #expect(credSSP.contains("winrm credssp enable -role:server") && credSSP.contains("0x8033808A"))
    #expect(credSSP.contains("or use -authentication:Negotiate"))
    probes.greeting.answer?.schemes = ["Basic"]
    #expect(try await examine().firstFailure?.remedy?.contains("Negotiate") == false, "it is not offered either")
    #expect(credSSP.contains("Is 203.0.113.11 really hop1 (getent hosts hop1)?"))
    let kerberos = try #require(try await examine(.kerberos).firstFailure?.remedy)
    #expect(kerberos.contains("KeytabFile") && kerberos.contains("Kerberos=\"true\""), "a service without keys offers no Kerberos")
  }

  @Test("A server that would not begin CredSSP has refused nobody") func credSSPThatDoesNotBegin() async throws {
    var refused = failure(.destinationUnreachable, .authenticate)
    refused.peerAnswer = "HTTP 500 (Internal Server Error)"
    probes.logon = LogonAnswer(credSSP: CredSSPSighting(), failure: refused)
    let report = try await examine()
    broken(report, "server.credssp")
    #expect(report.firstFailure?.remedy?.contains("CertificateThumbprint") == true)
  }

  @Test(
    "A connection that is lost on the way says nothing of the server's settings",
    arguments: [WinRMCode.networkTimedOut, .destinationUnreachable])
  func credSSPThatIsCutOff(code: WinRMCode) async throws {
    probes.logon = LogonAnswer(credSSP: CredSSPSighting(), failure: failure(code, .authenticate))
    let report = try await examine()
    broken(report, "server.credssp")
    #expect(report.firstFailure?.remedy == "the step" && report.firstFailure?.code == code)
    #expect(report.firstFailure?.evidence.contains("would not begin") == false)
  }

  @Test("A server that is busy has no setting to be mended") func credSSPOfABusyServer() async throws {
    var busy = failure(.httpServiceUnavailable, .authenticate)
    busy.peerAnswer = "HTTP 503 (Service Unavailable)"
    probes.logon = LogonAnswer(credSSP: CredSSPSighting(), failure: busy)
    let report = try await examine()
    broken(report, "server.credssp")
    #expect(report.firstFailure?.remedy == "the step")
  }

  // MARK: Rules of this machine

  @Test(
    "Each rule has its link, and nothing is sent",
    arguments: [
      (WinRMCode.proxyWithCredSSP, AuthenticationMethod.credSSP, "client.proxy"), (.proxyWithHTTP, .basic, "client.proxy"),
      (.proxyAccessInvalid, .negotiate, "client.proxy"), (.unencryptedDisabled, .basic, "client.unencrypted"),
      (.serverNotTrusted, .negotiate, "client.trustedhosts"), (.defaultMethodToAddress, .negotiate, "client.trustedhosts"),
      (.certificateOptionsOverHTTP, .negotiate, "client.options"), (.servicePortWithOtherMethod, .basic, "client.options"),
      (.userNameAndPasswordNeeded, .negotiate, "client.credential"), (.kerberosToAddress, .kerberos, "client.credential"),
      (WinRMCode(rawValue: 1), .negotiate, "client.credential"),
    ])
  func rules(code: WinRMCode, method: AuthenticationMethod, name: String) async throws {
    probes.refusals = [failure(code, .policy)]
    var policy = try policy()
    policy.basicEnabled = true
    let report = try await examine(method, policy: policy)
    broken(report, name)
    #expect(report.firstFailure?.code == code && report.firstFailure?.remedy == "the step")
    #expect(probes.asked == ["address"])
    #expect(report.checks.filter { $0.place != .client && $0.id.rawValue != "network.name" }.allSatisfy { $0.state == .unknown })
  }

  @Test("All that this machine refuses is told at once, each with what mends it") func severalRefusals() async throws {
    probes.refusals = [.basicDisabled, .unencryptedDisabled, .serverNotTrusted].map {
      WinRMError(code: $0, stage: .policy, cause: "cause \($0.hexadecimal)", nextStep: "step \($0.hexadecimal)")
    }
    let report = try await examine(.basic, policy: ClientPolicy())
    let failed = report.checks.filter { $0.state == .fail }
    #expect(failed.map(\.id.rawValue) == ["client.flag", "client.trustedhosts", "client.unencrypted"])
    #expect(failed.map(\.code) == [.basicDisabled, .serverNotTrusted, .unencryptedDisabled])
    #expect(failed.map(\.remedy) == ["winrm set winrm/config/client/auth '@{Basic=\"true\"}'", "step 0x803380E4", "step 0x803380DE"])
    #expect(probes.asked == ["address"])
  }

  @Test("A certificate that cannot be used is a finding") func certificateMistake() async throws {
    let report = try await examine(
      .certificate, target: "https://hop1", credential: .none, mistake: failure(.clientCertificateNotFound, .policy))
    broken(report, "client.credential")
    #expect(probes.asked == ["address"])
    #expect(!report.checks.contains { ["server.schemes", "server.clock", "domain.kdc"].contains($0.id.rawValue) })
    // What follows from it is not told instead, and what has nothing to do with it is told as well.
    probes.refusals = [failure(.certificateOptionsOverHTTP, .policy), failure(.certificateNeeded, .policy)]
    let more = try await examine(.certificate, credential: .none, mistake: failure(.clientCertificateNotFound, .policy))
    let failed = more.checks.filter { $0.state == .fail }
    #expect(failed.map(\.id.rawValue) == ["client.options", "client.credential"])
    #expect(failed.last?.code == .clientCertificateNotFound)
  }

  @Test("Every broken link is told, the first one as the first") func severalFailures() async throws {
    probes.address = .notFound("Name or service not known")
    let report = try await examine(policy: ClientPolicy())
    #expect(report.checks.filter { $0.state == .fail }.map(\.id.rawValue) == ["client.flag", "client.delegation", "network.name"])
    #expect(report.summary.hasPrefix("The first broken link is client.flag: "))
    #expect(report.summary.hasSuffix("Broken as well: client.delegation, network.name"))
  }

  // MARK: Policy

  private func value(_ name: String, isOfDomain: Bool) -> DecidingValue {
    DecidingValue(
      name: name, value: "0", object: isOfDomain ? "WinRM clients" : "machine policy", key: "K", file: "F", isOfDomain: isOfDomain)
  }

  @Test("The value that decides is named, and the remedy is one that policy accepts") func governedDelegation() async throws {
    var policy = ClientPolicy()
    policy.credSSPEnabled = true
    func check(_ source: PolicySources.Delegation) async throws -> Check {
      let report = try await examine(policy: policy, sources: PolicySources(ofDelegation: { _, _ in source }))
      broken(report, "client.delegation")
      return try #require(report.firstFailure)
    }
    let free = try await check(.init())
    #expect(free.remedy == "winrm credssp enable -role:client -delegate:WSMAN/hop1")
    let switchedOff = try await check(
      .init(deciding: value("AllowFreshCredentials", isOfDomain: false), remark: "It is switched off", canBeEnabled: true))
    #expect(
      switchedOff.evidence.hasSuffix(
        "It is switched off. It is decided here: machine policy sets AllowFreshCredentials = 0 (key K, file F)"))
    #expect(switchedOff.remedy == free.remedy)
    let governed = try await check(.init(deciding: value("AllowFreshCredentials", isOfDomain: true), canBeEnabled: false))
    #expect(
      governed.remedy == """
        set AllowFreshCredentials to 1 and let its list name WSMAN/hop1 in the policy object WinRM clients of the domain, then: \
        winrm policy update; see what holds then: winrm policy test -remote:hop1
        """)
  }

  @Test("A flag that policy switches off cannot be set") func governedFlag() async throws {
    let item = value("AllowCredSSP", isOfDomain: true)
    var policy = try policy()
    policy.credSSPEnabled = false
    let report = try await examine(policy: policy, sources: PolicySources(ofSetting: { $0 == "CredSSP" ? item : nil }))
    broken(report, "client.flag")
    #expect(
      report.firstFailure?.evidence == "winrm/config/client/auth CredSSP = false: WinRM clients sets AllowCredSSP = 0 (key K, file F)")
    #expect(
      report.firstFailure?.remedy == "set AllowCredSSP to 1 in the policy object WinRM clients of the domain, then: winrm policy update")
    #expect(report.firstFailure?.code == .credSSPDisabledOnClient)
  }

  @Test("TrustedHosts that policy decides cannot be set") func governedTrust() async throws {
    let item = value("TrustedHostsList", isOfDomain: true)
    let sources = PolicySources(ofSetting: { $0 == "TrustedHosts" ? item : nil })
    probes.refusals = [failure(.serverNotTrusted, .policy)]
    let report = try await examine(.negotiate, sources: sources)
    broken(report, "client.trustedhosts")
    #expect(report.firstFailure?.remedy?.contains("in the policy object WinRM clients") == true)
    // The KDC's no makes the same of it.
    probes.refusals = []
    probes.kerberos = .failure(failure(.serverNotTrusted, .policy), KerberosError(.unknownPrincipal))
    #expect(try await examine(.negotiate, sources: sources).firstFailure?.remedy == report.firstFailure?.remedy)
  }

  @Test("What NTLM alone proves: no remedy that policy forbids") func governedProof() async throws {
    probes.kerberos = .obstacle(reason: "no", error: KerberosError(.unknownPrincipal))
    probes.logon = LogonAnswer(credSSP: success().credSSP, failure: failure(.freshCredentialsNTLMOnly, .delegate))
    let item = value("AllowFreshCredentialsWhenNTLMOnly", isOfDomain: true)
    let sources = PolicySources(ofDelegation: { _, ntlm in .init(deciding: ntlm ? item : nil, canBeEnabled: !ntlm) })
    for (name, link) in [("HOP1\\alice", "server.proof"), ("alice", "server.logon")] {
      let report = try await examine(credential: .explicit(name), sources: sources)
      broken(report, link)
      let remedy = try #require(report.firstFailure?.remedy)
      #expect(remedy.contains("winrm credssp pin -remote:hop1") && remedy.contains("policy object WinRM clients"))
      #expect(!remedy.contains("credssp enable"))
    }
    #expect(try await examine(credential: .explicit("HOP1\\alice")).firstFailure?.remedy == "the step")
  }

  // MARK: Proxies

  @Test func aProxyIsPartOfTheChain() async throws {
    probes.proxy = .through(host: "proxy", authority: "proxy:3128")
    probes.kerberos = .notAsked
    probes.logon = LogonAnswer(report: AuthenticationReport(peer: "hop1:5986", method: .negotiate, mechanism: .ntlm))
    let report = try await examine(.negotiate, target: "https://hop1:5986")
    #expect(report.passed)
    #expect(report.checks.first { $0.id.rawValue == "client.proxy" }?.evidence == "the environment names proxy:3128 for hop1")
    #expect(report.checks.first { $0.id.rawValue == "network.name" }?.evidence.contains("it looks up hop1 by itself") == true)
    #expect(report.checks.first { $0.id.rawValue == "network.proxy" }?.evidence == "proxy:3128 made a tunnel to hop1:5985")
  }

  @Test("A proxy that makes no way is not the server's fault") func proxyFailures() async throws {
    probes.proxy = .through(host: "proxy", authority: "proxy:3128")
    probes.greeting = Greeting(peer: "proxy:3128", failure: failure(.destinationUnreachable, .proxy))
    let report = try await examine(.negotiate, target: "https://hop1:5986")
    broken(report, "network.proxy")
    #expect(report.checks.first { $0.id.rawValue == "network.port" }?.state == .unknown)
    probes.address = .notFound("no")
    broken(try await examine(.negotiate, target: "https://hop1:5986"), "network.name")
    probes.proxy = .unusable(failure(.proxyAccessInvalid, .policy))
    probes.address = .found(["203.0.113.11"])
    broken(try await examine(.negotiate, target: "https://hop1:5986"), "client.proxy")
  }

  @Test("A proxy's password goes to it only where the real command sends it: after the KDC was asked")
  func passwordOfTheProxy() async throws {
    probes.proxy = .through(host: "proxy", authority: "proxy:3128", takesPassword: true)
    probes.logon = LogonAnswer(report: AuthenticationReport(peer: "hop1:5986", method: .negotiate, mechanism: .kerberos))
    #expect(try await examine(.negotiate, target: "https://hop1").passed)
    #expect(probes.asked == ["address", "kerberos", "greet", "logon"], "the KDC is asked once")
    // Nothing to log on with, also where names rule Kerberos out; and a KDC that says no.
    for obstacle in [nil, "an address"] {
      for (code, stage) in [(WinRMCode.noCredentials, WinRMError.Stage.policy), (.logonFailure, .kerberos)] {
        probes.asked = []
        probes.obstacle = obstacle
        probes.kerberos = .failure(failure(code, stage), nil)
        let report = try await examine(.negotiate, target: "https://hop1", credential: .ambient(hasAgent: false))
        broken(report, code == .noCredentials ? "client.credential" : "server.logon")
        #expect(probes.asked == ["address", "kerberos"], "nobody connects to the proxy")
        for name in ["network.proxy", "network.port", "network.tls", "network.certificate", "server.service", "server.schemes"] {
          let check = try #require(report.checks.first { $0.id.rawValue == name })
          #expect(check.state == .unknown && check.evidence.contains("sends nothing to the proxy"), "\(name)")
        }
      }
    }
  }

  @Test("What Kerberos could not do is not forgotten where the way fails") func kerberosBeforeTheProxy() async throws {
    probes.proxy = .through(host: "proxy", authority: "proxy:3128", takesPassword: true)
    probes.kerberos = .obstacle(reason: "no KDC", error: KerberosError(.unreachable))
    probes.greeting = Greeting(peer: "proxy:3128", failure: failure(.destinationUnreachable, .proxy))
    let report = try await examine(.negotiate, target: "https://hop1:5986")
    broken(report, "network.proxy")
    #expect(probes.asked == ["address", "kerberos", "greet"])
    let check = try #require(report.checks.first { $0.id.rawValue == "domain.kdc" })
    #expect(check.state == .unknown && check.evidence.contains("no KDC") && !check.evidence.contains("not tried"))
  }

  @Test("A refusal of a proxy says which it is") func refusedProxyIsNamed() async throws {
    probes.refusals = [failure(.proxyWithKerberos, .policy)]
    for (proxy, words) in [
      (ProxyAnswer.through(host: "proxy", authority: "proxy:3128"), "the cause; the environment names proxy:3128 for hop1"),
      (.direct, "the cause; the environment names no proxy for hop1, or no_proxy makes an exception of it"), (.notAsked, "the cause"),
    ] {
      probes.proxy = proxy
      let report = try await examine(.kerberos, target: "https://hop1:5986")
      broken(report, "client.proxy")
      #expect(report.firstFailure?.evidence == words && report.firstFailure?.remedy == "the step")
      #expect(report.firstFailure?.code == .proxyWithKerberos)
    }
  }

  @Test("Where a rule refuses, the proxy is not even looked up") func noWordToTheProxy() async throws {
    probes.proxy = .through(host: "proxy", authority: "proxy:3128")
    probes.refusals = [failure(.proxyWithCredSSP, .policy)]
    let report = try await examine(.credSSP, target: "https://hop1:5986")
    broken(report, "client.proxy")
    #expect(probes.asked.isEmpty)
  }

  // MARK: Methods without a mechanism

  @Test(arguments: [(AuthenticationMethod.basic, "Basic"), (.certificate, "Certificate")])
  func withoutMechanism(method: AuthenticationMethod, name: String) async throws {
    var policy = ClientPolicy()
    policy.basicEnabled = true
    probes.greeting.answer?.schemes = ["Negotiate", "Basic"]
    anHourBehind()
    let credential: ChainSubject.CredentialKind = method == .basic ? .explicit("alice") : .certificate("AB")
    probes.logon = LogonAnswer(report: AuthenticationReport(peer: "hop1:5986", method: method, mechanism: nil))
    let report = try await examine(method, policy: policy, target: "https://hop1:5986", credential: credential)
    #expect(report.passed && report.subject.method == name)
    #expect(probes.asked == ["address", "greet", "logon"], "no KDC has a part in it")
    #expect(report.checks.contains { $0.id.rawValue == "server.schemes" } == (method == .basic))
    probes.logon = LogonAnswer(failure: failure(.accessDenied, .authenticate))
    let refused = try await examine(method, policy: policy, target: "https://hop1:5986", credential: credential)
    broken(refused, "server.logon")
    #expect(refused.checks.first { $0.id.rawValue == "server.mechanism" }?.evidence == "\(name), which goes along with every request")
  }

  @Test func basicThatIsNotOffered() async throws {
    var policy = ClientPolicy()
    policy.basicEnabled = true
    let report = try await examine(.basic, policy: policy, target: "https://hop1:5986")
    broken(report, "server.schemes")
    #expect(report.firstFailure?.remedy?.hasPrefix("on the server: winrm set winrm/config/service/auth '@{Basic=\"true\"}'") == true)
    #expect(report.firstFailure?.remedy?.contains("AllowUnencrypted") == false)
    let plain = try await examine(.basic, policy: policy)
    #expect(plain.firstFailure?.remedy?.contains("winrm set winrm/config/service '@{AllowUnencrypted=\"true\"}'") == true)
    #expect(!probes.asked.contains("logon"))
  }

  // MARK: The second hop

  private func second(_ values: [String: String], target: String = "hop2") async throws -> DoctorReport {
    probes.logon = success()
    probes.logon.second = .said(values)
    return try await examine(second: target)
  }

  private let good = [
    "session": "credssp", "account": "LAB\\alice", "credentials": "ticket+agent", "ticket.principal": "alice@LAB.EXAMPLE",
    "ticket.until": "2026-11-23 03:45:39", "name": "203.0.113.12", "port.5985": "open", "port.5986": "Connection refused",
    "port.445": "open", "winrm.exit": "0", "winrm.said.1": "winrm-doctor-2",
  ]

  @Test func aWholeSecondHop() async throws {
    let report = try await second(good)
    #expect(report.passed)
    #expect(probes.asked.last == "logon, then hop2")
  }

  @Test(
    "Each broken link of the second half",
    arguments: [
      (["credentials": "none"], "secondhop.credentials"), (["ticketerror": "no KDC answers"], "secondhop.ticket"),
      (["name": ""], "secondhop.name"),
      (["port.5985": "Connection refused", "port.445": "No route to host"], "secondhop.port"),
      (
        ["winrm.exit": "255", "winrm.said.1": "Winrs error:Access is denied.", "winrm.said.2": "Stage: remote shell with hop2:5985"],
        "secondhop.access"
      ),
      (["winrm.exit": "255", "winrm.said.1": "Winrs error:no", "winrm.said.2": "Stage: policy"], "secondhop.client"),
      (["winrm.exit": "124", "winrm.said.1": ""], "secondhop.port"),
    ])
  func brokenSecondHop(change: [String: String], name: String) async throws {
    broken(try await second(good.merging(change) { $1 }), name)
  }

  @Test("Nothing that the first hop says becomes part of a remedy, in no form of the report", arguments: hostileNames)
  func hostileLines(name: String) async throws {
    let refused = [
      "winrm.exit": "255", "winrm.said.1": "Winrs error:Access is denied.", "winrm.said.2": "Stage: remote shell with hop2:5985",
      "winrm.said.3": "Error number: 5 0x5",
    ]
    let unknown = refused.merging(["winrm.said.2": "Stage: authenticate", "winrm.said.3": "Error number: 1326 0x52E"]) { $1 }
    let closed = ["port.5985": "closed", "port.5986": "closed", "port.445": "closed"]
    let files = ["smb.exit": "1", "smb.said.1": "NEG_TOKEN_INIT NT_STATUS_INVALID_PARAMETER", "winrm.exit": ""]
    for base in [refused, unknown, closed, files, ["ticketerror": "x"], ["name": ""], ["credentials": "none"]] {
      let values = good.merging(base) { $1 }
      for key in Set(values.keys).union(["name.unknown", "ticket.error", "windows", "cifs.said.1"]) {
        for changes in [[key: name], ["account": name].merging([key: name]) { $1 }] {
          let report = try await second(values.merging(changes) { $1 }, target: base == files ? "//hop2/secret" : "hop2")
          #expect(report.checks.allSatisfy { $0.remedy?.contains("evil") != true }, "\(key)")
          let mends = TextReport.write(report).split(separator: "\n").filter { $0.contains(" mend: ") }
          #expect(mends.allSatisfy { !$0.contains("evil") }, "\(key)")
          let remedies = JSONReport.write(report).split(separator: "\"remedy\": ").dropFirst().map { $0.prefix { $0 != "\n" } }
          #expect(remedies.count == report.checks.count && remedies.allSatisfy { !$0.contains("evil") }, "\(key)")
          let page = HTMLReport.write(report).split(separator: "<code>").dropFirst().map { $0.prefix { $0 != "<" } }
          #expect(page.allSatisfy { !$0.contains("evil") }, "\(key)")
        }
      }
    }
  }

  @Test("While there is no ticket, what came of trying without one is a consequence") func withoutATicket() async throws {
    let untrusted = [
      "winrm.exit": "255", "winrm.said.1": "Winrs error:no", "winrm.said.2": "Stage: policy", "winrm.said.3": "Error number: 0x803380E4",
    ]
    let files = [
      "winrm.exit": "", "smb.exit": "1",
      "smb.said.1":
        "gensec_spnego_client_negTokenInit_step: gse_krb5: creating NEG_TOKEN_INIT for cifs/wg failed: NT_STATUS_INVALID_PARAMETER",
    ]
    for change in [untrusted, files] {
      let lost = ["credentials": "agent", "ticket.principal": "", "ticketerror": "Kerberos gave no answer within 5.0 seconds"]
      let report = try await second(good.merging(lost.merging(change) { $1 }) { $1 }, target: change == files ? "//hop2/secret" : "hop2")
      broken(report, "secondhop.ticket")
      #expect(report.firstFailure?.evidence.contains("no answer within 5.0 seconds") == true)
      #expect(report.firstFailure?.remedy?.contains("TrustedHosts") == false)
      #expect(report.checks.last?.state == .unknown && report.checks.last?.evidence.contains("not judged while there is no ticket") == true)
    }
  }

  @Test func oneWayInIsEnough() async throws {
    let report = try await second(good.merging(["winrm.exit": "255", "winrm.said.1": "Winrs error:no", "smb.exit": "0"]) { $1 })
    #expect(report.passed)
    #expect(report.checks.last?.evidence.contains("not by WinRM") == true)
  }

  @Test("Whose no it is: the first hop's client, nobody's, the service's") func places() async throws {
    let client = try await second(
      good.merging(["winrm.exit": "255", "winrm.said.1": "Winrs error:no", "winrm.said.2": "Stage: policy"]) { $1 })
    #expect(client.checks.first { $0.state == .fail }?.place == .firstHop)
    #expect(client.checks.last?.state == .unknown, "the second hop was not asked, and is not blamed")
    let silent = try await second(
      good.merging([
        "port.5985": "no answer within 5 seconds", "port.5986": "no answer within 5 seconds", "port.445": "no answer within 5 seconds",
      ]) { $1 })
    let check = try #require(silent.checks.first { $0.state == .fail })
    #expect(check.id.rawValue == "secondhop.port" && check.code == .networkTimedOut && check.evidence.contains("does not answer"))
  }

  @Test(
    "What mends a port is what it is for",
    arguments: [
      ("//hop2/data", "Connection refused", "file server"), ("hop2:5985", "Connection refused", "winrm/config/Listener"),
      ("hop2:5985", "No route to host", "the network between"), ("hop2:5985", "no answer within 5 seconds", "firewall"),
    ])
  func ports(target: String, answer: String, words: String) async throws {
    let report = try await second(good.merging(["port.5985": answer, "port.445": answer]) { $1 }, target: target)
    #expect(report.firstFailure?.id.rawValue == "secondhop.port" && report.firstFailure?.remedy?.contains(words) == true)
  }

  @Test func aProgramThatIsMissingIsUnknownWithItsPackage() async throws {
    var values = good
    (values["winrm.exit"], values["winrm.said.1"]) = (nil, nil)
    values["smb.missing"] = "yes"
    let report = try await second(values, target: "//hop2/secret")
    #expect(report.firstFailure == nil && !report.passed)
    #expect(report.checks.last?.evidence.contains("apt-get install smbclient") == true)
  }

  @Test func anAgentAloneNeedsNoTicket() async throws {
    var values = good.merging(["credentials": "agent"]) { $1 }
    values["ticket.principal"] = nil
    let report = try await second(values)
    #expect(report.passed && !report.checks.contains { $0.id.rawValue == "secondhop.ticket" })
  }

  @Test func whatCouldNotBeTriedIsUnknown() async throws {
    var values = good
    values["winrm.exit"] = nil
    let report = try await second(values)
    #expect(report.firstFailure == nil && !report.passed)
    probes.logon.second = .failed("its shell is strange")
    let other = try await examine(second: "hop2")
    #expect(other.checks.filter { $0.id.rawValue.hasPrefix("secondhop.") }.count == 5)
    #expect(other.firstFailure == nil && !other.passed)
  }

  private func state(_ report: DoctorReport, _ name: String) -> CheckState? {
    report.checks.first { $0.id.rawValue == "secondhop." + name }?.state
  }

  private func second(
    _ values: [String: String], _ method: AuthenticationMethod, _ delegation: AuthenticationReport.Delegation,
    credential: ChainSubject.CredentialKind = .explicit("alice")
  ) async throws -> DoctorReport {
    var policy = try policy()
    policy.basicEnabled = true
    probes.greeting.answer?.schemes += ["Basic"]
    probes.logon = LogonAnswer(
      report: AuthenticationReport(
        peer: "hop1:5985", method: method, mechanism: method == .basic ? nil : .kerberos, delegation: delegation),
      second: .said(values))
    return try await examine(method, policy: policy, second: "hop2", credential: credential)
  }

  @Test("The remedy is another way than the one in use") func waysToCredentials() async throws {
    let none = good.merging(["credentials": "none"]) { $1 }
    for method in [AuthenticationMethod.kerberos, .negotiate, .basic] {
      let report = try await second(none, method, .notAsked)
      broken(report, "secondhop.credentials")
      let remedy = try #require(report.firstFailure?.remedy)
      // With a user name -allowdelegate alone is CredSSP, and a ticket of kinit is not looked at.
      #expect(remedy.contains("-authentication:CredSSP") && remedy.contains("-authentication:Kerberos -allowdelegate"), "\(method)")
      #expect(!remedy.contains("kinit"), "\(method)")
      #expect(remedy.contains("not for members of Protected Users"), "\(method)")
      guard method != .basic else { continue }
      let ambient = try await second(none, method, .notAsked, credential: .ambient(hasAgent: false))
      #expect(ambient.firstFailure?.remedy?.contains("(kdestroy; kinit -f), and give -allowdelegate") == true, "\(method)")
      let refused = try await second(none, method, .none(because: "no"), credential: .ambient(hasAgent: false))
      // A ticket in the cache does not show that the domain trusts the service since.
      let words = ["first have the domain trust hop1 for delegation", "for-any-service 'ACCOUNT$' on", "kdestroy; kinit -f"]
      let places = words.map { word in refused.firstFailure?.remedy?.firstRange(of: word)?.lowerBound }
      #expect(!places.contains(nil) && places.compactMap { $0 } == places.compactMap { $0 }.sorted(), "\(method)")
    }
    let untrusted = try await second(none, .kerberos, .none(because: "the domain does not trust it"))
    #expect(untrusted.firstFailure?.remedy?.contains("kinit") == false)
    #expect(untrusted.firstFailure?.evidence.contains("the domain does not trust it") == true)
    #expect(untrusted.firstFailure?.remedy?.contains("have the domain trust hop1 for delegation") == true)
    #expect(untrusted.firstFailure?.remedy?.contains("-allowdelegate") == false)
    for report in [try await second(none), try await second(none, .kerberos, .ticket)] {
      broken(report, "secondhop.credentials")
      #expect(report.firstFailure?.remedy?.contains("log of the service on hop1") == true)
      #expect(report.firstFailure?.remedy?.contains("CredSSP") == false)
    }
  }

  @Test func aForwardedTicketOpensTheSecondHop() async throws {
    #expect(try await second(good.merging(["credentials": "ticket"]) { $1 }, .kerberos, .ticket).passed)
  }

  @Test("A first hop that tells nothing of its session is not accused", arguments: [AuthenticationMethod.credSSP, .kerberos])
  func aFirstHopOfAnotherMaker(method: AuthenticationMethod) async throws {
    let values = ["session": "", "account": "", "credentials": "", "name": "203.0.113.12", "port.5985": "open"]
    let report = try await (method == .credSSP ? second(values) : second(values, .kerberos, .notAsked))
    #expect(report.firstFailure == nil && !report.passed)
    for name in ["credentials", "ticket", "access"] { #expect(state(report, name) == .unknown, "\(name)") }
    #expect(state(report, "port") == .pass)
  }

  private let windows = [
    "windows": "1", "account": "LAB\\alice", "name": "203.0.113.12", "port.5985": "open", "port.5986": "closed", "port.445": "closed",
    "winrm.exit": "0", "winrm.said.1": "winrm-doctor-2",
  ]

  @Test("On Windows, who gets through had credentials") func windowsThatGetsThrough() async throws {
    let report = try await second(windows, .kerberos, .notAsked)
    #expect(report.passed)
    #expect(state(report, "credentials") == .pass && state(report, "access") == .pass && state(report, "ticket") == nil)
    let forwarded = try await second(windows, .kerberos, .ticket)
    #expect(forwarded.passed && forwarded.checks.contains { $0.evidence == "a forwarded ticket of LAB\\alice" })
  }

  @Test("A second hop that cannot ask its domain can be reached, whatever the session holds") func undecided() async throws {
    let said = [
      "winrm.exit": "255", "winrm.said.1": "Winrs error:hop2:5985 cannot take the logon now",
      "winrm.said.2": "Stage: authentication with hop2:5985",
      "winrm.said.3": "Answer of the server: HTTP 503 (Service Unavailable)", "winrm.said.4": "Error number: 5 0x80338112",
    ]
    for target in ["hop2", "http://hop2:5985"] {
      let report = try await second(good.merging(said) { $1 }, target: target)
      broken(report, "secondhop.access")
      #expect(state(report, "port") == .pass && report.firstFailure?.code == .httpServiceUnavailable)
      #expect(report.firstFailure?.remedy?.contains("winrm doctor") == true)
    }
    // Nobody needs credentials to be told so.
    let number = String(Int32(bitPattern: WinRMCode.httpServiceUnavailable.rawValue))
    let other = windows.merging(["winrm.exit": number, "winrm.said.1": "Winrs error:unavailable"]) { $1 }
    broken(try await second(other, .kerberos, .notAsked), "secondhop.access")
    // At the port of the scheme it may be anybody's word.
    let foreign = try await second(good.merging(said.merging(["port.80": "open"]) { $1 }) { $1 }, target: "http://hop2")
    broken(foreign, "secondhop.port")
    #expect(foreign.firstFailure?.remedy == "name the port of its WinRM service, as in http://hop2:5985")
  }

  @Test("On Windows, who does not get through may have had none") func windowsThatDoesNot() async throws {
    let refused = windows.merging(["winrm.exit": "5", "winrm.said.1": "Winrs error:Access is denied."]) { $1 }
    let report = try await second(refused, .kerberos, .notAsked)
    #expect(report.firstFailure == nil && state(report, "credentials") == .unknown && state(report, "access") == .unknown)
    #expect(report.checks.last?.evidence.contains("Access is denied") == true)
    // With credentials it is the second hop's no, and a rule of the first hop's client is its own either way.
    broken(try await second(refused), "secondhop.access")
    let rule = windows.merging(["winrm.exit": String(Int32(bitPattern: 0x8033_80E4)), "winrm.said.1": "Winrs error:TrustedHosts"]) { $1 }
    broken(try await second(rule, .kerberos, .notAsked), "secondhop.client")
  }

  @Test("A service on either port of a scheme is found, as winrs finds it") func portsOfAScheme() async throws {
    var values = good.merging(["port.80": "Connection refused"]) { $1 }
    #expect(try await second(values, target: "http://hop2").passed)
    values["port.80"] = "open"
    values["port.5985"] = nil
    #expect(try await second(values, target: "http://hop2").firstFailure == nil)
    values["port.443"] = "Connection refused"
    let report = try await second(values, target: "https://hop2")
    broken(report, "secondhop.port")
    #expect(report.firstFailure?.evidence.contains("443: Connection refused, 5986: Connection refused") == true)
  }

  @Test(
    "Where winrs comes no further than the first port of a scheme, WinRM's own is named, if it is open",
    arguments: [("open", true), ("no answer within 5 seconds", true), ("Connection refused", false)])
  func portBehindAnother(first: String, isNamed: Bool) async throws {
    let lost = [
      "port.80": first, "winrm.exit": "255", "winrm.said.1": "Winrs error:hop2:80 did not answer",
      "winrm.said.2": "Stage: connection with hop2", "winrm.said.3": "Error number: 5 0x80338126",
    ]
    var values = good.merging(lost) { $1 }
    for (isOpen, expected) in [(true, isNamed), (false, false)] {
      if !isOpen { values["port.5985"] = "Connection refused" }
      let report = try await second(values, target: "http://hop2")
      broken(report, "secondhop.port")
      #expect(report.firstFailure?.remedy?.contains("as in http://hop2:5985;") == expected, "\(isOpen)")
    }
    let mute = good.merging(["port.80": first, "winrm.exit": "124", "winrm.said.1": ""]) { $1 }
    let silent = try await second(mute, target: "http://hop2")
    #expect(silent.firstFailure?.remedy?.contains("as in http://hop2:5985;") == isNamed)
    // winrs goes to the second only where the first refuses; and a connection that was never taken is not called one.
    let taken = [
      "open": "port 80 of hop2 takes connections, and does", "Connection refused": "port 5985 of hop2 takes connections, and does",
    ]
    #expect(silent.firstFailure?.evidence == "\(taken[first] ?? "port 80 of hop2 does") not answer: winrs waited 15 seconds")
    // That of Windows goes to the first alone.
    let windows = good.merging(lost) { $1 }.merging(["windows": "1"]) { $1 }
    #expect(try await second(windows, target: "http://hop2").firstFailure?.remedy?.contains("as in http://hop2:5985;") == true)
    // Who named a port gets no other.
    let named = try await second(good.merging(lost) { $1 }, target: "http://hop2:80")
    #expect(named.firstFailure?.remedy?.contains("as in") == false)
  }

  @Test(
    "A stranger at the first port of a scheme is no WinRM service to be mended, where WinRM's own is open",
    arguments: [
      ("https://hop2", ["winrm.said.2": "Stage: TLS with hop2:443", "winrm.said.3": "Error number: -2144108048 0x803381F0"]),
      ("http://hop2", ["winrm.said.2": "Stage: authentication with hop2:80", "winrm.said.3": "Error number: 5 0x5"]),
      ("http://hop2", ["winrm.said.2": "Stage: request with hop2:80", "winrm.said.3": "Error number: 5 0x5"]),
      ("http://hop2", ["windows": "1", "winrm.exit": "5"]),
    ] as [(String, [String: String])])
  func strangerAtTheFirstPort(target: String, said: [String: String]) async throws {
    let (first, own) = target.hasPrefix("https") ? (443, 5986) : (80, 5985)
    let refused = good.merging(["winrm.exit": "255", "winrm.said.1": "Winrs error:no", "port.\(first)": "open", "port.\(own)": "open"]) {
      $1
    }
    .merging(said) { $1 }
    let report = try await second(refused, target: target)
    broken(report, "secondhop.port")
    #expect(report.firstFailure?.remedy == "name the port of its WinRM service, as in \(target):\(own)")
    #expect(report.firstFailure?.evidence.contains("comes to port \(first) of hop2, where another service than WinRM may listen") == true)
    #expect(report.firstFailure?.evidence.hasSuffix("no; port \(own) is open as well") == true)
    // Without a second port there is one service to speak of; and who named the port meant the service there.
    for (values, target) in [
      (refused.merging(["port.\(own)": "Connection refused"]) { $1 }, target), (refused, "\(target):\(first)"),
    ] {
      let other = try await second(values, target: target)
      #expect(other.firstFailure != nil && other.firstFailure?.id.rawValue != "secondhop.port")
    }
  }

  @Test("What winrs is told before it goes anywhere is nobody's at a port", arguments: ["policy", "Kerberos"])
  func refusedBeforeThePort(stage: String) async throws {
    let values = good.merging([
      "winrm.exit": "255", "winrm.said.1": "Winrs error:no", "winrm.said.2": "Stage: \(stage)", "port.80": "open", "port.5985": "open",
    ]) { $1 }
    broken(try await second(values, target: "http://hop2"), stage == "policy" ? "secondhop.client" : "secondhop.ticket")
  }

  @Test("Of a Windows file server that lists its shares nobody knows whom it let in") func anonymousShares() async throws {
    let values = windows.merging(["winrm.exit": "", "port.5985": "closed", "port.445": "open", "smb.exit": "0", "smb.said.1": "ok"]) { $1 }
    for change in [[:], ["winrm.exit": "5", "winrm.said.1": "Winrs error:Access is denied."]] {
      let report = try await second(values.merging(change) { $1 }, .kerberos, .notAsked)
      #expect(report.firstFailure == nil && !report.passed)
      for name in ["credentials", "access"] { #expect(state(report, name) == .unknown, "\(name)") }
      #expect(report.checks.contains { $0.id.rawValue == "secondhop.credentials" && $0.evidence.contains("without a name") })
    }
    // Where credentials were sent there, being let in is enough.
    #expect(try await second(values).checks.last?.evidence == "its file server lists its shares")
  }

  @Test func aWindowsFirstHopIsAskedInItsOwnLanguage() async throws {
    probes.product = ServiceProduct(vendor: "Microsoft Corporation", version: "OS: 0.0.0 SP: 0.0 Stack: 3.0")
    probes.logon = success()
    probes.logon.second = .failed("")
    _ = try await examine(second: "hop2")
    #expect(probes.asked.last == "logon, then hop2 by Windows")
  }
}

extension String {
  /// The `Date` of HTTP near the time of these tests.
  fileprivate init(httpDate seconds: Int64) {
    let text = UTCTime.text(seconds)
    self = "Sun, 22 Nov 2026 \(text.dropFirst(11).dropLast()) GMT"
  }
}

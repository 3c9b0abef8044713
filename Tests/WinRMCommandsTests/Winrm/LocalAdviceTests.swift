import SecuritySupport
import Synchronization
import Testing
import WSMan
import WinRM
import WinRMConfiguration

@testable import WinRMCommands

@Suite("Advice about groups")
struct LocalAdviceTests {
  private func remarks(_ list: String, _ wbinfo: FakeWbinfo, hasGroup: (@Sendable (String) throws -> Bool)? = nil) -> [String] {
    var groups = UnixNames.system
    groups.hasGroup = hasGroup ?? { $0 == "here" }
    let advice = LocalAdvice(paths: .under("/nonexistent"), groups: groups, domain: wbinfo.names)
    let resource = ResourceSelection(
      ResourceURI(rawValue: ResourceURI.config.rawValue + "/service"), selectors: [:], options: [], fragment: nil)
    let element = XMLElement(XMLName(.none, "Service"), children: [.element(XMLElement(XMLName(.none, "AllowedGroups"), text: list))])
    return advice.remarks(on: ["AllowedGroups"], of: resource, element)
  }

  @Test func aGroupOfTheDomainIsNoMistake() {
    #expect(remarks("here, LAB\\admins, ops@lab.example, admins", FakeWbinfo()).isEmpty)
  }

  @Test func whatNobodyKnowsIsTold() {
    #expect(
      remarks("LAB\\nobody", FakeWbinfo()) == [
        "the domain has no group LAB\\nobody, as far as winbind knows; until it has, nobody gets in by it."
      ])
    #expect(remarks("LAB\\alice", FakeWbinfo()).first?.hasPrefix("the domain has no group LAB\\alice") == true)
    #expect(remarks("nobody", FakeWbinfo()).first?.hasPrefix("there is no group nobody on this machine") == true)
    #expect(remarks("admins", FakeWbinfo(isInstalled: false)).first?.hasPrefix("there is no group admins on this machine") == true)
    #expect(
      remarks("LAB\\admins, admins", FakeWbinfo(isSilent: true)) == [
        "whether there is a group LAB\\admins could not be found out: winbind does not answer.",
        "there is no group admins on this machine; whether its domain has one could not be found out: winbind does not answer.",
      ])
  }

  @Test func whoGivesNoAnswerIsNotAskedAgain() {
    let wbinfo = FakeWbinfo(isSilent: true)
    #expect(remarks("LAB\\a, here, LAB\\b, c", wbinfo).count == 3 && wbinfo.asked == ["--ping"])
  }

  @Test func aDomainThatIsAwaySilencesNoOther() {
    let wbinfo = FakeWbinfo(slow: ["OTHER\\x", "OTHER\\y"])
    #expect(
      remarks("OTHER\\x, LAB\\admins, OTHER\\y, LAB\\nobody", wbinfo) == [
        "whether there is a group OTHER\\x could not be found out: winbind got no answer within 5 seconds.",
        "whether there is a group OTHER\\y could not be found out: it was not asked for, because OTHER\\x got no answer.",
        "the domain has no group LAB\\nobody, as far as winbind knows; until it has, nobody gets in by it.",
      ])
    // Asked of the name service it would hold up all who come after it.
    let named = Mutex<[String]>([])
    _ = remarks("OTHER\\x, here, LAB\\admins", wbinfo) { name in
      named.withLock { $0.append(name) }
      return true
    }
    #expect(named.withLock { $0 } == ["here"])
  }

  /// A machine of sssd has its domain's groups in the name service, and no winbind.
  @Test func aGroupThatTheNameServiceKnowsIsThere() {
    #expect(remarks("LAB\\here, ops@here", FakeWbinfo(isInstalled: false)) { _ in true }.isEmpty)
    #expect(remarks("LAB\\here", FakeWbinfo()) { _ in true }.isEmpty)
  }
}

/// A machine of the domain LAB.
final class FakeWbinfo: Sendable {
  private let isInstalled: Bool
  private let isSilent: Bool
  /// The names about which there is no answer.
  private let slow: Set<String>
  private let questions = Mutex<[String]>([])

  private static let known = [
    "LAB\\admins": "S-1-5-21-1-2-3-1104 SID_DOM_GROUP (2)", "lab.example\\ops": "S-1-5-21-1-2-3-1105 SID_ALIAS (4)",
    "LAB\\alice": "S-1-5-21-1-2-3-1106 SID_USER (1)", "alice@lab.example": "S-1-5-21-1-2-3-1106 SID_USER (1)",
    "NT AUTHORITY\\Authenticated Users": "S-1-5-11 SID_WKN_GROUP (5)", "BUILTIN\\Administrators": "S-1-5-32-544 SID_ALIAS (4)",
    "HOP1\\local": "S-1-5-21-7-8-9-1001 SID_ALIAS (4)", "OTHER\\staff": "S-1-5-21-4-5-6-1107 SID_DOM_GROUP (2)",
  ]

  init(isInstalled: Bool = true, isSilent: Bool = false, slow: Set<String> = []) {
    self.isInstalled = isInstalled
    self.isSilent = isSilent
    self.slow = slow
  }

  var asked: [String] { questions.withLock { $0 } }

  var names: DomainNames {
    DomainNames(hostNames: ["HOP1", "hop1.lab.example"]) { arguments throws(ChildProcess.Failure) in try self.run(arguments) }
  }

  private func run(_ arguments: [String]) throws(ChildProcess.Failure) -> ChildProcess.Result {
    questions.withLock { $0 += arguments }
    guard isInstalled else { throw .missing("wbinfo") }
    guard !isSilent else { throw .timedOut("wbinfo") }
    func answer(_ text: String?) -> ChildProcess.Result {
      ChildProcess.Result(output: Array((text ?? "").utf8), errors: "", exitCode: text == nil ? 1 : 0)
    }
    switch arguments[0] {
    case "--ping": return answer("Ping to winbindd succeeded\n")
    case "--own-domain": return answer("LAB\n")
    default:
      let name = String(arguments[0].dropFirst("--name-to-sid=".count))
      guard !slow.contains(name) else { throw .timedOut("wbinfo") }
      return answer(Self.known[name].map { $0 + "\n" })
    }
  }
}

@Suite("Names of the domain")
struct DomainNamesTests {
  private func find(_ name: String, _ kind: DomainNames.Kind = .group) -> DomainNames.Answer {
    var names = FakeWbinfo().names
    return names.find(name, kind)
  }

  @Test func namesAreAskedForWithTheirDomain() {
    for name in ["admins", "LAB\\admins", "ops@lab.example", "OTHER\\staff"] { #expect(find(name) == .found) }
    for name in ["LAB\\alice", "alice@lab.example", "alice"] { #expect(find(name, .account) == .found) }
    #expect(find("LAB\\none") == .missing && find("none", .account) == .missing)
    let wbinfo = FakeWbinfo()
    var names = wbinfo.names
    _ = names.find("LAB\\admins", .group)
    #expect(!wbinfo.asked.contains("--own-domain"))
    _ = (names.find("admins", .group), names.find("ops", .group))
    #expect(wbinfo.asked.count { $0 == "--own-domain" } == 1)
  }

  /// The service takes groups of domains, and neither what Windows counts everybody to nor what this machine has by itself.
  @Test func onlyWhatTheServiceTakesIsFound() {
    #expect(find("LAB\\alice") == .other && find("LAB\\admins", .account) == .other)
    #expect(find("NT AUTHORITY\\Authenticated Users") == .other && find("BUILTIN\\Administrators") == .other)
    #expect(find("HOP1\\local") == .missing && find(".\\local") == .missing)
  }

  @Test func whatWbinfoCannotSay() {
    func find(_ failing: [String: ChildProcess.Failure], _ codes: [String: Int32] = [:]) -> DomainNames.Answer {
      var names = DomainNames { arguments throws(ChildProcess.Failure) in
        if let failure = failing[arguments[0]] { throw failure }
        return ChildProcess.Result(output: Array("LAB\n".utf8), errors: "", exitCode: codes[arguments[0]] ?? 0)
      }
      return names.find("admins", .group)
    }
    let question = "--name-to-sid=LAB\\admins"
    #expect(find(["--ping": .timedOut("wbinfo")]) == .silent && find([:], ["--ping": 1]) == .silent)
    #expect(find(["--own-domain": .timedOut("wbinfo")]) == .silent && find([:], ["--own-domain": 1]) == .silent)
    #expect(find([question: .timedOut("wbinfo")]) == .unanswered)
    #expect(find([question: .killed("wbinfo", 11)]) == .failed("the program wbinfo was ended by signal 11"))
    #expect(find(["--ping": .missing("wbinfo")]) == .noDomain)
    #expect(find([:]) == .missing)
  }

  @Test func whoGaveNoAnswerIsNotWaitedForAgain() {
    let wbinfo = FakeWbinfo(slow: ["OTHER\\x", "OTHER\\y", "lab.example\\z"])
    var names = wbinfo.names
    #expect(names.find("OTHER\\x", .group) == .unanswered)
    #expect(names.find("other\\y", .account) == .notAsked(because: "OTHER\\x"))
    #expect(names.find("OTHER\\staff", .group) == .notAsked(because: "OTHER\\x"))
    #expect(names.find("LAB\\admins", .group) == .found && names.find("admins", .group) == .found)
    #expect(names.find("z@lab.example", .group) == .unanswered)
    #expect(names.find("ops@lab.example", .group) == .notAsked(because: "z@lab.example"))
    #expect(wbinfo.asked.count { $0.contains("OTHER") } == 1)
  }
}

@Suite("The doctor about names")
struct ServiceNamesTests {
  typealias Names = ServiceExamination.Names

  @Test func aNameThatGetsNoAnswerIsTheOnlyOneThatIsBlamed() {
    var names = Names(of: .member, FakeWbinfo(slow: ["OTHER\\x"]).names)
    #expect(
      names.state(of: "OTHER\\x", .group)
        == .unknown("whether there is OTHER\\x cannot be found out: winbind got no answer about it within 5 seconds"))
    #expect(
      names.state(of: "OTHER\\y", .account)
        == .unknown("whether there is OTHER\\y cannot be found out: not asked, because OTHER\\x got no answer"))
    #expect(names.state(of: "LAB\\admins", .group) == .exists)
    #expect(names.state(of: "LAB\\nobody", .group) == .lost("the domain has no group LAB\\nobody", mend: nil))
    #expect(
      names.state(of: "NT AUTHORITY\\Authenticated Users", .group)
        == .lost("the domain has no group NT AUTHORITY\\Authenticated Users (something else is called so)", mend: nil))
    #expect(names.ownDomain() == "LAB")
  }

  @Test func whoCannotBeAskedIsNotAsked() {
    let wbinfo = FakeWbinfo()
    var silent = Names(of: .silent("winbind does not answer"), wbinfo.names)
    #expect(
      silent.state(of: "LAB\\admins", .group) == .unknown("whether there is LAB\\admins cannot be found out: winbind does not answer"))
    #expect(silent.reason(.silent, for: "alice") == "winbind does not answer" && silent.ownDomain() == nil)
    var none = Names(of: .none, wbinfo.names)
    #expect(none.state(of: "LAB\\admins", .group) == nil && none.ownDomain() == nil && wbinfo.asked.isEmpty)
  }

  @Test func aNameServiceThatFailsLosesNobody() {
    var names = Names(of: .member, FakeWbinfo().names)
    #expect(names.reason(.silent, for: "alice") == "the system's name service does not answer")
    #expect(names.reason(.notAsked, for: "bob") == "not asked, because alice got no answer of the system's name service")
    #expect(names.reason(.system(5), for: "carol") == "the system's name service fails: Input/output error")
    // It holds up nobody of the domain.
    #expect(names.state(of: "LAB\\admins", .group) == .exists)
  }

  @Test func cronGetsAPathInAnyCase() {
    #expect(
      ServiceExamination.cronCommand("/usr/bin/winrm")
        == #"echo "$(shuf -i 0-59 -n 1) * * * * root /usr/bin/winrm policy update" >/etc/cron.d/winrm-policy"#)
    #expect(ServiceExamination.cronCommand(nil).hasPrefix(#"p=$(command -v winrm) && echo "$(shuf -i 0-59 -n 1) * * * * root $p policy"#))
  }
}

@Suite("Errors are told once")
struct FailureTextTests {
  @Test func aNumberWithoutAMeaningRepeatsNothing() {
    let failure = WinrmFailure(WinRMCode(rawValue: 0x1234_5678), "The report cannot be written.")
    #expect(failure.text(.text) == "WSManFault\n    Message = The report cannot be written.\n\nError number:  305419896 0x12345678\n")
    let same = WinrmFailure(WinRMCode(rawValue: 5), "Access is denied.")
    #expect(same.text(.text).components(of: "Access is denied.") == 1)
    #expect(WinrmFailure(WinRMCode(rawValue: 5), "Other.").text(.text).hasSuffix("0x80070005\nAccess is denied.\n"))
  }
}

@Suite("Commands that change settings")
struct SettingCommandTests {
  @Test(
    "Both readers give the value back",
    arguments: [
      ("alice", #"'@{A="alice"}'"#), ("$(touch x)", #"'@{A="$(touch x)"}'"#),
      ("x';touch y;'", #"'@{A="x'\'';touch y;'\''"}'"#), (#"a"b"#, #"'@{A='\''a"b'\''}'"#),
      (#"a";B="c"#, #"'@{A='\''a";B="c'\''}'"#), ("", #"'@{A=""}'"#),
    ])
  func values(value: String, input: String) {
    #expect(SettingCommand.set("winrm/config/service", "A", value) == "winrm set winrm/config/service \(input)")
  }

  @Test("What one of them would read as something else is left to people", arguments: [#"a"b'c"#, "a\nb", "a\u{202E}b", "\u{301}a"])
  func placeholders(value: String) {
    #expect(SettingCommand.set("winrm/config/service", "A", value) == #"winrm set winrm/config/service '@{A="VALUE"}'"#)
    #expect(
      SettingCommand.list("AllowedAccounts", ["alice", value]).hasPrefix(
        #"winrm set winrm/config/service '@{AllowedAccounts="LIST"}', LIST "#)
    )
  }

  @Test func lists() {
    #expect(
      SettingCommand.list("AllowedAccounts", ["alice", #"LAB\bob"#])
        == #"winrm set winrm/config/service '@{AllowedAccounts="alice,LAB\bob"}'"#)
    for entry in ["a,b", " a", "a ", ""] { #expect(SettingCommand.list("AllowedAccounts", [entry]).contains(#"="LIST"}'"#)) }
  }

  @Test func listeners() {
    let listener = ListenerSettings(address: "IP:fe80::1%eth0", transport: .http)
    #expect(SettingCommand.resource(listener) == "winrm/config/Listener?Address=IP:fe80::1%eth0+Transport=HTTP")
    let hostile = ListenerSettings(address: "IP:1+Transport=HTTPS", transport: .http)
    #expect(SettingCommand.resource(hostile) == "winrm/config/Listener?Address=ADDRESS+Transport=HTTP")
  }
}

@Suite("Ports of others")
struct PortRemedyTests {
  @Test func theFirstProcessIsNotEnded() {
    let unit = ServiceExamination.freeing(.init(process: 1, program: "systemd"))
    #expect(unit.contains("systemctl list-sockets") && !unit.contains("kill"))
    #expect(ServiceExamination.freeing(.init(process: 4711, program: "nc")) == "end that program: kill 4711")
    #expect(ServiceExamination.freeing(nil).contains("ss -ltnp"))
  }
}

extension String {
  fileprivate func components(of word: String) -> Int { ranges(of: word).count }
}

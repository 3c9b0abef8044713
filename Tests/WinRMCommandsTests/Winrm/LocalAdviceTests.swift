import SecuritySupport
import Synchronization
import Testing
import WSMan
import WinRM
import WinRMConfiguration

@testable import WinRMCommands

@Suite("Advice about groups")
struct LocalAdviceTests {
  private func remarks(_ list: String, _ answer: DomainGroups.Answer, asked: @escaping @Sendable (String) -> Void = { _ in }) -> [String] {
    var groups = UnixNames.system
    groups.hasGroup = { $0 == "here" }
    let domain = DomainGroups { name in
      asked(name)
      return name.hasSuffix("nobody") ? .missing : answer
    }
    let advice = LocalAdvice(paths: .under("/nonexistent"), groups: groups, domain: domain)
    let resource = ResourceSelection(
      ResourceURI(rawValue: ResourceURI.config.rawValue + "/service"), selectors: [:], options: [], fragment: nil)
    let element = XMLElement(XMLName(.none, "Service"), children: [.element(XMLElement(XMLName(.none, "AllowedGroups"), text: list))])
    return advice.remarks(on: ["AllowedGroups"], of: resource, element)
  }

  @Test func aGroupOfTheDomainIsNoMistake() {
    #expect(remarks("here, LAB\\admins, ops@lab.example, admins", .found).isEmpty)
  }

  @Test func whatNobodyKnowsIsTold() {
    #expect(
      remarks("LAB\\nobody", .found) == [
        "the domain has no group LAB\\nobody, as far as winbind knows; until it has, nobody gets in by it."
      ])
    #expect(remarks("nobody", .found).first?.hasPrefix("there is no group nobody on this machine") == true)
    #expect(remarks("admins", .noDomain).first?.hasPrefix("there is no group admins on this machine") == true)
    #expect(remarks("LAB\\admins", .silent).first?.contains("winbind gave no answer") == true)
    #expect(remarks("admins", .silent).first?.hasPrefix("there is no group admins on this machine; whether its domain") == true)
  }

  @Test func whoGivesNoAnswerIsNotAskedAgain() {
    let asked = Mutex<[String]>([])
    let all = remarks("LAB\\a, here, LAB\\b, c", .silent) { name in asked.withLock { $0.append(name) } }
    #expect(all.count == 3 && asked.withLock { $0 } == ["LAB\\a"])
  }

  // MARK: wbinfo

  private func find(_ name: String, _ answers: [String: (Int32, String)]) -> (DomainGroups.Answer, [String]) {
    var asked: [String] = []
    let answer = DomainGroups.find(name) { arguments throws(ChildProcess.Failure) in
      asked += arguments
      guard let (code, text) = answers[arguments[0]] else { throw .timedOut("wbinfo") }
      return ChildProcess.Result(output: Array(text.utf8), errors: "", exitCode: code)
    }
    return (answer, asked)
  }

  @Test func namesAreAskedForWithTheirDomain() {
    let known = [
      "--ping": (Int32(0), "ok"), "--own-domain": (0, "LAB\n"), "--name-to-sid=LAB\\admins": (0, "S-1-5-21-1-2-3-1104 SID_DOM_GROUP (2)\n"),
      "--name-to-sid=lab.example\\ops": (0, "S-1-5-21-1-2-3-1105 SID_ALIAS (4)\n"),
      "--name-to-sid=LAB\\alice": (0, "S-1-5-21-1-2-3-1106 SID_USER (1)\n"), "--name-to-sid=LAB\\none": (1, "failed"),
    ]
    #expect(find("admins", known).0 == .found && find("LAB\\admins", known).0 == .found && find("ops@lab.example", known).0 == .found)
    #expect(find("alice", known).0 == .missing && find("LAB\\none", known).0 == .missing)
    #expect(!find("LAB\\admins", known).1.contains("--own-domain"))
  }

  @Test func aWinbindThatDoesNotAnswerIsSilent() {
    #expect(find("admins", ["--ping": (1, "")]).0 == .silent)
    #expect(find("admins", [:]).0 == .silent)
    #expect(find("admins", ["--ping": (0, ""), "--own-domain": (1, "")]).0 == .silent)
    #expect(find("LAB\\admins", ["--ping": (0, "")]).0 == .silent)
    #expect(DomainGroups.find("x") { _ throws(ChildProcess.Failure) in throw .missing("wbinfo") } == .noDomain)
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

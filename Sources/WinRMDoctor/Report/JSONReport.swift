import SecuritySupport

/// The report for programs. `version` is 1; keys and the names of checks stay, new ones may come.
///
/// ```
/// { "version": 1, "time": "2026-11-22T18:00:00Z",
///   "target": "hop1", "authentication": "CredSSP", "user": "alice", "secondHop": "hop2",   // each null where it was not given
///   "passed": false, "firstFailure": "network.port",                                       // null when nothing failed
///   "places": [ { "id": "client", "name": "This machine", "state": "pass" } ],
///   "checks": [ { "id": "network.port", "title": "…", "place": "firstLink", "state": "pass|fail|unknown", "evidence": "…",
///                 "remedy": "…", "code": "0x80338012" } ] }                                // remedy and code null where there is none
/// ```
public enum JSONReport {
  public static let version = 1

  public static func write(_ report: DoctorReport) -> String {
    let subject = report.subject
    let fields: [(String, String)] = [
      ("version", String(version)), ("time", quoted(UTCTime.text(report.time))), ("target", quoted(subject.target)),
      ("authentication", quoted(subject.method)), ("user", quoted(subject.user)), ("secondHop", quoted(subject.secondHop)),
      ("passed", report.passed ? "true" : "false"), ("firstFailure", quoted(report.firstFailure?.id.rawValue)),
      ("places", list(report.places.map { place($0, report) })), ("checks", list(report.checks.map(check))),
    ]
    return "{\n" + fields.map { "  \(quoted($0.0)): \($0.1)" }.joined(separator: ",\n") + "\n}\n"
  }

  private static func place(_ place: Place, _ report: DoctorReport) -> String {
    object([
      ("id", quoted(place.rawValue)), ("name", quoted(report.name(of: place))), ("state", quoted(report.state(of: place)?.rawValue)),
    ])
  }

  private static func check(_ check: Check) -> String {
    object([
      ("id", quoted(check.id.rawValue)), ("title", quoted(check.title)), ("place", quoted(check.place.rawValue)),
      ("state", quoted(check.state.rawValue)), ("evidence", quoted(SafeText.printable(check.evidence))),
      ("remedy", quoted(check.remedy.map(SafeText.printable))), ("code", quoted(check.code?.hexadecimal)),
    ])
  }

  private static func object(_ fields: [(String, String)]) -> String {
    "{" + fields.map { "\(quoted($0.0)): \($0.1)" }.joined(separator: ", ") + "}"
  }

  private static func list(_ items: [String]) -> String {
    items.isEmpty ? "[]" : "[\n" + items.map { "    " + $0 }.joined(separator: ",\n") + "\n  ]"
  }

  private static func quoted(_ text: String?) -> String {
    guard let text else { return "null" }
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case _ where scalar.value < 0x20 || scalar.value == 0x7F || scalar.value == 0x2028 || scalar.value == 0x2029:
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}

import SecuritySupport

/// The report for a terminal: a line per check, and under a failed one what mends it.
public enum TextReport {
  public static func write(_ report: DoctorReport) -> String {
    var lines: [String] = []
    if let chain = chain(report.subject) { lines += [chain, ""] }
    for place in report.places {
      lines.append(SafeText.printable(report.name(of: place)))
      for check in report.checks where check.place == place { lines += self.lines(check) }
      lines.append("")
    }
    lines.append(summary(report))
    return lines.joined(separator: "\n") + "\n"
  }

  private static func chain(_ subject: DoctorReport.Subject) -> String? {
    guard let target = subject.target else { return nil }
    var text = "this machine -> \(target)"
    if let second = subject.secondHop { text += " -> \(second)" }
    if let method = subject.method { text += "  by \(method)" }
    if let user = subject.user { text += " as \(user)" }
    return SafeText.printable(text)
  }

  private static func lines(_ check: Check) -> [String] {
    let state = check.state.rawValue
    let label = state + String(repeating: " ", count: 7 - state.count)
    let code = check.code.map { " (\($0.hexadecimal))" } ?? ""
    var lines = ["  \(label)  \(check.title): \(SafeText.printable(check.evidence))\(code)"]
    if let remedy = check.remedy { lines.append("           mend: \(SafeText.printable(remedy))") }
    return lines
  }

  private static func summary(_ report: DoctorReport) -> String {
    let counts = [CheckState.pass, .fail, .unknown].map { "\(report.count(of: $0)) \($0.rawValue)" }.joined(separator: ", ")
    return "\(SafeText.printable(report.summary)) (\(counts))"
  }
}

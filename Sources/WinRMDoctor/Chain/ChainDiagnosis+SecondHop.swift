import SecuritySupport
import WinRM

// What the script on the first hop found.

extension ChainDiagnosis {
  func checkSecondHop(_ answer: SecondHopAnswer, _ report: AuthenticationReport, _ findings: inout Findings) {
    guard let target = subject.secondHop else { return }
    switch answer {
    case .failed(let reason):
      findings.leaveOpen(ChainCheck.ofSecondHop, because: "the first hop could not be asked: \(reason)")
    case .said(let values):
      let said = Said(values: values)
      checkCredentials(said, report, &findings)
      checkTicket(said, &findings)
      checkName(said, target, &findings)
      checkPort(said, target, &findings)
      checkAccess(said, target, &findings)
    }
  }

  /// The script's lines; empty values count as absent.
  private struct Said {
    var values: [String: String]
    subscript(_ name: String) -> String? { values[name].flatMap { $0.isEmpty ? nil : $0 } }
  }

  private func checkCredentials(_ said: Said, _ report: AuthenticationReport, _ findings: inout Findings) {
    let holds = said["credentials"] ?? (said["windows"] != nil ? (subject.method == .credSSP ? "delegated" : "none") : nil)
    guard let holds, holds != "none" else {
      var why = "the session was opened with \(subject.methodName), and holds no delegated credentials"
      if case .none(let reason) = report.delegation { why += ": \(reason)" }
      return findings.fail(
        .secondHopCredentials, said["session"] == nil && said["windows"] == nil ? "the session says nothing of credentials" : why,
        remedy: "open the first hop with -authentication:CredSSP -username:USER", code: .noCredentials)
    }
    let account = said["account"].map { " of \($0)" } ?? ""
    findings.pass(.secondHopCredentials, "\(holds)\(account)")
  }

  /// Only where the session should have a ticket: a user of a domain, whose password was delegated.
  private func checkTicket(_ said: Said, _ findings: inout Findings) {
    guard findings.state(of: .secondHopCredentials) == .pass else {
      return findings.leaveOpen(.secondHopTicket, because: "the session holds no credentials to get one with")
    }
    if let error = said["ticketerror"] {
      return findings.fail(
        .secondHopTicket, "the first hop got no ticket with the user's password: \(error)",
        remedy: "on the first hop, check krb5.conf, its name server and its clock: kinit USER there says the same",
        code: .noAuthenticatingAuthority)
    }
    if let principal = said["ticket.principal"], let expiry = said["ticket.until"] {
      return findings.pass(.secondHopTicket, "a ticket of \(principal) until \(expiry), by the first hop's clock")
    }
    if said["credentials"]?.contains("ticket") == true || said["windows"] != nil {
      let reason = said["ticket.error"] ?? "klist shows none"
      return findings.leaveOpen(.secondHopTicket, because: "the session should have a ticket, and \(reason)")
    }
    // An account of the first hop itself: its logon agent is what it has, and needs no ticket.
    findings.omit(.secondHopTicket)
  }

  private func checkName(_ said: Said, _ target: SecondHopTarget, _ findings: inout Findings) {
    if let address = said["name"] {
      return findings.pass(.secondHopName, address == target.host ? "\(address) is an address" : "\(target.host) is \(address) there")
    }
    if said["name.unknown"] != nil {
      return findings.leaveOpen(.secondHopName, because: "the first hop has no program that could tell")
    }
    findings.fail(
      .secondHopName, "the name \(target.host) has no address on the first hop",
      remedy: "on the first hop: getent hosts \(target.host)", code: .nameNotResolved)
  }

  private func checkPort(_ said: Said, _ target: SecondHopTarget, _ findings: inout Findings) {
    guard findings.state(of: .secondHopName) != .fail else {
      return findings.leaveOpen(.secondHopPort, because: "not tried: the name has no address")
    }
    let answers = target.ports.map { (port: $0, answer: said["port.\($0)"] ?? "") }
    let open = answers.filter { $0.answer == "open" }.map { String($0.port) }
    let list = answers.map { "\($0.port): \($0.answer.isEmpty ? "not tried" : $0.answer)" }.joined(separator: ", ")
    if !open.isEmpty { return findings.pass(.secondHopPort, "port \(list)") }
    if answers.contains(where: { $0.answer == "unknown" || $0.answer.isEmpty }) {
      return findings.leaveOpen(.secondHopPort, because: "the first hop has no program that could tell (bash, nc, python3): port \(list)")
    }
    findings.fail(
      .secondHopPort, "no port of \(target.host) answers the first hop: \(list)",
      remedy: "start the service on \(target.host), and let the first hop through the firewall between them",
      code: .destinationUnreachable)
  }

  private func checkAccess(_ said: Said, _ target: SecondHopTarget, _ findings: inout Findings) {
    guard findings.state(of: .secondHopPort) != .fail, findings.state(of: .secondHopName) != .fail else {
      return findings.leaveOpen(.secondHopAccess, because: "not tried: the second hop cannot be reached")
    }
    guard findings.state(of: .secondHopCredentials) == .pass else {
      return findings.leaveOpen(.secondHopAccess, because: "not tried: there are no credentials to try it with")
    }
    let ways = ["winrm", "smb"].compactMap { way in said["access.\(way)"].map { (way: way, answer: $0) } }
    let accepted = ways.filter { $0.answer == "yes" }
    if let first = accepted.first {
      return findings.pass(.secondHopAccess, "by \(first.way == "smb" ? "its file server" : "its WinRM service")")
    }
    guard let refused = ways.first else {
      return findings.leaveOpen(
        .secondHopAccess, because: "the first hop has neither winrm nor smbclient (nor, on Windows, PowerShell) to try it with")
    }
    findings.fail(
      .secondHopAccess,
      ways.map { "its \($0.way == "smb" ? "file server" : "WinRM service") says no: \($0.answer)" }.joined(separator: "; "),
      remedy:
        "on the first hop, in such a session: \(refused.way == "smb" ? smbCommand(target) : "winrm identify -remote:\(target.text)"); on the second hop, let the user in",
      code: .accessDenied)
  }

  private func smbCommand(_ target: SecondHopTarget) -> String {
    if case .files(let share?) = target.service { return "smbclient -N --use-kerberos=required //\(target.host)/\(share) -c ls" }
    return "smbclient -N --use-kerberos=required -L //\(target.host)"
  }
}

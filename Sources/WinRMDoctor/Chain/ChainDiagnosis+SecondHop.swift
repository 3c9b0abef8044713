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
    let account = said["account"].map { " of \($0)" } ?? ""
    if said["windows"] != nil {
      // Windows says nothing of it: what was sent there is known, and otherwise what the second hop says to it.
      switch report.delegation {
      case .ticket: return findings.pass(.secondHopCredentials, "a forwarded ticket\(account)")
      case _ where subject.method == .credSSP: return findings.pass(.secondHopCredentials, "delegated\(account)")
      default:
        return findings.leaveOpen(
          .secondHopCredentials,
          because: "the session was opened with \(subject.methodName), and Windows does not say what it holds for a further hop")
      }
    }
    guard let holds = said["credentials"], holds != "none" else {
      // Without the variables of winrmd the service there is another one, which may hold what it does not tell.
      guard said["session"] != nil || said["credentials"] != nil else {
        return findings.leaveOpen(.secondHopCredentials, because: "the service there does not say what its session holds for a further hop")
      }
      var why = "the session was opened with \(subject.methodName), and holds no delegated credentials"
      if case .none(let reason) = report.delegation { why += ": \(reason)" }
      return findings.fail(.secondHopCredentials, why, remedy: credentialsRemedy(report), code: .noCredentials)
    }
    findings.pass(.secondHopCredentials, "\(holds)\(account)")
  }

  /// Another way to open the first hop: never the one in use.
  private func credentialsRemedy(_ report: AuthenticationReport) -> String {
    let first = subject.endpoint.host
    let credSSP =
      "open the first hop with -authentication:CredSSP -username:USER (not for members of Protected Users, who delegate no password)"
    let byTicket = "with -authentication:Kerberos -allowdelegate where the domain trusts \(first) for delegation"
    // With a user name -allowdelegate alone sends the password, and a ticket of kinit is not looked at.
    let isAmbient = if case .ambient = subject.credential { true } else { false }
    switch (subject.method, report.delegation) {
    case (.credSSP, _), (_, .ticket):
      return "look at the log of the service on \(first): it says what became of the credentials that were sent there"
    case (.kerberos, .notAsked) where !isAmbient, (.negotiate, .notAsked) where !isAmbient:
      return "\(credSSP); or, for a forwarded ticket in place of the password, \(byTicket)"
    case (.kerberos, .notAsked), (.negotiate, .notAsked):
      return
        """
        \(credSSP); or have the domain trust \(first) for delegation, then get a forwardable ticket, one that is there does not show it \
        (kdestroy; kinit -f), and give -allowdelegate
        """
    case (.kerberos, _), (.negotiate, _):
      return """
        \(credSSP); for a forwarded ticket, first have the domain trust \(first) for delegation (on a domain controller of Samba: \
        samba-tool delegation for-any-service 'ACCOUNT$' on), then \(isAmbient ? "get a new ticket, as one that is there does not show it: kdestroy; kinit -f   as" : "take") \
        a user who may be delegated
        """
    default: return "\(credSSP), or \(byTicket)"
    }
  }

  /// Only where the session should have a ticket: a user of a domain, whose password was delegated.
  private func checkTicket(_ said: Said, _ findings: inout Findings) {
    guard findings.state(of: .secondHopCredentials) == .pass else {
      return findings.leaveOpen(
        .secondHopTicket,
        because: findings.state(of: .secondHopCredentials) == .fail
          ? "the session holds no credentials to get one with" : "whether the session holds credentials to get one with is not known")
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
    if said["credentials"]?.contains("ticket") == true || said["windows"] != nil && subject.method == .credSSP {
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
    let list = answers.map { "\($0.port): \($0.answer.isEmpty ? "not tried" : SafeText.shortened($0.answer, to: 120))" }.joined(
      separator: ", ")
    if !open.isEmpty { return findings.pass(.secondHopPort, "port \(list)") }
    if answers.contains(where: { $0.answer == "unknown" || $0.answer.isEmpty }) {
      return findings.leaveOpen(.secondHopPort, because: "the first hop has no program that could tell (bash, nc, python3): port \(list)")
    }
    let isSilent = answers.allSatisfy { $0.answer.hasPrefix("no answer") }
    findings.fail(
      .secondHopPort,
      isSilent
        ? "\(target.host) does not answer the first hop: port \(list)" : "no port of \(target.host) is open to the first hop: \(list)",
      remedy: portRemedy(
        target, isSilent: isSilent, isFar: answers.allSatisfy { $0.answer.contains("route") || $0.answer.contains("nreachable") }),
      code: isSilent ? .networkTimedOut : .destinationUnreachable)
  }

  /// A port that is closed, that does not answer, or of a host that the first hop knows no way to.
  private func portRemedy(_ target: SecondHopTarget, isSilent: Bool, isFar: Bool) -> String {
    if isSilent { return "check that \(target.host) is up, and let the first hop through the firewall between them" }
    if isFar { return "check that \(target.host) is up, its address, and the network between it and \(subject.endpoint.host)" }
    let service = "the WinRM service on \(target.host) (winrm enumerate winrm/config/Listener shows its ports)"
    return switch target.service {
    case .any: "start \(service), or its file server (445); or name the port that it has"
    case .winrm: "start \(service), or name the port that it has"
    case .files: "start the file server on \(target.host): it answers at port 445"
    }
  }

  // MARK: Does it let the user in?

  private func checkAccess(_ said: Said, _ target: SecondHopTarget, _ findings: inout Findings) {
    guard findings.state(of: .secondHopPort) != .fail, findings.state(of: .secondHopName) != .fail else {
      return findings.leaveOpen(.secondHopAccess, because: "not tried: the second hop cannot be reached")
    }
    let mayLackCredentials = findings.state(of: .secondHopCredentials) != .pass
    guard !mayLackCredentials || said["windows"] != nil else {
      return findings.leaveOpen(
        .secondHopAccess,
        because: findings.state(of: .secondHopCredentials) == .fail
          ? "not tried: there are no credentials to try it with" : "not tried: whether there are credentials to try it with is not known")
    }
    let names = SecondHopNames(
      first: subject.endpoint.host, second: target, account: said["account"],
      hasTicket: said["ticket.principal"] != nil || said["credentials"]?.contains("ticket") == true, principal: said["ticket.principal"])
    let ways = [("winrm", "WinRM"), ("winrms", "WinRM over HTTPS"), ("smb", "files")]
    let trials = ways.compactMap { way, title in trial(of: way, said, names).map { (way: title, trial: $0) } }
    func others(_ word: String, but chosen: String) -> String {
      trials.filter { $0.way != chosen }.compactMap { other in
        other.trial.verdict.map { "; \(word) \(other.way): \(SafeText.shortened($0.evidence, to: 250))" }
      }.joined()
    }
    if let (way, accepted) = trials.lazy.compactMap({ trial in trial.trial.accepted.map { (trial.way, $0) } }).first {
      if mayLackCredentials, !accepted.isUser {
        // A file server may have shares for everybody, and then nothing was proven to it.
        findings.leaveOpen(
          .secondHopCredentials,
          because: "whether the session holds any is not known: the file server lets it in, and may let in whoever asks, without a name")
        findings.leaveOpen(.secondHopAccess, because: accepted.text + ", perhaps for whoever asks" + others("not by", but: way))
        return
      }
      if mayLackCredentials {
        findings.pass(.secondHopCredentials, "what the session holds was enough for the second hop")
        checkTicket(said, &findings)
      }
      return findings.pass(.secondHopAccess, accepted.text + others("not by", but: way))
    }
    guard let (way, verdict) = trials.lazy.compactMap({ trial in trial.trial.verdict.map { (trial.way, $0) } }).first else {
      let reasons = trials.compactMap(\.trial.unknown)
      return findings.leaveOpen(
        .secondHopAccess, because: reasons.isEmpty ? "nothing on the first hop could try it" : reasons.joined(separator: "; "))
    }
    let matter = verdict.matter ?? verdict.check
    // The missing ticket is the cause, and what came of trying without one its consequence.
    if findings.state(of: .secondHopTicket) == .fail, matter != .secondHopName, matter != .secondHopPort {
      return findings.leaveOpen(
        .secondHopAccess,
        because: "not judged while there is no ticket; without one, \(way): \(SafeText.shortened(verdict.evidence, to: 250))")
    }
    if mayLackCredentials, verdict.code != .httpServiceUnavailable,
      matter == .secondHopAccess || matter == .secondHopTicket || verdict.code == .noCredentials
    {
      // Who has nothing to show is refused in many words: neither the second hop nor its accounts are to blame as long as that may be it.
      return findings.leaveOpen(
        .secondHopAccess,
        because: """
          \(verdict.evidence)\(others("nor by", but: way)). Perhaps the session holds no credentials: -authentication:CredSSP \
          -username:USER would show it
          """)
    }
    findings.fail(verdict.check, verdict.evidence + others("nor by", but: way), remedy: verdict.remedy, code: verdict.code)
    if verdict.check != .secondHopAccess {
      findings.leaveOpen(.secondHopAccess, because: "it was not asked, because \"\(verdict.check.title)\" failed")
    }
  }

  private enum Trial {
    /// The text, and whether it can only have been the user who was let in.
    case accepted(String, asUser: Bool)
    case refused(SecondHopVerdict)
    case unknown(String)

    var accepted: (text: String, isUser: Bool)? { if case .accepted(let text, let isUser) = self { (text, isUser) } else { nil } }
    var verdict: SecondHopVerdict? { if case .refused(let verdict) = self { verdict } else { nil } }
    var unknown: String? { if case .unknown(let text) = self { text } else { nil } }
  }

  /// What one program on the first hop was told; `nil` where it was not run.
  private func trial(of way: String, _ said: Said, _ names: SecondHopNames) -> Trial? {
    if said["\(way).missing"] != nil {
      return .unknown(
        way == "smb"
          ? "the first hop has no smbclient to try it with: apt-get install smbclient (dnf install samba-client)"
          : "the first hop has no winrs to try it with: install the package of winrm there, or put winrs into the PATH of its sessions")
    }
    guard let reply = SecondHopReply(way, in: said.values) else { return nil }
    return way == "smb" ? files(reply, said, names) : service(reply, over: way == "winrms" ? "https" : nil, said, names)
  }

  private func service(_ reply: SecondHopReply, over scheme: String?, _ said: Said, _ names: SecondHopNames) -> Trial {
    if reply.exit == 0, reply.lines.contains(where: { $0.contains(SecondHopScript.word) }) {
      return .accepted("its WinRM service ran a command for the user", asUser: true)
    }
    let own = portOfItsOwn(said, names)
    // Where there is one of its own, winrs comes no further than the first.
    let port =
      own != nil
      ? names.second.ports[0]
      : names.second.ports.first { said["port.\($0)"] == "open" && $0 != 445 && (scheme == nil || $0 != 5985) } ?? 5985
    let address = names.second.address ?? "\(scheme ?? "http")://\(names.bracketedHost):\(port)"
    let isOpen = said["port.\(port)"] == "open"
    let failure = WinrsFailure(reply)
    var verdict = failure.map { SecondHopVerdict($0, tried: "winrs -r:\(address) id", names) }
    if reply.tookTooLong, reply.text.isEmpty { verdict = .silent(port: port, isOpen: isOpen, names) }
    if var verdict {
      if let own {
        if verdict.check == .secondHopPort {
          verdict.remedy = "name the port of its WinRM service, as in \(own.address); otherwise: \(verdict.remedy)"
        } else if isOpen, let failure, SecondHopVerdict.wasAsked(failure) {
          verdict = .other(verdict, failure, port: port, own: own, names)
        }
      }
      return .refused(verdict)
    }
    let said = reply.text.isEmpty ? "nothing" : "\"\(SafeText.shortened(reply.text, to: 200))\""
    let end =
      reply.tookTooLong
      ? "did not end within \(SecondHopScript.winrsPatience) seconds" : "ended with \(reply.exit.map(String.init) ?? "no exit code")"
    return .unknown("winrs on the first hop \(end) and said \(said)")
  }

  /// The address with WinRM's own port, where that is open and `winrs` does not come to it: another service has the port of the scheme, or
  /// something drops what goes there. It tries the second port only where the first refuses, and that of Windows tries none.
  private func portOfItsOwn(_ said: Said, _ names: SecondHopNames) -> (port: Int, address: String)? {
    let ports = names.second.ports
    guard case .winrm(let scheme, nil) = names.second.service, let first = ports.first, let last = ports.last,
      said["port.\(last)"] == "open", let state = said["port.\(first)"],
      state == "open" || state.hasPrefix("no answer") || said["windows"] != nil
    else { return nil }
    return (last, "\(scheme)://\(names.bracketedHost):\(last)")
  }

  private func files(_ reply: SecondHopReply, _ said: Said, _ names: SecondHopNames) -> Trial {
    guard let failure = FileServerFailure(reply) else {
      // smbclient is run so that it takes Kerberos or nothing; Windows may have asked without a name.
      let isUser = said["windows"] == nil
      if case .files(let share?) = names.second.service {
        return .accepted("its file server lets \(isUser ? "the user" : "the session") list the share \(share)", asUser: isUser)
      }
      return .accepted("its file server \(isUser ? "knows the user, and lists" : "lists") its shares", asUser: isUser)
    }
    if reply.tookTooLong, failure.status == nil { return .refused(.silentFiles(names)) }
    return .refused(SecondHopVerdict(failure, ticket: SecondHopReply("cifs", in: said.values), names))
  }
}

import CredSSP
import DelegationPolicy
import Kerberos
import SecuritySupport
import WinRM
import WinRMConfiguration

// The real logon, by the client library: only when nothing before it failed.

extension ChainDiagnosis {
  /// - Parameter kerberos: what the KDC said, where it was asked before.
  func useCredentials(_ findings: inout Findings, _ kerberos: KerberosOutcome?) async throws {
    let (trouble, goesOn) = if let kerberos { kerberos } else { try await askKerberos(&findings) }
    guard goesOn else {
      let cause = findings.firstFailure.map { "\"\($0.title)\" failed" } ?? "the domain said no"
      findings.leaveOpen(rest, because: "not tried, because \(cause)")
      return
    }
    let second = subject.secondHop.map { SecondHopProbe(target: $0, isWindows: isWindows(findings)) }
    let answer = try await probes.logOn(second: second)
    if let sighting = answer.credSSP { describe(sighting, &findings) }
    if let report = answer.report {
      succeeded(report, answer, trouble, &findings)
    } else if let failure = answer.failure {
      failed(failure, answer, trouble, &findings)
    }
    let cause = findings.firstFailure.map { "\"\($0.title)\" failed" } ?? "it was not reached"
    findings.leaveOpen(rest, because: "not tried, because \(cause)")
  }

  private var rest: [ChainCheck] {
    (subject.method == .credSSP ? [.credssp] : []) + [.proof, .mechanism, .logon, .shell]
      + (subject.secondHop == nil ? [] : ChainCheck.ofSecondHop)
  }

  private func isWindows(_ findings: Findings) -> Bool {
    findings.checks.contains { $0.id == ChainCheck.service.id && $0.evidence.lowercased().hasPrefix("microsoft") }
  }

  private func describe(_ sighting: CredSSPSighting, _ findings: inout Findings) {
    guard sighting.proof != nil || sighting.version != nil else { return }
    var parts: [String] = []
    if let version = sighting.version { parts.append("the server speaks version \(version) of CredSSP") }
    if let parameters = sighting.parameters { parts.append("inside \(parameters.text)") }
    findings.pass(.credssp, parts.isEmpty ? "its TLS came about" : parts.joined(separator: ", "))
  }

  // MARK: The user is in

  private func succeeded(
    _ report: AuthenticationReport, _ answer: LogonAnswer, _ trouble: KerberosTrouble?, _ findings: inout Findings
  ) {
    findings.pass(.proof, proof(report, answer.credSSP))
    let obstacle = report.kerberosObstacle.map { "; Kerberos is not used: \($0)" } ?? ""
    findings.pass(.mechanism, "\(report.mechanismName)\(obstacle)")
    findings.pass(.logon, logon(report))
    if subject.method == .negotiate, subject.endpoint.scheme == .http, !findings.has(.trustedHosts), report.mechanism == .kerberos {
      findings.pass(.trustedHosts, "not needed: Kerberos proves the server")
    }
    guard let failure = answer.failure else {
      findings.pass(.shell, "a shell was opened, and deleted again")
      if let second = answer.second { checkSecondHop(second, report, &findings) }
      return
    }
    let remedy = failure.fault == nil ? nil : serverRemedies(findings, proven: report.client?.description).shell(failure.code)
    findings.fail(.shell, failure.evidence, remedy: remedy ?? failure.nextStep, code: failure.code)
  }

  private func logon(_ report: AuthenticationReport) -> String {
    let name = report.client.map(\.description) ?? subject.reportSubject.user ?? certificateName ?? "the user"
    switch report.delegation {
    case .notAsked: return "\(name) is logged on; nothing was delegated"
    case .password: return "\(name) is logged on; the password went to the server"
    case .ticket: return "\(name) is logged on; a ticket was forwarded"
    case .none(let reason): return "\(name) is logged on; nothing was delegated: \(reason)"
    }
  }

  private var certificateName: String? {
    if case .certificate(let thumbprint) = subject.credential { "the account of the certificate \(thumbprint)" } else { nil }
  }

  private func proof(_ report: AuthenticationReport, _ sighting: CredSSPSighting?) -> String {
    if let sighting {
      let how =
        switch sighting.proof {
        case .certificate(let way)?: "by its certificate (\(way))"
        case .ntlmOnly?, nil, .kerberos?:
          report.service.map { "by Kerberos as \($0)" } ?? "by NTLM alone\(sighting.flaw.map { " (its certificate: \($0))" } ?? "")"
        }
      return how + rule(sighting, report)
    }
    if let service = report.service { return "by Kerberos as \(service)" }
    return proofWithoutKerberos
  }

  /// The rule that the credentials went by. A rule that is content with NTLM is asked first, and where Kerberos has proven the server
  /// nevertheless, the one for that proof is shown, if there is one.
  private func rule(_ sighting: CredSSPSighting, _ report: AuthenticationReport) -> String {
    guard let permission = sighting.permission else { return "" }
    var (question, reason) = (2, permission)
    if let service = report.service, sighting.proof == nil || sighting.proof == .ntlmOnly {
      let decision = subject.policy.delegation.decide(host: subject.delegationHost, proof: .kerberos(principal: "\(service)"))
      if case .allowed(let because, _) = decision { (question, reason) = (3, because) }
    }
    return "; question \(question) (may they go to a server proven so): \(reason)"
  }

  /// What proves the server where Kerberos does not.
  private var proofWithoutKerberos: String {
    if subject.endpoint.scheme == .https { return "by the certificate of the HTTPS listener" }
    return subject.hasMechanism ? "by nothing better than NTLM, which TrustedHosts allows" : "by nothing, which TrustedHosts allows"
  }

  // MARK: The user is not

  private func failed(
    _ failure: WinRMError, _ answer: LogonAnswer, _ trouble: KerberosTrouble?, _ findings: inout Findings
  ) {
    let delegation: Set<WinRMCode> = [.freshCredentialsNotAllowed, .freshCredentialsNTLMOnly]
    if failure.stage == .delegate || delegation.contains(failure.code) {
      return delegationRefused(failure, answer.credSSP, trouble, &findings)
    }
    if [.resolve, .proxy, .connect, .tls].contains(failure.stage) {
      return findings.fail(.logon, failure)
    }
    switch failure.code {
    case .timeSkew: failClock(failure.evidence, &findings)
    case .logonFailure where findings.skew != nil && findings.state(of: .serviceName) == .pass:
      failClock("the domain gave a ticket, and the server refused it without a reason: \(failure.evidence)", &findings)
    case .wrongPrincipal where findings.state(of: .serviceName) == .pass:
      let remedy = [placeQuestion(findings), serverRemedies(findings).keys(of: ticketName)].compactMap { $0 }.joined(separator: " If so: ")
      findings.fail(.proof, failure.evidence, remedy: remedy, code: failure.code)
    case .wrongPrincipal, .mutualAuthenticationFailed, .badBindings:
      findings.fail(.proof, failure)
    case .invalidToken where subject.method == .credSSP: findings.fail(.credssp, failure)
    case .invalidToken: findings.fail(.mechanism, failure)
    default:
      if subject.method == .credSSP, answer.credSSP?.proof == nil {
        // A connection that was lost, an answer that did not come, and a server that is busy say nothing about the service's settings.
        let refusals = ["HTTP 401", "HTTP 500"]
        guard let answer = failure.peerAnswer, refusals.contains(where: answer.hasPrefix) else { return findings.fail(.credssp, failure) }
        // Its TLS did not even begin: the server has seen neither name nor password.
        return findings.fail(
          .credssp, "the server offers CredSSP, and would not begin it: \(failure.evidence)",
          remedy: """
            look at the server's log; on the server, see whether its CredSSP certificate is there: winrm get winrm/config/service   and \
            winrm certificate list   If CertificateThumbprint names one that is missing, import it again, or let the service make its own: \
            winrm set winrm/config/service '@{CertificateThumbprint=""}'
            """,
          code: failure.code)
      }
      if let sighting = answer.credSSP, sighting.permission != nil {
        findings.pass(.proof, sighting.permission.map { "policy let the credentials go: \($0)" } ?? "")
      } else if subject.method == .kerberos || findings.state(of: .serviceName) == .pass {
        findings.leaveOpen(.proof, because: "the exchange ended before the server had proven itself")
      } else {
        findings.pass(.proof, proofWithoutKerberos)
      }
      mechanism(&findings)
      // The KDC took the password, and gave a ticket for the service: who says no now has no key to open it with.
      guard failure.code == .logonFailure, findings.state(of: .serviceName) == .pass else { return findings.fail(.logon, failure) }
      let evidence = """
        the domain knows the user, and gave a ticket for \(ticketName); the service took neither the ticket nor the password\
        \(failure.peerAnswer.map { " (answer: \($0))" } ?? "")
        """
      let remedy = serverRemedies(findings).refused(withTicketFor: ticketName, place: placeQuestion(findings))
      findings.fail(.logon, evidence, remedy: remedy, code: failure.code)
    }
  }

  /// Whether the name leads to the machine that is meant; `nil` where an address was given.
  func placeQuestion(_ findings: Findings) -> String? {
    let host = subject.endpoint.host
    guard !subject.endpoint.isAddress else { return nil }
    return "Is \(findings.address ?? "what answers there") really \(host) (getent hosts \(host))?"
  }

  /// A name that the KDC gave a ticket for.
  private var ticketName: String { probes.serviceNames.first ?? "WSMAN/\(subject.endpoint.host)" }

  /// What mends the first hop.
  ///
  /// - Parameter proven: the user as the KDC that vouched for him calls him; with NTLM nobody says whose account it was.
  func serverRemedies(_ findings: Findings, proven: String? = nil) -> ServerRemedies {
    let typed = subject.reportSubject.user
    let user = typed.map { name in
      String((name.split(separator: "\\").last ?? name[...]).prefix { $0 != "@" })
    }
    var remedies = ServerRemedies(
      server: "the server", host: CommandWord.quoted(subject.target), isWindows: isWindows(findings), user: user)
    remedies.entry = proven.map { AccountEntry(name: $0) } ?? typed.map(AccountEntry.init(typed:))
    remedies.switches = " -authentication:\(subject.methodName)"
    switch subject.credential {
    case .explicit(let name): remedies.switches += " -username:\(CommandWord.quoted(name))"
    case .certificate(let thumbprint): remedies.switches += " -certificate:\(CommandWord.quoted(thumbprint))"
    case .ambient, .none: break
    }
    return remedies
  }

  private func mechanism(_ findings: inout Findings) {
    if !subject.hasMechanism {
      findings.pass(.mechanism, "\(subject.methodName), which goes along with every request")
    } else if subject.method == .kerberos || findings.state(of: .serviceName) == .pass {
      findings.pass(.mechanism, "Kerberos was offered first")
    } else {
      findings.pass(.mechanism, "NTLM\(probes.kerberosObstacle.map { "; Kerberos is not used: \($0)" } ?? "")")
    }
  }

  /// Questions two and three: what proves the server, and is that enough? A Kerberos that failed is the reason rather than its consequence.
  private func delegationRefused(
    _ failure: WinRMError, _ sighting: CredSSPSighting?, _ trouble: KerberosTrouble?, _ findings: inout Findings
  ) {
    let isPinBroken = isPinBroken(sighting?.flaw)
    let isClock =
      !isPinBroken && findings.skew != nil && sighting?.flaw.map { $0.contains("expired") || $0.contains("not valid yet") } == true
    if let trouble, trouble.check != .logon || !isClock && !isPinBroken {
      report(trouble, &findings)
      findings.leaveOpen(
        .proof,
        because:
          "Kerberos is what would prove the server: \(sighting?.flaw.map { "its certificate does not (\($0)), and " } ?? "")NTLM alone is not allowed to"
      )
      return
    }
    if isClock, let skew = findings.skew, let flaw = sighting?.flaw {
      failClock("by this machine's clock the server's certificate proves nothing (\(flaw))", &findings)
      findings.leaveOpen(.proof, because: "the certificate may be good by the right clock: \(skew)")
      return
    }
    failProof(failure, flaw: sighting?.flaw, &findings)
  }
}

extension TLSParameters {
  /// `TLS 1.2 (cipher suite 0xC02F)`.
  var text: String {
    let name =
      switch version {
      case 0x0301: "TLS 1.0"
      case 0x0302: "TLS 1.1"
      case 0x0303: "TLS 1.2"
      case 0x0304: "TLS 1.3"
      default: "TLS of version \(version)"
      }
    return "\(name) (cipher suite 0x\(String(cipherSuite, radix: 16, uppercase: true)))"
  }
}

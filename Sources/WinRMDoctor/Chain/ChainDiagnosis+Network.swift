import SecuritySupport
import WinRMConfiguration
import WinRM

// What anybody could see of the server.

extension ChainDiagnosis {
  private var transport: [ChainCheck] { subject.endpoint.scheme == .https ? [.port, .tls, .certificate] : [.port] }
  private var afterTLS: [ChainCheck] {
    [.service] + (subject.method == .certificate ? [] : [.schemes]) + (mayUseKerberos ? [.clock] : [])
  }

  /// What is looked at of the way and of the server, the name apart.
  var networkChecks: [ChainCheck] { (probes.proxy.authority == nil ? [] : [.proxyWay]) + transport + afterTLS }

  /// - Returns: what the KDC said, where it had to be asked before anything went to the proxy.
  func checkNetwork(_ findings: inout Findings) async throws -> KerberosOutcome? {
    await checkName(&findings)
    guard findings.state(of: .name) != .fail else {
      findings.leaveOpen(networkChecks, because: "not tried: the name has no address")
      return nil
    }
    // The way through such a proxy begins with a password: what keeps the real command from sending it has to come first.
    let kerberos = probes.proxy.takesPassword ? try await askKerberos(&findings) : nil
    guard kerberos?.goesOn != false else {
      let cause = findings.firstFailure.map { "\"\($0.title)\" failed" } ?? "the domain said no"
      findings.leaveOpen(networkChecks, because: "not tried, because \(cause): the real command sends nothing to the proxy then")
      return kerberos
    }
    let greeting = try await probes.greet()
    if checkConnection(greeting, &findings) { try await checkService(greeting, &findings) }
    if findings.firstFailure != nil, let trouble = kerberos?.trouble {
      findings.leaveOpen([trouble.check], because: "whether it matters is not known: \(trouble.evidence)")
    }
    return kerberos
  }

  /// Looks up what the client would look up: the host, or the proxy, which then looks up the host by itself.
  func checkName(_ findings: inout Findings) async {
    var host = subject.endpoint.host
    var owner = "the name"
    if case .through(let proxy, _, _) = probes.proxy {
      // Nobody but the proxy knows what it finds, and where a rule refuses it is not asked.
      guard findings.firstFailure == nil else {
        return findings.leaveOpen(.name, because: "not tried: the proxy looks it up, and nothing is sent to it")
      }
      (host, owner) = (proxy, "the proxy")
    }
    switch await probes.addresses() {
    case .found(let addresses):
      let list = "\(addresses.prefix(4).joined(separator: ", "))\(addresses.count > 4 ? ", ..." : "")"
      let text = addresses == [host] ? "\(host) is an address" : "\(host) is \(list)"
      findings.pass(.name, owner == "the name" ? text : "of the proxy: \(text); it looks up \(subject.endpoint.host) by itself")
    case .notFound(let reason):
      findings.fail(
        .name, "\(owner) \(host) has no address: \(reason)",
        remedy: owner == "the name"
          ? "check the spelling, the name server (getent hosts \(host)), or use the address"
          : "correct the variable that names the proxy, or leave -proxyaccess away", code: .nameNotResolved)
    }
  }

  /// - Returns: whether there is a connection that can be used.
  private func checkConnection(_ greeting: Greeting, _ findings: inout Findings) -> Bool {
    let isHTTPS = subject.endpoint.scheme == .https
    let peer = greeting.peer ?? subject.endpoint.authority
    guard let failure = greeting.failure, failure.isOfConnection else {
      answers(peer, greeting, &findings)
      if isHTTPS {
        findings.pass(.tls, "a TLS connection with \(peer)")
        findings.pass(.certificate, certificateEvidence(greeting))
      }
      return true
    }
    func open(_ checks: [ChainCheck], _ why: String) { findings.leaveOpen(checks + afterTLS, because: why) }
    switch failure.stage {
    case .policy:
      findings.fail(.credential, failure)
      open(transport, "not tried: the client gave up before")
    case .resolve:
      findings.fail(.name, failure)
      open(transport, "not tried: the name has no address")
    case .proxy:
      findings.fail(.proxyWay, failure)
      open(transport, "not tried: the proxy makes no way")
    case .tls where failure.code == .mutualAuthenticationFailed:
      answers(peer, greeting, &findings)
      findings.pass(.tls, "\(peer) speaks TLS")
      findings.fail(
        .certificate, failure.cause + (greeting.certificate.map { ". It says: \($0)" } ?? ""), remedy: failure.nextStep, code: failure.code)
      open([], "not tried: nothing proves the server")
    case .tls:
      answers(peer, greeting, &findings)
      findings.fail(.tls, failure)
      open([.certificate], "not tried: there is no TLS")
    default:
      findings.fail(.port, failure)
      open(isHTTPS ? [.tls, .certificate] : [], "not tried: there is no connection")
    }
    return false
  }

  private func answers(_ peer: String, _ greeting: Greeting, _ findings: inout Findings) {
    guard let proxy = probes.proxy.authority else {
      findings.address = greeting.address
      return findings.pass(.port, "\(peer) answers\(greeting.address.map { $0 == subject.endpoint.host ? "" : " (\($0))" } ?? "")")
    }
    findings.pass(
      .proxyWay, subject.endpoint.scheme == .https ? "\(proxy) made a tunnel to \(peer)" : "\(proxy) passed a request on to \(peer)")
    findings.pass(.port, "\(peer) answers, by way of \(proxy)")
  }

  private func certificateEvidence(_ greeting: Greeting) -> String {
    let isPinned = !subject.policy.pins(for: subject.endpoint.host).isEmpty
    return "\(greeting.certificate ?? "it was checked")\(isPinned ? "; this host has a pin" : "")"
  }

  private func checkService(_ greeting: Greeting, _ findings: inout Findings) async throws {
    if let failure = greeting.failure {
      findings.fail(.service, failure)
      findings.leaveOpen(afterTLS, because: "not tried: no WinRM service answers")
      return
    }
    guard let answer = greeting.answer else {
      findings.leaveOpen(afterTLS, because: "there was no answer to look at")
      return
    }
    let product = try await probes.identify()
    guard answer.status == 401, product != nil || !answer.schemes.isEmpty || subject.method == .certificate else {
      notWinRM(answer, product, &findings)
      return
    }
    findings.pass(.service, product.map { "\($0.vendor) \($0.version)" } ?? "it asks for authentication, and does not say what it is")
    checkSchemes(answer, &findings)
    checkClock(answer, &findings)
  }

  private func notWinRM(_ answer: Greeting.Answer, _ product: ServiceProduct?, _ findings: inout Findings) {
    let peer = subject.endpoint.authority
    let isAbsent = answer.status == 503
    findings.fail(
      .service,
      answer.status == 401
        ? "HTTP 401 without any scheme: \(peer) asks for authentication and offers none"
        : "\(peer)\(subject.endpoint.path) answers HTTP \(answer.status) where a WinRM service asks for authentication",
      remedy: answer.status == 401
        ? "on the server, switch on a method: winrm set winrm/config/service/auth '@{Negotiate=\"true\"}'"
        : isAbsent
          ? "start the WinRM service there, or wait until it is less busy"
          : "check port and path: a WinRM service listens on 5985 (HTTP) or 5986 (HTTPS), path /wsman; on the server: winrm enumerate winrm/config/Listener",
      code: isAbsent ? .httpServiceUnavailable : answer.status == 404 ? .httpNotFound : .destinationUnreachable)
    findings.leaveOpen(afterTLS, because: "not tried: no WinRM service answers")
  }

  private func checkSchemes(_ answer: Greeting.Answer, _ findings: inout Findings) {
    // A certificate is shown in the handshake of TLS, and named by no challenge.
    guard subject.method != .certificate else { return }
    let list = answer.schemes.joined(separator: ", ")
    let wanted = subject.methodName
    guard !answer.schemes.contains(where: { $0.lowercased() == wanted.lowercased() }) else {
      return findings.pass(.schemes, "HTTP 401 offers \(list)")
    }
    findings.fail(
      .schemes, "HTTP 401 offers \(list.isEmpty ? "nothing" : list), and not \(wanted)",
      remedy: serverRemedies(findings).scheme(wanted, offered: answer.schemes)
        + (subject.method == .basic && subject.endpoint.scheme == .http
          ? "; over HTTP also: winrm set winrm/config/service '@{AllowUnencrypted=\"true\"}'" : "")
        + (placeQuestion(findings).map { "; if that is not wanted, or was done already: \($0)" } ?? ""),
      code: .accessDenied)
  }

  /// A server that does not tell the time is not blamed for it. One whose clock is off is not either: whether that matters shows later.
  private func checkClock(_ answer: Greeting.Answer, _ findings: inout Findings) {
    guard let text = answer.date, let theirs = UTCTime.seconds(httpDate: text) else { return }
    let difference = theirs - now()
    let apart = abs(difference)
    guard apart > Self.clockSkew else {
      return findings.pass(.clock, "apart by \(Self.span(apart)); Kerberos allows \(Self.clockSkew / 60) minutes")
    }
    findings.skew = "the server's clock is \(Self.span(apart)) \(difference > 0 ? "ahead of" : "behind") this machine's"
  }

  /// Somebody to whom it matters says that the clocks are apart.
  func failClock(_ evidence: String, _ findings: inout Findings) {
    findings.fail(
      .clock, [findings.skew, evidence].compactMap { $0 }.joined(separator: "; "),
      remedy: "synchronise both clocks (chronyc tracking, timedatectl; on Windows: w32tm /resync)", code: .timeSkew)
  }

  /// Nobody said it.
  func settleClock(_ findings: inout Findings) {
    guard let skew = findings.skew, !findings.has(.clock) else { return }
    let limit = "Kerberos allows \(Self.clockSkew / 60) minutes"
    if !mayUseKerberos {
      findings.pass(.clock, "\(skew), which matters to Kerberos alone, and Kerberos has no part in this")
    } else if findings.state(of: .logon) == .pass {
      findings.pass(.clock, "\(skew); \(limit), and the logon came about all the same")
    } else {
      findings.leaveOpen(.clock, because: "\(skew); \(limit), and nothing was tried that would show whether it matters")
    }
  }

  static func span(_ seconds: Int64) -> String {
    if seconds < 120 { return seconds == 1 ? "1 second" : "\(seconds) seconds" }
    return seconds < 7200 ? "\(seconds / 60) minutes" : seconds < 172_800 ? "\(seconds / 3600) hours" : "\(seconds / 86_400) days"
  }
}

extension WinRMError {
  /// Whether it came before anything was asked on a connection.
  fileprivate var isOfConnection: Bool { [.policy, .resolve, .proxy, .connect, .tls].contains(stage) }
}

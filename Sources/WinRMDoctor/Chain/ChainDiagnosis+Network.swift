import SecuritySupport
import WinRMConfiguration
import WinRM

// What anybody could see of the server.

extension ChainDiagnosis {
  private static let afterName: [ChainCheck] = [.port]
  private static let afterTLS: [ChainCheck] = [.service, .schemes, .clock]

  func checkNetwork(_ findings: inout Findings) async throws {
    let transport: [ChainCheck] = subject.endpoint.scheme == .https ? [.port, .tls, .certificate] : [.port]
    switch await probes.addresses() {
    case .found(let addresses):
      let host = subject.endpoint.host
      let list = "\(addresses.prefix(4).joined(separator: ", "))\(addresses.count > 4 ? ", ..." : "")"
      findings.pass(.name, addresses == [host] ? "\(host) is an address" : "\(host) is \(list)")
    case .notFound(let reason):
      findings.fail(
        .name, "the name \(subject.endpoint.host) has no address: \(reason)",
        remedy: "check the spelling, the name server (getent hosts \(subject.endpoint.host)), or use the address", code: .nameNotResolved)
      findings.leaveOpen(transport + Self.afterTLS, because: "not tried: the name has no address")
      return
    }
    let greeting = try await probes.greet()
    guard checkConnection(greeting, &findings) else { return }
    try await checkService(greeting, &findings)
  }

  /// - Returns: whether there is a connection that can be used.
  private func checkConnection(_ greeting: Greeting, _ findings: inout Findings) -> Bool {
    let isHTTPS = subject.endpoint.scheme == .https
    let peer = greeting.peer ?? subject.endpoint.authority
    guard let failure = greeting.failure, failure.isOfConnection else {
      findings.pass(.port, "\(peer) answers\(greeting.address.map { $0 == subject.endpoint.host ? "" : " (\($0))" } ?? "")")
      if isHTTPS {
        findings.pass(.tls, "a TLS connection with \(peer)")
        findings.pass(.certificate, certificateEvidence(greeting))
      }
      return true
    }
    func open(_ checks: [ChainCheck], _ why: String) { findings.leaveOpen(checks + Self.afterTLS, because: why) }
    switch failure.stage {
    case .resolve:
      findings.fail(.name, failure)
      open(isHTTPS ? [.port, .tls, .certificate] : [.port], "not tried: the name has no address")
    case .tls where failure.code == .mutualAuthenticationFailed:
      findings.pass(.port, "\(peer) answers")
      findings.pass(.tls, "\(peer) speaks TLS")
      findings.fail(
        .certificate, failure.cause + (greeting.certificate.map { ". It says: \($0)" } ?? ""), remedy: failure.nextStep, code: failure.code)
      open([], "not tried: nothing proves the server")
    case .tls:
      findings.pass(.port, "\(peer) answers")
      findings.fail(.tls, failure)
      open([.certificate], "not tried: there is no TLS")
    default:
      findings.fail(.port, failure)
      open(isHTTPS ? [.tls, .certificate] : [], "not tried: there is no connection")
    }
    return false
  }

  private func certificateEvidence(_ greeting: Greeting) -> String {
    let isPinned = !subject.policy.pins(for: subject.endpoint.host).isEmpty
    return "\(greeting.certificate ?? "it was checked")\(isPinned ? "; this host has a pin" : "")"
  }

  private func checkService(_ greeting: Greeting, _ findings: inout Findings) async throws {
    if let failure = greeting.failure {
      findings.fail(.service, failure)
      findings.leaveOpen(Self.afterTLS, because: "not tried: no WinRM service answers")
      return
    }
    guard let answer = greeting.answer else {
      findings.leaveOpen(Self.afterTLS, because: "there was no answer to look at")
      return
    }
    let product = try await probes.identify()
    guard answer.status == 401, product != nil || !answer.schemes.isEmpty else {
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
    findings.leaveOpen(Self.afterTLS, because: "not tried: no WinRM service answers")
  }

  private func checkSchemes(_ answer: Greeting.Answer, _ findings: inout Findings) {
    let list = answer.schemes.joined(separator: ", ")
    let wanted = subject.methodName
    guard !answer.schemes.contains(where: { $0.lowercased() == wanted.lowercased() }) else {
      return findings.pass(.schemes, "HTTP 401 offers \(list)")
    }
    findings.fail(
      .schemes, "HTTP 401 offers \(list.isEmpty ? "nothing" : list), and not \(wanted)",
      remedy: serverRemedies(findings).scheme(wanted), code: .accessDenied)
  }

  /// A server that does not tell the time is not blamed for it.
  private func checkClock(_ answer: Greeting.Answer, _ findings: inout Findings) {
    guard let text = answer.date, let theirs = UTCTime.seconds(httpDate: text) else { return }
    let difference = theirs - now()
    let apart = abs(difference)
    guard apart > Self.clockSkew else {
      return findings.pass(.clock, "apart by \(Self.span(apart)); Kerberos allows \(Self.clockSkew / 60) minutes")
    }
    findings.fail(
      .clock,
      "the server's clock is \(Self.span(apart)) \(difference > 0 ? "ahead of" : "behind") this machine's; Kerberos allows \(Self.clockSkew / 60) minutes",
      remedy: "synchronise both clocks (chronyc tracking, timedatectl; on Windows: w32tm /resync)", code: .timeSkew)
  }

  static func span(_ seconds: Int64) -> String {
    if seconds < 120 { return seconds == 1 ? "1 second" : "\(seconds) seconds" }
    return seconds < 7200 ? "\(seconds / 60) minutes" : seconds < 172_800 ? "\(seconds / 3600) hours" : "\(seconds / 86_400) days"
  }
}

extension WinRMError {
  /// Whether it came before anything was asked on a connection.
  fileprivate var isOfConnection: Bool { stage == .resolve || stage == .connect || stage == .tls }
}

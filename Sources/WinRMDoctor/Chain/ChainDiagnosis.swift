public import SecuritySupport
import DelegationPolicy
import WinRM

/// Walks a chain from this machine to its first hop, and from there to the second.
///
/// What this machine alone knows comes first. Where it refuses, a name is looked up and nothing else goes to the network, as with the real
/// command. Then comes what anybody could see of the server, and only when nothing of that failed the credentials are used, in the way
/// of the real command: with the KDC, and with the server. (The real command asks the KDC before it connects; here a stranger's look at the
/// server comes first, which carries no secret. Only where the way to the server begins with a password, that for a proxy, the KDC comes
/// first here as well.) The first hop runs something only where a second hop was named.
public struct ChainDiagnosis: Sendable {
  let subject: ChainSubject
  let probes: any ChainProbes
  /// Seconds since 1970.
  let now: @Sendable () -> Int64

  public init(subject: ChainSubject, probes: any ChainProbes, now: @escaping @Sendable () -> Int64) {
    self.subject = subject
    self.probes = probes
    self.now = now
  }

  /// How far clocks may be apart: Kerberos' usual limit, in seconds.
  static let clockSkew: Int64 = 300

  /// - Throws: `CancellationError`.
  public func run() async throws -> DoctorReport {
    var findings = Findings(subject: subject)
    findings.pass(.settings, "settings and policy were read")
    checkClient(&findings)
    var kerberos: KerberosOutcome?
    if let failure = findings.firstFailure {
      await checkName(&findings)
      findings.leaveOpen(networkChecks, because: "not tried, because \"\(failure.title)\" failed: the real command sends nothing then")
    } else {
      kerberos = try await checkNetwork(&findings)
    }
    if let failure = findings.firstFailure {
      findings.leaveOpen(remainingChecks(findings), because: "not tried, because \"\(failure.title)\" failed")
    } else {
      try await useCredentials(&findings, kerberos)
    }
    settleClock(&findings)
    return DoctorReport(subject: subject.reportSubject, time: now(), checks: findings.checks)
  }

  /// The report when not even the settings can be read.
  public static func report(
    unreadable message: String, remedy: String, code: WinRMCode?, subject: DoctorReport.Subject, isCredSSP: Bool, time: Int64
  ) -> DoctorReport {
    let first = Check(
      ChainCheck.settings.id, ChainCheck.settings.title, at: .client, .fail, message, remedy: remedy, code: code)
    let rest: [ChainCheck] = [.flag, .credential] + (isCredSSP ? [.delegation] : []) + [.name, .port, .service, .schemes, .logon, .shell]
    let open = rest.map {
      Check($0.id, $0.title, at: $0.place, .unknown, "not tried, because \"\(ChainCheck.settings.title)\" failed")
    }
    return DoctorReport(subject: subject, time: time, checks: [first] + open)
  }

  /// Whether Kerberos could prove the user here, as far as names say it.
  var mayUseKerberos: Bool { subject.hasMechanism && probes.kerberosObstacle == nil }

  /// What is still to be told when the credentials are not used.
  private func remainingChecks(_ findings: Findings) -> [ChainCheck] {
    var rest: [ChainCheck] = []
    if mayUseKerberos { rest += [.kdc, .serviceName] }
    if subject.method == .credSSP { rest += [.credssp] }
    rest += [.proof, .mechanism, .logon, .shell]
    if subject.secondHop != nil { rest += ChainCheck.ofSecondHop }
    return rest
  }
}

/// The checks so far, each in its place of the chain's order.
struct Findings {
  private var found: [ChainCheck: Check] = [:]
  private var omitted: Set<ChainCheck> = []
  let subject: ChainSubject
  /// How far the server's clock is from this machine's, where that may matter: who it matters to has to say so.
  var skew: String?
  /// The address that answered for the host.
  var address: String?

  init(subject: ChainSubject) { self.subject = subject }

  var checks: [Check] { ChainCheck.allCases.compactMap { found[$0] } }
  var firstFailure: Check? { checks.first { $0.state == .fail } }
  func state(of check: ChainCheck) -> CheckState? { found[check]?.state }
  func has(_ check: ChainCheck) -> Bool { found[check] != nil }

  mutating func pass(_ check: ChainCheck, _ evidence: String) { set(check, .pass, evidence) }

  mutating func fail(_ check: ChainCheck, _ evidence: String, remedy: String?, code: WinRMCode? = nil) {
    set(check, .fail, evidence, remedy: remedy, code: code)
  }

  /// In the words of the client library.
  mutating func fail(_ check: ChainCheck, _ error: WinRMError) {
    fail(check, error.evidence, remedy: error.nextStep, code: error.code)
  }

  mutating func leaveOpen(_ check: ChainCheck, because reason: String) { set(check, .unknown, reason) }

  /// Those of the checks about which nothing has been found yet.
  mutating func leaveOpen(_ checks: [ChainCheck], because reason: String) {
    for check in checks where !has(check) && !omitted.contains(check) { leaveOpen(check, because: reason) }
  }

  /// It does not apply to this chain, and nobody is to miss it: what was said of it before is taken back.
  mutating func omit(_ check: ChainCheck) {
    found[check] = nil
    omitted.insert(check)
  }

  private mutating func set(
    _ check: ChainCheck, _ state: CheckState, _ evidence: String, remedy: String? = nil, code: WinRMCode? = nil
  ) {
    found[check] = Check(check.id, check.title, at: check.place, state, evidence, remedy: remedy, code: code)
  }
}

extension WinRMError {
  /// What happened, and what the peer said about it.
  var evidence: String { Self.evidence(cause, answer: peerAnswer) }

  /// An answer that ends with the cause is told without it: once is enough.
  static func evidence(_ cause: String, answer: String?) -> String {
    guard var answer else { return cause }
    if !cause.isEmpty, answer.hasSuffix(": \(cause)") { answer.removeLast(cause.count + 2) }
    return "\(cause) (answer: \(answer))"
  }
}

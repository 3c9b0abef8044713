import DelegationPolicy
import Kerberos
import SecuritySupport
import WinRM
import WinRMConfiguration

// What the KDC says. It is asked with the user's credentials, as the real command asks it, before they go to the server.

extension ChainDiagnosis {
  /// A failure of Kerberos that matters only if nothing else proves the server.
  struct KerberosTrouble {
    var check: ChainCheck
    var evidence: String
    var remedy: String
    var code: WinRMCode
  }

  /// What is wrong with Kerberos, where the client goes on without; and whether it goes on at all.
  typealias KerberosOutcome = (trouble: KerberosTrouble?, goesOn: Bool)

  func askKerberos(_ findings: inout Findings) async throws -> KerberosOutcome {
    // Where names rule Kerberos out, nobody is asked, and the client may still have nothing else to begin with.
    guard mayUseKerberos || subject.hasMechanism && probes.proxy.takesPassword else { return (nil, true) }
    switch try await probes.askKerberos() {
    case .notAsked: return (nil, true)
    case .ticket(let client):
      findings.pass(.kdc, "it knows the user as \(client)")
      findings.pass(.serviceName, "there is a ticket for \(serviceNames)")
      if subject.method == .negotiate, subject.endpoint.scheme == .http, !findings.has(.trustedHosts) {
        findings.pass(.trustedHosts, "not needed: Kerberos proves the server")
      }
      return (nil, true)
    case .obstacle(let reason, let error):
      guard let error, let trouble = trouble(error, reason) ?? unknownUser(error, reason) else { return (nil, true) }
      // The real command goes on, and so does the doctor: a certificate, or a rule that is content with NTLM, may still do.
      return (trouble, true)
    case .failure(let failure, let error): return (nil, refused(failure, error, &findings))
    }
  }

  private var serviceNames: String { probes.serviceNames.joined(separator: " or ") }

  /// The client gave up before it went to the server.
  private func refused(_ failure: WinRMError, _ error: KerberosError?, _ findings: inout Findings) -> Bool {
    if failure.code == .serverNotTrusted || failure.stage == .policy {
      // Kerberos would have been enough, and it is what failed; where it could not even be tried, the list is.
      if let error, let trouble = trouble(error, error.description) {
        report(trouble, &findings)
        findings.leaveOpen([.trustedHosts], because: "needed only because Kerberos cannot be used")
      } else if failure.code == .serverNotTrusted {
        failTrustedHosts(failure, &findings)
      } else {
        findings.fail(.credential, failure)
      }
      return false
    }
    switch failure.code {
    case .timeSkew:
      findings.pass(.kdc, "it answers")
      failClock(failure.evidence, &findings)
    case .targetUnknown:
      findings.pass(.kdc, "it answers")
      findings.fail(.serviceName, failure)
    case .noAuthenticatingAuthority: findings.fail(.kdc, failure)
    case .noCredentials: findings.fail(.credential, failure)
    case .logonFailure, .passwordExpired, .passwordMustChange, .accountExpired, .accountDisabled, .accountLockedOut,
      .accountRestriction:
      findings.pass(.kdc, "it answers")
      findings.fail(.logon, failure)
    default: findings.fail(.kdc, failure)
    }
    return false
  }

  /// Writes the trouble down as a failure, and what it leaves open.
  func report(_ trouble: KerberosTrouble, _ findings: inout Findings) {
    if trouble.check != .kdc { findings.pass(.kdc, "it answers") }
    findings.fail(trouble.check, trouble.evidence, remedy: trouble.remedy, code: trouble.code)
    findings.leaveOpen(
      [.serviceName],
      because: trouble.check == .kdc
        ? "not known without a domain controller" : "no ticket was asked for: \"\(trouble.check.title)\" failed")
  }

  /// The domain has no such user. That is no fault of the server, unless the name says that the account is one of its own.
  private func unknownUser(_ error: KerberosError, _ reason: String) -> KerberosTrouble? {
    guard error.code == .unknownPrincipal, case .explicit(let name) = subject.credential else { return nil }
    let host = subject.endpoint.host
    let parts = name.split(separator: "\\", maxSplits: 1, omittingEmptySubsequences: false)
    if parts.count == 2 {
      let label = host.split(separator: ".").first.map(String.init) ?? host
      let domain = parts[0].lowercased()
      guard domain != ".", domain != host.lowercased(), domain != label.lowercased().prefix(15), domain != label.lowercased() else {
        return nil
      }
    }
    var remedy = "check the name (USER, HOST\\USER with the short name of the host, or USER@REALM)"
    if parts.count == 1, !name.contains("@") {
      let decision = subject.policy.delegation.decide(host: subject.delegationHost, proof: .ntlmOnly)
      let rule = delegationRemedy(subject.sources.ofDelegation(decision, true), isDenial: decision.isDenial, whenNTLMOnly: true)
      remedy += """
        . If it is an account of the server itself, no domain proves the server: pin its certificate: winrm credssp pin -remote:\(host) \
        -sha256:HEX   or, to accept NTLM as the only proof: \(rule)
        """
    }
    return KerberosTrouble(
      check: .logon, evidence: "the domain does not know the user \(name): \(reason)", remedy: remedy, code: .logonFailure)
  }

  /// Where the fault is; `nil` for those that say only that this user or this machine has nothing to do with a domain.
  private func trouble(_ error: KerberosError, _ reason: String) -> KerberosTrouble? {
    let place: (ChainCheck, WinRMCode)
    switch error.code {
    case .unreachable, .timeout, .busy: place = (.kdc, .noAuthenticatingAuthority)
    case .unknownService: place = (.serviceName, .targetUnknown)
    case .clockSkew: place = (.clock, .timeSkew)
    case .encryptionType: place = (.serviceName, .encryptionTypeUnsupported)
    case .ticketExpired: place = (.credential, .noCredentials)
    default: return nil
    }
    let names = place.0 == .serviceName ? " (asked for: \(serviceNames))" : ""
    return KerberosTrouble(check: place.0, evidence: reason + names, remedy: error.nextStep, code: place.1)
  }
}

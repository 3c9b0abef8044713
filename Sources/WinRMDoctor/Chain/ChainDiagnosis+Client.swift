import DelegationPolicy
import SecuritySupport
import WinRMConfiguration
import WinRM

// What this machine alone knows. Nothing goes anywhere.

extension ChainDiagnosis {
  func checkClient(_ findings: inout Findings) {
    let refusal = probes.ruleFailure()
    checkFlag(refusal, &findings)
    checkCredential(refusal, &findings)
    if subject.method == .credSSP { checkDelegation(refusal, &findings) }
    if subject.method == .negotiate { checkTrustedHosts(refusal, &findings) }
    // A rule that none of these knows still stops the real command.
    if let refusal, findings.firstFailure == nil { findings.fail(.credential, refusal) }
  }

  private func checkFlag(_ refusal: WinRMError?, _ findings: inout Findings) {
    let name = subject.methodName
    let source = subject.sources.ofFlag(name).map { ", by \($0)" } ?? ""
    guard !subject.isEnabled else {
      return findings.pass(.flag, "winrm/config/client/auth \(name) = true\(source)")
    }
    let evidence = "winrm/config/client/auth \(name) = false\(source)"
    let code: WinRMCode =
      subject.method == .credSSP ? .credSSPDisabledOnClient : subject.method == .kerberos ? .kerberosDisabled : .negotiateDisabled
    findings.fail(
      .flag, evidence,
      remedy: source.isEmpty
        ? "winrm set winrm/config/client/auth '@{\(name)=\"true\"}'" : "have that policy changed, then: winrm policy update",
      code: code)
  }

  private func checkCredential(_ refusal: WinRMError?, _ findings: inout Findings) {
    let codes: Set<WinRMCode> = [
      .credSSPUserNameAndPasswordNeeded, .userNameAndPasswordNeeded, .noCredentials, .kerberosToAddress, .kerberosToLocalhost,
    ]
    if let refusal, codes.contains(refusal.code) { return findings.fail(.credential, refusal) }
    switch subject.credential {
    case .explicit(let name): findings.pass(.credential, "user name and password of \(name) were given")
    case .ambient where subject.method == .credSSP:
      findings.fail(
        .credential, "CredSSP sends a password to the server, so it needs an explicit user name and password",
        remedy: "give -username:USER (the password is asked for), or use -authentication:Negotiate",
        code: .credSSPUserNameAndPasswordNeeded)
    case .ambient(let hasAgent):
      findings.pass(
        .credential, "the tickets of this user\(hasAgent ? ", and the logon agent of this session" : ""), as far as there are any")
    case .none:
      findings.fail(
        .credential, "there is no credential", remedy: "give -username:USER, or run kinit", code: .noCredentials)
    }
  }

  /// The first question of delegation: can credentials ever go there?
  private func checkDelegation(_ refusal: WinRMError?, _ findings: inout Findings) {
    let host = subject.delegationHost
    let decision = subject.policy.delegation.beforeConnecting(to: host)
    let source = subject.sources.ofReason(decision.reason).map { "; \($0)" } ?? ""
    switch decision {
    case .allowed(let reason): findings.pass(.delegation, "question 1 (may they ever go there): \(reason)\(source)")
    case .refused(let code, let reason):
      let isDenied = reason.contains(" denies ")
      findings.fail(
        .delegation, "question 1 (may they ever go there) says no: \(reason)\(source)",
        remedy: isDenied
          ? "have the deny rule taken away, or use another server: winrm policy test -remote:\(host)"
          : "winrm credssp enable -role:client -delegate:WSMAN/\(host)", code: code)
    }
  }

  /// Over HTTP nothing but the list speaks for a server that Kerberos does not prove.
  private func checkTrustedHosts(_ refusal: WinRMError?, _ findings: inout Findings) {
    let host = subject.endpoint.host
    if let refusal, refusal.code == .serverNotTrusted { return findings.fail(.trustedHosts, refusal) }
    guard subject.endpoint.scheme == .http else { return }
    if subject.policy.trustedHosts.contains(host) { findings.pass(.trustedHosts, "TrustedHosts names \(host)") }
  }
}

import DelegationPolicy
import SecuritySupport
import WinRMConfiguration
import WinRM

// What this machine alone knows. Nothing goes anywhere.

extension ChainDiagnosis {
  func checkClient(_ findings: inout Findings) {
    let refusals = refusals
    checkFlag(&findings)
    checkCredential(refusals[.credential], &findings)
    if subject.method == .credSSP { checkDelegation(&findings) }
    checkTrustedHosts(refusals[.trustedHosts], &findings)
    checkProxy(refusals[.proxy], &findings)
    // A rule that none of these knows still stops the real command.
    for (check, refusal) in refusals where findings.state(of: check) != .fail { fail(check, refusal, &findings) }
  }

  /// What refuses, the first for each check.
  private var refusals: [ChainCheck: WinRMError] {
    var all = probes.ruleFailures()
    if let mistake = subject.mistake { all = [mistake] + all.filter { place(of: $0) != place(of: mistake) } }
    return Dictionary(all.map { (place(of: $0), $0) }) { first, _ in first }
  }

  /// Which check a rule belongs to.
  private func place(of refusal: WinRMError) -> ChainCheck {
    switch refusal.code {
    case .negotiateDisabled, .kerberosDisabled, .basicDisabled, .certificateDisabled, .credSSPDisabledOnClient, .digestDisabled: .flag
    case .freshCredentialsNotAllowed, .freshCredentialsNTLMOnly: .delegation
    case .serverNotTrusted, .defaultMethodToAddress, .explicitCredentialsRequired: .trustedHosts
    case .unencryptedDisabled, .unencryptedOverHTTPS, .invalidFlag: .unencrypted
    case .proxyWithHTTP, .proxyWithKerberos, .proxyWithCredSSP, .proxyAccessInvalid, .proxyAuthenticationInvalid, .proxyCredentialsNeeded,
      .proxyCredentialsWithoutProxy:
      .proxy
    case .servicePortWithOtherMethod, .implicitNegotiateOverHTTP, .certificateOptionsOverHTTP, .certificateWithOtherMethod: .options
    default: .credential
    }
  }

  /// In the words of the client library, with a remedy that policy does not forbid.
  private func fail(_ check: ChainCheck, _ refusal: WinRMError, _ findings: inout Findings) {
    let setting: (name: String, wanted: String)? =
      switch check {
      case .trustedHosts: ("TrustedHosts", "let TrustedHostsList name \(subject.endpoint.host)")
      case .unencrypted where refusal.code == .unencryptedDisabled && !subject.policy.allowUnencrypted:
        ("AllowUnencrypted", "use https; or, where nobody can listen, give -unencrypted, and set AllowUnencryptedTraffic to 1")
      default: nil
      }
    guard let setting, let value = subject.sources.ofSetting(setting.name) else { return findings.fail(check, refusal) }
    findings.fail(check, "\(refusal.evidence); \(value.text)", remedy: value.remedy(setting.wanted), code: refusal.code)
  }

  private func checkFlag(_ findings: inout Findings) {
    let name = subject.methodName
    let flag = subject.flag
    let value = subject.sources.ofSetting(name)
    let evidence = "winrm/config/client/auth \(name) = \(flag.isOn)\(value.map { ": \($0.text)" } ?? "")"
    guard !flag.isOn else { return findings.pass(.flag, evidence) }
    findings.fail(
      .flag, evidence, remedy: value?.remedy("set \(value?.name ?? "") to 1") ?? "winrm set winrm/config/client/auth '@{\(name)=\"true\"}'",
      code: flag.code)
  }

  private func checkCredential(_ refusal: WinRMError?, _ findings: inout Findings) {
    if let refusal { return findings.fail(.credential, refusal) }
    switch subject.credential {
    case .explicit(let name): findings.pass(.credential, "user name and password of \(name) were given")
    case .certificate(let thumbprint): findings.pass(.credential, "the certificate \(thumbprint) of this user, with its key")
    case .ambient where subject.method == .credSSP:
      findings.fail(
        .credential, "CredSSP sends a password to the server, so it needs an explicit user name and password",
        remedy: "give -username:USER (the password is asked for), or use -authentication:Negotiate",
        code: .credSSPUserNameAndPasswordNeeded)
    case .ambient(let hasAgent):
      findings.pass(
        .credential, "the tickets of this user\(hasAgent ? ", and the logon agent of this session" : ""), as far as there are any")
    case .none where subject.method == .certificate:
      findings.fail(
        .credential, "certificate authentication needs a certificate",
        remedy: "see which there are: winrm certificate list -user   then give -certificate:THUMBPRINT", code: .certificateNeeded)
    case .none:
      findings.fail(
        .credential, "there is no credential", remedy: "give -username:USER\(subject.method == .basic ? "" : ", or run kinit")",
        code: subject.method == .basic ? .userNameAndPasswordNeeded : .noCredentials)
    }
  }

  // MARK: Delegation

  /// The first question of delegation: can credentials ever go there?
  private func checkDelegation(_ findings: inout Findings) {
    let decision = subject.policy.delegation.beforeConnecting(to: subject.delegationHost)
    let evidence = "question 1 (may they ever go there)"
    switch decision {
    case .allowed(let reason, _):
      let source = subject.sources.ofDelegation(decision, false).deciding.map { "; \($0.place)" } ?? ""
      findings.pass(.delegation, "\(evidence): \(reason)\(source)")
    case .refused(let code, let reason, _, let isDenial):
      let source = subject.sources.ofDelegation(decision, false)
      findings.fail(
        .delegation, "\(evidence) says no: \(reason)\(explanation(source))",
        remedy: delegationRemedy(source, isDenial: isDenial, whenNTLMOnly: false), code: code)
    }
  }

  private func explanation(_ source: PolicySources.Delegation) -> String {
    (source.remark.map { ". \($0)" } ?? "") + (source.deciding.map { ". It is decided here: \($0.text)" } ?? "")
  }

  /// `winrm credssp enable` where it can help; otherwise who has to change what.
  func delegationRemedy(_ source: PolicySources.Delegation, isDenial: Bool, whenNTLMOnly: Bool) -> String {
    let host = subject.delegationHost
    let test = "see what holds then: winrm policy test -remote:\(DoctorReport.bracketed(host))"
    if isDenial {
      guard let value = source.deciding else { return "have the rule that denies taken away, or use another server; \(test)" }
      return "\(value.remedy("take the rule \(value.name) away")); \(test)"
    }
    if !source.canBeEnabled, let value = source.deciding {
      let list = whenNTLMOnly ? "AllowFreshCredentialsWhenNTLMOnly" : "AllowFreshCredentials"
      return "\(value.remedy("set \(list) to 1 and let its list name WSMAN/\(host)")); \(test)"
    }
    return "winrm credssp enable -role:client -delegate:WSMAN/\(host)\(whenNTLMOnly ? " -ntlmonly" : "")"
  }

  /// The second and third question: is the server proven well enough? The library's remedy, unless policy makes it impossible.
  ///
  /// - Parameter flaw: why the server's certificate proves nothing.
  func failProof(_ failure: WinRMError, flaw: String?, _ findings: inout Findings) {
    guard failure.code == .freshCredentialsNTLMOnly else { return findings.fail(.proof, failure) }
    // Who does not show the pinned certificate may be an impostor: no rule that is content with less is advised.
    guard !isPinBroken(flaw) else { return findings.fail(.proof, failure) }
    var failure = failure
    if flaw?.contains("expired") == true { failure.nextStep = "\(Self.renewal). Otherwise: \(failure.nextStep)" }
    let decision = subject.policy.delegation.decide(host: subject.delegationHost, proof: .ntlmOnly)
    let source = subject.sources.ofDelegation(decision, true)
    guard !decision.isAllowed, !source.canBeEnabled || decision.isDenial else { return findings.fail(.proof, failure) }
    findings.fail(
      .proof, failure.evidence + explanation(source),
      remedy: (flaw?.contains("expired") == true ? "\(Self.renewal). Otherwise: " : "")
        + "pin the server's certificate: winrm credssp pin -remote:\(subject.delegationHost) -sha256:HEX   or, to accept NTLM as the only proof: \(delegationRemedy(source, isDenial: decision.isDenial, whenNTLMOnly: true))",
      code: failure.code)
  }

  /// Whether the certificate in which a flaw was found should have been another one.
  func isPinBroken(_ flaw: String?) -> Bool { flaw != nil && !subject.policy.pins(for: subject.delegationHost).isEmpty }

  private static let renewal = """
    on the server, renew its CredSSP certificate: winrm certificate import FILE, then name it: winrm set winrm/config/service \
    '@{CertificateThumbprint="..."}'
    """

  // MARK: The way

  /// Where neither Kerberos nor a certificate speaks for a server, nothing but the list does.
  private func checkTrustedHosts(_ refusal: WinRMError?, _ findings: inout Findings) {
    if let refusal { return failTrustedHosts(refusal, &findings) }
    let host = subject.endpoint.host
    guard subject.endpoint.scheme == .http, subject.method == .negotiate || subject.method == .basic else { return }
    if subject.policy.trustedHosts.contains(host) { findings.pass(.trustedHosts, "TrustedHosts names \(host)") }
  }

  func failTrustedHosts(_ refusal: WinRMError, _ findings: inout Findings) { fail(.trustedHosts, refusal, &findings) }

  private func checkProxy(_ refusal: WinRMError?, _ findings: inout Findings) {
    let host = subject.endpoint.host
    let named: String
    switch probes.proxy {
    case .unusable(let error): return findings.fail(.proxy, refusal ?? error)
    case .notAsked:
      if let refusal { findings.fail(.proxy, refusal) }
      return
    case .direct: named = "the environment names no proxy for \(host), or no_proxy makes an exception of it"
    case .through(_, let authority, _): named = "the environment names \(authority) for \(host)"
    }
    if let refusal {
      findings.fail(.proxy, "\(refusal.evidence); \(named)", remedy: refusal.nextStep, code: refusal.code)
    } else {
      findings.pass(.proxy, probes.proxy.authority == nil ? "\(named): it is reached directly" : named)
    }
  }
}

import DelegationPolicy
import Kerberos
import SecuritySupport
import WinRMConfiguration

/// The checks that come before anything goes to the network.
struct ClientRules {
  var configuration: WinRMClientConfiguration
  var policy: ClientPolicy
  /// The other ways that remedies have named before these rules are asked. What refuses further on is for who takes none of them.
  var declined: Set<OtherWay> = []

  var endpoint: WinRMEndpoint { configuration.endpoint }
  var host: String { endpoint.host }

  /// - Throws: ``WinRMError`` at stage `policy`, which names everything that refuses.
  func check() throws(WinRMError) {
    if let refusal = WinRMError(together: refusals) { throw refusal }
  }

  /// The first rule that refuses.
  ///
  /// - Throws: ``WinRMError`` at stage `policy`.
  func checkEach() throws(WinRMError) {
    try checkOptions()
    switch configuration.method {
    case .none: try checkAnonymous()
    case .negotiate: try checkNegotiate()
    case .kerberos: try checkKerberos()
    case .credSSP: try checkCredSSP()
    case .basic: try checkBasic()
    case .certificate: try checkCertificate()
    }
    try checkPassword()
  }

  /// An empty password, or one that is no text, cannot be right; a server would only say that it is wrong.
  private func checkPassword() throws(WinRMError) {
    guard case .explicit(let credential) = configuration.credential else { return }
    let code: WinRMCode = configuration.method == .credSSP ? .credSSPUserNameAndPasswordNeeded : .userNameAndPasswordNeeded
    guard credential.password.count > 0 else {
      throw refusal(code, "the password is empty, and this authentication needs a user name and a password", "give the password")
    }
    guard credential.password.withUnsafeBytes(Self.isUTF8) else {
      throw refusal(code, "the password is not UTF-8 text", "type it in a UTF-8 terminal, or convert the password file to UTF-8")
    }
  }

  /// Whether the bytes are UTF-8. No copy of them is made.
  private static func isUTF8(_ bytes: UnsafeRawBufferPointer) -> Bool {
    var parser = Unicode.UTF8.ForwardParser()
    var iterator = bytes.makeIterator()
    while true {
      switch parser.parseScalar(from: &iterator) {
      case .valid: continue
      case .emptyInput: return true
      case .error: return false
      }
    }
  }

  private func checkAnonymous() throws(WinRMError) {
    guard case .none = configuration.credential else {
      throw refusal(
        .credentialsWithNoAuthentication, "credentials were given together with no authentication",
        "leave the credentials away, or choose a method")
    }
  }

  private func checkNegotiate() throws(WinRMError) {
    guard policy.negotiateEnabled else {
      throw refusal(
        .negotiateDisabled, "Negotiate authentication is switched off in the client's configuration", switchingOn("Negotiate"))
    }
    // Where only the KDC can tell, the question waits until a connection is wanted: MechanismPlan.
    guard let obstacle = kerberosObstacle else { return }
    guard hasNTLMCredential else { throw missingCredential(obstacle) }
    guard mayUseNTLM else { throw serverNotTrusted(obstacle) }
  }

  private func checkKerberos() throws(WinRMError) {
    guard policy.kerberosEnabled else {
      throw refusal(
        .kerberosDisabled, "Kerberos authentication is switched off in the client's configuration", switchingOn("Kerberos"))
    }
    guard let obstacle = kerberosObstacle else { return }
    switch configuration.credential {
    case .none: throw missingCredential(nil)
    case .agent, .ambient, .explicit, .certificate: break
    }
    if configuration.servicePrincipalName == nil, endpoint.isLocalhost || endpoint.isAddress {
      throw refusal(
        endpoint.isLocalhost ? .kerberosToLocalhost : .kerberosToAddress, "Kerberos cannot be used: \(obstacle.reason)",
        "use the name that the server has in its domain, or -a:Negotiate")
    }
    throw refusal(.noCredentials, "Kerberos cannot be used: \(obstacle.reason)", "give -u:USER@REALM, run kinit, or use -a:Negotiate")
  }

  /// NTLM may not begin, and there is nothing else.
  func serverNotTrusted(_ obstacle: KerberosObstacle?) -> WinRMError {
    let remark = "that \(host) is the server you mean, and \(host) is not in this client's TrustedHosts"
    let way = endpoint.scheme == .http ? "over HTTP" : "without the checks of its certificate"
    var cause = "\(way) nothing would prove \(remark)"
    let remedy = obstacle?.error.map { "for Kerberos: \($0.nextStep) Without it: " } ?? ""
    if let error = obstacle?.error, error.code != .noCredentials {
      // What the KDC said, or that it said nothing, is what went wrong; the rest would not matter otherwise.
      cause =
        "Kerberos could not be used: \(error.reason). \(way.prefix(1).uppercased())\(way.dropFirst()) nothing else would prove \(remark)"
    } else if let obstacle, !isAgentAlone {
      cause += ". Kerberos, which would prove it, could not be used: \(obstacle.reason)"
    }
    return refusal(notTrustedCode, cause, remedy + trustRemedy)
  }

  /// Windows has a number for each case.
  private var notTrustedCode: WinRMCode {
    if configuration.isDefaultMethod, endpoint.isAddress, configuration.servicePrincipalName == nil { return .defaultMethodToAddress }
    return isImplicit ? .explicitCredentialsRequired : .serverNotTrusted
  }

  /// What to do about a server that nothing proves.
  var trustRemedy: String {
    guard !declined.contains(.https) else { return trustStep }
    let better =
      switch (endpoint.scheme, isImplicit) {
      case (.http, _): "use https"
      case (.https, true): "let its certificate be checked, or give -defaultcreds or -u:USER"
      case (.https, false): "let its certificate be checked"
      }
    return "\(better), or \(trustStep)"
  }

  /// The second best.
  var trustStep: String {
    "trust the host by name: "
      + setting("TrustedHosts", "winrm set winrm/config/client '@{TrustedHosts=\"\(extendedTrustedHosts)\"}'\(Self.asRoot())")
  }

  /// How to switch a method on.
  func switchingOn(_ method: String) -> String {
    setting(method, "winrm set winrm/config/client/auth '@{\(method)=\"true\"}'\(Self.asRoot())")
  }

  /// The command that sets something, or where policy decides it and the command would be refused: where it has to be changed.
  func setting(_ name: String, _ command: String) -> String {
    policy.governed[name].map { "change \(name) where policy decides it: \($0)" } ?? command
  }

  private var isAgentAlone: Bool {
    if case .agent = configuration.credential { true } else { false }
  }

  /// The list as it is, and this host.
  private var extendedTrustedHosts: String {
    let name = endpoint.isIPv6 ? "[\(host)]" : host
    return policy.trustedHosts.text.allSatisfy(\.isWhitespace) ? name : "\(policy.trustedHosts.text),\(name)"
  }

  /// A remark for those who may not change the machine's settings and policy; empty for root, and where `WINRM_ROOT` names another tree.
  static func asRoot(
    userID: UInt32 = WinRMPaths.processUserID, environment: [String: String] = WinRMPaths.processEnvironment
  ) -> String {
    userID == 0 || !(environment["WINRM_ROOT"] ?? "").isEmpty ? "" : " (as root: it holds for the whole machine)"
  }

  /// Behind `winrm credssp enable`. Where an entry of the lists comes from, this library does not know; the command itself says when one
  /// here would have no effect.
  static let otherwiseDomain = "; where a policy of the domain decides, the object that winrm policy names has to be changed instead"

  private func checkCredSSP() throws(WinRMError) {
    guard policy.credSSPEnabled else {
      throw refusal(
        .credSSPDisabledOnClient,
        """
        CredSSP authentication is switched off in the client's configuration. It must be on here and on the server, and this client's \
        policy must allow to delegate fresh credentials to the server, by name (WSMAN/\(host)) or by domain (WSMAN/*.\(exampleDomain))
        """, "\(enablingCredSSP). On the server: winrm credssp enable -role:server")
    }
    guard case .explicit = configuration.credential else {
      throw refusal(
        .credSSPUserNameAndPasswordNeeded,
        "CredSSP sends a password to the server, so it needs an explicit user name and password\(agentRemark)",
        "give -u:USER (the password is asked for)\(declined.contains(.method) ? "" : ", or use -a:Negotiate")")
    }
    let target = configuration.delegationHost
    guard case .refused(let code, let reason, _, _) = policy.delegation.beforeConnecting(to: target) else { return }
    guard !isDelegationDenied else {
      let denial = policy.delegation.denialsAlone.beforeConnecting(to: target).reason
      let more = denial == reason ? "" : "; and \(reason)"
      throw refusal(
        code, "policy does not allow to delegate credentials to \(target): \(denial), whatever allows it\(more)",
        (declined.contains(.method) ? "" : "\(Self.withoutSecondHop); or ")
          + "have the rule that denies taken away where it stands, which winrm policy tells")
    }
    throw refusal(
      code,
      """
      policy does not allow to delegate credentials to \(target): \(reason). AllowFreshCredentials must name the server \
      (WSMAN/\(target)) or its domain (WSMAN/*.\(exampleDomain))
      """, "winrm credssp enable -role:client -delegate:\(target)\(Self.asRoot())\(Self.otherwiseDomain)")
  }

  /// The client's half of switching CredSSP on. Where policy has switched it off, `winrm credssp enable` is refused.
  private var enablingCredSSP: String {
    // An entry for a host that is denied would be refused as well. The denial is told by itself.
    guard !isDelegationDenied else { return "\(Self.withoutSecondHop); or here: \(switchingOn("CredSSP"))" }
    let command = "winrm credssp enable -role:client -delegate:\(host)\(Self.asRoot())\(Self.otherwiseDomain)"
    return "here: " + (policy.governed["CredSSP"] == nil ? command : "\(switchingOn("CredSSP")). After that: \(command)")
  }

  private static let withoutSecondHop = "use -a:Negotiate, without a second hop"

  var isDelegationDenied: Bool { policy.delegation.denies(host: configuration.delegationHost) }

  private var agentRemark: String {
    switch configuration.credential {
    case .agent, .ambient(_?): "; the logon agent of this session holds no password to send on"
    case .ambient(nil): "; a ticket holds no password to send on"
    case .certificate: "; a certificate is none"
    case .explicit, .none: ""
    }
  }

  private var exampleDomain: String {
    guard let dot = host.firstIndex(of: "."), !endpoint.isIPv6, host.contains(where: \.isLetter) else { return "example.com" }
    return String(host[host.index(after: dot)...])
  }

  /// No credential at all: outside of a session it is missing; inside of one there is no second hop, and why is worth telling.
  func missingCredential(_ obstacle: KerberosObstacle?) -> WinRMError {
    let tickets = obstacle?.error.map { "; Kerberos: \($0.reason)" } ?? ""
    guard let session = configuration.enclosingSession else {
      if case .ambient = configuration.credential, let obstacle, obstacle.error?.code != .noCredentials {
        return refusal(
          .noCredentials, "no user name was given, and Kerberos cannot be used with \(host): \(obstacle.reason)",
          obstacle.error?.nextStep ?? "use the name that the server has in its domain, or give -u:USER")
      }
      return refusal(
        .noCredentials, "no user name was given, and there is neither a Kerberos ticket nor a session with a logon agent\(tickets)",
        "give -u:USER, or run kinit")
    }
    if session.hasCredentials {
      // SEC_E_NO_CREDENTIALS is also what Windows reports at a failing second hop.
      return refusal(
        .noCredentials,
        """
        the credentials that this remote session received cannot be used with \(host)\(obstacle.map { "; Kerberos: \($0.reason)" } ?? "")\
        \(session.ticketError.map { ". The session has no ticket of its own: \($0)" } ?? "")
        """,
        obstacle?.error?.nextStep ?? "use the name that the server has in its domain, or give -u:USER here")
    }
    return refusal(
      .noCredentials,
      """
      there is no second hop from here: this remote session was opened with \(session.schemeName), \
      and it holds no delegated credentials. Only the first server knows you, and it cannot prove to \(host) who you are\(tickets)
      """,
      """
      open the first session with CredSSP (winrs -a:CredSSP -u:USER ...), which hands your password to the first server, \
      or give -u:USER here
      """)
  }

  func refusal(_ code: WinRMCode, _ cause: String, _ next: String) -> WinRMError {
    WinRMError(code: code, stage: .policy, cause: cause, nextStep: next)
  }
}

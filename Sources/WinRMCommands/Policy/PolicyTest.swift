import DelegationPolicy
import GroupPolicy
import SecuritySupport
import WinRM
import WinRMConfiguration

/// `winrm policy test`: could credentials go there, and which rule says so? Nothing is sent.
struct PolicyTest {
  /// How the server would be proven.
  enum Proof: String, CaseIterable {
    case kerberos, certificate, ntlm

    func proof(of host: String) -> ServerProof {
      switch self {
      case .kerberos: .kerberos(principal: "WSMAN/\(host) (assumed)")
      case .certificate: .certificate("assumed")
      case .ntlm: .ntlmOnly
      }
    }
  }

  /// A method of `-authentication`.
  enum Method: String, CaseIterable {
    case none = "None"
    case basic = "Basic"
    case digest = "Digest"
    case negotiate = "Negotiate"
    case kerberos = "Kerberos"
    case certificate = "Certificate"
    case credSSP = "CredSSP"

    init?(switch text: String) {
      guard let method = Self.allCases.first(where: { $0.rawValue.lowercased() == text.lowercased() }) else { return nil }
      self = method
    }

    /// As the command line has them, for its errors.
    static var words: String {
      let words = allCases.map { $0.rawValue.lowercased() }
      return words.dropLast().joined(separator: ", ") + " or " + (words.last ?? "")
    }
  }

  var client: ClientPolicy
  var policy: EffectivePolicy
  /// The settings of the client and what decides them.
  var settings: EffectiveSettings
  /// The user's own policy, which reasons may name.
  var userPolicyFile: String?

  struct Answer {
    var isAllowed: Bool
    var element: ResultElement
  }

  /// - Parameter proof: only for CredSSP; `nil`: not known yet; then any proof will do, and all are listed.
  func answer(_ method: Method, endpoint: WinRMEndpoint, proof: Proof?) -> Answer {
    let host = endpoint.host
    switch method {
    case .credSSP: return credSSP(host: host, proof: proof)
    case .basic: return basic(endpoint)
    case .certificate:
      guard client.certificateEnabled else { return switchedOff(host, method, .certificateDisabled) }
      return answer(host, method, false, because: "a certificate proves who the user is, and its private key stays here")
    case .digest:
      return answer(
        host, method, false, because: "Digest is not done: no WinRM service accepts it", code: .digestDisabled)
    case .kerberos:
      guard client.kerberosEnabled else { return switchedOff(host, method, .kerberosDisabled) }
      return withoutDelegation(host, method, ticket: "")
    case .negotiate:
      guard client.negotiateEnabled else { return switchedOff(host, method, .negotiateDisabled) }
      return withoutDelegation(host, method, ticket: "where Negotiate comes to Kerberos, ")
    case .none: return answer(host, method, false, because: "without authentication nothing is sent that is a credential")
    }
  }

  // MARK: Methods

  private func credSSP(host: String, proof: Proof?) -> Answer {
    guard client.credSSPEnabled else { return switchedOff(host, .credSSP, .credSSPDisabledOnClient) }
    let decision = client.delegation.beforeConnecting(to: host)
    guard decision.isAllowed else { return answer(host, .credSSP, false, proof, explanation(decision)) }
    if let proof {
      let decision = client.delegation.decide(host: host, proof: proof.proof(of: host))
      return answer(host, .credSSP, decision.isAllowed, proof, explanation(decision))
    }
    let decisions = Proof.allCases.map { ($0, client.delegation.decide(host: host, proof: $0.proof(of: host))) }
    let each = decisions.map { proof, decision in
      ResultElement(
        name: "Proof",
        children: [
          ResultElement(name: "Kind", value: proof.rawValue), ResultElement(name: "Allowed", value: decision.isAllowed ? "true" : "false"),
        ] + explanation(decision))
    }
    return answer(host, .credSSP, decisions.contains { $0.1.isAllowed }, nil, each)
  }

  /// The password itself goes to the server. No list of policy says to which: the flags and TrustedHosts do.
  private func basic(_ endpoint: WinRMEndpoint) -> Answer {
    let host = endpoint.host
    guard client.basicEnabled else { return switchedOff(host, .basic, .basicDisabled) }
    let item = settings.item(deciding: "Basic", of: .clientAuth)
    guard endpoint.scheme == .http else {
      return answer(
        host, .basic, true,
        because: """
          Basic sends the password itself, inside TLS, to a server whose certificate proves it; -skipcacheck and -skipcncheck want the \
          server in TrustedHosts. The service must have Basic switched on
          """, item: item)
    }
    guard client.allowUnencrypted else {
      let item = settings.item(deciding: "AllowUnencrypted", of: .client)
      return answer(
        host, .basic, false,
        because: """
          over HTTP, Basic sends the password readable for everybody in between, and AllowUnencrypted is switched off in \
          winrm/config/client\(item == nil ? "" : ", by policy")
          """, code: .unencryptedDisabled, item: item)
    }
    let trust = settings.item(deciding: "TrustedHosts", of: .client)
    guard client.trustedHosts.contains(host) else {
      return answer(
        host, .basic, false,
        because: "over HTTP nothing proves the server that would get the password, and it is not in TrustedHosts of winrm/config/client",
        code: .serverNotTrusted, item: trust)
    }
    return answer(
      host, .basic, true,
      because: """
        over HTTP with -unencrypted, Basic sends the password readable for everybody in between, to a server that nothing proves: \
        AllowUnencrypted is switched on and TrustedHosts has it. The service must have Basic and AllowUnencrypted switched on
        """, item: trust ?? item)
  }

  /// A method that proves who the user is and sends nothing that a server could use elsewhere, unless a ticket is forwarded.
  private func withoutDelegation(_ host: String, _ method: Method, ticket: String) -> Answer {
    answer(
      host, method, false, nil,
      [
        ResultElement(
          name: "Because", value: "\(method.rawValue) proves who the user is; the server gets no credentials that it could use elsewhere"),
        ResultElement(
          name: "ForwardedTicket",
          value: """
            only by winrs -allowdelegate: \(ticket)if the ticket can be forwarded (kinit -f) and the domain trusts the service of \(host) \
            for delegation (ok-as-delegate). The lists of AllowFreshCredentials are not asked: the domain decides
            """),
      ])
  }

  private func switchedOff(_ host: String, _ method: Method, _ code: WinRMCode) -> Answer {
    let decided = settings.item(deciding: method.rawValue, of: .clientAuth)
    return answer(
      host, method, false,
      because: "\(method.rawValue) is switched off in winrm/config/client/auth\(decided == nil ? "" : ", by policy")", code: code,
      item: decided)
  }

  // MARK: What is shown

  private func answer(
    _ host: String, _ method: Method, _ isAllowed: Bool, because: String, code: WinRMCode? = nil, item: PolicyTree.Item? = nil
  ) -> Answer {
    answer(
      host, method, isAllowed, nil,
      [ResultElement(name: "Because", value: because)] + (code.map { [ResultElement(name: "Code", value: $0.hexadecimal)] } ?? [])
        + (item.map(PolicyReport.source) ?? []))
  }

  private func answer(_ host: String, _ method: Method, _ isAllowed: Bool, _ proof: Proof?, _ rest: [ResultElement]) -> Answer {
    Answer(
      isAllowed: isAllowed,
      element: ResultElement(
        name: "PolicyTest",
        children: [
          ResultElement(name: "Target", value: "WSMAN/\(host)"), ResultElement(name: "Authentication", value: method.rawValue),
        ] + (proof.map { [ResultElement(name: "AssumedProof", value: $0.rawValue)] } ?? [])
          + [ResultElement(name: "Allowed", value: isAllowed ? "true" : "false")] + rest))
  }

  private func explanation(_ decision: DelegationDecision) -> [ResultElement] {
    var elements = [ResultElement(name: "Because", value: decision.reason)]
    if case .refused(let code, _, _, _) = decision { elements.append(ResultElement(name: "Code", value: code.hexadecimal)) }
    if let item = policy.item(of: decision.origin) { return elements + PolicyReport.source(item) }
    if let userPolicyFile, let origin = decision.origin, origin.file == nil, origin.object == ClientPolicy.userSource {
      elements.append(ResultElement(name: "File", value: userPolicyFile))
    }
    return elements
  }
}

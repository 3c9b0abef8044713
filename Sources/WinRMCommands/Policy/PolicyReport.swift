import DelegationPolicy
import GroupPolicy
import SecuritySupport
import WinRM
import WinRMConfiguration

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// What `winrm policy` shows: where policy comes from, and every rule with its source.
struct PolicyReport {
  static let namespace = "urn:winrm:policy"

  var policy: EffectivePolicy
  /// Seconds since 1970.
  var now: Int64

  var element: ResultElement {
    let domain = policy.domain.map { [Self.domain($0, now: now)] } ?? []
    return ResultElement(name: "Policy", children: domain + policy.items.map(rule))
  }

  static func domain(_ domain: DomainPolicy, now: Int64) -> ResultElement {
    ResultElement(
      name: "Domain",
      children: [
        ResultElement(name: "Name", value: domain.domain), ResultElement(name: "Controller", value: domain.controller),
        ResultElement(name: "Machine", value: domain.machine), ResultElement(name: "Updated", value: time(domain.updated)),
        ResultElement(name: "Age", value: age(now - domain.updated)),
      ]
        + domain.objects.map { object in
          ResultElement(
            name: "Object",
            children: [
              ResultElement(name: "Name", value: object.name), ResultElement(name: "Identifier", value: object.identifier.description),
              ResultElement(name: "Link", value: object.link), ResultElement(name: "Enforced", value: object.isEnforced ? "true" : "false"),
              ResultElement(name: "Version", value: String(object.version)),
            ])
        }
        + domain.leftAside.map { object in
          ResultElement(
            name: "NotApplied",
            children: [
              ResultElement(name: "Name", value: object.object), ResultElement(name: "Link", value: object.link),
              ResultElement(name: "Because", value: object.reason),
            ])
        })
  }

  private func rule(_ item: PolicyTree.Item) -> ResultElement {
    ResultElement(
      name: "Rule",
      children: [ResultElement(name: "Name", value: item.name), ResultElement(name: "Value", value: Self.value(item.value))]
        + (policy.effect(of: item).map { [ResultElement(name: "Decides", value: $0)] } ?? []) + Self.source(item))
  }

  static func source(_ item: PolicyTree.Item) -> [ResultElement] {
    [
      ResultElement(name: "Object", value: item.source.object), ResultElement(name: "File", value: item.source.file),
      ResultElement(name: "Key", value: "HKEY_LOCAL_MACHINE\\" + item.key),
    ]
  }

  static func value(_ value: RegistryValue) -> String {
    if let number = value.number { return String(number) }
    return value.text ?? "\(value.data.count) bytes of \(value.type.name)"
  }

  /// `2026-11-22T14:55:01Z`.
  static func time(_ seconds: Int64) -> String {
    var time = time_t(seconds)
    var parts = tm()
    guard gmtime_r(&time, &parts) != nil else { return String(seconds) }
    var buffer = [CChar](repeating: 0, count: 64)
    guard strftime(&buffer, buffer.count, "%Y-%m-%dT%H:%M:%SZ", &parts) > 0 else { return String(seconds) }
    return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  /// In the largest unit that makes at least two of it.
  static func age(_ seconds: Int64) -> String {
    switch seconds {
    case ..<0: "in the future: the clock was changed"
    case ..<120: "\(seconds) seconds"
    case ..<7200: "\(seconds / 60) minutes"
    case ..<172_800: "\(seconds / 3600) hours"
    default: "\(seconds / 86_400) days"
    }
  }
}

/// `winrm policy test`: could credentials go there, and which rule says so? Nothing is sent.
struct PolicyTest {
  /// How the server would be proven.
  enum Proof: String, CaseIterable {
    case kerberos, certificate, ntlm

    func proof(of host: String) -> ServerProof {
      switch self {
      case .kerberos: .kerberos(principal: "WSMAN/\(host)")
      case .certificate: .certificate("assumed")
      case .ntlm: .ntlmOnly
      }
    }
  }

  var client: ClientPolicy
  var policy: EffectivePolicy
  /// The setting `client/auth CredSSP` and what decides it.
  var settings: EffectiveSettings

  struct Answer {
    var isAllowed: Bool
    var element: ResultElement
  }

  /// Asks about CredSSP, the only method that sends credentials on.
  ///
  /// - Parameter proof: `nil`: not known yet; then any proof will do, and all are listed.
  func credSSP(host: String, proof: Proof?) -> Answer {
    guard client.credSSPEnabled else { return answer(host, "CredSSP", false, proof, disabled) }
    let decision = client.delegation.beforeConnecting(to: host)
    guard decision.isAllowed else { return answer(host, "CredSSP", false, proof, explanation(decision)) }
    if let proof {
      let decision = client.delegation.decide(host: host, proof: proof.proof(of: host))
      return answer(host, "CredSSP", decision.isAllowed, proof, explanation(decision))
    }
    let each = Proof.allCases.map { proof in
      let decision = client.delegation.decide(host: host, proof: proof.proof(of: host))
      return ResultElement(
        name: "Proof",
        children: [
          ResultElement(name: "Kind", value: proof.rawValue), ResultElement(name: "Allowed", value: decision.isAllowed ? "true" : "false"),
        ] + explanation(decision))
    }
    return answer(host, "CredSSP", true, nil, each)
  }

  /// Asks about a method that proves who the user is and sends nothing that a server could use elsewhere.
  func withoutDelegation(host: String, method: String, isEnabled: Bool) -> Answer {
    let because =
      isEnabled
      ? "\(method) proves who the user is; the server gets no credentials that it could use elsewhere"
      : "\(method) is switched off in the client's configuration"
    return answer(
      host, method, false, nil,
      [ResultElement(name: "Because", value: because)]
        + (isEnabled ? [] : settings.item(deciding: method, of: .clientAuth).map(PolicyReport.source) ?? []))
  }

  private func answer(_ host: String, _ method: String, _ isAllowed: Bool, _ proof: Proof?, _ rest: [ResultElement]) -> Answer {
    Answer(
      isAllowed: isAllowed,
      element: ResultElement(
        name: "PolicyTest",
        children: [
          ResultElement(name: "Target", value: "WSMAN/\(host)"), ResultElement(name: "Authentication", value: method),
        ] + (proof.map { [ResultElement(name: "AssumedProof", value: $0.rawValue)] } ?? [])
          + [ResultElement(name: "Allowed", value: isAllowed ? "true" : "false")] + rest))
  }

  private var disabled: [ResultElement] {
    let decided = settings.item(deciding: "CredSSP", of: .clientAuth)
    return [
      ResultElement(name: "Because", value: "CredSSP is switched off in winrm/config/client/auth\(decided == nil ? "" : ", by policy")"),
      ResultElement(name: "Code", value: WinRMCode.credSSPDisabledOnClient.hexadecimal),
    ] + (decided.map(PolicyReport.source) ?? [])
  }

  private func explanation(_ decision: DelegationDecision) -> [ResultElement] {
    var elements = [ResultElement(name: "Because", value: decision.reason)]
    if case .refused(let code, _) = decision { elements.append(ResultElement(name: "Code", value: code.hexadecimal)) }
    return elements + (policy.item(decidingBy: decision.reason).map(PolicyReport.source) ?? [])
  }
}

import DelegationPolicy
import GroupPolicy
import WinRMConfiguration
import WinRMDoctor

// Where the rules of this machine are written.

extension PolicySources {
  /// - Parameters:
  ///   - client: the rules as the client has them, with those of the user.
  ///   - host: whom delegation is asked about.
  init(paths: WinRMPaths, client: ClientPolicy, host: String) {
    guard let policy = try? EffectivePolicy.load(paths: paths), let settings = try? ConfigurationStore(paths: paths).loadEffective() else {
      self.init()
      return
    }
    self.init(
      ofSetting: { name in
        (settings.item(deciding: name, of: .clientAuth) ?? settings.item(deciding: name, of: .client)).map(DecidingValue.init)
      },
      ofDelegation: { decision, whenNTLMOnly in
        DelegationSource(paths: paths, policy: policy, settings: settings, client: client, host: host, whenNTLMOnly: whenNTLMOnly)
          .explain(decision)
      })
  }
}

extension DecidingValue {
  fileprivate init(_ item: PolicyTree.Item) {
    let list = item.key.split(separator: "\\").last.map(String.init) ?? ""
    let isEntry = item.name.allSatisfy(\.isNumber)
    self.init(
      name: isEntry ? "\(list)\\\(item.name)" : item.name, value: PolicyReport.value(item.value), object: item.source.object,
      key: "HKEY_LOCAL_MACHINE\\\(item.key)", file: item.source.file, isOfDomain: item.source.object != "machine policy")
  }
}

/// What decided about delegation.
private struct DelegationSource {
  var paths: WinRMPaths
  var policy: EffectivePolicy
  var settings: EffectiveSettings
  var client: ClientPolicy
  var host: String
  /// The question is about servers that nothing better than NTLM proves.
  var whenNTLMOnly: Bool

  private static let key = #"\CredentialsDelegation"#

  /// The allow lists that count for the question.
  private var lists: [String] {
    whenNTLMOnly ? ["AllowFreshCredentialsWhenNTLMOnly"] : ["AllowFreshCredentials", "AllowFreshCredentialsWhenNTLMOnly"]
  }

  func explain(_ decision: DelegationDecision) -> PolicySources.Delegation {
    var deciding = policy.item(of: decision.origin)
    if decision.isAllowed || decision.isDenial {
      return .init(deciding: deciding.map(DecidingValue.init), canBeEnabled: false)
    }
    if let narrowing { return narrowing }
    var source = PolicySources.Delegation(canBeEnabled: canBeEnabled)
    if let list = lists.first(where: { matching($0) != nil && item($0)?.value.number != 1 }), let entry = matching(list) {
      source.remark = "\(list)\\\(entry.name) = \(PolicyReport.value(entry.value)) would allow it, if its list were switched on"
      deciding = item(list) ?? entry
    }
    deciding = deciding ?? lists.compactMap { item($0) }.first
    // What `winrm credssp enable` cannot change is to be named, whatever else is in the way.
    if !source.canBeEnabled, deciding.map(policy.isLocal) ?? true { deciding = governing ?? deciding }
    source.deciding = deciding.map(DecidingValue.init)
    return source
  }

  /// Whether `winrm credssp enable` would be accepted, and would be enough.
  private var canBeEnabled: Bool {
    guard settings.item(deciding: "CredSSP", of: .clientAuth) == nil || settings.settings.client.auth.credSSP,
      let pattern = try? DelegationPattern(parsing: "WSMAN/\(host)")
    else { return false }
    do {
      _ = try EffectivePolicy.checkEnabling([pattern], whenNTLMOnly: whenNTLMOnly, paths: paths)
      return true
    } catch {
      return false
    }
  }

  /// A value from elsewhere that stands in the way of `winrm credssp enable`.
  private var governing: PolicyTree.Item? {
    if let flag = settings.item(deciding: "CredSSP", of: .clientAuth), !settings.settings.client.auth.credSSP { return flag }
    let foreign = policy.items.filter { !policy.isLocal($0) && $0.key.lowercased().contains(Self.key.lowercased()) }
    return foreign.first { lists.contains($0.name) } ?? foreign.last
  }

  /// The user's own policy, where the machine's alone would allow it.
  private var narrowing: PolicySources.Delegation? {
    guard !client.delegation.isRestrictedBy.isEmpty, let file = paths.userPolicyFile else { return nil }
    var own = client.delegation
    own.isRestrictedBy = []
    let decision = whenNTLMOnly ? own.decide(host: host, proof: .ntlmOnly) : own.beforeConnecting(to: host)
    guard decision.isAllowed else { return nil }
    return .init(
      deciding: DecidingValue(
        name: "CredentialsDelegation", value: "a list without it", object: "the user's own policy, which narrows the machine's,",
        key: "CredentialsDelegation", file: file, isOfDomain: false), canBeEnabled: false)
  }

  private func item(_ name: String) -> PolicyTree.Item? {
    policy.items.first { $0.name.lowercased() == name.lowercased() && $0.key.lowercased().hasSuffix(Self.key.lowercased()) }
  }

  /// The entry of a list that names the host, whether the list is in force or not.
  private func matching(_ list: String) -> PolicyTree.Item? {
    policy.items.first { item in
      guard item.key.lowercased().hasSuffix("\(Self.key)\\\(list)".lowercased()), let text = item.value.text,
        let pattern = try? DelegationPattern(parsing: text)
      else { return false }
      return pattern.matches(host: host)
    }
  }
}

public import DelegationPolicy

/// A value of policy that decides something, and where it is written.
public struct DecidingValue: Sendable, Equatable {
  /// `AllowFreshCredentials`, or `AllowFreshCredentials\1` for an entry of the list.
  public var name: String
  public var value: String
  /// The policy object.
  public var object: String
  public var key: String
  public var file: String
  /// Whether an object of the domain says it, so that nobody can change it here.
  public var isOfDomain: Bool

  public init(name: String, value: String, object: String, key: String, file: String, isOfDomain: Bool) {
    self.name = name
    self.value = value
    self.object = object
    self.key = key
    self.file = file
    self.isOfDomain = isOfDomain
  }

  /// `machine policy sets AllowFreshCredentials = 0 (key …, file …)`.
  var text: String { "\(object) sets \(name) = \(value) (\(place))" }

  var place: String { "key \(key), file \(file)" }

  /// How the value is changed; `wanted` says into what.
  func remedy(_ wanted: String) -> String {
    isOfDomain
      ? "\(wanted) in \(CommandWord.title(object).map { "the policy object \($0)" } ?? "that policy object") of the domain, then: winrm policy update"
      : "\(wanted) in this machine's own policy, \(file)"
  }
}

/// Tells where the rules are written that decide.
public struct PolicySources: Sendable {
  /// What policy says about delegating to the host of the chain.
  public struct Delegation: Sendable, Equatable {
    /// The value that decides; `nil` where no policy is configured.
    public var deciding: DecidingValue?
    /// What is to be said about it beyond its text.
    public var remark: String?
    /// Whether `winrm credssp enable` can change the answer: nothing that it cannot change decides.
    public var canBeEnabled: Bool

    public init(deciding: DecidingValue? = nil, remark: String? = nil, canBeEnabled: Bool = true) {
      self.deciding = deciding
      self.remark = remark
      self.canBeEnabled = canBeEnabled
    }
  }

  /// The value of policy that decides a setting of `client` or `client/auth`; `nil` where the settings do.
  public var ofSetting: @Sendable (String) -> DecidingValue?
  /// What decided about delegation, `whenNTLMOnly` for the question about servers that nothing better proves.
  public var ofDelegation: @Sendable (_ decision: DelegationDecision, _ whenNTLMOnly: Bool) -> Delegation

  public init(
    ofSetting: @escaping @Sendable (String) -> DecidingValue? = { _ in nil },
    ofDelegation: @escaping @Sendable (_ decision: DelegationDecision, _ whenNTLMOnly: Bool) -> Delegation = { _, _ in Delegation() }
  ) {
    self.ofSetting = ofSetting
    self.ofDelegation = ofDelegation
  }
}

import SecuritySupport

/// To which servers a user's fresh (explicitly given) credentials may be delegated by CredSSP: pure rules, each answer with its reason.
///
/// Nothing is allowed that no list names; a deny beats every allow; a restricting policy can only take away. Every policy is asked twice:
/// ``beforeConnecting(to:)`` before a socket is opened, and ``decide(host:proof:)`` once it is known how the server is proven.
public struct DelegationPolicy: Sendable, Equatable {
  /// One pattern and where it was written.
  public struct Entry: Sendable, Equatable {
    public var pattern: DelegationPattern
    /// Where it stands, for people: `machine policy AllowFreshCredentials\1`.
    public var source: String
    /// Which value it is, for whoever looks it up.
    public var origin: DelegationOrigin?

    public init(pattern: DelegationPattern, source: String, origin: DelegationOrigin? = nil) {
      self.pattern = pattern
      self.source = source
      self.origin = origin
    }
  }

  /// Why an allow list names less than it seems to, and which value makes it so.
  public struct Obstacle: Sendable, Equatable {
    public var reason: String
    public var origin: DelegationOrigin?

    public init(_ reason: String, origin: DelegationOrigin? = nil) {
      self.reason = reason
      self.origin = origin
    }
  }

  /// AllowFreshCredentials: targets proven by a certificate or by Kerberos.
  public var allowFresh: [Entry]
  /// AllowFreshCredentialsWhenNTLMOnly: targets proven by nothing better than NTLM.
  public var allowFreshWhenNTLMOnly: [Entry]
  /// DenyFreshCredentials: never, whatever the other lists say.
  public var denyFresh: [Entry]
  /// Why ``allowFresh`` is empty, or as small as it is, where that is not simply that nobody wrote more: `machine policy AllowFreshCredentials
  /// (0) switches the list off`. For reasons; it decides nothing.
  public var allowFreshObstacle: Obstacle?
  /// The same for ``allowFreshWhenNTLMOnly``.
  public var allowFreshWhenNTLMOnlyObstacle: Obstacle?
  /// Policies that must each allow too. They never widen this one.
  public var isRestrictedBy: [DelegationPolicy]

  public init(
    allowFresh: [Entry] = [], allowFreshWhenNTLMOnly: [Entry] = [], denyFresh: [Entry] = [], isRestrictedBy: [DelegationPolicy] = []
  ) {
    self.allowFresh = allowFresh
    self.allowFreshWhenNTLMOnly = allowFreshWhenNTLMOnly
    self.denyFresh = denyFresh
    self.isRestrictedBy = isRestrictedBy
  }

  /// Allows nothing.
  public static let nothing = DelegationPolicy()

  /// Question (a), before a socket is opened: can credentials ever go to `host`, which is given as the user typed it?
  ///
  /// Allowed when either allow list names the host and no deny does: how the server is proven is not known yet. Refused with 0x803381A3.
  public func beforeConnecting(to host: String) -> DelegationDecision {
    narrowing { policy in
      policy.denial(of: host) ?? policy.admission(of: host, by: policy.allowFresh)
        ?? policy.admission(of: host, by: policy.allowFreshWhenNTLMOnly)
        ?? .refused(
          .freshCredentialsNotAllowed,
          because: policy.allowFreshObstacle.map { "\($0.reason), so nothing there names WSMAN/\(Self.printable(host))" }
            ?? "no entry of AllowFreshCredentials names WSMAN/\(Self.printable(host)), and nothing is allowed by default",
          by: policy.allowFreshObstacle?.origin, isDenial: false)
    }
  }

  /// Questions (b) and (c), before a token of the inner mechanism is written: may credentials go to `host`, proven like this?
  ///
  /// A certificate or Kerberos needs AllowFreshCredentials (else 0x803381A3); NTLM alone needs AllowFreshCredentialsWhenNTLMOnly (else
  /// 0x803381A4). A list for one kind of proof says nothing about the other.
  public func decide(host: String, proof: ServerProof) -> DelegationDecision {
    narrowing { policy in
      if let denial = policy.denial(of: host) { return denial }
      let name = Self.printable(host)
      switch proof {
      case .certificate, .kerberos:
        return policy.admission(of: host, by: policy.allowFresh, proof: proof)
          ?? .refused(
            .freshCredentialsNotAllowed,
            because: policy.allowFreshObstacle.map {
              "\($0.reason), so nothing there names WSMAN/\(name); the server is proven by \(proof.phrase)"
            }
              ?? "the server is proven by \(proof.phrase), for which AllowFreshCredentials decides, and none of its entries names WSMAN/\(name)",
            by: policy.allowFreshObstacle?.origin, isDenial: false)
      case .ntlmOnly:
        return policy.admission(of: host, by: policy.allowFreshWhenNTLMOnly, proof: proof)
          ?? .refused(
            .freshCredentialsNTLMOnly,
            because: policy.allowFreshWhenNTLMOnlyObstacle.map {
              "\($0.reason), so nothing there names WSMAN/\(name); neither a certificate nor Kerberos proves the server"
            }
              ?? "neither a certificate nor Kerberos proves the server, and no entry of AllowFreshCredentialsWhenNTLMOnly names WSMAN/\(name)",
            by: policy.allowFreshWhenNTLMOnlyObstacle?.origin, isDenial: false)
      }
    }
  }

  /// This policy, restricted by another: both must allow, and a deny of either refuses.
  public func narrowed(by other: DelegationPolicy) -> DelegationPolicy {
    var result = self
    result.isRestrictedBy.append(other)
    return result
  }

  /// Whether this policy or one that restricts it denies `host`: then no entry of a list that allows is of use.
  public func denies(host: String) -> Bool {
    denyFresh.contains { $0.pattern.matches(host: host) } || isRestrictedBy.contains { $0.denies(host: host) }
  }

  /// The denials of this policy and of those that restrict it, beside lists that allow every WinRM service.
  public var denialsAlone: DelegationPolicy {
    let all = [Entry(pattern: .everyWinRMService, source: "every WinRM service")]
    return DelegationPolicy(
      allowFresh: all, allowFreshWhenNTLMOnly: all, denyFresh: denyFresh, isRestrictedBy: isRestrictedBy.map(\.denialsAlone))
  }

  /// Asks this policy, then every restricting one. The first refusal stands; without one the first answer does.
  private func narrowing(_ ask: (DelegationPolicy) -> DelegationDecision) -> DelegationDecision {
    let own = ask(self)
    guard own.isAllowed else { return own }
    for restriction in isRestrictedBy {
      let decision = restriction.narrowing(ask)
      guard decision.isAllowed else { return decision }
    }
    return own
  }

  private func denial(of host: String) -> DelegationDecision? {
    guard FoldedHost(host) != nil else {
      return .refused(.freshCredentialsNotAllowed, because: "the target is no host name", by: nil, isDenial: false)
    }
    return denyFresh.first { $0.pattern.matches(host: host) }.map {
      .refused(
        .freshCredentialsNotAllowed, because: "\($0.source) (\($0.pattern)) denies delegation to WSMAN/\(Self.printable(host))",
        by: $0.origin, isDenial: true)
    }
  }

  private func admission(of host: String, by list: [Entry], proof: ServerProof? = nil) -> DelegationDecision? {
    list.first { $0.pattern.matches(host: host) }.map {
      let proven = proof.map { "; the server is proven by \($0.phrase)" } ?? ""
      return .allowed(because: "\($0.source) (\($0.pattern)) names WSMAN/\(Self.printable(host))\(proven)", by: $0.origin)
    }
  }

  /// A host for a message: control characters, which only an invalid one has, are left out.
  private static func printable(_ host: String) -> String {
    String(String.UnicodeScalarView(host.unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7F }))
  }
}

extension ServerProof {
  /// For a sentence that says "proven by …".
  fileprivate var phrase: String {
    switch self {
    case .certificate(let how): "its certificate (\(how))"
    case .kerberos(let principal): "Kerberos as \(principal)"
    case .ntlmOnly: "NTLM only"
    }
  }
}

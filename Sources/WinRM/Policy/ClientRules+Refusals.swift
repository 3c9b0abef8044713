import DelegationPolicy
import SecuritySupport
import WinRMConfiguration

// All that is in the way, so that nobody has to find it out run by run.

extension ClientRules {
  /// What refuses, in the order in which it would be told one run after the other: each as if what stands before it were mended.
  var refusals: [WinRMError] {
    var found: [WinRMError] = []
    var rules = self
    while let refusal = rules.first, found.last?.code != refusal.code {
      found.append(refusal)
      guard let mended = rules.mending(refusal) else { break }
      rules = mended
    }
    return found
  }

  private var first: WinRMError? {
    do throws(WinRMError) {
      try checkEach()
      return nil
    } catch {
      return error
    }
  }

  /// The rules as they would be without what `refusal` names; `nil` where what comes next depends on how it is mended.
  private func mending(_ refusal: WinRMError) -> ClientRules? {
    var mended = self
    switch refusal.code {
    case .negotiateDisabled: mended.policy.negotiateEnabled = true
    case .kerberosDisabled: mended.policy.kerberosEnabled = true
    case .basicDisabled: mended.policy.basicEnabled = true
    case .certificateDisabled: mended.policy.certificateEnabled = true
    case .credSSPDisabledOnClient:
      // It speaks of the lists as well, and its remedy extends them.
      mended.policy.credSSPEnabled = true
      guard let pattern = try? DelegationPattern(parsing: "WSMAN/*") else { return nil }
      mended.policy.delegation = DelegationPolicy(allowFresh: [.init(pattern: pattern, source: "mended")])
    case .unencryptedDisabled:
      mended.configuration.sendsUnencrypted = true
      mended.policy.allowUnencrypted = true
    case .unencryptedOverHTTPS, .invalidFlag: mended.configuration.sendsUnencrypted = false
    case .proxyWithHTTP, .proxyWithKerberos, .proxyWithCredSSP: mended.configuration.proxy = nil
    case .servicePortWithOtherMethod: mended.configuration.namesServiceWithPort = false
    case .implicitNegotiateOverHTTP: mended.configuration.allowsImplicitNegotiate = false
    case .userNameAndPasswordNeeded, .credSSPUserNameAndPasswordNeeded:
      if case .explicit = configuration.credential { return nil }
      mended.configuration.credential = .explicit(
        Credential(name: AccountName(domain: "", user: "USER"), password: SecretBytes(Array("mended".utf8))))
    default: return nil
    }
    return mended
  }
}

extension WinRMError {
  /// One error that tells all of `refusals`, with the number of the first; `nil` when there are none.
  init?(together refusals: [WinRMError]) {
    guard var all = refusals.first else { return nil }
    for refusal in refusals.dropFirst() {
      all.cause += "\nAlso: \(refusal.cause)"
      all.nextStep += "\nThen: \(refusal.nextStep)"
    }
    self = all
  }
}

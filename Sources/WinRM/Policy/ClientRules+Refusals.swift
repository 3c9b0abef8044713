import DelegationPolicy
import SecuritySupport
import WinRMConfiguration

// All that is in the way, so that nobody has to find it out run by run.

extension ClientRules {
  /// What refuses, in the order in which it would be told one run after the other: each as if what stands before it were mended. Where
  /// there was a better remedy than to mend it, the further ones begin with what they are for.
  var refusals: [WinRMError] {
    var found: [WinRMError] = []
    var rules = self
    while var refusal = rules.first, found.last?.code != refusal.code {
      let mended = rules.mending(refusal)
      let condition = rules.condition(of: refusal)
      refusal.nextStep = condition + refusal.nextStep
      found.append(refusal)
      guard let mended else { break }
      rules = mended
      rules.declined.formUnion(otherWays(named: refusal))
    }
    return found
  }

  /// What has to be wanted for a remedy to be of use; empty where it is needed on every way that was named.
  private func condition(of refusal: WinRMError) -> String {
    let method = declined.contains(.method) ? methodName : nil
    // HTTPS mends what comes from HTTP, and nothing else.
    let comesFromHTTP: Set<WinRMCode> = [
      .unencryptedDisabled, .proxyWithHTTP, .implicitNegotiateOverHTTP, .serverNotTrusted, .defaultMethodToAddress,
      .explicitCredentialsRequired,
    ]
    switch (method, declined.contains(.https) && comesFromHTTP.contains(refusal.code)) {
    case (nil, false): return ""
    case (let method?, false): return "if it is to be \(method) all the same, "
    case (nil, true): return "if it is to be HTTP all the same, "
    case (let method?, true): return "if it is to be \(method) over HTTP all the same, "
    }
  }

  /// The ways that the remedy of a refusal names before the one that gives up something.
  private func otherWays(named refusal: WinRMError) -> Set<OtherWay> {
    switch refusal.code {
    case .basicDisabled, .proxyWithKerberos, .proxyWithCredSSP, .invalidFlag, .credSSPUserNameAndPasswordNeeded: [.method]
    case .credSSPDisabledOnClient: isDelegationDenied ? [.method] : []
    case .unencryptedDisabled, .proxyWithHTTP, .implicitNegotiateOverHTTP: [.https]
    default: []
    }
  }

  private var methodName: String {
    switch configuration.method {
    case .basic: "Basic"
    case .certificate: "a certificate"
    case .credSSP: "CredSSP"
    case .kerberos: "Kerberos alone"
    case .negotiate: "Negotiate"
    case .none: "no authentication"
    }
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
      // It speaks of the lists that allow as well, and its remedy extends them. What denies stays.
      mended.policy.credSSPEnabled = true
      mended.policy.delegation = policy.delegation.denialsAlone
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

/// Another way than the one that was asked for.
enum OtherWay {
  /// Another method of authentication.
  case method
  /// HTTPS in place of HTTP.
  case https
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

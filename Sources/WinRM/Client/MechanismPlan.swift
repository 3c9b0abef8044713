import Kerberos
import Logging
import SecuritySupport
import WinRMAuthentication

/// Which mechanisms may be offered to a server. It is made before anything goes there: the KDC has been asked, and NTLM is in it only where
/// the rules of this machine let it begin.
struct MechanismPlan: Sendable {
  /// Kerberos, with its first token made for a connection without channel bindings.
  var kerberos: KerberosOffer?
  /// Why it is not offered.
  var obstacle: KerberosObstacle?
  /// Inside CredSSP the gate has the last word.
  var offersNTLM = false
}

/// Why Kerberos cannot be used with a server.
struct KerberosObstacle: Sendable {
  /// Half a sentence, without text of a peer.
  var reason: String
  /// The error of the library or the KDC; `nil` where the names alone say it.
  var error: KerberosError?

  init(_ reason: String) { self.reason = reason }

  init(_ error: KerberosError) {
    reason = error.reason
    self.error = error
  }
}

extension KerberosError {
  /// What happened, with the status by name and number.
  var reason: String {
    let text = description
    let prefix = "Kerberos: "
    return text.hasPrefix(prefix) ? String(text.dropFirst(prefix.count)) : text
  }

  /// The KDC's own answer by name and number; `nil` where it gave none.
  var answer: String? {
    var parts: [String] = []
    if let minor, minor.protocolCode != nil { parts.append(minor.description) }
    if let ntStatus { parts.append(ntStatus.description) }
    return parts.isEmpty ? nil : parts.joined(separator: ", ")
  }
}

extension ClientSession {
  /// Decides what to offer.
  ///
  /// - Throws: ``WinRMError``, `CancellationError`.
  func plan() async throws -> MechanismPlan {
    let rules = ClientRules(configuration: configuration, policy: policy)
    switch configuration.method {
    case .none, .basic, .certificate: return MechanismPlan()
    case .kerberos:
      if let obstacle = rules.kerberosObstacle { throw failure(obstacle) }
      do { return MechanismPlan(kerberos: try await offer()) } catch let error as KerberosError {
        throw failure(kerberos: rules.explained(error))
      }
    case .negotiate:
      let (offer, obstacle) = try await offerIfPossible(rules)
      let mayUseNTLM = rules.hasNTLMCredential && rules.mayUseNTLM
      if offer == nil, !mayUseNTLM {
        throw rules.hasNTLMCredential ? rules.serverNotTrusted(obstacle) : rules.missingCredential(obstacle)
      }
      return MechanismPlan(kerberos: offer, obstacle: obstacle, offersNTLM: mayUseNTLM)
    case .credSSP:
      let (offer, obstacle) = try await offerIfPossible(rules)
      return MechanismPlan(kerberos: offer, obstacle: obstacle, offersNTLM: true)
    }
  }

  /// Kerberos' first token for this connection.
  func offer(channelBindings: ChannelBindings? = nil) async throws -> KerberosOffer {
    guard let source = kerberos else { throw KerberosError(.noCredentials) }
    return try await source.offer(channelBindings: channelBindings)
  }

  private func offerIfPossible(_ rules: ClientRules) async throws -> (KerberosOffer?, KerberosObstacle?) {
    if let known = rules.kerberosObstacle ?? rememberedObstacle { return (nil, known) }
    do {
      return (try await offer(), nil)
    } catch let error as KerberosError {
      guard rules.mayGoOnWithout(error) else { throw failure(kerberos: error) }
      let obstacle = KerberosObstacle(rules.explained(error))
      if error.code != .busy { remember(obstacle) }  // other connections of this process, which come and go
      configuration.logger?.debug("Kerberos cannot be used", metadata: ["reason": "\(obstacle.reason)"])
      return (nil, obstacle)
    }
  }
}

extension ClientRules {
  /// Whether another mechanism may be tried in place of Kerberos that failed like this. A KDC that knows the user and refuses him has
  /// the last word.
  func mayGoOnWithout(_ error: KerberosError) -> Bool {
    switch error.code {
    case .unreachable, .timeout, .busy, .unknownService, .configuration, .noCredentials, .ticketExpired, .encryptionType, .keytab, .library,
      .local:
      true
    case .unknownPrincipal: !nameHasKnownRealm
    default: false
    }
  }
}

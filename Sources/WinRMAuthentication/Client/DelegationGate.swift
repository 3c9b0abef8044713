public import Certificates
public import DelegationPolicy
public import Kerberos
import SecuritySupport

/// Asks policy whether credentials may go to the server behind an inner TLS handshake, and by which mechanisms it may prove itself:
/// the second and third question of delegation. The first, ``DelegationPolicy/beforeConnecting(to:)``, comes before a socket is opened.
public struct DelegationGate: Sendable {
  /// The host that credentials are meant for: as the user typed it, or as a service principal name in its place says.
  public var host: String
  /// The host as the user typed it. Where it differs from ``host``, and nothing but NTLM proves the server, policy must name both.
  public var typedHost: String
  public var policy: DelegationPolicy
  /// SHA-256 hashes of certificates (DER) that prove the host whoever issued them.
  public var pins: [[UInt8]]
  /// Checks chain and name; `nil` leaves the pins alone.
  public var verifier: CertificateVerifier?

  /// - Parameters:
  ///   - host: the host that credentials are meant for. Certificate, pins and Kerberos must prove this one.
  ///   - typedHost: the host as the user typed it, when it is another.
  public init(
    host: String, typedHost: String? = nil, policy: DelegationPolicy, pins: [[UInt8]] = [],
    verifier: CertificateVerifier? = CertificateVerifier()
  ) {
    self.host = host
    self.typedHost = typedHost ?? host
    self.policy = policy
    self.pins = pins
    self.verifier = verifier
  }

  /// What the gate decided.
  public enum Verdict: Sendable {
    /// Any mechanism may be used: the server is proven, or need not be. The reason is for the log.
    case open(because: String)
    /// NTLM must not be offered, because it would be the only proof of the server; the error is to be thrown when nothing else is left.
    case withoutNTLM(AuthenticationError)
  }

  /// Decides on the certificates of the inner TLS connection, DER, leaf first.
  public func decide(serverCertificates chain: [[UInt8]]) async -> Verdict {
    let (proof, flaw) = await prove(chain)
    switch decide(proof) {
    case .allowed(let reason, _): return .open(because: reason)
    case .refused(let code, let reason, _, _):
      // A rule that is content with NTLM alone does not mind a certificate in addition.
      if proof != .ntlmOnly, case .allowed(let reason, _) = decide(.ntlmOnly) { return .open(because: reason) }
      let explanation = flaw.map { "\(reason); its certificate proves nothing: \($0)" } ?? reason
      return .withoutNTLM(AuthenticationError(.policy, explanation, winRMCode: code))
    }
  }

  /// Decides once the service has proven by Kerberos who it is: its key was used, in both directions.
  ///
  /// - Returns: the reason, for the log.
  /// - Throws: ``AuthenticationError`` with `policy`.
  public func decide(provenService service: KerberosServiceName?) throws -> String {
    guard let service, isMeant(service) else {
      throw AuthenticationError(
        .policy, "Kerberos did not prove that the server is \(host)", winRMCode: .freshCredentialsNTLMOnly)
    }
    switch policy.decide(host: host, proof: .kerberos(principal: service.description)) {
    case .allowed(let reason, _): return reason
    case .refused(let code, let reason, _, _): throw AuthenticationError(.policy, reason, winRMCode: code)
    }
  }

  /// Whether the service is on the host that credentials are meant for. A port in its name does not count.
  private func isMeant(_ service: KerberosServiceName) -> Bool {
    service.host.prefix { $0 != ":" }.lowercased() == host.lowercased()
  }

  private func decide(_ proof: ServerProof) -> DelegationDecision {
    let decision = policy.decide(host: host, proof: proof)
    guard decision.isAllowed, proof == .ntlmOnly, typedHost.lowercased() != host.lowercased() else { return decision }
    return policy.decide(host: typedHost, proof: proof)
  }

  /// How these certificates prove the host; when they do not, why.
  func prove(_ chain: [[UInt8]]) async -> (ServerProof, flaw: String?) {
    guard let leaf = chain.first else { return (.ntlmOnly, "the server showed none") }
    let hash = CertificateHash.sha256(certificateDER: leaf)
    if pins.contains(where: { constantTimeEqual($0, hash) }) { return (.certificate("SHA-256 pin"), nil) }
    let mismatch = pins.isEmpty ? nil : CertificateHash.mismatch(pins: pins, shown: hash)
    guard let verifier else { return (.ntlmOnly, mismatch ?? "no pin matches it") }
    switch await verifier.verify(chain: chain, host: host) {
    case .trusted: return (.certificate("chain and name"), nil)
    case .refused(let reason): return (.ntlmOnly, mismatch.map { "\($0); and \(reason)" } ?? reason)
    }
  }
}

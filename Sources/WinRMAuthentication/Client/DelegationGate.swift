public import Certificates
public import DelegationPolicy
import SecuritySupport

/// Asks policy whether credentials may go to the server behind an inner TLS handshake, and by which mechanisms it may prove itself:
/// the second and third question of delegation. The first, ``DelegationPolicy/beforeConnecting(to:)``, comes before a socket is opened.
public struct DelegationGate: Sendable {
  /// The host as the user typed it.
  public var host: String
  public var policy: DelegationPolicy
  /// SHA-256 hashes of certificates (DER) that prove the host whoever issued them.
  public var pins: [[UInt8]]
  /// Checks chain and name; `nil` leaves the pins alone.
  public var verifier: CertificateVerifier?

  public init(host: String, policy: DelegationPolicy, pins: [[UInt8]] = [], verifier: CertificateVerifier? = CertificateVerifier()) {
    self.host = host
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
    switch policy.decide(host: host, proof: proof) {
    case .allowed(let reason): return .open(because: reason)
    case .refused(let code, let reason):
      // A rule that is content with NTLM alone does not mind a certificate in addition.
      if proof != .ntlmOnly, case .allowed(let reason) = policy.decide(host: host, proof: .ntlmOnly) { return .open(because: reason) }
      let explanation = flaw.map { "\(reason); its certificate proves nothing: \($0)" } ?? reason
      return .withoutNTLM(AuthenticationError(.policy, explanation, winRMCode: code))
    }
  }

  private func prove(_ chain: [[UInt8]]) async -> (ServerProof, flaw: String?) {
    guard let leaf = chain.first else { return (.ntlmOnly, "the server showed none") }
    let hash = CertificateHash.sha256(certificateDER: leaf)
    if pins.contains(where: { constantTimeEqual($0, hash) }) { return (.certificate("SHA-256 pin"), nil) }
    guard let verifier else { return (.ntlmOnly, "no pin matches it") }
    switch await verifier.verify(chain: chain, host: host) {
    case .trusted: return (.certificate("chain and name"), nil)
    case .refused(let reason): return (.ntlmOnly, reason)
    }
  }
}

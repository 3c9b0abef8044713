import Dispatch
import Synchronization
@_spi(FixedExpiryValidationTime) import X509

#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

/// Verifies the certificates of clients: the chain up to a certificate of ``ClientAuthorities`` (RFC 5280: signatures, validity in time,
/// constraints), its use for clients, and no broken hash.
///
/// Revocation is not checked: whoever shall be kept out is taken out of the mappings.
public final class ClientCertificateVerifier: Sendable {
  /// The longest chain that is looked at, in certificates.
  public static let maximumChain = 8
  /// The largest certificate that is looked at, in bytes.
  public static let maximumCertificate = 16 << 10

  /// The certificates that are trusted, for as long as their files do not change.
  public struct Anchors: Sendable, Equatable {
    fileprivate let certificates: [Certificate]
    /// Why files are left out.
    public let problems: [CertificateError]
  }

  private let authorities: ClientAuthorities
  private let known = Mutex<(state: ClientAuthorities.State, anchors: Anchors)?>(nil)

  /// The last look at the files, which may be under way.
  private let look = Mutex<(began: ContinuousClock.Instant, result: Task<Result<Anchors, CertificateError>, Never>)?>(nil)
  private static let queue = DispatchQueue(label: "winrm.certificates.clients")

  /// How long a look at the files holds.
  public static let lookHolds = Duration.seconds(1)

  public init(authorities: ClientAuthorities) { self.authorities = authorities }

  /// The certificates that are trusted, as of at most ``lookHolds`` ago: whoever sends many requests does not make the files be looked at for
  /// each of them. It is done on a thread of its own.
  ///
  /// - Throws: as ``anchors()`` does.
  public func recentAnchors(now: ContinuousClock.Instant = .now) async throws(CertificateError) -> Anchors {
    let result = look.withLock { look in
      if let look, now - look.began < Self.lookHolds { return look.result }
      let result = Task.detached {
        await withCheckedContinuation { continuation in
          Self.queue.async { continuation.resume(returning: Result { () throws(CertificateError) in try self.anchors() }) }
        }
      }
      look = (now, result)
      return result
    }
    return try await result.value.get()
  }

  /// The certificates that are trusted now. Blocks on files.
  ///
  /// - Throws: ``CertificateError`` when the directory cannot be read or trusted; then nobody is verified.
  public func anchors() throws(CertificateError) -> Anchors {
    // Before reading: a change in between is seen at the next use.
    let state = try authorities.state()
    if let anchors = known.withLock({ $0?.state == state ? $0?.anchors : nil }) { return anchors }
    let content = try authorities.load()
    let anchors = Anchors(certificates: content.certificates, problems: content.problems)
    known.withLock { $0 = (state, anchors) }
    return anchors
  }

  /// Verifies a chain that a client showed.
  ///
  /// - Parameter chain: DER, the client's own certificate first.
  /// - Throws: ``CertificateError`` with the reason, which is for people and holds no text of the peer's: `malformed`, `notValidNow`, or
  ///   `wrongUse` for everything else.
  public func verify(chain: [[UInt8]], anchors: Anchors, now: Date = Date()) async throws(CertificateError) -> VerifiedClientCertificate {
    guard !chain.isEmpty, chain.count <= Self.maximumChain else {
      throw CertificateError(.malformed, "the client's chain is empty or longer than \(Self.maximumChain) certificates")
    }
    guard chain.allSatisfy({ $0.count <= Self.maximumCertificate }) else {
      throw CertificateError(.malformed, "a certificate of the client is larger than \(Self.maximumCertificate) bytes")
    }
    guard let certificates = try? chain.map({ try Certificate(derEncoded: $0) }), let leaf = certificates.first else {
      throw CertificateError(.malformed, "a certificate of the client cannot be read")
    }
    guard leaf.notValidBefore <= now, now <= leaf.notValidAfter else {
      throw CertificateError(.notValidNow, "the client's certificate is not valid now")
    }
    // One that was put among the authorities by hand, and is signed by another, shall prove that.
    let isSelfSigned = leaf.issuer == leaf.subject && leaf.publicKey.isValidSignature(leaf.signature, for: leaf)
    let failures: [CertificateValidationResult.PolicyFailure]
    switch await isSelfSigned && anchors.certificates.contains(leaf)
      ? Self.validate(trusted: leaf) : Self.validate(certificates, roots: anchors.certificates.filter { $0 != leaf }, now: now)
    {
    case .validCertificate(let chain): return try VerifiedClientCertificate(chain: Array(chain))
    case .couldNotValidate(let reasons): failures = reasons
    }
    guard let failure = failures.first else {
      throw CertificateError(.wrongUse, "the client's chain leads to no certificate that is trusted for clients")
    }
    // RFC 5280's policy writes the certificate's own text into its reasons.
    let own = ClientUsePolicy.Reason(rawValue: failure.policyFailureReason.description)?.rawValue
    throw CertificateError(
      .wrongUse, "the client's chain is refused: \(own ?? "it breaks a rule: validity, constraints, or allowed use")")
  }

  private static func validate(_ chain: [Certificate], roots: [Certificate], now: Date) async -> CertificateValidationResult {
    var verifier = Verifier(rootCertificates: CertificateStore(roots)) {
      RFC5280Policy(fixedExpiryValidationTime: now)
      ClientUsePolicy()
      KnownExtensions()
    }
    return await verifier.validate(leaf: chain[0], intermediates: CertificateStore(chain.dropFirst()))
  }

  /// One that vouches for itself, and is trusted by name: it is no authority, so that the rules for paths do not fit it.
  private static func validate(trusted leaf: Certificate) async -> CertificateValidationResult {
    var verifier = Verifier(rootCertificates: CertificateStore([leaf])) {
      ClientUsePolicy()
      KnownExtensions()
    }
    return await verifier.validate(leaf: leaf, intermediates: CertificateStore())
  }
}

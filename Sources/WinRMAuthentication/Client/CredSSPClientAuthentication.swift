public import CredSSP
public import SecuritySupport
public import WinRMHTTP

/// CredSSP as a client: TLS inside the HTTP tokens, SPNEGO inside TLS, and at the end the credential for the server.
///
/// The credential is encoded only after the server proved that it sees the same public key, and no NTLM token is made before the gate
/// has said that NTLM may be used. Where the gate said no, Kerberos is offered alone, and the gate is asked again when it has proven the
/// server.
public final class CredSSPClientAuthentication: ClientAuthentication {
  private var credSSP: CredSSPInitiator
  private let tls: any TLSEngine
  private let gate: DelegationGate
  private let credential: Credential
  private let mechanisms: [any SecurityMechanism]
  private let patience: MechanismPatience
  private let kerberosObstacle: String?
  private let observe: (@Sendable (CredSSPObservation) -> Void)?
  private var hasObservedVersion = false
  private var context: NegotiateContext?
  /// Whether the server still has to be proven by Kerberos.
  private var awaitsKerberosProof = false
  private var wasStarted = false

  public let scheme = AuthenticationScheme.credSSP
  public private(set) var isFinished = false
  /// Why the gate let the credential go, for the log.
  public private(set) var delegationReason: String?

  /// - Parameters:
  ///   - tls: a fresh client engine.
  ///   - clientNonce: 32 fresh random bytes.
  ///   - credential: what is delegated.
  ///   - mechanisms: what may prove both sides, in order of preference; the gate can take NTLM away.
  ///   - kerberosObstacle: why Kerberos is not among them, for the error.
  ///   - observe: told what is learnt about the server, for those who explain a failure.
  public init(
    tls: any TLSEngine, configuration: CredSSPConfiguration = CredSSPConfiguration(), clientNonce: [UInt8] = randomNonce(),
    gate: DelegationGate, credential: Credential, mechanisms: [any SecurityMechanism], kerberosObstacle: String? = nil,
    patience: MechanismPatience = MechanismPatience(), observe: (@Sendable (CredSSPObservation) -> Void)? = nil
  ) {
    credSSP = CredSSPInitiator(tls: tls, configuration: configuration, clientNonce: clientNonce)
    self.tls = tls
    self.gate = gate
    self.credential = credential
    self.mechanisms = mechanisms
    self.kerberosObstacle = kerberosObstacle
    self.patience = patience
    self.observe = observe
  }

  /// The inner mechanism in use, once known.
  public var mechanism: MechanismIdentifier? { context?.mechanism }

  /// 32 bytes from the system's generator.
  public static func randomNonce() -> [UInt8] {
    var generator = SystemRandomNumberGenerator()
    return (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
  }

  public func next(_ token: [UInt8]?) async throws -> AuthenticationLeg {
    do {
      var action = try begin(token)
      observeVersion()
      while true {
        switch action {
        case .ask(let order): action = try credSSP.answer(try await carryOut(order))
        case .send(let token): return .send(token)
        case .finished(let token):
          isFinished = true
          return .finished(lastToken: token)
        }
      }
    } catch {
      throw AuthenticationError.wrapping(error)
    }
  }

  public func protector() throws -> any MessageProtector {
    guard isFinished else { throw AuthenticationError(.unproven, "the server ended the exchange before it proved itself") }
    return TLSProtector(tls: tls)
  }

  private func begin(_ token: [UInt8]?) throws -> CredSSPAction {
    guard wasStarted else {
      wasStarted = true
      guard token == nil else { throw AuthenticationError(.outOfSequence, "the server sent a token before the first of ours") }
      return try credSSP.start()
    }
    return try credSSP.receive(token ?? [])
  }

  private func carryOut(_ order: MechanismOrder) async throws -> MechanismAnswer {
    switch order {
    case .askPolicy(let chain):
      context = NegotiateContext(mechanisms: try await admitted(chain), patience: patience)
      return .permitted
    case .step(let token): return .stepped(try await inner().step(token))
    case .seal(let plaintext): return .sealed(try await inner().seal(plaintext))
    case .unseal(let sealed): return .unsealed(try await inner().unseal(sealed))
    case .sealCredentials:
      let inner = try inner()
      if awaitsKerberosProof {
        let reason = try gate.decide(provenService: await (try inner.selected() as? KerberosMechanism)?.provenService)
        observe?(.permitted(because: reason))
        delegationReason = reason
      }
      return .sealed(try await inner.seal(secret: try TSPasswordCreds(credential).encodeTSCredentials()))
    case .mic, .verify, .provePublicKey, .acceptCredentials:
      throw AuthenticationError(.outOfSequence, "CredSSP gave an order that is not a client's")
    }
  }

  private func observeVersion() {
    guard let observe, !hasObservedVersion, let version = credSSP.peerVersion else { return }
    hasObservedVersion = true
    observe(.version(version))
  }

  private func inner() throws -> NegotiateContext {
    guard let context else { throw AuthenticationError(.outOfSequence, "the inner mechanism was used before policy was asked") }
    return context
  }

  private func admitted(_ chain: [[UInt8]]) async throws -> [any SecurityMechanism] {
    if let observe {
      let (proof, flaw) = await gate.prove(chain)
      observe(.server(chain: chain, proof: proof, flaw: flaw, tls: tls.parameters))
    }
    switch await gate.decide(serverCertificates: chain) {
    case .open(let reason):
      observe?(.permitted(because: reason))
      delegationReason = reason
      return mechanisms
    case .withoutNTLM(let refusal):
      let kerberos = mechanisms.filter { $0 is KerberosMechanism }
      guard !kerberos.isEmpty else {
        var refusal = refusal
        if let kerberosObstacle { refusal.message += "; Kerberos could not be used: \(kerberosObstacle)" }
        throw refusal
      }
      awaitsKerberosProof = true
      return kerberos
    }
  }
}

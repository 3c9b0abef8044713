public import CredSSP
public import LogonInterface
import SecuritySupport
public import WinRMHTTP

/// CredSSP as a server: TLS is here, the inner context and the delegated credentials are in the logon authority.
public final class CredSSPServerAuthentication: ServerAuthentication {
  private enum State { case negotiating, established, ended }
  private var state = State.negotiating
  private var credSSP: CredSSPAcceptor
  private var context: LogonContext?
  private var identity: ProvenIdentity?
  private let tls: any TLSEngine
  private let logon: LogonClient
  private let peer: PeerAddress
  private let patience: MechanismPatience

  public let scheme = AuthenticationScheme.credSSP

  /// - Parameter tls: a fresh server engine for this connection.
  public init(
    logon: LogonClient, peer: PeerAddress, tls: any TLSEngine, configuration: CredSSPConfiguration = CredSSPConfiguration(),
    patience: MechanismPatience = MechanismPatience()
  ) {
    credSSP = CredSSPAcceptor(tls: tls, configuration: configuration)
    self.tls = tls
    self.logon = logon
    self.peer = peer
    self.patience = patience
  }

  public func receive(_ token: [UInt8]) async throws(AuthenticationRefusal) -> ServerLeg {
    guard exchange(with: .ended) == .negotiating else { throw AuthenticationRefusal(.outOfSequence, "the exchange has ended") }
    do {
      return try await advance(token)
    } catch {
      throw await refusal(for: error)
    }
  }

  public func protector() throws(AuthenticationRefusal) -> any MessageProtector {
    guard exchange(with: .ended) == .established else { throw .notEstablished }
    return TLSProtector(tls: tls)
  }

  public func abandon() async {
    guard exchange(with: .ended) == .negotiating else { return }
    await context?.abandon()
    context = nil
  }

  private func advance(_ token: [UInt8]) async throws -> ServerLeg {
    var action: CredSSPAction = try credSSP.receive(token)
    while true {
      switch action {
      case .ask(let order): action = try credSSP.answer(try await carryOut(order))
      case .send(let token):
        state = .negotiating
        return .challenge(token)
      case .finished(let token):
        guard let identity else { throw AuthenticationRefusal(.outOfSequence, "CredSSP finished without credentials") }
        state = .established
        return .established(token: token, identity: identity)
      }
    }
  }

  private func carryOut(_ order: MechanismOrder) async throws -> MechanismAnswer {
    let context = try await inner()
    switch order {
    case .step(let token): return .stepped(try await authority(patience) { try await context.step(token ?? []) }.step)
    case .provePublicKey(let proof): return .sealed(try await authority(patience) { try await context.provePublicKey(proof) })
    case .acceptCredentials(let sealed):
      let release = { @Sendable [logon] (identity: ProvenIdentity) async in await logon.release(identity) }
      identity = try await authority(patience, late: release) { try await context.acceptCredentials(sealed: sealed) }
      return .accepted
    case .mic, .verify, .seal, .unseal, .askPolicy, .sealCredentials:
      throw AuthenticationRefusal(.outOfSequence, "CredSSP gave an order that is not a server's")
    }
  }

  /// The inner context, begun when it is first needed.
  private func inner() async throws(AuthenticationRefusal) -> LogonContext {
    if let context { return context }
    let begun = try await authority(patience, late: { await $0.abandon() }) { [logon, peer] in
      try await logon.begin(.credSSP, peer: peer)
    }
    context = begun
    return begun
  }

  /// Ends the exchange in the authority, and makes the token that tells the client why where the version has room for it.
  private func refusal(for error: any Error) async -> AuthenticationRefusal {
    await context?.abandon()
    context = nil
    var refusal = (error as? AuthenticationRefusal) ?? AuthenticationRefusal(credSSP: error)
    if let status = refusal.status { refusal.token = try? credSSP.fail(status) }
    return refusal
  }

  private func exchange(with next: State) -> State {
    defer { state = next }
    return state
  }
}

extension AuthenticationRefusal {
  fileprivate init(credSSP error: any Error) {
    guard let error = error as? CredSSPError else {
      self.init(.malformed, "CredSSP failed")
      return
    }
    switch error.code {
    case .limit: self.init(.limit, error.description)
    case .publicKeyMismatch: self.init(.refused, error.description, status: error.status ?? .logonFailure)
    default: self.init(.malformed, error.description, status: error.status)
    }
  }
}

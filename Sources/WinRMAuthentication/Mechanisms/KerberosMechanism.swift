public import Kerberos
public import SecuritySupport

/// Kerberos on the system's GSSAPI: the steps, which block on the KDC, run on ``KerberosWorkers``; messages are protected right here.
public actor KerberosMechanism: SecurityMechanism {
  private enum State {
    case initiating(KerberosInitiator)
    /// The first token is made, and nobody has asked for it yet.
    case prepared(KerberosInitiator, MechanismStep)
    case established(KerberosSession)
    /// Failed for good, or in the hands of a call that has not come back.
    case failed
  }
  private var state: State
  private let workers: KerberosWorkers

  public nonisolated let identifier = MechanismIdentifier.kerberos

  /// An initiator that has not been used.
  public init(initiator: KerberosInitiator, workers: KerberosWorkers = .shared) {
    state = .initiating(initiator)
    self.workers = workers
  }

  /// An initiator whose first step is made.
  init(initiator: KerberosInitiator, prepared: MechanismStep, workers: KerberosWorkers) {
    state = .prepared(initiator, prepared)
    self.workers = workers
  }

  /// An established session; it takes no steps.
  public init(session: KerberosSession) {
    state = .established(session)
    workers = .shared
  }

  /// The service whose key the peer has proved to hold: known once the context is complete with mutual authentication.
  public var provenService: KerberosServiceName? {
    guard case .established(let session) = state, session.isInitiator, session.flags.contains(.mutual) else { return nil }
    return session.service
  }

  /// What was agreed on, once established.
  public var flags: KerberosFlags? {
    guard case .established(let session) = state else { return nil }
    return session.flags
  }

  public func step(_ token: [UInt8]?) async throws -> MechanismStep {
    let initiator: KerberosInitiator
    switch (exchange(with: .failed), token) {
    case (.prepared(let waiting, let first), nil):
      state = .initiating(waiting)
      return first
    case (.initiating(let waiting), _): initiator = waiting
    case (.prepared, _?), (.established, _), (.failed, _): throw Self.outOfSequence
    }
    let step = try await workers.run { try initiator.step(token) }
    state = step.mayProtect ? .established(try initiator.takeSession()) : .initiating(initiator)
    return step
  }

  public func mic(over message: [UInt8]) throws -> [UInt8] { try session().makeMIC(over: message) }
  public func verify(mic: [UInt8], over message: [UInt8]) throws { try session().verify(mic: mic, over: message) }
  public func seal(_ plaintext: [UInt8]) throws -> [UInt8] { try session().seal(plaintext) }
  public func seal(secret: SecretBytes) throws -> [UInt8] { try session().seal(secret: secret) }
  public func unseal(_ sealed: [UInt8]) throws -> [UInt8] { try session().unseal(sealed) }

  private func session() throws -> KerberosSession {
    guard case .established(let session) = state else { throw Self.outOfSequence }
    return session
  }

  private func exchange(with next: State) -> State {
    defer { state = next }
    return state
  }

  private static var outOfSequence: AuthenticationError {
    AuthenticationError(.outOfSequence, "the Kerberos context is not in the state for this")
  }
}

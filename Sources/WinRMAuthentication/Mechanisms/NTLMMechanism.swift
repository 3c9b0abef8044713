public import NTLM
public import SecuritySupport

/// NTLM in this process: an initiator with the hash at hand, or a session that another process established.
public actor NTLMMechanism: SecurityMechanism {
  private enum State {
    case initiating(NTLMInitiator)
    case established(NTLMSession)
    case failed
  }
  private var state: State

  public nonisolated let identifier = MechanismIdentifier.ntlm

  /// An initiator for `credential`. The hash is forgotten when AUTHENTICATE is made.
  public init(
    credential: NTLMCredential, configuration: NTLMInitiatorConfiguration, randomness: NTLMRandomness = .system(),
    currentTime: UInt64 = FileTime.now()
  ) {
    state = .initiating(
      NTLMInitiator(credential: credential, configuration: configuration, randomness: randomness, currentTime: currentTime))
  }

  /// An established session; it takes no steps.
  public init(session: NTLMSession) { state = .established(session) }

  public func step(_ token: [UInt8]?) throws -> MechanismStep {
    guard case .initiating(var initiator) = exchange(with: .failed) else { throw Self.outOfSequence }
    let step = try initiator.step(token)
    state = step.mayProtect ? .established(try initiator.takeSession()) : .initiating(initiator)
    return step
  }

  public func mic(over message: [UInt8]) throws -> [UInt8] { try use { try $0.makeMechListMIC(over: message) } }
  public func verify(mic: [UInt8], over message: [UInt8]) throws { try use { try $0.verifyMechListMIC(mic, over: message) } }
  public func seal(_ plaintext: [UInt8]) throws -> [UInt8] { try use { try $0.seal(plaintext) } }
  public func seal(secret: SecretBytes) throws -> [UInt8] { try use { try $0.seal(secret: secret) } }
  public func unseal(_ sealed: [UInt8]) throws -> [UInt8] { try use { try $0.unseal(sealed) } }

  private func use<R>(_ body: (inout NTLMSession) throws -> R) throws -> R {
    guard case .established(var session) = exchange(with: .failed) else { throw Self.outOfSequence }
    let result = try body(&session)
    state = .established(session)
    return result
  }

  private func exchange(with next: State) -> State {
    defer { state = next }
    return state
  }

  private static var outOfSequence: AuthenticationError {
    AuthenticationError(.outOfSequence, "the NTLM context is not in the state for this")
  }
}

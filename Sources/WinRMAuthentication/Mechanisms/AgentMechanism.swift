public import LogonAgent
import NTLM
public import SecuritySupport

/// NTLM by the logon agent: the agent makes the messages, and gives the session's key once they are made. Neither password nor hash
/// is in this process.
public actor AgentMechanism: SecurityMechanism {
  private enum State {
    /// Nothing asked of the agent yet.
    case idle
    /// The agent made NEGOTIATE.
    case negotiateSent(LogonAgentExchange)
    case established(NTLMSession)
    case failed
  }
  private var state = State.idle
  private let agent: LogonAgentClient
  private let targetName: String?
  private let channelBindings: ChannelBindings?

  public nonisolated let identifier = MechanismIdentifier.ntlm

  /// - Parameters:
  ///   - targetName: the service principal name, such as `HTTP/host`.
  ///   - channelBindings: those of the outer HTTPS connection, otherwise `nil`.
  public init(agent: LogonAgentClient, targetName: String?, channelBindings: ChannelBindings?) {
    self.agent = agent
    self.targetName = targetName
    self.channelBindings = channelBindings
  }

  public func step(_ token: [UInt8]?) async throws -> MechanismStep {
    switch (exchange(with: .failed), token) {
    case (.idle, nil):
      let exchange = try await agent.negotiate(targetName: targetName, channelBindings: channelBindings)
      state = .negotiateSent(exchange)
      return MechanismStep(token: exchange.negotiateMessage, mayProtect: false, isFinished: false)
    case (.negotiateSent(let exchange), let challenge?):
      let (authenticate, export) = try await exchange.authenticate(challenge: challenge)
      state = .established(NTLMSession(importing: export))
      return MechanismStep(token: authenticate, mayProtect: true, isFinished: true)
    case (.idle, _?), (.negotiateSent, nil), (.established, _), (.failed, _):
      throw Self.outOfSequence
    }
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
    AuthenticationError(.outOfSequence, "the agent's NTLM context is not in the state for this")
  }
}

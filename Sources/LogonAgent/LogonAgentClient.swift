public import NTLM
import NIOCore
import NIOPosix
public import SecuritySupport

/// The session's side of a logon agent: has NTLM performed by whoever keeps the session's credentials.
///
/// Neither password nor hash crosses the socket. What does cross it is the exported session key of the one context that was asked for.
public struct LogonAgentClient: Sendable {
  public let socketPath: String

  /// - Parameter socketPath: the value of `WINRM_AGENT_SOCKET`.
  public init(socketPath: String) { self.socketPath = socketPath }

  /// Starts an exchange: has NEGOTIATE made.
  ///
  /// - Parameters:
  ///   - targetName: the server's SPN, such as `HTTP/host`; the agent logs it.
  ///   - channelBindings: of the HTTPS connection; `nil` over HTTP and inside CredSSP.
  ///   - deadline: how long each of the two steps may take.
  /// - Throws: ``LogonAgentError``.
  public func negotiate(
    targetName: String?, channelBindings: ChannelBindings?, deadline: Duration = .seconds(10)
  ) async throws(LogonAgentError) -> LogonAgentExchange {
    let connection = try await AgentConnection.open(socketPath)
    do throws(LogonAgentError) {
      let reply = try await connection.ask(.negotiate(targetName: targetName, channelBindings: channelBindings), within: deadline)
      guard case .negotiated(let message, let accountName) = reply else { throw Self.refusal(of: reply) }
      return LogonAgentExchange(negotiateMessage: message, accountName: accountName, connection: connection, deadline: deadline)
    } catch {
      connection.close()
      throw error
    }
  }

  static func refusal(of reply: AgentReply) -> LogonAgentError {
    guard case .refused(let reason) = reply else { return LogonAgentError(.malformed, "the agent gave an answer of another kind") }
    return switch reason {
    case .badChallenge: LogonAgentError(.badChallenge, "the server's CHALLENGE cannot be answered")
    case .limit: LogonAgentError(.limit, "the agent found a field too long")
    case .malformed, .outOfSequence, .internalFailure: LogonAgentError(.refused, "the agent refused")
    }
  }
}

/// One exchange that an agent has begun. Letting go of it closes the connection.
public final class LogonAgentExchange: Sendable {
  /// NEGOTIATE, to be sent to the server.
  public let negotiateMessage: [UInt8]
  /// The name that the agent logs on with.
  public let accountName: String
  private let connection: AgentConnection
  private let deadline: Duration

  init(negotiateMessage: [UInt8], accountName: String, connection: AgentConnection, deadline: Duration) {
    self.negotiateMessage = negotiateMessage
    self.accountName = accountName
    self.connection = connection
    self.deadline = deadline
  }

  deinit { connection.close() }

  /// Has the server's CHALLENGE answered. The exchange is over afterwards.
  ///
  /// - Returns: AUTHENTICATE, and the fresh context for `NTLMSession(importing:)`.
  /// - Throws: ``LogonAgentError``, `badChallenge` when the server offers too little.
  public func authenticate(
    challenge: [UInt8]
  ) async throws(LogonAgentError) -> (authenticateMessage: [UInt8], session: NTLMSession.Export) {
    defer { connection.close() }
    let reply = try await connection.ask(.authenticate(challenge: challenge), within: deadline)
    guard case .authenticated(let message, let key, let flags, let sent, let received) = reply else {
      throw LogonAgentClient.refusal(of: reply)
    }
    do {
      return (
        message,
        try NTLMSession.Export(
          exportedSessionKey: key, flags: flags, sendSequence: sent, receiveSequence: received, isInitiator: true)
      )
    } catch { throw LogonAgentError(.malformed, "the agent's context cannot be used") }
  }
}

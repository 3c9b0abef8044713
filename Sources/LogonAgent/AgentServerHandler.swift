import Logging
import NIOCore
import NTLM
import SecuritySupport

/// What all connections of an agent share.
struct AgentExchangeMaker: Sendable {
  let credential: NTLMCredential
  let logger: Logger
  let onUse: @Sendable (LogonAgentUse) -> Void
}

/// One connection to an agent: one NTLM exchange. Lives on its event loop.
final class AgentServerHandler: ChannelInboundHandler {
  typealias InboundIn = [UInt8]
  typealias OutboundOut = ByteBuffer

  private enum State {
    /// Nothing asked yet.
    case idle
    /// NEGOTIATE was given out.
    case negotiated(NTLMInitiator, targetName: String?)
    /// Answered or refused; the connection is being closed.
    case finished
  }

  private var state = State.idle
  private let exchanges: AgentExchangeMaker
  private let processID: Int32

  init(exchanges: AgentExchangeMaker, processID: Int32) {
    self.exchanges = exchanges
    self.processID = processID
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let taken = exchange(&state, with: .finished)
    let request: AgentRequest
    do throws(LogonAgentError) { request = try AgentRequest(decoding: unwrapInboundIn(data)) } catch {
      return refuse(error.code == .limit ? .limit : .malformed, context)
    }
    switch (taken, request) {
    case (.idle, .negotiate(let targetName, let bindings)): negotiate(targetName, bindings, context)
    case (.negotiated(let initiator, let targetName), .authenticate(let challenge)):
      authenticate(initiator, targetName, challenge, context)
    case (.idle, .authenticate), (.negotiated, .negotiate), (.finished, _): refuse(.outOfSequence, context)
    }
  }

  private func negotiate(_ targetName: String?, _ bindings: ChannelBindings?, _ context: ChannelHandlerContext) {
    var initiator = NTLMInitiator(
      credential: exchanges.credential, configuration: NTLMInitiatorConfiguration(targetName: targetName, channelBindings: bindings),
      randomness: .system(), currentTime: FileTime.now())
    do throws(NTLMError) {
      guard let message = try initiator.step(nil).token else { return refuse(.internalFailure, context) }
      state = .negotiated(initiator, targetName: targetName)
      send(.negotiated(message: message, accountName: exchanges.credential.name.description), context)
    } catch { refuse(error.code == .limit ? .limit : .internalFailure, context) }
  }

  private func authenticate(_ initiator: NTLMInitiator, _ targetName: String?, _ challenge: [UInt8], _ context: ChannelHandlerContext) {
    var initiator = initiator
    do throws(NTLMError) {
      guard let message = try initiator.step(challenge).token else { return refuse(.internalFailure, context) }
      let export = try initiator.takeSession().export()
      exchanges.logger.info("agent: used", metadata: metadata(targetName))
      exchanges.onUse(LogonAgentUse(targetName: targetName, processID: processID))
      let reply = AgentReply.authenticated(
        message: message, exportedSessionKey: export.exportedSessionKey, flags: export.flags, sendSequence: export.sendSequence,
        receiveSequence: export.receiveSequence)
      send(reply, context, andClose: true)
    } catch {
      exchanges.logger.warning("agent: challenge not answered", metadata: metadata(targetName, error))
      refuse(.badChallenge, context)
    }
  }

  private func metadata(_ targetName: String?, _ error: NTLMError? = nil) -> Logger.Metadata {
    var metadata: Logger.Metadata = ["pid": "\(processID)", "target": "\((targetName ?? "").sanitizedForLog())"]
    if let error { metadata["reason"] = "\(error)" }
    return metadata
  }

  private func refuse(_ refusal: AgentReply.Refusal, _ context: ChannelHandlerContext) {
    state = .finished
    send(.refused(refusal), context, andClose: true)
  }

  private func send(_ reply: AgentReply, _ context: ChannelHandlerContext, andClose: Bool = false) {
    var frame = reply.encode()
    defer { SecretBytes.wipe(&frame) }
    let written = context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: frame)))
    guard andClose else { return }
    let channel = context.channel
    written.whenComplete { _ in channel.close(promise: nil) }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}

import Kerberos
public import LogonInterface
import NTLM
public import SecuritySupport
public import WinRMHTTP

/// HTTP Negotiate and HTTP Kerberos as a server. SPNEGO and the mechanisms are in the logon authority; the message keys come from there.
public final class NegotiateServerAuthentication: ServerAuthentication {
  private enum State {
    case idle
    case negotiating(LogonContext)
    case established(MessageKeys)
    case ended
  }
  private var state = State.idle
  private var legs = 0
  private let logon: LogonClient
  private let peer: PeerAddress
  private let channelBindings: ChannelBindings?
  private let patience: MechanismPatience

  private let purpose: LogonPurpose

  public var scheme: AuthenticationScheme { purpose == .kerberos ? .kerberos : .negotiate }

  /// More legs than any mechanism here needs.
  static let maximumLegs = 8

  /// - Parameters:
  ///   - isKerberos: whether the scheme is Kerberos, whose tokens are bare, and not Negotiate.
  ///   - channelBindings: those of the HTTPS listener, `nil` over HTTP.
  public init(
    logon: LogonClient, peer: PeerAddress, isKerberos: Bool = false, channelBindings: ChannelBindings? = nil,
    patience: MechanismPatience = MechanismPatience()
  ) {
    purpose = isKerberos ? .kerberos : .negotiate
    self.logon = logon
    self.peer = peer
    self.channelBindings = channelBindings
    self.patience = patience
  }

  public func receive(_ token: [UInt8]) async throws(AuthenticationRefusal) -> ServerLeg {
    let context = try await context()
    legs += 1
    guard legs <= Self.maximumLegs else {
      await context.abandon()
      throw AuthenticationRefusal(.limit, "more legs than the mechanism needs")
    }
    let release = { @Sendable [logon] (step: LogonStep) async in
      if let established = step.established { await logon.release(established.identity) }
    }
    let step = try await authority(patience, late: release) { try await context.step(token) }
    if let established = step.established {
      state = .established(established.messageKeys)
      return .established(token: step.step.token, identity: established.identity)
    }
    guard let answer = step.step.token else { throw AuthenticationRefusal(.unavailable, "the authority neither answered nor finished") }
    state = .negotiating(context)
    return .challenge(answer)
  }

  public func protector() throws(AuthenticationRefusal) -> any MessageProtector {
    guard case .established(let keys) = exchange(with: .ended) else { throw .notEstablished }
    do {
      return NegotiateProtector(
        mechanism: try Self.mechanism(keys), encryptionProtocol: purpose == .kerberos ? .kerberos : .spnego, patience: patience)
    } catch {
      throw AuthenticationRefusal(.unavailable, "the authority gave message keys that fit no mechanism")
    }
  }

  /// The acceptor's end of the context that the authority established.
  private static func mechanism(_ keys: MessageKeys) throws -> any SecurityMechanism {
    switch keys {
    case .ntlm(let key, let flags, let sendSequence, let receiveSequence):
      return NTLMMechanism(
        session: NTLMSession(
          importing: try NTLMSession.Export(
            exportedSessionKey: key, flags: flags, sendSequence: sendSequence, receiveSequence: receiveSequence, isInitiator: false)))
    case .kerberos(let context, let service, let flags):
      // The keys go over to the library's context; this copy of them is of no more use.
      defer { context.wipe() }
      guard let service = KerberosServiceName(parsing: service) else { throw AuthenticationError(.mechanism, "no service name") }
      let export = KerberosSession.Export(
        context: context, service: service, flags: KerberosFlags(rawValue: flags), isInitiator: false)
      return KerberosMechanism(session: try KerberosSession(importing: export))
    }
  }

  public func abandon() async {
    if case .negotiating(let context) = exchange(with: .ended) { await context.abandon() }
  }

  /// The exchange in the authority, begun with the first token. Until the token is answered the state is `ended`.
  private func context() async throws(AuthenticationRefusal) -> LogonContext {
    switch exchange(with: .ended) {
    case .idle:
      try await authority(patience, late: { await $0.abandon() }) { [logon, purpose, peer, channelBindings] in
        try await logon.begin(purpose, peer: peer, channelBindings: channelBindings)
      }
    case .negotiating(let context): context
    case .established, .ended: throw AuthenticationRefusal(.outOfSequence, "the exchange has ended")
    }
  }

  private func exchange(with next: State) -> State {
    defer { state = next }
    return state
  }
}

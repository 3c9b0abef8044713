public import SecuritySupport

/// The client half of SPNEGO (RFC 4178, MS-SPNG §3.1).
///
/// It never calls a mechanism: it orders (``SPNEGOAction/ask(_:of:)``) and is fed the answers.
/// ```
/// start ─ ask step ─ send NegTokenInit ─ receive ─┬─ same mechanism: ask step ──────────────┬─ [ask verify] ─ [ask mic] ─ send ─ receive … established
///                                                 └─ another one: ask step(nil), MIC is due ┘
/// ```
/// A mechListMIC is due from both ends with NTLM, after a change of mechanism, and when the acceptor asks. It covers the list as it was
/// sent. What the peer does wrong throws and leaves the negotiation failed for good; so do answers that were not asked for.
public struct SPNEGOInitiator: Sendable {
  /// The most tokens taken from the acceptor.
  public static let maximumTokens = 16

  /// The mechanism in use, once the acceptor has picked one. Never ``MechanismIdentifier/microsoftKerberos``.
  public private(set) var mechanism: MechanismIdentifier?
  /// Whether messages can be protected now; with NTLM this is so when AUTHENTICATE and the mechListMIC were made, before ``isFinished``.
  public private(set) var mayProtect = false
  /// Whether the negotiation has finished and no further token is expected.
  public private(set) var isFinished = false

  private enum State {
    case idle
    /// The preferred mechanism was asked for its optimistic token.
    case startingPreferred
    /// NegTokenInit was sent.
    case initSent(preferred: MechanismStep)
    /// The mechanism was asked to take the token of a reply, or to start because it was picked in place of the preferred one.
    case stepping(Negotiation, Reply)
    /// The acceptor's MIC is being verified; `token` goes out afterwards.
    case verifying(Negotiation, Reply, token: [UInt8]?)
    /// Our MIC is being made; `token` goes with it.
    case makingMIC(Negotiation, token: [UInt8]?)
    /// A NegTokenResp was sent.
    case respSent(Negotiation)
    case established
    case failed
  }

  /// How far the picked mechanism and the MICs are.
  private struct Negotiation {
    var mechanism: MechanismIdentifier
    var requiresMIC: Bool
    var sentMIC = false
    var verifiedMIC = false
    var mayProtect = false
    var isMechanismFinished = false

    mutating func note(_ step: MechanismStep) {
      mayProtect = step.mayProtect
      isMechanismFinished = step.isFinished
    }
  }

  /// What is still to be looked at in the acceptor's reply.
  private struct Reply {
    /// `nil`: the acceptor did not say, which it may after its first reply (RFC 4178 §4.2.2).
    var isCompleted: Bool?
    var mechListMIC: [UInt8]?
  }

  private var state = State.idle
  private let mechTypes: MechTypeList
  private var receivedTokens = 0

  /// - Parameter mechanisms: in order of preference, not empty; the first gets the optimistic token. NEGOEX is left out.
  public init(mechanisms: [MechanismIdentifier]) {
    mechTypes = MechTypeList(mechanisms.filter { $0 != .negoEx })
  }

  /// Begins: asks the preferred mechanism for its first token.
  ///
  /// - Throws: ``SPNEGOError/Code/local`` without mechanisms or when called twice.
  public mutating func start() throws(SPNEGOError) -> SPNEGOAction {
    guard case .idle = take() else { throw SPNEGOError(.local, "the negotiation has already begun") }
    guard let preferred = mechTypes.mechanisms.first else { throw SPNEGOError(.local, "there is no mechanism to offer") }
    state = .startingPreferred
    return .ask(.step(token: nil), of: preferred.canonical)
  }

  /// Takes a token of the acceptor.
  ///
  /// - Throws: ``SPNEGOError`` with every code but `noCommonMechanism`.
  public mutating func receive(_ token: [UInt8]) throws(SPNEGOError) -> SPNEGOAction {
    let state = take()
    receivedTokens += 1
    guard receivedTokens <= Self.maximumTokens else { throw SPNEGOError(.limit, "more than \(Self.maximumTokens) tokens came") }
    switch state {
    case .initSent(let preferred):
      let response = try NegTokenResp(decoding: token)
      return try receiveFirst(response, preferred: preferred)
    case .respSent(let negotiation):
      let response = try NegTokenResp(decoding: token)
      guard response.negState != .requestMIC else { throw SPNEGOError(.violation, "request-mic came after the first reply") }
      return try process(response, negotiation)
    case .established, .failed: throw SPNEGOError(.violation, "a token came after the end of the negotiation")
    case .idle, .startingPreferred, .stepping, .verifying, .makingMIC: throw SPNEGOError(.local, "no token is expected now")
    }
  }

  /// Takes the mechanism's answer to the last order.
  public mutating func answer(_ answer: MechanismAnswer) throws(SPNEGOError) -> SPNEGOAction {
    switch (take(), answer) {
    case (.startingPreferred, .stepped(let step)):
      state = .initSent(preferred: step)
      return .send(NegTokenInit(mechTypes: mechTypes, mechToken: step.token).encode())
    case (.stepping(var negotiation, let reply), .stepped(let step)):
      negotiation.note(step)
      return try checkMIC(negotiation, reply, token: step.token)
    case (.verifying(var negotiation, let reply, let token), .verified):
      negotiation.verifiedMIC = true
      return try conclude(negotiation, isCompleted: reply.isCompleted, token: token)
    case (.makingMIC(var negotiation, let token), .mic(let mic)):
      negotiation.sentMIC = true
      return send(negotiation, token: token, mic: mic)
    case (.idle, _), (.startingPreferred, _), (.initSent, _), (.stepping, _), (.verifying, _), (.makingMIC, _), (.respSent, _),
      (.established, _), (.failed, _):
      throw SPNEGOError(.local, "the answer does not fit the last order")
    }
  }

  /// The state, leaving ``State/failed`` behind until a new one is set.
  private mutating func take() -> State {
    defer { state = .failed }
    return state
  }

  private mutating func receiveFirst(_ response: NegTokenResp, preferred: MechanismStep) throws(SPNEGOError) -> SPNEGOAction {
    guard response.negState != .reject else { throw Self.rejected }
    guard let negState = response.negState else { throw SPNEGOError(.violation, "the first reply has no negState") }
    guard let picked = response.supportedMech else { throw SPNEGOError(.violation, "the first reply names no mechanism") }
    guard mechTypes.mechanisms.contains(where: { $0.canonical == picked.canonical }) else {
      throw SPNEGOError(.violation, "the acceptor picked a mechanism that was not offered")
    }
    mechanism = picked.canonical
    if picked.canonical == mechTypes.mechanisms.first?.canonical {
      var negotiation = Negotiation(
        mechanism: picked.canonical, requiresMIC: picked.canonical == .ntlm || negState == .requestMIC)
      negotiation.note(preferred)
      return try process(response, negotiation)
    }
    // The optimistic token was for another mechanism, so there can be neither an answer to it nor an end yet.
    guard negState != .acceptCompleted, response.responseToken == nil, response.mechListMIC == nil else {
      throw SPNEGOError(.violation, "the acceptor goes on with a mechanism that has not begun")
    }
    state = .stepping(Negotiation(mechanism: picked.canonical, requiresMIC: true), Reply(isCompleted: false, mechListMIC: nil))
    return .ask(.step(token: nil), of: picked.canonical)
  }

  private mutating func process(_ response: NegTokenResp, _ negotiation: Negotiation) throws(SPNEGOError) -> SPNEGOAction {
    guard response.negState != .reject else { throw Self.rejected }
    let reply = Reply(isCompleted: response.negState.map { $0 == .acceptCompleted }, mechListMIC: response.mechListMIC)
    guard let token = response.responseToken else {
      guard negotiation.isMechanismFinished else { throw SPNEGOError(.violation, "the acceptor sent no token for an unfinished mechanism") }
      return try checkMIC(negotiation, reply, token: nil)
    }
    guard !negotiation.isMechanismFinished else { throw SPNEGOError(.violation, "a token came for a mechanism that has finished") }
    state = .stepping(negotiation, reply)
    return .ask(.step(token: token), of: negotiation.mechanism)
  }

  private mutating func checkMIC(_ negotiation: Negotiation, _ reply: Reply, token: [UInt8]?) throws(SPNEGOError) -> SPNEGOAction {
    guard let mic = reply.mechListMIC else { return try conclude(negotiation, isCompleted: reply.isCompleted, token: token) }
    guard negotiation.isMechanismFinished, negotiation.mayProtect, !negotiation.verifiedMIC else {
      throw SPNEGOError(.violation, "a mechListMIC came before the mechanism had finished, or twice")
    }
    state = .verifying(negotiation, reply, token: token)
    return .ask(.verify(message: mechTypes.encoded, mic: mic), of: negotiation.mechanism)
  }

  /// The acceptor's reply is dealt with: sends what is left, or ends.
  private mutating func conclude(_ negotiation: Negotiation, isCompleted: Bool?, token: [UInt8]?) throws(SPNEGOError) -> SPNEGOAction {
    guard negotiation.isMechanismFinished else {
      guard isCompleted != true else { throw SPNEGOError(.violation, "the acceptor has finished before the mechanism") }
      guard let token else { throw SPNEGOError(.local, "the mechanism has neither a token nor finished") }
      return send(negotiation, token: token, mic: nil)
    }
    // "When negState is absent, the actual state should be inferred from the state of the negotiated mechanism context" (RFC 4178 §4.2.2).
    if isCompleted ?? (token == nil && (negotiation.sentMIC || !negotiation.requiresMIC)) {
      guard token == nil else { throw SPNEGOError(.violation, "the acceptor has finished before it got the last token") }
      return try establish(negotiation)
    }
    if !negotiation.sentMIC && (negotiation.requiresMIC || negotiation.verifiedMIC || token == nil) {
      guard negotiation.mayProtect else { throw SPNEGOError(.local, "a mechListMIC is due, but the mechanism cannot make one") }
      state = .makingMIC(negotiation, token: token)
      return .ask(.mic(message: mechTypes.encoded), of: negotiation.mechanism)
    }
    guard let token else { throw SPNEGOError(.violation, "the acceptor waits for a token although nothing is left to send") }
    return send(negotiation, token: token, mic: nil)
  }

  private mutating func send(_ negotiation: Negotiation, token: [UInt8]?, mic: [UInt8]?) -> SPNEGOAction {
    // A MIC that is still due comes before any other protected message: NTLM counts it first.
    mayProtect = negotiation.mayProtect && negotiation.isMechanismFinished
    state = .respSent(negotiation)
    return .send(NegTokenResp(negState: .acceptIncomplete, responseToken: token, mechListMIC: mic).encode())
  }

  private mutating func establish(_ negotiation: Negotiation) throws(SPNEGOError) -> SPNEGOAction {
    if negotiation.requiresMIC {
      guard negotiation.verifiedMIC else { throw SPNEGOError(.missingMIC, "the acceptor has finished without its mechListMIC") }
      guard negotiation.sentMIC else { throw SPNEGOError(.violation, "the acceptor has finished without waiting for the mechListMIC") }
    }
    state = .established
    mayProtect = negotiation.mayProtect
    isFinished = true
    return .established(token: nil)
  }

  private static let rejected = SPNEGOError(.refused, "the acceptor rejected the negotiation")
}

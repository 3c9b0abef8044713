public import SecuritySupport

/// The server half of SPNEGO (RFC 4178, MS-SPNG §3.2), which also takes bare NTLM and Kerberos tokens and answers them in kind.
///
/// It never calls a mechanism: it orders (``SPNEGOAction/ask(_:of:)``) and is fed the answers.
/// ```
/// receive ─┬─ first choice with token: ask step ───────────────┬─ send, receive, ask step … ─ [ask verify] ─ [ask mic] ─ established
///          ├─ other mechanism or no token: send, receive ──────┘
///          └─ bare token: ask step ─ send, receive, ask step … ─ established
/// ```
/// A mechListMIC is due from the initiator with NTLM and when its first choice was not picked; without it the negotiation fails. It covers
/// the list as it was received. What the peer does wrong throws and leaves the negotiation failed for good; ``rejection`` then has the token
/// to tell the peer.
public struct SPNEGOAcceptor: Sendable {
  /// How the initiator wraps its tokens. The answers have the same form.
  public enum Form: Sendable, Equatable {
    case spnego
    /// NTLM messages as they are. No list of mechanisms, hence no MIC over it.
    case rawNTLM
    /// Kerberos tokens with their own GSS wrapper only.
    case rawKerberos
  }

  /// The most tokens taken from the initiator.
  public static let maximumTokens = 16

  /// The form of the initiator's first token; `nil` before it, and when it was none of the three.
  public private(set) var form: Form?
  /// The mechanism in use. Never ``MechanismIdentifier/microsoftKerberos``.
  public private(set) var mechanism: MechanismIdentifier?
  /// Whether messages can be protected now.
  public private(set) var mayProtect = false
  /// Whether the negotiation has finished.
  public private(set) var isFinished = false

  /// A token that tells the initiator that the negotiation has failed, here or in the mechanism. `nil` where the form has none, and after success.
  public var rejection: [UInt8]? {
    form == .spnego && !isFinished ? NegTokenResp(negState: .reject).encode() : nil
  }

  private enum State {
    case idle
    /// A reply was sent; the mechanism needs another token.
    case awaitingToken(Negotiation)
    /// The mechanism is taking a token; `mic` came with it.
    case stepping(Negotiation, mic: [UInt8]?)
    /// The initiator's MIC is being verified; `token` goes out afterwards.
    case verifying(Negotiation, token: [UInt8]?)
    /// Our MIC is being made; `token` goes with it.
    case makingMIC(Negotiation, token: [UInt8]?)
    /// The mechanism has finished and our MIC was sent; the initiator's is due.
    case awaitingMIC(Negotiation)
    /// A bare mechanism is taking a token.
    case steppingRaw(MechanismIdentifier)
    case awaitingRaw(MechanismIdentifier)
    case established
    case failed
  }

  private struct Negotiation {
    /// The list as it was received.
    let mechTypes: MechTypeList
    /// The picked entry as the initiator wrote it: it gets its own number of Kerberos back.
    let picked: MechanismIdentifier
    let requiresMIC: Bool
    var sentMIC = false
    var verifiedMIC = false
    var hasReplied = false
    var mayProtect = false

    var mechanism: MechanismIdentifier { picked.canonical }
  }

  private var state = State.idle
  private let supported: Set<MechanismIdentifier>
  private var receivedTokens = 0

  /// - Parameter mechanisms: which may be picked; the initiator's order decides. NEGOEX never is.
  public init(mechanisms: [MechanismIdentifier]) {
    supported = Set(mechanisms.map(\.canonical)).subtracting([.negoEx, .spnego])
  }

  /// Takes a token of the initiator.
  ///
  /// - Throws: ``SPNEGOError``; ``rejection`` has what to tell the initiator.
  public mutating func receive(_ token: [UInt8]) throws(SPNEGOError) -> SPNEGOAction {
    let state = take()
    receivedTokens += 1
    guard receivedTokens <= Self.maximumTokens else { throw SPNEGOError(.limit, "more than \(Self.maximumTokens) tokens came") }
    try checkLength(of: token)
    switch state {
    case .idle: return try receiveFirst(token)
    case .awaitingToken(let negotiation):
      let response = try decodeLater(token)
      guard let token = response.responseToken else {
        throw SPNEGOError(.violation, "the initiator sent no token for an unfinished mechanism")
      }
      return step(negotiation, token: token, mic: response.mechListMIC)
    case .awaitingMIC(let negotiation):
      let response = try decodeLater(token)
      guard response.responseToken == nil else { throw SPNEGOError(.violation, "a token came for a mechanism that has finished") }
      guard let mic = response.mechListMIC else { throw Self.missingMIC }
      return verify(negotiation, mic: mic, token: nil)
    case .awaitingRaw(let mechanism):
      self.state = .steppingRaw(mechanism)
      return .ask(.step(token: token), of: mechanism)
    case .established, .failed: throw SPNEGOError(.violation, "a token came after the end of the negotiation")
    case .stepping, .verifying, .makingMIC, .steppingRaw: throw SPNEGOError(.local, "no token is expected now")
    }
  }

  /// Takes the mechanism's answer to the last order.
  public mutating func answer(_ answer: MechanismAnswer) throws(SPNEGOError) -> SPNEGOAction {
    switch (take(), answer) {
    case (.stepping(var negotiation, let mic), .stepped(let step)):
      negotiation.mayProtect = step.mayProtect
      return step.isFinished
        ? try finishMechanism(negotiation, token: step.token, mic: mic) : try goOn(negotiation, token: step.token, mic: mic)
    case (.verifying(var negotiation, let token), .verified):
      negotiation.verifiedMIC = true
      return negotiation.sentMIC ? establish(negotiation, token: token, mic: nil) : makeMIC(negotiation, token: token)
    case (.makingMIC(var negotiation, let token), .mic(let mic)):
      negotiation.sentMIC = true
      guard !negotiation.verifiedMIC else { return establish(negotiation, token: token, mic: mic) }
      return reply(&negotiation, token: token, mic: mic, next: State.awaitingMIC)
    case (.steppingRaw(let mechanism), .stepped(let step)):
      return try replyRaw(mechanism, step)
    case (.idle, _), (.awaitingToken, _), (.stepping, _), (.verifying, _), (.makingMIC, _), (.awaitingMIC, _), (.steppingRaw, _),
      (.awaitingRaw, _), (.established, _), (.failed, _):
      throw SPNEGOError(.local, "the answer does not fit the last order")
    }
  }

  /// The state, leaving ``State/failed`` behind until a new one is set.
  private mutating func take() -> State {
    defer { state = .failed }
    return state
  }

  private mutating func receiveFirst(_ token: [UInt8]) throws(SPNEGOError) -> SPNEGOAction {
    switch TokenShape(token) {
    case .ntlm: return try startRaw(.rawNTLM, of: .ntlm, token: token)
    case .kerberos: return try startRaw(.rawKerberos, of: .kerberos, token: token)
    case .negTokenInit:
      form = .spnego
      return try receive(NegTokenInit(decoding: token))
    case .negTokenResp: throw SPNEGOError(.violation, "the first token is not a NegTokenInit")
    case .unknown: throw SPNEGOError(.malformed, "the first token is neither SPNEGO nor NTLM nor Kerberos")
    }
  }

  private mutating func startRaw(_ form: Form, of mechanism: MechanismIdentifier, token: [UInt8]) throws(SPNEGOError) -> SPNEGOAction {
    self.form = form
    guard supported.contains(mechanism) else { throw SPNEGOError(.noCommonMechanism, "\(mechanism) is not offered here") }
    self.mechanism = mechanism
    state = .steppingRaw(mechanism)
    return .ask(.step(token: token), of: mechanism)
  }

  private mutating func replyRaw(_ mechanism: MechanismIdentifier, _ step: MechanismStep) throws(SPNEGOError) -> SPNEGOAction {
    if step.isFinished {
      state = .established
      mayProtect = step.mayProtect
      isFinished = true
      return .established(token: step.token)
    }
    guard let token = step.token else { throw SPNEGOError(.local, "the mechanism has neither a token nor finished") }
    state = .awaitingRaw(mechanism)
    return .send(token)
  }

  private mutating func receive(_ first: NegTokenInit) throws(SPNEGOError) -> SPNEGOAction {
    let offered = first.mechTypes.mechanisms
    guard let index = offered.firstIndex(where: { supported.contains($0.canonical) }) else {
      throw SPNEGOError(.noCommonMechanism, "none of the \(offered.count) mechanisms of the initiator is offered here")
    }
    let picked = offered[index]
    let isFirstChoice = index == offered.startIndex
    mechanism = picked.canonical
    var negotiation = Negotiation(
      mechTypes: first.mechTypes, picked: picked, requiresMIC: !isFirstChoice || picked.canonical == .ntlm)
    guard isFirstChoice, let token = first.mechToken else { return reply(&negotiation, token: nil, mic: nil, next: State.awaitingToken) }
    return step(negotiation, token: token, mic: first.mechListMIC == token ? nil : first.mechListMIC)
  }

  private func decodeLater(_ token: [UInt8]) throws(SPNEGOError) -> NegTokenResp {
    let response = try NegTokenResp(decoding: token)
    guard response.negState != .reject else { throw SPNEGOError(.refused, "the initiator rejected the negotiation") }
    return response
  }

  private mutating func step(_ negotiation: Negotiation, token: [UInt8], mic: [UInt8]?) -> SPNEGOAction {
    state = .stepping(negotiation, mic: mic)
    return .ask(.step(token: token), of: negotiation.mechanism)
  }

  private mutating func goOn(_ negotiation: Negotiation, token: [UInt8]?, mic: [UInt8]?) throws(SPNEGOError) -> SPNEGOAction {
    guard mic == nil else { throw SPNEGOError(.violation, "a mechListMIC came before the mechanism had finished") }
    guard let token else { throw SPNEGOError(.local, "the mechanism has neither a token nor finished") }
    var negotiation = negotiation
    return reply(&negotiation, token: token, mic: nil, next: State.awaitingToken)
  }

  private mutating func finishMechanism(_ negotiation: Negotiation, token: [UInt8]?, mic: [UInt8]?) throws(SPNEGOError) -> SPNEGOAction {
    guard negotiation.mayProtect || (mic == nil && !negotiation.requiresMIC) else {
      throw SPNEGOError(.local, "a mechListMIC is due, but the mechanism cannot handle one")
    }
    if let mic { return verify(negotiation, mic: mic, token: token) }
    guard negotiation.requiresMIC else { return establish(negotiation, token: token, mic: nil) }
    // With a last token to come, the initiator could not make its MIC yet. Otherwise it had to send it with its own last token.
    guard token != nil else { throw Self.missingMIC }
    return makeMIC(negotiation, token: token)
  }

  private mutating func verify(_ negotiation: Negotiation, mic: [UInt8], token: [UInt8]?) -> SPNEGOAction {
    state = .verifying(negotiation, token: token)
    return .ask(.verify(message: negotiation.mechTypes.encoded, mic: mic), of: negotiation.mechanism)
  }

  private mutating func makeMIC(_ negotiation: Negotiation, token: [UInt8]?) -> SPNEGOAction {
    state = .makingMIC(negotiation, token: token)
    return .ask(.mic(message: negotiation.mechTypes.encoded), of: negotiation.mechanism)
  }

  /// A reply that is not the last one. The first names the mechanism, and says that a MIC is wanted.
  private mutating func reply(
    _ negotiation: inout Negotiation, token: [UInt8]?, mic: [UInt8]?, next: (Negotiation) -> State
  ) -> SPNEGOAction {
    let isFirst = !negotiation.hasReplied
    let response = NegTokenResp(
      negState: isFirst && negotiation.requiresMIC ? .requestMIC : .acceptIncomplete, supportedMech: isFirst ? negotiation.picked : nil,
      responseToken: token, mechListMIC: mic)
    negotiation.hasReplied = true
    state = next(negotiation)
    return .send(response.encode())
  }

  private mutating func establish(_ negotiation: Negotiation, token: [UInt8]?, mic: [UInt8]?) -> SPNEGOAction {
    state = .established
    mayProtect = negotiation.mayProtect
    isFinished = true
    let response = NegTokenResp(
      negState: .acceptCompleted, supportedMech: negotiation.hasReplied ? nil : negotiation.picked, responseToken: token, mechListMIC: mic)
    return .established(token: response.encode())
  }

  private static let missingMIC = SPNEGOError(.missingMIC, "the initiator's mechListMIC is due and did not come")
}

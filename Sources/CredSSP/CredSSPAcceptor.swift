public import SecuritySupport

/// The server half of CredSSP (MS-CSSP §3.1.5): the side that receives a credential.
///
/// It owns the inner TLS and orders everything else (``CredSSPAction/ask(_:)``): the inner mechanism, the check of the client's public-key
/// proof, and the opening of the credential, none of which it ever sees in plain text.
/// ```
/// receive … handshake … ─ receive ─ ask step ─ send, receive, ask step … ─ ask provePublicKey ─ send last token, proof
///   ─ receive authInfo ─ ask acceptCredentials ─ finished
/// ```
/// Credentials are looked at after the client's proof was found right, never before. What the peer does wrong throws and leaves the exchange
/// failed for good; ``fail(_:)`` then makes the message that says so, where the version has one.
public struct CredSSPAcceptor {
  private enum State {
    case idle
    case handshaking
    /// A message with a token or a proof is due; `last` is what the mechanism answered before, `nil` before its first step.
    case awaitingToken(last: MechanismStep?)
    /// The mechanism takes a token; `proof` came with it.
    case stepping(proof: [UInt8]?)
    /// The client's proof is being checked; `token` goes out with ours.
    case proving(token: [UInt8]?)
    case awaitingCredentials
    case acceptingCredentials
    case finished
    case failed
  }

  private var state = State.idle
  private var channel: TSRequestChannel
  private var clientNonce: [UInt8]?
  private var hasReportedFailure = false

  /// The version that the initiator named in its first message; `nil` before.
  public var peerVersion: Int? { channel.peerVersion }

  /// - Parameter tls: a server that has not started.
  public init(tls: any TLSEngine, configuration: CredSSPConfiguration = .init()) {
    channel = TSRequestChannel(tls: tls, configuration: configuration)
  }

  /// Takes a token of the initiator.
  ///
  /// - Throws: ``CredSSPError`` with every code; ``CredSSPError/status`` is what ``fail(_:)`` should say, where it matters.
  public mutating func receive(_ token: [UInt8]) throws(CredSSPError) -> CredSSPAction {
    let state = take()
    switch state {
    case .idle:
      try channel.start()
      return try handshake(token)
    case .handshaking: return try handshake(token)
    case .awaitingToken, .awaitingCredentials: return try receive(channel.open(token), in: state)
    case .finished, .failed: throw CredSSPError(.violation, "a token came after the end of the exchange")
    case .stepping, .proving, .acceptingCredentials: throw CredSSPError(.local, "no token is expected now")
    }
  }

  /// Takes the answer to the last order.
  public mutating func answer(_ answer: MechanismAnswer) throws(CredSSPError) -> CredSSPAction {
    switch (take(), answer) {
    case (.stepping(let proof), .stepped(let step)):
      if let proof { return try prove(proof, step) }
      guard step.token != nil || step.isFinished else { throw CredSSPError(.local, "the mechanism has neither a token nor finished") }
      // An empty token answers an initiator that sent its last one alone.
      return try send(TSRequest(version: channel.configuration.version, negoTokens: [step.token ?? []]), next: .awaitingToken(last: step))
    case (.proving(let token), .sealed(let proof)):
      let request = TSRequest(version: channel.configuration.version, negoTokens: token.map { [$0] } ?? [], pubKeyAuth: proof)
      return try send(request, next: .awaitingCredentials)
    case (.acceptingCredentials, .accepted):
      state = .finished
      let output = channel.takeOutput()
      return .finished(token: output.isEmpty ? nil : output)
    case (.idle, _), (.handshaking, _), (.awaitingToken, _), (.stepping, _), (.proving, _), (.awaitingCredentials, _),
      (.acceptingCredentials, _), (.finished, _), (.failed, _):
      throw CredSSPError(.local, "the answer does not fit the last order")
    }
  }

  /// Gives up: after the holder of the mechanism refused, or after this end threw.
  ///
  /// - Returns: the token that tells the initiator why; `nil` where the effective version has no room for it (2 and 5), before the
  ///   initiator's first message, after success, and when called again.
  /// - Throws: ``CredSSPError/Code/tls``.
  public mutating func fail(_ status: NTStatus) throws(CredSSPError) -> [UInt8]? {
    if case .finished = state { return nil }
    state = .failed
    guard channel.permitsErrorCode, !hasReportedFailure else { return nil }
    hasReportedFailure = true
    return try channel.seal(TSRequest(version: channel.configuration.version, errorCode: status))
  }

  /// The state, leaving ``State/failed`` behind until a new one is set.
  private mutating func take() -> State {
    defer { state = .failed }
    return state
  }

  private mutating func handshake(_ token: [UInt8]) throws(CredSSPError) -> CredSSPAction {
    let plaintext = try channel.open(token)
    guard channel.tls.isHandshakeComplete else {
      state = .handshaking
      return .send(channel.takeOutput())
    }
    // With TLS 1.3 the first message can stand behind the client's Finished.
    return try receive(plaintext, in: .awaitingToken(last: nil))
  }

  private mutating func receive(_ plaintext: [UInt8], in state: State) throws(CredSSPError) -> CredSSPAction {
    guard let request = try channel.assemble(plaintext) else {
      self.state = state
      return .send(channel.takeOutput())
    }
    if let status = request.errorCode, status.rawValue != 0 {
      throw CredSSPError(.refused, "the client gave up with \(status)", status: status)
    }
    try check(request.clientNonce)
    if case .awaitingToken(let last) = state { return try receiveToken(request, last: last) }
    guard request.negoToken == nil, request.pubKeyAuth == nil else {
      throw CredSSPError(.violation, "a token or a proof came after the proof")
    }
    guard let authInfo = request.authInfo else { throw CredSSPError(.violation, "the message that should hold the credentials has none") }
    self.state = .acceptingCredentials
    return .ask(.acceptCredentials(sealed: authInfo))
  }

  /// Some clients repeat the nonce in each message. It never changes.
  private mutating func check(_ nonce: [UInt8]?) throws(CredSSPError) {
    guard let nonce, (channel.effectiveVersion ?? 0) >= 5 else { return }
    guard nonce.count == TSRequest.nonceLength else {
      throw CredSSPError(.violation, "the client's nonce is not \(TSRequest.nonceLength) bytes long")
    }
    guard clientNonce == nil || clientNonce == nonce else { throw CredSSPError(.violation, "the client changed its nonce") }
    clientNonce = nonce
  }

  private mutating func receiveToken(_ request: TSRequest, last: MechanismStep?) throws(CredSSPError) -> CredSSPAction {
    guard request.authInfo == nil else { throw CredSSPError(.violation, "credentials came before the public keys were proven") }
    // The nonce that counts is the one in the message with the proof; whether it has to be there, the version decides.
    if request.pubKeyAuth != nil, (channel.effectiveVersion ?? 0) >= 5, request.clientNonce == nil {
      throw CredSSPError(.violation, "the client's proof came without a nonce")
    }
    if let token = request.negoToken {
      guard last?.isFinished != true else { throw CredSSPError(.violation, "a token came for a mechanism that has finished") }
      state = .stepping(proof: request.pubKeyAuth)
      return .ask(.step(token: token))
    }
    guard let proof = request.pubKeyAuth else { throw CredSSPError(.violation, "the message has neither a token nor a proof") }
    guard let last else { throw CredSSPError(.violation, "the client's proof came before its first token") }
    return try prove(proof, MechanismStep(token: nil, mayProtect: last.mayProtect, isFinished: last.isFinished))
  }

  private mutating func prove(_ proof: [UInt8], _ step: MechanismStep) throws(CredSSPError) -> CredSSPAction {
    guard step.isFinished else { throw CredSSPError(.violation, "the client's proof came before the mechanism had finished") }
    guard step.mayProtect else { throw CredSSPError(.local, "the mechanism cannot protect messages") }
    guard let version = channel.effectiveVersion, let certificate = channel.tls.ownCertificate else {
      throw CredSSPError(.local, "the TLS engine has no certificate of its own")
    }
    let key = try PublicKeyBinding.subjectPublicKey(certificateDER: certificate)
    state = .proving(token: step.token)
    return .ask(
      .provePublicKey(
        PublicKeyProof(sealed: proof, clientNonce: version >= 5 ? clientNonce : nil, version: version, subjectPublicKey: key)))
  }

  private mutating func send(_ request: TSRequest, next: State) throws(CredSSPError) -> CredSSPAction {
    let message = try channel.seal(request)
    state = next
    return .send(message)
  }
}

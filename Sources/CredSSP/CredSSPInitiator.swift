public import SecuritySupport

/// The client half of CredSSP (MS-CSSP §3.1.5): the side that delegates a credential.
///
/// It owns the inner TLS and orders everything else (``CredSSPAction/ask(_:)``): the inner mechanism, which is a whole SPNEGO context, the
/// decision whether this server may have a credential at all, and the sealing of the credential, which this type never sees.
/// ```
/// start ─ send ClientHello ─ receive … handshake … ─ ask policy ─ ask step ─ send, receive, ask step … ─ ask seal(proof)
///   ─ send last token, proof, nonce ─ receive ─ [ask step] ─ ask unseal ─ compare ─ ask sealCredentials ─ finished(authInfo)
/// ```
/// The credential is asked for after the server's proof was found right, never before. What the peer does wrong throws and leaves the
/// exchange failed for good; so do answers that were not asked for.
public struct CredSSPInitiator {
  private enum State {
    case idle
    case handshaking
    case askingPolicy(key: [UInt8])
    /// The mechanism makes or takes a token, before the proof.
    case stepping(key: [UInt8])
    /// A token was sent alone.
    case tokenSent(key: [UInt8], last: MechanismStep)
    /// The proof is being sealed; `last.token` goes with it.
    case sealingProof(key: [UInt8], last: MechanismStep)
    case proofSent(key: [UInt8], isMechanismFinished: Bool)
    /// The mechanism takes the token that came with the server's proof.
    case steppingLast(key: [UInt8], proof: [UInt8])
    case unsealingProof(key: [UInt8])
    case sealingCredentials
    case finished
    case failed
  }

  private var state = State.idle
  private var channel: TSRequestChannel
  private let clientNonce: [UInt8]

  /// The version that the acceptor named in its first message; `nil` before.
  public var peerVersion: Int? { channel.peerVersion }

  /// - Parameter tls: a client that has not started.
  /// - Parameter clientNonce: 32 fresh random bytes.
  public init(tls: any TLSEngine, configuration: CredSSPConfiguration = .init(), clientNonce: [UInt8]) {
    channel = TSRequestChannel(tls: tls, configuration: configuration)
    self.clientNonce = clientNonce
  }

  /// Begins with the ClientHello.
  ///
  /// - Throws: ``CredSSPError/Code/local`` when called twice or when the nonce is not 32 bytes long; ``CredSSPError/Code/tls``.
  public mutating func start() throws(CredSSPError) -> CredSSPAction {
    guard case .idle = take() else { throw CredSSPError(.local, "the exchange has already begun") }
    guard clientNonce.count == TSRequest.nonceLength else {
      throw CredSSPError(.local, "the nonce is not \(TSRequest.nonceLength) bytes long")
    }
    try channel.start()
    state = .handshaking
    return .send(channel.takeOutput())
  }

  /// Takes a token of the acceptor, which can be empty.
  ///
  /// - Throws: ``CredSSPError`` with every code.
  public mutating func receive(_ token: [UInt8]) throws(CredSSPError) -> CredSSPAction {
    let state = take()
    switch state {
    case .handshaking: return try handshake(token)
    case .tokenSent, .proofSent:
      guard let request = try channel.assemble(channel.open(token)) else {
        self.state = state
        return .send(channel.takeOutput())
      }
      return try receive(request, in: state)
    case .finished: throw lastWord(token)
    case .failed: throw CredSSPError(.violation, "a token came after the end of the exchange")
    case .idle, .askingPolicy, .stepping, .sealingProof, .steppingLast, .unsealingProof, .sealingCredentials:
      throw CredSSPError(.local, "no token is expected now")
    }
  }

  /// Takes the answer to the last order.
  public mutating func answer(_ answer: MechanismAnswer) throws(CredSSPError) -> CredSSPAction {
    switch (take(), answer) {
    case (.askingPolicy(let key), .permitted):
      state = .stepping(key: key)
      return .ask(.step(token: nil))
    case (.stepping(let key), .stepped(let step)):
      return try goOn(key, step)
    case (.sealingProof(let key, let last), .sealed(let proof)):
      return try sendProof(key, last, proof)
    case (.steppingLast(let key, let proof), .stepped(let step)):
      guard step.token == nil else { throw CredSSPError(.violation, "the mechanism wants to go on although the server has sent its proof") }
      return try unseal(key, proof, isMechanismFinished: step.isFinished)
    case (.unsealingProof(let key), .unsealed(let proof)):
      return try check(key, proof)
    case (.sealingCredentials, .sealed(let authInfo)):
      let token = try channel.seal(TSRequest(version: channel.configuration.version, authInfo: authInfo))
      state = .finished
      return .finished(token: token)
    case (.idle, _), (.handshaking, _), (.askingPolicy, _), (.stepping, _), (.tokenSent, _), (.sealingProof, _), (.proofSent, _),
      (.steppingLast, _), (.unsealingProof, _), (.sealingCredentials, _), (.finished, _), (.failed, _):
      throw CredSSPError(.local, "the answer does not fit the last order")
    }
  }

  /// After the credentials only a refusal of them can come: the specification has no answer to them, but a server that does not take them
  /// says why as it does before.
  private mutating func lastWord(_ token: [UInt8]) -> CredSSPError {
    if let request = try? channel.assemble(channel.open(token)), let status = request.errorCode, status.rawValue != 0 {
      return CredSSPError(.refused, "the server refused the credentials with \(status)", status: status)
    }
    return CredSSPError(.violation, "a token came after the end of the exchange")
  }

  /// The state, leaving ``State/failed`` behind until a new one is set.
  private mutating func take() -> State {
    defer { state = .failed }
    return state
  }

  private mutating func handshake(_ token: [UInt8]) throws(CredSSPError) -> CredSSPAction {
    guard try channel.open(token).isEmpty else { throw CredSSPError(.violation, "the server spoke first") }
    let output = channel.takeOutput()
    // With TLS 1.3 the Finished goes out alone; the server's answer to it holds tickets or is empty.
    guard output.isEmpty, channel.tls.isHandshakeComplete else {
      state = .handshaking
      return .send(output)
    }
    let chain = channel.tls.peerCertificates
    guard let leaf = chain.first else { throw CredSSPError(.unsupported, "the server has shown no certificate") }
    state = .askingPolicy(key: try PublicKeyBinding.subjectPublicKey(certificateDER: leaf))
    return .ask(.askPolicy(serverCertificates: chain))
  }

  /// Sends the token alone, or has the proof sealed when it is the last one: "the client MUST send the last token together with pubKeyAuth".
  private mutating func goOn(_ key: [UInt8], _ step: MechanismStep) throws(CredSSPError) -> CredSSPAction {
    if step.mayProtect, let version = channel.effectiveVersion {
      let proof = try PublicKeyBinding.clientProof(version: version, clientNonce: clientNonce, subjectPublicKey: key)
      state = .sealingProof(key: key, last: step)
      return .ask(.seal(plaintext: proof))
    }
    guard !step.isFinished || step.mayProtect else { throw CredSSPError(.local, "the mechanism cannot protect messages") }
    // Before the server's first message its version is not known, so not even a last token can have a proof with it.
    guard let token = step.token else { throw CredSSPError(.local, "the mechanism has no token to send") }
    let message = try channel.seal(TSRequest(version: channel.configuration.version, negoTokens: [token]))
    state = .tokenSent(key: key, last: MechanismStep(token: nil, mayProtect: step.mayProtect, isFinished: step.isFinished))
    return .send(message)
  }

  private mutating func sendProof(_ key: [UInt8], _ last: MechanismStep, _ proof: [UInt8]) throws(CredSSPError) -> CredSSPAction {
    let usesNonce = (channel.effectiveVersion ?? 0) >= 5
    let request = TSRequest(
      version: channel.configuration.version, negoTokens: last.token.map { [$0] } ?? [], pubKeyAuth: proof,
      clientNonce: usesNonce ? clientNonce : nil)
    let message = try channel.seal(request)
    state = .proofSent(key: key, isMechanismFinished: last.isFinished)
    return .send(message)
  }

  private mutating func receive(_ request: TSRequest, in state: State) throws(CredSSPError) -> CredSSPAction {
    if let status = request.errorCode, status.rawValue != 0 {
      throw CredSSPError(.refused, "the server refused with \(status)", status: status)
    }
    guard request.authInfo == nil else { throw CredSSPError(.violation, "the server sent credentials") }
    if case .proofSent(let key, let isMechanismFinished) = state {
      guard let proof = request.pubKeyAuth else { throw CredSSPError(.violation, "the server has not proven its public key") }
      // The token comes first: with NTLM inside SPNEGO it holds the mechListMIC, which counts before the proof.
      guard let token = request.negoToken else { return try unseal(key, proof, isMechanismFinished: isMechanismFinished) }
      guard !isMechanismFinished else { throw CredSSPError(.violation, "a token came for a mechanism that has finished") }
      self.state = .steppingLast(key: key, proof: proof)
      return .ask(.step(token: token))
    }
    guard case .tokenSent(let key, let last) = state else { throw CredSSPError(.local, "no message is expected now") }
    guard request.pubKeyAuth == nil else { throw CredSSPError(.violation, "the server's proof came before the client's") }
    guard let token = request.negoToken else {
      guard last.isFinished else { throw CredSSPError(.violation, "the server sent no token for an unfinished mechanism") }
      return try goOn(key, last)
    }
    guard !last.isFinished else { throw CredSSPError(.violation, "a token came for a mechanism that has finished") }
    self.state = .stepping(key: key)
    return .ask(.step(token: token))
  }

  private mutating func unseal(_ key: [UInt8], _ proof: [UInt8], isMechanismFinished: Bool) throws(CredSSPError) -> CredSSPAction {
    // Without this a middleman could drop the last token, and with it the check of the list of mechanisms.
    guard isMechanismFinished else { throw CredSSPError(.violation, "the server's proof came without the mechanism's last token") }
    state = .unsealingProof(key: key)
    return .ask(.unseal(sealed: proof))
  }

  private mutating func check(_ key: [UInt8], _ proof: [UInt8]) throws(CredSSPError) -> CredSSPAction {
    guard let version = channel.effectiveVersion else { throw CredSSPError(.local, "the server's version is not known") }
    let expected = try PublicKeyBinding.serverProof(version: version, clientNonce: clientNonce, subjectPublicKey: key)
    guard constantTimeEqual(expected, proof) else {
      throw CredSSPError(.publicKeyMismatch, "the server's proof is not for the public key of this TLS connection")
    }
    state = .sealingCredentials
    return .ask(.sealCredentials)
  }
}

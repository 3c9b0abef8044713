import CredSSP
import LogonInterface
import NTLM
import SPNEGO
import SecuritySupport

/// A client's end for tests: SPNEGO around NTLM, or NTLM bare, driven in this task.
struct TestClient {
  struct Unexpected: Error {}

  var session: NTLMSession?
  private var spnego: SPNEGOInitiator?
  private var ntlm: NTLMInitiator

  init(_ name: AccountName, _ password: String, isRaw: Bool = false, bindings: ChannelBindings? = nil) throws {
    spnego = isRaw ? nil : SPNEGOInitiator(mechanisms: [.ntlm])
    ntlm = NTLMInitiator(
      credential: NTLMCredential(name: name, hash: try NTHash(password: SecretBytes(Array(password.utf8)))),
      configuration: NTLMInitiatorConfiguration(targetName: "HTTP/host", channelBindings: bindings), randomness: .system(),
      currentTime: FileTime.now())
  }

  /// Takes the server's token; `nil` when there is none to send back.
  mutating func next(_ token: [UInt8]?) throws -> [UInt8]? {
    guard var machine = spnego else {
      let step = try ntlm.step(token)
      if step.isFinished { session = try ntlm.takeSession() }
      return step.token
    }
    defer { spnego = machine }
    var action = if let token { try machine.receive(token) } else { try machine.start() }
    while case .ask(let order, of: _) = action { action = try machine.answer(try carryOut(order)) }
    switch action {
    case .send(let token): return token
    case .established(let token): return token
    case .ask: throw Unexpected()
    }
  }

  private mutating func carryOut(_ order: MechanismOrder) throws -> MechanismAnswer {
    switch order {
    case .step(let token):
      let step = try ntlm.step(token)
      if step.isFinished { session = try ntlm.takeSession() }
      return .stepped(step)
    case .mic(let message):
      guard let mic = try session?.makeMechListMIC(over: message) else { throw Unexpected() }
      return .mic(mic)
    case .verify(let message, let mic):
      try session?.verifyMechListMIC(mic, over: message)
      return .verified
    case .seal, .unseal, .askPolicy, .sealCredentials, .provePublicKey, .acceptCredentials: throw Unexpected()
    }
  }

  /// Runs the whole exchange.
  mutating func logOn(_ context: LogonContext) async throws -> EstablishedLogon? {
    var token = try next(nil)
    while let mine = token {
      let step = try await context.step(mine)
      if step.step.isFinished {
        if let last = step.step.token, try next(last) != nil { throw Unexpected() }
        return step.established
      }
      token = try next(step.step.token)
    }
    throw Unexpected()
  }

  /// CredSSP's proof of the public key, as the client seals it.
  mutating func proof(version: Int = 6, nonce: [UInt8]?, key: [UInt8]) throws -> PublicKeyProof {
    let clear = try PublicKeyBinding.clientProof(version: version, clientNonce: nonce, subjectPublicKey: key)
    return PublicKeyProof(sealed: try seal(clear), clientNonce: nonce, version: version, subjectPublicKey: key)
  }

  mutating func seal(_ bytes: [UInt8]) throws -> [UInt8] {
    guard let sealed = try session?.seal(bytes) else { throw Unexpected() }
    return sealed
  }

  mutating func unseal(_ bytes: [UInt8]) throws -> [UInt8] {
    guard let clear = try session?.unseal(bytes) else { throw Unexpected() }
    return clear
  }

  /// TSCredentials, as the client seals them.
  mutating func credentials(_ name: AccountName, _ password: String) throws -> [UInt8] {
    let clear = try TSPasswordCreds(Credential(name: name, password: SecretBytes(Array(password.utf8)))).encodeTSCredentials()
    guard let sealed = try session?.seal(secret: clear) else { throw Unexpected() }
    return sealed
  }
}

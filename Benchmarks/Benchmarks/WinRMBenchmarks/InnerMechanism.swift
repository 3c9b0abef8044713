import NTLM
import SPNEGO
import SecuritySupport

/// The account of all benchmarks.
enum Account {
  static let name = AccountName(domain: "BENCH", user: "alice")

  static func hash() throws -> NTHash { try NTHash(password: SecretBytes(Array("correct horse battery staple".utf8))) }

  static func initiator() throws -> NTLMInitiator {
    NTLMInitiator(
      credential: NTLMCredential(name: name, hash: try hash()), configuration: NTLMInitiatorConfiguration(targetName: "HTTP/bench"),
      randomness: .system(), currentTime: FileTime.now())
  }

  static func acceptor() -> NTLMAcceptor {
    NTLMAcceptor(
      configuration: NTLMAcceptorConfiguration(netBIOSComputerName: "BENCH", netBIOSDomainName: "BENCH"),
      serverChallenge: (0..<8).map { _ in .random(in: 0...255) }, timestamp: FileTime.now())
  }
}

/// A step that the two ends of a benchmark never take.
struct Unexpected: Error {}

/// An established NTLM context of both ends, without SPNEGO.
func ntlmPair() throws -> (initiator: NTLMSession, acceptor: NTLMSession) {
  var initiator = try Account.initiator()
  var acceptor = Account.acceptor()
  guard let negotiate = try initiator.step(nil).token, case .send(let challenge) = try acceptor.receive(negotiate),
    let authenticate = try initiator.step(challenge).token, case .verify = try acceptor.receive(authenticate)
  else { throw Unexpected() }
  return (try initiator.takeSession(), try acceptor.answer(.ntHash(try Account.hash())))
}

/// A mechanism within SPNEGO, the client's end, as CredSSP drives it.
protocol InitiatingEnd {
  mutating func step(_ token: [UInt8]?) throws -> MechanismStep
  mutating func seal(_ plaintext: [UInt8]) throws -> [UInt8]
  mutating func seal(secret: SecretBytes) throws -> [UInt8]
  mutating func unseal(_ sealed: [UInt8]) throws -> [UInt8]
}

/// A mechanism within SPNEGO, the server's end.
protocol AcceptingEnd {
  mutating func step(_ token: [UInt8]) throws -> MechanismStep
  mutating func seal(_ plaintext: [UInt8]) throws -> [UInt8]
  mutating func unseal(_ sealed: [UInt8]) throws -> [UInt8]
  mutating func unseal(toSecret sealed: [UInt8]) throws -> SecretBytes
}

/// NTLM within SPNEGO, the client's end.
struct InnerInitiator: InitiatingEnd {
  private var spnego = SPNEGOInitiator(mechanisms: [.ntlm])
  private var ntlm: NTLMInitiator
  private var session: NTLMSession?

  init() throws { ntlm = try Account.initiator() }

  mutating func step(_ token: [UInt8]?) throws -> MechanismStep {
    var action = if let token { try spnego.receive(token) } else { try spnego.start() }
    while case .ask(let order, _) = action { action = try spnego.answer(try perform(order)) }
    return MechanismStep(token: action.token, mayProtect: spnego.mayProtect, isFinished: spnego.isFinished)
  }

  private mutating func perform(_ order: MechanismOrder) throws -> MechanismAnswer {
    guard case .step(let token) = order else { return try session.carryOut(order) }
    let step = try ntlm.step(token)
    if step.isFinished { session = try ntlm.takeSession() }
    return .stepped(step)
  }

  mutating func seal(_ plaintext: [UInt8]) throws -> [UInt8] { try session.orThrow { try $0.seal(plaintext) } }
  mutating func seal(secret: SecretBytes) throws -> [UInt8] { try session.orThrow { try $0.seal(secret: secret) } }
  mutating func unseal(_ sealed: [UInt8]) throws -> [UInt8] { try session.orThrow { try $0.unseal(sealed) } }
}

/// NTLM within SPNEGO, the server's end.
struct InnerAcceptor: AcceptingEnd {
  private var spnego = SPNEGOAcceptor(mechanisms: [.ntlm])
  private var ntlm = Account.acceptor()
  private var session: NTLMSession?

  mutating func step(_ token: [UInt8]) throws -> MechanismStep {
    var action = try spnego.receive(token)
    while case .ask(let order, _) = action { action = try spnego.answer(try perform(order)) }
    return MechanismStep(token: action.token, mayProtect: spnego.mayProtect, isFinished: spnego.isFinished)
  }

  private mutating func perform(_ order: MechanismOrder) throws -> MechanismAnswer {
    guard case .step(let token) = order else { return try session.carryOut(order) }
    switch try ntlm.receive(token ?? []) {
    case .send(let challenge): return .stepped(MechanismStep(token: challenge, mayProtect: false, isFinished: false))
    case .verify:
      session = try ntlm.answer(.ntHash(try Account.hash()))
      return .stepped(MechanismStep(token: nil, mayProtect: true, isFinished: true))
    }
  }

  mutating func seal(_ plaintext: [UInt8]) throws -> [UInt8] { try session.orThrow { try $0.seal(plaintext) } }
  mutating func unseal(_ sealed: [UInt8]) throws -> [UInt8] { try session.orThrow { try $0.unseal(sealed) } }
  mutating func unseal(toSecret sealed: [UInt8]) throws -> SecretBytes { try session.orThrow { try $0.unseal(toSecret: sealed) } }
}

extension SPNEGOAction {
  var token: [UInt8]? {
    switch self {
    case .ask: nil
    case .send(let token): token
    case .established(let token): token
    }
  }
}

extension NTLMSession? {
  fileprivate mutating func orThrow<R>(_ body: (inout NTLMSession) throws -> R) throws -> R {
    guard var session = self else { throw Unexpected() }
    defer { self = session }
    return try body(&session)
  }

  /// The MIC orders of SPNEGO.
  fileprivate mutating func carryOut(_ order: MechanismOrder) throws -> MechanismAnswer {
    try orThrow { session in
      switch order {
      case .mic(let message): return .mic(try session.makeMechListMIC(over: message))
      case .verify(let message, let mic):
        try session.verifyMechListMIC(mic, over: message)
        return .verified
      case .step, .seal, .unseal, .askPolicy, .sealCredentials, .provePublicKey, .acceptCredentials: throw Unexpected()
      }
    }
  }
}

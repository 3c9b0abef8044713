import CredSSP
import NTLM
import SPNEGO
import SecuritySupport
import Testing

/// How NTLM travels inside CredSSP.
enum InnerForm: CaseIterable { case rawNTLM, spnego }

/// The initiator's inner context with the real NTLM, and the credential that is delegated.
struct InnerInitiator {
  private(set) var orders: [MechanismOrder] = []
  private var ntlm: NTLMInitiator
  private var session: NTLMSession?
  private var spnego: SPNEGOInitiator?
  let credential: Credential

  init(_ form: InnerForm, credential: Credential) throws {
    self.credential = credential
    ntlm = NTLMInitiator(
      credential: NTLMCredential(name: credential.name, hash: try NTHash(password: credential.password)),
      configuration: NTLMInitiatorConfiguration(), randomness: .system(), currentTime: 133_500_000_000_000_000)
    spnego = form == .spnego ? SPNEGOInitiator(mechanisms: [.ntlm]) : nil
  }

  mutating func answer(_ order: MechanismOrder) throws -> MechanismAnswer {
    orders.append(order)
    switch order {
    case .step(let token): return .stepped(try step(token))
    case .seal(let plaintext): return .sealed(try withSession { try $0.seal(plaintext) })
    case .unseal(let sealed): return .unsealed(try withSession { try $0.unseal(sealed) })
    case .askPolicy: return .permitted
    case .sealCredentials:
      let plaintext = try TSPasswordCreds(credential).encodeTSCredentials()
      return .sealed(try withSession { try $0.seal(secret: plaintext) })
    case .mic, .verify, .provePublicKey, .acceptCredentials: throw CredSSPError(.local, "not an order for the initiator")
    }
  }

  private mutating func step(_ token: [UInt8]?) throws -> MechanismStep {
    guard var spnego else { return try stepNTLM(token) }
    var action = try token.map { try spnego.receive($0) } ?? spnego.start()
    while case .ask(let order, _) = action {
      switch order {
      case .step(let token): action = try spnego.answer(.stepped(stepNTLM(token)))
      case .mic(let message): action = try spnego.answer(.mic(withSession { try $0.makeMechListMIC(over: message) }))
      case .verify(let message, let mic):
        try withSession { try $0.verifyMechListMIC(mic, over: message) }
        action = try spnego.answer(.verified)
      default: throw CredSSPError(.local, "not an order of SPNEGO")
      }
    }
    self.spnego = spnego
    return MechanismStep(token: action.token, mayProtect: spnego.mayProtect, isFinished: spnego.isFinished)
  }

  private mutating func stepNTLM(_ token: [UInt8]?) throws -> MechanismStep {
    let step = try ntlm.step(token)
    if step.isFinished { session = try ntlm.takeSession() }
    return step
  }

  private mutating func withSession<R>(_ body: (inout NTLMSession) throws -> R) throws -> R {
    var current = try #require(session)
    defer { session = current }
    return try body(&current)
  }
}

/// The acceptor's inner context with the real NTLM: what the logon authority is in the service.
struct InnerAcceptor {
  private(set) var orders: [MechanismOrder] = []
  private(set) var credentials: TSPasswordCreds?
  private var ntlm = NTLMAcceptor(
    configuration: NTLMAcceptorConfiguration(netBIOSComputerName: "SRV", netBIOSDomainName: "SRV"),
    serverChallenge: [1, 2, 3, 4, 5, 6, 7, 8], timestamp: 133_500_000_000_000_000)
  private var session: NTLMSession?
  private var spnego = SPNEGOAcceptor(mechanisms: [.ntlm])
  private let hash: NTHash

  init(hash: NTHash) { self.hash = hash }

  mutating func answer(_ order: MechanismOrder) throws -> MechanismAnswer {
    orders.append(order)
    switch order {
    case .step(let token?): return .stepped(try step(token))
    case .provePublicKey(let proof):
      let unsealed = try withSession { try $0.unseal(proof.sealed) }
      let reply = try PublicKeyBinding.answer(to: proof, unsealed: unsealed)
      return .sealed(try withSession { try $0.seal(reply) })
    case .acceptCredentials(let sealed):
      credentials = try TSPasswordCreds(decodingTSCredentials: withSession { try $0.unseal(toSecret: sealed) })
      return .accepted
    case .step(nil), .mic, .verify, .seal, .unseal, .askPolicy, .sealCredentials:
      throw CredSSPError(.local, "not an order for the acceptor")
    }
  }

  private mutating func step(_ token: [UInt8]) throws -> MechanismStep {
    var action = try spnego.receive(token)
    while case .ask(let order, _) = action {
      switch order {
      case .step(let token?): action = try spnego.answer(.stepped(stepNTLM(token)))
      case .mic(let message): action = try spnego.answer(.mic(withSession { try $0.makeMechListMIC(over: message) }))
      case .verify(let message, let mic):
        try withSession { try $0.verifyMechListMIC(mic, over: message) }
        action = try spnego.answer(.verified)
      default: throw CredSSPError(.local, "not an order of SPNEGO")
      }
    }
    return MechanismStep(token: action.token, mayProtect: spnego.mayProtect, isFinished: spnego.isFinished)
  }

  private mutating func stepNTLM(_ token: [UInt8]) throws -> MechanismStep {
    switch try ntlm.receive(token) {
    case .send(let challenge): return MechanismStep(token: challenge, mayProtect: false, isFinished: false)
    case .verify:
      session = try ntlm.answer(.ntHash(hash))
      return MechanismStep(token: nil, mayProtect: true, isFinished: true)
    }
  }

  private mutating func withSession<R>(_ body: (inout NTLMSession) throws -> R) throws -> R {
    var current = try #require(session)
    defer { session = current }
    return try body(&current)
  }
}

extension SPNEGOAction {
  fileprivate var token: [UInt8]? {
    switch self {
    case .send(let token): token
    case .established(let token): token
    case .ask: nil
    }
  }
}

/// Both ends with the real NTLM, over TLS that may protect nothing.
struct Conversation {
  enum Direction { case toAcceptor, toInitiator }

  static let password = "correct horse"
  var initiator: CredSSPInitiator
  var acceptor: CredSSPAcceptor
  var innerInitiator: InnerInitiator
  var innerAcceptor: InnerAcceptor
  /// Everything that was sent, before any change on its way.
  private(set) var tokens: [(direction: Direction, bytes: [UInt8])] = []
  private(set) var isInitiatorFinished = false
  private(set) var isAcceptorFinished = false

  init(
    _ form: InnerForm = .spnego, client: any TLSEngine, server: any TLSEngine, configuration: CredSSPConfiguration = .init(),
    acceptorConfiguration: CredSSPConfiguration? = nil, accountPassword: String = Self.password
  ) throws {
    let credential = Credential(name: AccountName(domain: "SRV", user: "jdoe"), password: SecretBytes(Self.password.utf8))
    initiator = CredSSPInitiator(tls: client, configuration: configuration, clientNonce: Array(0x40..<0x60))
    acceptor = CredSSPAcceptor(tls: server, configuration: acceptorConfiguration ?? configuration)
    innerInitiator = try InnerInitiator(form, credential: credential)
    innerAcceptor = InnerAcceptor(hash: try NTHash(password: SecretBytes(accountPassword.utf8)))
  }

  /// Runs to the end. `tamper` gives the tokens that arrive in place of one, which may be none, one or more. The empty answers to all but
  /// the last of them go nowhere.
  mutating func run(tamper: (Direction, [UInt8]) throws -> [[UInt8]] = { [$1] }) throws {
    var pending = [(Direction.toAcceptor, try settleInitiator(initiator.start()))]
    while !pending.isEmpty {
      let (direction, token) = pending.removeFirst()
      guard let token else { continue }
      tokens.append((direction, token))
      let parts = try tamper(direction, token)
      for (index, part) in parts.enumerated() {
        let reply =
          switch direction {
          case .toAcceptor: (Direction.toInitiator, try settleAcceptor(acceptor.receive(part)))
          case .toInitiator: (Direction.toAcceptor, try settleInitiator(initiator.receive(part)))
          }
        if index == parts.count - 1 || reply.1?.isEmpty == false { pending.append(reply) }
      }
    }
  }

  private mutating func settleInitiator(_ action: CredSSPAction) throws -> [UInt8]? {
    var action = action
    while case .ask(let order) = action { action = try initiator.answer(innerInitiator.answer(order)) }
    guard case .finished(let token) = action else {
      guard case .send(let token) = action else { return nil }
      return token
    }
    isInitiatorFinished = true
    return token
  }

  private mutating func settleAcceptor(_ action: CredSSPAction) throws -> [UInt8]? {
    var action = action
    while case .ask(let order) = action { action = try acceptor.answer(innerAcceptor.answer(order)) }
    guard case .finished(let token) = action else {
      guard case .send(let token) = action else { return nil }
      return token
    }
    isAcceptorFinished = true
    return token
  }

  /// Whether the initiator was ever asked for its credential.
  var gaveCredentials: Bool { innerInitiator.orders.contains(.sealCredentials) }
}

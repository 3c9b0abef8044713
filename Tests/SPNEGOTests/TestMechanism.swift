import SPNEGO
import SecuritySupport

/// A mechanism whose tokens are fixed in advance and whose MIC is a checksum, so that a changed list does not pass. Records its orders.
final class TestMechanism {
  struct BadMIC: Error {}
  struct Exhausted: Error {}

  let identifier: MechanismIdentifier
  private let isInitiator: Bool
  private var steps: [MechanismStep]
  private(set) var orders: [MechanismOrder] = []

  init(_ identifier: MechanismIdentifier, isInitiator: Bool, steps: [MechanismStep]) {
    self.identifier = identifier
    self.isInitiator = isInitiator
    self.steps = steps
  }

  static let negotiate = Array("NTLMSSP\0\u{1}".utf8)
  static let challenge = Array("NTLMSSP\0\u{2}".utf8)
  static let authenticate = Array("NTLMSSP\0\u{3}".utf8)
  /// The GSS wrapper of Kerberos and some bytes.
  static let apReq: [UInt8] = [0x60, 0x0E, 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x12, 0x01, 0x02, 0x02, 0x01, 0x00, 0x6E]
  static let apRep: [UInt8] = [0x60, 0x0E, 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x12, 0x01, 0x02, 0x02, 0x02, 0x00, 0x6F]

  static func ntlm(isInitiator: Bool) -> TestMechanism {
    TestMechanism(
      .ntlm, isInitiator: isInitiator,
      steps: isInitiator
        ? [
          MechanismStep(token: negotiate, mayProtect: false, isFinished: false),
          MechanismStep(token: authenticate, mayProtect: true, isFinished: true),
        ]
        : [
          MechanismStep(token: challenge, mayProtect: false, isFinished: false),
          MechanismStep(token: nil, mayProtect: true, isFinished: true),
        ])
  }

  static func kerberos(isInitiator: Bool) -> TestMechanism {
    TestMechanism(
      .kerberos, isInitiator: isInitiator,
      steps: isInitiator
        ? [
          MechanismStep(token: apReq, mayProtect: false, isFinished: false),
          MechanismStep(token: nil, mayProtect: true, isFinished: true),
        ]
        : [MechanismStep(token: apRep, mayProtect: true, isFinished: true)])
  }

  func answer(_ order: MechanismOrder) throws -> MechanismAnswer {
    orders.append(order)
    switch order {
    case .step:
      guard !steps.isEmpty else { throw Exhausted() }
      return .stepped(steps.removeFirst())
    case .mic(let message): return .mic(Self.mic(message, ofInitiator: isInitiator))
    case .verify(let message, let mic):
      guard mic == Self.mic(message, ofInitiator: !isInitiator) else { throw BadMIC() }
      return .verified
    case .seal, .unseal, .askPolicy, .sealCredentials, .provePublicKey, .acceptCredentials: throw Exhausted()
    }
  }

  static func mic(_ message: [UInt8], ofInitiator: Bool) -> [UInt8] {
    var sum: UInt64 = ofInitiator ? 0xCBF2_9CE4_8422_2325 : 0x8422_2325_CBF2_9CE4
    for byte in message { sum = (sum ^ UInt64(byte)) &* 0x100_0000_01B3 }
    return withUnsafeBytes(of: sum.bigEndian) { Array($0) }
  }
}

/// What both ends have in common, as far as the tests are concerned.
protocol Negotiator {
  var mechanism: MechanismIdentifier? { get }
  var mayProtect: Bool { get }
  var isFinished: Bool { get }
  mutating func receive(_ token: [UInt8]) throws(SPNEGOError) -> SPNEGOAction
  mutating func answer(_ answer: MechanismAnswer) throws(SPNEGOError) -> SPNEGOAction
}

extension SPNEGOInitiator: Negotiator {}
extension SPNEGOAcceptor: Negotiator {}

extension Negotiator {
  /// Has the mechanisms answer until there is something to send, or the end is reached.
  mutating func settle(_ action: SPNEGOAction, _ mechanisms: [TestMechanism]) throws -> SPNEGOAction {
    var action = action
    while case .ask(let order, let identifier) = action {
      guard let mechanism = mechanisms.first(where: { $0.identifier == identifier }) else { throw TestMechanism.Exhausted() }
      action = try answer(mechanism.answer(order))
    }
    return action
  }
}

/// An initiator and an acceptor with their mechanisms, and every token that went between them.
struct Negotiation {
  var initiator: SPNEGOInitiator
  var acceptor: SPNEGOAcceptor
  var initiatorMechanisms = [TestMechanism.kerberos(isInitiator: true), .ntlm(isInitiator: true)]
  var acceptorMechanisms = [TestMechanism.kerberos(isInitiator: false), .ntlm(isInitiator: false)]
  private(set) var tokens: [[UInt8]] = []

  init(_ initiator: [MechanismIdentifier], _ acceptor: [MechanismIdentifier]) {
    self.initiator = SPNEGOInitiator(mechanisms: initiator)
    self.acceptor = SPNEGOAcceptor(mechanisms: acceptor)
  }

  /// Runs to the end. `tamper` sees the number and the bytes of each token and gives what arrives.
  mutating func run(tamper: (Int, [UInt8]) throws -> [UInt8] = { $1 }) throws {
    var action = try initiator.settle(initiator.start(), initiatorMechanisms)
    while true {
      guard case .send(let token) = action else { return }
      tokens.append(token)
      let reply = try acceptor.settle(acceptor.receive(tamper(tokens.count, token)), acceptorMechanisms)
      switch reply {
      case .send(let token), .established(let token?):
        tokens.append(token)
        action = try initiator.settle(initiator.receive(tamper(tokens.count, token)), initiatorMechanisms)
      case .established(nil): return
      case .ask: return
      }
    }
  }
}

import Foundation
import Kerberos
import SPNEGO
import SecuritySupport

/// A realm that Scripts/with-realm.sh has made for the time of the run: a user with a ticket, and a service with a keytab.
///
/// The tickets are fetched once, as a client of several connections does: a handshake is AP-REQ and AP-REP, without the KDC.
struct Realm {
  let credential: KerberosCredential
  let service: KerberosServiceName
  let keytab: String

  /// `nil` outside of such a realm.
  init?(environment: [String: String] = ProcessInfo.processInfo.environment) {
    guard let text = environment["WINRM_REALM_SERVICE"], let service = KerberosServiceName(parsing: text),
      let keytab = environment["WINRM_REALM_KEYTAB"]
    else { return nil }
    (self.service, self.keytab) = (service, keytab)
    credential = KerberosCredential(.cache(nil))
  }

  static let missing = """
    Kerberos is left out: this is not run within a realm. Install krb5-kdc and krb5-admin-server, and run it by Scripts/with-realm.sh.
    """

  func initiator() -> KerberosInitiator {
    KerberosInitiator(credential: credential, configuration: KerberosInitiatorConfiguration(services: [service]))
  }

  func acceptor() -> KerberosAcceptor { KerberosAcceptor(configuration: .init(keytab: keytab, services: [service])) }

  /// An established context of both ends, without SPNEGO.
  func pair() throws -> (initiator: KerberosSession, acceptor: KerberosSession) {
    let (initiator, acceptor) = (initiator(), acceptor())
    guard let request = try initiator.step(nil).token, let reply = try acceptor.receive(request).step.token else { throw Unexpected() }
    _ = try initiator.step(reply)
    return (try initiator.takeSession(), try acceptor.takeSession())
  }
}

/// Kerberos within SPNEGO, the client's end.
struct KerberosInner: InitiatingEnd {
  private var spnego = SPNEGOInitiator(mechanisms: [.kerberos])
  private let kerberos: KerberosInitiator
  private var session: KerberosSession?

  init(_ realm: Realm) { kerberos = realm.initiator() }

  mutating func step(_ token: [UInt8]?) throws -> MechanismStep {
    var action = if let token { try spnego.receive(token) } else { try spnego.start() }
    while case .ask(let order, _) = action { action = try spnego.answer(try perform(order)) }
    return MechanismStep(token: action.token, mayProtect: spnego.mayProtect, isFinished: spnego.isFinished)
  }

  private mutating func perform(_ order: MechanismOrder) throws -> MechanismAnswer {
    guard case .step(let token) = order else { return try session.carryOut(order) }
    let step = try kerberos.step(token)
    if step.isFinished { session = try kerberos.takeSession() }
    return .stepped(step)
  }

  mutating func seal(_ plaintext: [UInt8]) throws -> [UInt8] { try session.orThrow().seal(plaintext) }
  mutating func seal(secret: SecretBytes) throws -> [UInt8] { try session.orThrow().seal(secret: secret) }
  mutating func unseal(_ sealed: [UInt8]) throws -> [UInt8] { try session.orThrow().unseal(sealed) }
}

/// Kerberos within SPNEGO, the server's end.
struct KerberosOuter: AcceptingEnd {
  private var spnego = SPNEGOAcceptor(mechanisms: [.kerberos])
  private let kerberos: KerberosAcceptor
  private var session: KerberosSession?

  init(_ realm: Realm) { kerberos = realm.acceptor() }

  mutating func step(_ token: [UInt8]) throws -> MechanismStep {
    var action = try spnego.receive(token)
    while case .ask(let order, _) = action { action = try spnego.answer(try perform(order)) }
    return MechanismStep(token: action.token, mayProtect: spnego.mayProtect, isFinished: spnego.isFinished)
  }

  private mutating func perform(_ order: MechanismOrder) throws -> MechanismAnswer {
    guard case .step(let token) = order else { return try session.carryOut(order) }
    let step = try kerberos.receive(token ?? []).step
    session = try kerberos.takeSession()
    return .stepped(step)
  }

  mutating func seal(_ plaintext: [UInt8]) throws -> [UInt8] { try session.orThrow().seal(plaintext) }
  mutating func unseal(_ sealed: [UInt8]) throws -> [UInt8] { try session.orThrow().unseal(sealed) }
  mutating func unseal(toSecret sealed: [UInt8]) throws -> SecretBytes { try session.orThrow().unseal(toSecret: sealed) }
}

extension KerberosSession? {
  fileprivate func orThrow() throws -> KerberosSession {
    guard let self else { throw Unexpected() }
    return self
  }

  /// The MIC orders of SPNEGO.
  fileprivate func carryOut(_ order: MechanismOrder) throws -> MechanismAnswer {
    switch order {
    case .mic(let message): return .mic(try orThrow().makeMIC(over: message))
    case .verify(let message, let mic):
      try orThrow().verify(mic: mic, over: message)
      return .verified
    case .step, .seal, .unseal, .askPolicy, .sealCredentials, .provePublicKey, .acceptCredentials: throw Unexpected()
    }
  }
}

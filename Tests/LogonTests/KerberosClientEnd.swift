import CredSSP
import Kerberos
import Logon
import LogonInterface
import SPNEGO
import SecuritySupport
import TestRealm

/// A Kerberos client's end for tests, with or without SPNEGO around it, driven in this task.
final class KerberosClientEnd {
  struct Unexpected: Error {}

  enum Form: CaseIterable {
    case bare
    case spnego
    /// The number that Windows 2000 had for Kerberos, first in the list.
    case microsoft
  }

  private let initiator: KerberosInitiator
  private var spnego: SPNEGOInitiator?
  private(set) var session: KerberosSession?

  init(
    _ user: String = "alice", to service: String = "WSMAN/\(LocalRealm.host)", form: Form = .spnego,
    delegation: KerberosDelegation = .none, bindings: ChannelBindings? = nil
  ) throws {
    _ = try LocalRealm.shared.get()
    guard let service = KerberosServiceName(parsing: service) else { throw Unexpected() }
    let password = SecretBytes(Array(LocalRealm.password.utf8))
    let credential = KerberosCredential(.password(Credential(name: AccountName(domain: "", user: user), password: password)))
    initiator = KerberosInitiator(
      credential: credential, configuration: .init(services: [service], delegation: delegation, channelBindings: bindings))
    switch form {
    case .bare: spnego = nil
    case .spnego: spnego = SPNEGOInitiator(mechanisms: [.kerberos, .ntlm])
    case .microsoft: spnego = SPNEGOInitiator(mechanisms: [.microsoftKerberos, .kerberos])
    }
  }

  /// Takes the server's token; `nil` when there is none to send back.
  func next(_ token: [UInt8]?) throws -> [UInt8]? {
    guard var machine = spnego else { return try step(token).token }
    defer { spnego = machine }
    var action = if let token { try machine.receive(token) } else { try machine.start() }
    while case .ask(let order, of: _) = action { action = try machine.answer(try carryOut(order)) }
    switch action {
    case .send(let token): return token
    case .established(let token): return token
    case .ask: throw Unexpected()
    }
  }

  private func step(_ token: [UInt8]?) throws -> MechanismStep {
    let step = try initiator.step(token)
    if step.isFinished { session = try initiator.takeSession() }
    return step
  }

  private func carryOut(_ order: MechanismOrder) throws -> MechanismAnswer {
    switch order {
    case .step(let token): return .stepped(try step(token))
    case .mic(let message):
      guard let mic = try session?.makeMIC(over: message) else { throw Unexpected() }
      return .mic(mic)
    case .verify(let message, let mic):
      try session?.verify(mic: mic, over: message)
      return .verified
    case .seal, .unseal, .askPolicy, .sealCredentials, .provePublicKey, .acceptCredentials: throw Unexpected()
    }
  }

  /// Runs the whole exchange.
  func logOn(_ context: LogonContext) async throws -> EstablishedLogon? {
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

  func seal(_ bytes: [UInt8]) throws -> [UInt8] {
    guard let sealed = try session?.seal(bytes) else { throw Unexpected() }
    return sealed
  }

  func unseal(_ bytes: [UInt8]) throws -> [UInt8] {
    guard let clear = try session?.unseal(bytes) else { throw Unexpected() }
    return clear
  }

  /// CredSSP's proof of the public key, as the client seals it.
  func proof() throws -> PublicKeyProof {
    let clear = try PublicKeyBinding.clientProof(version: 6, clientNonce: nonce, subjectPublicKey: publicKey)
    return PublicKeyProof(sealed: try seal(clear), clientNonce: nonce, version: 6, subjectPublicKey: publicKey)
  }

  /// TSCredentials, as the client seals them.
  func credentials(_ name: AccountName, _ password: String) throws -> [UInt8] {
    let clear = try TSPasswordCreds(Credential(name: name, password: SecretBytes(Array(password.utf8)))).encodeTSCredentials()
    guard let sealed = try session?.seal(secret: clear) else { throw Unexpected() }
    return sealed
  }
}

extension Fixture {
  /// An authority with the keytab of the tests' realm.
  static func withRealm(
    allowed: [String] = ["alice@\(LocalRealm.name)"], keytab: String? = nil, _ change: (inout LogonConfiguration) -> Void = { _ in }
  ) throws -> Fixture {
    let realm = try LocalRealm.shared.get()
    return try Fixture(allowed: allowed) { configuration in
      configuration.keytab = keytab ?? realm.keytab
      configuration.servicePrincipals = ["WSMAN/\(LocalRealm.host)", "HTTP/\(LocalRealm.host)"]
      change(&configuration)
    }
  }

  func kerberos(
    _ purpose: LogonPurpose = .negotiate, form: KerberosClientEnd.Form = .spnego, delegation: KerberosDelegation = .none,
    user: String = "alice"
  ) async throws -> (client: KerberosClientEnd, logon: EstablishedLogon) {
    let end = try KerberosClientEnd(user, form: form, delegation: delegation)
    guard let logon = try await end.logOn(try await client.begin(purpose, peer: peer)) else { throw KerberosClientEnd.Unexpected() }
    return (end, logon)
  }
}

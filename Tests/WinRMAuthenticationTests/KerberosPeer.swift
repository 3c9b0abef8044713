import CredSSP
import Kerberos
import SPNEGO
import SecuritySupport
import TestRealm

@testable import WinRMAuthentication

/// A service with a keytab of the test realm: the accepting end of the three schemes.
final class KerberosPeer {
  enum Scheme { case kerberos, negotiate, credSSP }
  private let scheme: Scheme
  private let acceptor: KerberosAcceptor
  private var spnego = SPNEGOAcceptor(mechanisms: [.kerberos])
  private var credSSP: CredSSPAcceptor?
  private(set) var session: KerberosSession?
  private(set) var client: KerberosClient?
  /// What CredSSP brought.
  private(set) var credentials: [UInt8]?

  init(_ scheme: Scheme, keytab: String? = nil, services: [KerberosServiceName], bindings: ChannelBindings? = nil, tls: ClearTLS? = nil)
    throws
  {
    self.scheme = scheme
    acceptor = KerberosAcceptor(
      configuration: .init(keytab: try keytab ?? LocalRealm.shared.get().keytab, services: services, channelBindings: bindings))
    if let tls { credSSP = CredSSPAcceptor(tls: tls) }
  }

  /// The answer to one token, and whether the exchange is over.
  func receive(_ token: [UInt8]) throws -> (token: [UInt8]?, isFinished: Bool) {
    switch scheme {
    case .kerberos:
      let step = try stepped(token)
      return (step.token, step.isFinished)
    case .negotiate:
      let step = try negotiate(token)
      return (step.token, step.isFinished)
    case .credSSP: return try delegate(token)
    }
  }

  private func stepped(_ token: [UInt8]) throws -> MechanismStep {
    let (step, client) = try acceptor.receive(token)
    (session, self.client) = (try acceptor.takeSession(), client)
    return step
  }

  private func negotiate(_ token: [UInt8]) throws -> MechanismStep {
    var action = try spnego.receive(token)
    while true {
      switch action {
      case .ask(.step(let token?), _): action = try spnego.answer(.stepped(try stepped(token)))
      case .ask(.mic(let message), _): action = try spnego.answer(.mic(try open().makeMIC(over: message)))
      case .ask(.verify(let message, let mic), _):
        try open().verify(mic: mic, over: message)
        action = try spnego.answer(.verified)
      case .ask: throw Failure.unexpectedOrder
      case .send(let token): return MechanismStep(token: token, mayProtect: spnego.mayProtect, isFinished: false)
      case .established(let token): return MechanismStep(token: token, mayProtect: true, isFinished: true)
      }
    }
  }

  private func delegate(_ token: [UInt8]) throws -> (token: [UInt8]?, isFinished: Bool) {
    guard var action = try credSSP?.receive(token) else { throw Failure.unexpectedOrder }
    while true {
      switch action {
      case .ask(let order):
        let answer = try carryOut(order)
        guard let next = try credSSP?.answer(answer) else { throw Failure.unexpectedOrder }
        action = next
      case .send(let token): return (token, false)
      case .finished(let token): return (token, true)
      }
    }
  }

  private func carryOut(_ order: MechanismOrder) throws -> MechanismAnswer {
    switch order {
    case .step(let token): return .stepped(try negotiate(token ?? []))
    case .provePublicKey(let proof):
      let unsealed = try open().unseal(proof.sealed)
      return .sealed(try open().seal(try PublicKeyBinding.answer(to: proof, unsealed: unsealed)))
    case .acceptCredentials(let sealed):
      credentials = try open().unseal(sealed)
      return .accepted
    default: throw Failure.unexpectedOrder
    }
  }

  private func open() throws -> KerberosSession {
    guard let session else { throw Failure.unexpectedOrder }
    return session
  }

  enum Failure: Error { case unexpectedOrder }
}

extension Exchange {
  /// Runs both ends until the server is content.
  mutating func run(_ client: any ClientAuthentication, _ server: KerberosPeer) async throws {
    var leg = try await client.next(nil)
    while true {
      let token: [UInt8]
      switch leg {
      case .send(let bytes): token = bytes
      case .finished(let last): token = last ?? []
      }
      note(token)
      let (answer, isFinished) = try server.receive(token)
      if isFinished {
        if let answer, !client.isFinished { _ = try await client.next(answer) }
        return
      }
      leg = try await client.next(answer)
    }
  }
}

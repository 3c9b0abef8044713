import CredSSP
import Certificates
import Foundation
import MemoryTLS
import NTLM
import SecuritySupport

/// The identity that both kinds of handshake use, so that their difference is CredSSP's own: RSA-2048, as the service makes it.
struct Server {
  let context: MemoryTLSServerContext

  init() throws {
    let identity = try SelfSignedIdentity.make(commonName: "CREDSSP-bench", notAfter: Date(timeIntervalSinceNow: 86_400), kind: .rsa2048)
    context = try MemoryTLSServerContext(certificateChainDER: [identity.certificateDER], privateKeyPEM: identity.privateKeyPEM)
  }

  /// Both ends of a TLS handshake in memory, nothing else.
  func bareTLS() throws {
    let client = try MemoryTLS.client()
    let server = try MemoryTLS.server(context: context)
    _ = try server.start()
    var flight = try client.start()
    while !flight.isEmpty {
      let answer = try server.receive(flight).toPeer
      flight = answer.isEmpty ? [] : try client.receive(answer).toPeer
    }
    guard client.isHandshakeComplete, server.isHandshakeComplete else { throw Unexpected() }
  }

  /// Both ends of CredSSP with SPNEGO and NTLM, up to the acceptance of the delegated password.
  func credSSP() throws { try credSSP(try InnerInitiator(), InnerAcceptor()) }

  /// Both ends of CredSSP with any mechanism.
  func credSSP<I: InitiatingEnd, A: AcceptingEnd>(_ initiator: I, _ acceptor: A) throws {
    var client = ClientEnd(tls: try MemoryTLS.client(), inner: initiator)
    var server = ServerEnd(tls: try MemoryTLS.server(context: context), inner: acceptor)
    var token = try client.start()
    while true {
      let answer = try server.receive(token)
      if server.isFinished { return }
      token = try client.receive(answer)
    }
  }
}

private struct ClientEnd<Inner: InitiatingEnd> {
  var core: CredSSPInitiator
  var inner: Inner

  init(tls: any TLSEngine, inner: Inner) {
    core = CredSSPInitiator(tls: tls, clientNonce: (0..<32).map { _ in .random(in: 0...255) })
    self.inner = inner
  }

  mutating func start() throws -> [UInt8] { try run(try core.start()) }
  mutating func receive(_ token: [UInt8]) throws -> [UInt8] { try run(try core.receive(token)) }

  private mutating func run(_ first: CredSSPAction) throws -> [UInt8] {
    var action = first
    while true {
      switch action {
      case .send(let token): return token
      case .finished(let token): return token ?? []
      case .ask(let order): action = try core.answer(try perform(order))
      }
    }
  }

  private mutating func perform(_ order: MechanismOrder) throws -> MechanismAnswer {
    switch order {
    case .askPolicy: return .permitted
    case .step(let token): return .stepped(try inner.step(token))
    case .seal(let plaintext): return .sealed(try inner.seal(plaintext))
    case .unseal(let sealed): return .unsealed(try inner.unseal(sealed))
    case .sealCredentials:
      let credential = Credential(name: Account.name, password: SecretBytes(Array("correct horse battery staple".utf8)))
      return .sealed(try inner.seal(secret: try TSPasswordCreds(credential).encodeTSCredentials()))
    case .mic, .verify, .provePublicKey, .acceptCredentials: throw Unexpected()
    }
  }
}

private struct ServerEnd<Inner: AcceptingEnd> {
  var core: CredSSPAcceptor
  var inner: Inner
  var isFinished = false

  init(tls: any TLSEngine, inner: Inner) {
    core = CredSSPAcceptor(tls: tls)
    self.inner = inner
  }

  mutating func receive(_ token: [UInt8]) throws -> [UInt8] {
    var action = try core.receive(token)
    while true {
      switch action {
      case .send(let token): return token
      case .finished(let token):
        isFinished = true
        return token ?? []
      case .ask(let order): action = try core.answer(try perform(order))
      }
    }
  }

  private mutating func perform(_ order: MechanismOrder) throws -> MechanismAnswer {
    switch order {
    case .step(let token): return .stepped(try inner.step(token ?? []))
    case .provePublicKey(let proof):
      return .sealed(try inner.seal(try PublicKeyBinding.answer(to: proof, unsealed: try inner.unseal(proof.sealed))))
    case .acceptCredentials(let sealed):
      _ = try TSPasswordCreds(decodingTSCredentials: try inner.unseal(toSecret: sealed))
      return .accepted
    case .seal, .unseal, .mic, .verify, .askPolicy, .sealCredentials: throw Unexpected()
    }
  }
}

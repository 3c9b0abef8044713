import Kerberos
import SPNEGO
public import SecuritySupport

/// The initiating half of SPNEGO with its mechanisms: carries out the core's orders, each within the deadline.
///
/// It is what CredSSP sees as its inner mechanism, and what HTTP Negotiate is made of. One task owns it.
public final class NegotiateContext {
  private var spnego: SPNEGOInitiator
  private let mechanisms: [any SecurityMechanism]
  private let patience: MechanismPatience

  /// - Parameter mechanisms: in order of preference; not empty.
  public init(mechanisms: [any SecurityMechanism], patience: MechanismPatience = MechanismPatience()) {
    self.mechanisms = mechanisms
    self.patience = patience
    spnego = SPNEGOInitiator(mechanisms: mechanisms.map(\.identifier))
  }

  /// Whether messages can be protected. It can be true while the acceptor's last token is still due.
  public var mayProtect: Bool { spnego.mayProtect }
  /// Whether no further token of the acceptor is due.
  public var isFinished: Bool { spnego.isFinished }
  /// The mechanism in use, once known.
  public var mechanism: MechanismIdentifier? { spnego.mechanism }

  /// Advances the negotiation with the acceptor's token; `nil` at the start.
  ///
  /// - Throws: ``AuthenticationError``.
  public func step(_ token: [UInt8]?) async throws -> MechanismStep {
    do {
      var action = try token.map { token throws(SPNEGOError) in try spnego.receive(token) } ?? spnego.start()
      while true {
        switch action {
        case .ask(let order, let identifier): action = try spnego.answer(try await carryOut(order, by: holder(of: identifier)))
        case .send(let token): return MechanismStep(token: token, mayProtect: spnego.mayProtect, isFinished: spnego.isFinished)
        case .established(let token): return MechanismStep(token: token, mayProtect: true, isFinished: true)
        }
      }
    } catch {
      throw AuthenticationError.wrapping(await reason(in: token, for: error) ?? error)
    }
  }

  /// What a rejected Kerberos token was rejected for: the acceptor may say so in a KRB-ERROR (RFC 4121 §4.1). Nothing vouches for it; it only
  /// explains a failure. `nil` where there is none.
  private func reason(in token: [UInt8]?, for error: any Error) async -> (any Error)? {
    guard (error as? SPNEGOError)?.code == .refused, let token, let response = try? NegTokenResp(decoding: token),
      let answer = response.responseToken, let kerberos = mechanisms.first as? KerberosMechanism
    else { return nil }
    do {
      _ = try await patience.bound { try await kerberos.step(answer) }
      return nil
    } catch let reason as KerberosError {
      return reason.minor?.protocolCode == nil ? nil : reason
    } catch {
      return nil
    }
  }

  /// Seals with the selected mechanism. Only when ``mayProtect``.
  public func seal(_ plaintext: [UInt8]) async throws -> [UInt8] {
    let holder = try selected()
    return try await wrapped { try await patience.bound { try await holder.seal(plaintext) } }
  }

  /// Seals a secret with the selected mechanism, leaving no copy of its plain text.
  public func seal(secret: SecretBytes) async throws -> [UInt8] {
    let holder = try selected()
    return try await wrapped { try await patience.bound { try await holder.seal(secret: secret) } }
  }

  /// Undoes the acceptor's seal.
  public func unseal(_ sealed: [UInt8]) async throws -> [UInt8] {
    let holder = try selected()
    return try await wrapped { try await patience.bound { try await holder.unseal(sealed) } }
  }

  /// The mechanism that protects messages, for a protector that outlives the negotiation.
  func selected() throws -> any SecurityMechanism {
    guard spnego.mayProtect, let identifier = spnego.mechanism else {
      throw AuthenticationError(.outOfSequence, "no mechanism can protect messages yet")
    }
    return try holder(of: identifier)
  }

  private func holder(of identifier: MechanismIdentifier) throws -> any SecurityMechanism {
    guard let holder = mechanisms.first(where: { $0.identifier == identifier }) else {
      throw AuthenticationError(.outOfSequence, "the negotiation chose a mechanism that was not offered")
    }
    return holder
  }

  private func carryOut(_ order: MechanismOrder, by holder: any SecurityMechanism) async throws -> MechanismAnswer {
    switch order {
    case .step(let token): .stepped(try await patience.bound { try await holder.step(token) })
    case .mic(let message): .mic(try await patience.bound { try await holder.mic(over: message) })
    case .verify(let message, let mic):
      try await patience.bound {
        try await holder.verify(mic: mic, over: message)
        return .verified
      }
    case .seal, .unseal, .askPolicy, .sealCredentials, .provePublicKey, .acceptCredentials:
      throw AuthenticationError(.outOfSequence, "SPNEGO gave an order that is not its own")
    }
  }

  private func wrapped<R>(_ body: () async throws -> R) async throws -> R {
    do { return try await body() } catch { throw AuthenticationError.wrapping(error) }
  }
}

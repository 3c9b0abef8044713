import SecuritySupport
public import WinRMHTTP

/// HTTP Kerberos: the tokens of RFC 4121 without SPNEGO around them. The service's AP-REP is always waited for, so that a server without
/// the service's key proves nothing and gets nothing.
public final class KerberosClientAuthentication: ClientAuthentication {
  private let mechanism: KerberosMechanism
  private let patience: MechanismPatience

  public let scheme = AuthenticationScheme.kerberos
  public private(set) var isFinished = false

  public init(mechanism: KerberosMechanism, patience: MechanismPatience = MechanismPatience()) {
    self.mechanism = mechanism
    self.patience = patience
  }

  public func next(_ token: [UInt8]?) async throws -> AuthenticationLeg {
    guard !isFinished else { throw AuthenticationError(.outOfSequence, "the Kerberos exchange has finished") }
    do {
      let step = try await patience.bound { [mechanism] in try await mechanism.step(token) }
      if step.isFinished {
        isFinished = true
        return .finished(lastToken: step.token)
      }
      guard let token = step.token else { throw AuthenticationError(.mechanism, "Kerberos has nothing to send and is not finished") }
      return .send(token)
    } catch {
      throw AuthenticationError.wrapping(error)
    }
  }

  public func protector() throws -> any MessageProtector {
    guard isFinished else { throw AuthenticationError(.unproven, "the server ended the exchange before it proved itself") }
    return NegotiateProtector(mechanism: mechanism, encryptionProtocol: .kerberos, patience: patience)
  }
}

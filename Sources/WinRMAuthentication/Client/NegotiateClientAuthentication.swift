public import SecuritySupport
public import WinRMHTTP

/// HTTP Negotiate: SPNEGO in `Authorization` and `WWW-Authenticate` (RFC 4559), whose context then protects the bodies.
public final class NegotiateClientAuthentication: ClientAuthentication {
  private let context: NegotiateContext

  public let scheme = AuthenticationScheme.negotiate

  public init(context: NegotiateContext) { self.context = context }

  public var isFinished: Bool { context.isFinished }
  /// The mechanism in use, once known.
  public var mechanism: MechanismIdentifier? { context.mechanism }

  public func next(_ token: [UInt8]?) async throws -> AuthenticationLeg {
    let step = try await context.step(token)
    if step.isFinished { return .finished(lastToken: step.token) }
    guard let token = step.token else { throw AuthenticationError(.mechanism, "the mechanism has nothing to send and is not finished") }
    return .send(token)
  }

  public func protector() throws -> any MessageProtector {
    guard context.isFinished else { throw AuthenticationError(.unproven, "the server ended the exchange before it proved itself") }
    return NegotiateProtector(mechanism: try context.selected())
  }
}

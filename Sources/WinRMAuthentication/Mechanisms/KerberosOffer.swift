public import Kerberos
public import SecuritySupport

/// Kerberos for one connection, with its first token made: the KDC has answered for the user and for the service.
public struct KerberosOffer: Sendable {
  public let mechanism: KerberosMechanism
  /// The user, as the KDC calls him.
  public let client: KerberosPrincipal
}

/// Where offers come from: whose tickets, and for which service.
public struct KerberosOfferSource: Sendable {
  public var credential: KerberosCredential
  /// The names of the service, in order.
  public var services: [KerberosServiceName]
  public var delegation: KerberosDelegation
  private let workers: KerberosWorkers

  /// The time for an answer in which a client still tells its user within five seconds that there was none.
  public static let patience = Duration.seconds(4)

  /// The threads of clients of this process.
  public static let clientWorkers = KerberosWorkers(deadline: patience)

  public init(
    credential: KerberosCredential, services: [KerberosServiceName], delegation: KerberosDelegation = .none,
    workers: KerberosWorkers = clientWorkers
  ) {
    self.credential = credential
    self.services = services
    self.delegation = delegation
    self.workers = workers
  }

  /// Fetches what tickets are missing and makes the first token.
  ///
  /// - Parameter channelBindings: those of the outer HTTPS connection; `nil` over HTTP and inside CredSSP.
  /// - Throws: `KerberosError` or `CancellationError`. Nothing has gone to the server.
  public func offer(channelBindings: ChannelBindings? = nil) async throws -> KerberosOffer {
    let initiator = KerberosInitiator(
      credential: credential,
      configuration: KerberosInitiatorConfiguration(services: services, delegation: delegation, channelBindings: channelBindings))
    let (client, first) = try await workers.run { [credential] in (try credential.acquire(), try initiator.step(nil)) }
    return KerberosOffer(mechanism: KerberosMechanism(initiator: initiator, prepared: first, workers: workers), client: client)
  }

  /// Why nothing was delegated to `service`, where the tickets tell.
  public func delegationObstacle(for service: KerberosServiceName) async -> KerberosDelegationObstacle? {
    (try? await workers.run { [credential] in credential.delegationObstacle(for: service) }) ?? nil
  }
}

import LogonInterface
import Logging
import SecuritySupport
import WSMan
import WinRMResources

/// Carries out the requests of proven callers.
struct RequestDispatcher: Sendable {
  /// An envelope for the client.
  struct Answer: Sendable {
    var envelope: [UInt8]
    var isFault: Bool
    /// Output inside the envelope: confirmed when the answer has been written, restored when it could not be.
    var delivery: CommandOutput.Delivery?
  }

  let registry: ShellRegistry
  let live: LiveSettings
  var envelopeSize: Int { live.limits.envelopeSize }
  let configuration: ConfigurationAccess
  /// Those of the resources of the service itself; the configuration has its own.
  let enumerations: Enumerations
  private let machine: String
  private let logger: Logger

  init(
    registry: ShellRegistry, live: LiveSettings, configuration: ConfigurationAccess, enumerations: Enumerations, machine: String,
    logger: Logger
  ) {
    self.registry = registry
    self.live = live
    self.configuration = configuration
    self.enumerations = enumerations
    self.machine = machine
    self.logger = logger
  }

  // MARK: Anonymous

  /// The answer to Identify for a caller that nobody has proven; `nil` for every other request.
  func anonymousAnswer(to bytes: [UInt8]) -> [UInt8]? {
    guard let request = try? WSManRequest(decoding: bytes, limits: XMLLimits(maximumBytes: 65_536)), request.body == .identify else {
      return nil
    }
    return WSManResponse(relatesTo: nil, action: nil, body: .identify(ServiceIdentity.anonymous())).encode()
  }

  /// The resource URI of a request whose caller's account depends on it; empty where there is none or nothing can be read.
  func resource(of bytes: [UInt8]) -> String {
    (try? WSManRequest(decoding: bytes, limits: XMLLimits(maximumBytes: envelopeSize)))?.header.resourceURI?.rawValue ?? ""
  }

  // MARK: Proven callers

  /// Carries out one request.
  ///
  /// - Returns: the answer, fault or not; `nil` when the asking connection is gone.
  func answer(to bytes: [UInt8], of caller: Caller) async -> Answer? {
    let request: WSManRequest
    do {
      request = try WSManRequest(decoding: bytes, limits: XMLLimits(maximumBytes: envelopeSize))
    } catch {
      logger.debug("request is not understood", metadata: ["fault": "\(error.subcode?.localName ?? error.code.rawValue)"])
      return fault(error, relatesTo: error.relatesTo)
    }
    do {
      var delivery: CommandOutput.Delivery?
      let body = try await carryOut(request, of: caller, delivery: &delivery)
      let envelope = response(to: request, body).encode()
      guard envelope.count <= min(request.header.maxEnvelopeSize, envelopeSize) else {
        delivery?.restore()
        return fault(.responseTooLarge(maximum: request.header.maxEnvelopeSize), relatesTo: request.header.messageID)
      }
      return Answer(envelope: envelope, isFault: false, delivery: delivery)
    } catch {
      guard let told = WSManFault.answering(error, commandID: request.commandID) else { return nil }
      if let failure = error as? LogonFailure { logger.debug("operation failed", metadata: ["cause": "\(failure)"]) }
      return fault(told, relatesTo: request.header.messageID)
    }
  }

  private func response(to request: WSManRequest, _ body: ResponseBody) -> WSManResponse {
    request.body == .identify
      ? WSManResponse(relatesTo: nil, action: nil, body: body) : WSManResponse(to: request.header, body: body)
  }

  private func fault(_ fault: WSManFault, relatesTo messageID: String?) -> Answer {
    Answer(envelope: fault.encode(relatesTo: messageID, machine: machine), isFault: true, delivery: nil)
  }

  /// Finds the resource, asks whether the caller may use it, and has the request carried out.
  private func carryOut(
    _ request: WSManRequest, of caller: Caller, delivery: inout CommandOutput.Delivery?
  ) async throws -> ResponseBody {
    if request.body == .identify {
      let offer = live.offer
      return .identify(ServiceIdentity.authenticated(schemes: offer.schemes, allowsUnencrypted: offer.allowsUnencrypted))
    }
    guard live.allowsRemoteAccess || caller.isLocal else { throw WSManFault.remoteAccessDisabled() }
    let access = live.access
    let route = try Route(request, access: access, configuration: configuration)
    try AccessGate(control: access, logger: logger).check(request, on: route.resource, of: caller)
    switch route {
    case .configuration: return try await configuration.answer(request, owner: caller.owner, envelopeSize: envelopeSize)
    case .resourceList: return try resourceList(request, of: caller, access: access)
    case .shell:
      guard case .network(let identity, let peer) = caller.origin else { throw WSManFault.shellsAreRemote() }
      return try await shellRequest(request, of: try identity.authorize(), peer: peer, delivery: &delivery)
    case .shellList, .commandList:
      try requireShellRights(caller)
      return try await shellList(request, of: caller)
    }
  }

  /// Whom the rules do not admit to shells has none to list or to close. Administrators see those of others.
  private func requireShellRights(_ caller: Caller) throws {
    guard case .network(let identity, _) = caller.origin, !caller.token.isAdministrator else { return }
    _ = try identity.authorize()
  }

  /// What an answer may take, in bytes.
  func answerSize(_ header: RequestHeader) -> Int { min(header.maxEnvelopeSize, envelopeSize) }
}

extension WSManRequest {
  fileprivate var commandID: String? {
    switch body {
    case .receive(let id, _), .signal(let id, _): id
    case .send(let blocks): blocks.first?.commandID
    default: nil
    }
  }
}

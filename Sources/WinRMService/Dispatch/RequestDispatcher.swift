import LogonInterface
import Logging
import SecuritySupport
import WSMan

/// Carries out the requests of proven callers.
struct RequestDispatcher: Sendable {
  /// An envelope for the client.
  struct Answer: Sendable {
    var envelope: [UInt8]
    var isFault: Bool
    /// Output inside the envelope: confirmed when the answer has been written, restored when it could not be.
    var delivery: CommandOutput.Delivery?
  }

  private let registry: ShellRegistry
  private let live: LiveSettings
  private let envelopeSize: Int
  private let machine: String
  private let logger: Logger

  init(registry: ShellRegistry, live: LiveSettings, envelopeSize: Int, machine: String, logger: Logger) {
    self.registry = registry
    self.live = live
    self.envelopeSize = envelopeSize
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

  /// Everything but Identify needs an identity that the rules admit; the compiler sees to it.
  private func carryOut(
    _ request: WSManRequest, of caller: Caller, delivery: inout CommandOutput.Delivery?
  ) async throws -> ResponseBody {
    if request.body == .identify {
      let offer = live.offer
      return .identify(ServiceIdentity.authenticated(schemes: offer.schemes, allowsUnencrypted: offer.allowsUnencrypted))
    }
    guard live.allowsRemoteAccess || caller.peer.isLoopback else { throw WSManFault.remoteAccessDisabled() }
    let authorized = try caller.identity.authorize()
    guard let resource = request.header.resourceURI else { throw WSManFault.invalidResourceURI() }
    guard resource.matches(.shellCmd) else {
      throw resource.isShell && resource.matches(.shell)
        ? WSManFault.actionNotSupported(request.header.action) : WSManFault.destinationUnreachable(resource)
    }
    let header = request.header
    switch request.body {
    case .createShell(let description):
      return try await create(description, header: header, identity: authorized, peer: caller.peer)
    case .command(let line):
      return try await shell(header, authorized).use { shell in
        .commandStarted(try await shell.start(line, skipsShell: header.option("WINRS_SKIP_CMD_SHELL")?.uppercased() == "TRUE"))
      }
    case .send(let blocks):
      return try await shell(header, authorized).use { shell in
        try await send(blocks, to: shell, header: header)
        return .sent
      }
    case .receive(let commandID, let streams):
      let received = try await receive(commandID, streams, from: shell(header, authorized), header: header)
      delivery = received
      return .received(received.result(commandID: commandID ?? ""))
    case .signal(let commandID, let code):
      return try await shell(header, authorized).use { shell in
        try await signal(code, commandID: commandID, shell: shell)
        return .signalled
      }
    case .deleteShell:
      try await registry.delete(header.shellID, of: authorized)
      return .deleted
    case .identify, .get, .put, .create, .delete, .enumerate, .pull, .release, .other:
      throw WSManFault.actionNotSupported(header.action)
    }
  }

  // MARK: Shells

  private func shell(_ header: RequestHeader, _ identity: AuthorizedIdentity) async throws -> Shell {
    try await registry.shell(header.shellID, of: identity)
  }

  private func create(
    _ description: ShellDescription, header: RequestHeader, identity: AuthorizedIdentity, peer: PeerAddress
  ) async throws -> ResponseBody {
    let options = try ShellOptions(description, header: header, limits: live.shellLimits)
    try await registry.create(options, for: identity, peer: peer)
    return .shellCreated(
      ShellDescription(
        shellID: options.shellID, name: options.name, resourceURI: .shellCmd, owner: identity.identity.accountName, clientIP: peer.host,
        idleTimeout: options.idleTimeout, shellRunTime: .zero, shellInactivity: .zero))
  }

  private func send(_ blocks: [StreamBlock], to shell: isolated Shell, header: RequestHeader) async throws {
    for (index, block) in blocks.enumerated() {
      guard block.name == "stdin" else { throw WSManFault.invalidInputStream(block.name) }
      guard let commandID = block.commandID else { throw WSManFault.invalidParameter("The stream names no command.") }
      let command = try shell.command(commandID)
      do throws(CommandInput.Failure) {
        try await command.input.send(block.data, end: block.end, timeout: operationTimeout(header))
      } catch {
        // The blocks before this one were taken: the request must not be sent again as it is.
        if index > 0, case .timedOut = error { throw WSManFault.timedOut }
        throw error
      }
    }
  }

  private func receive(
    _ commandID: String?, _ streams: [String], from shell: Shell, header: RequestHeader
  ) async throws -> CommandOutput.Delivery {
    guard let commandID else { throw WSManFault.invalidParameter("The command shell itself has no streams; name a command.") }
    var wanted: Set<CommandOutput.Stream> = []
    for name in streams {
      guard let stream = CommandOutput.Stream(rawValue: name) else { throw WSManFault.invalidOutputStream(name) }
      wanted.insert(stream)
    }
    guard !wanted.isEmpty else { throw WSManFault.invalidOutputStream("") }
    let budget = min(header.maxEnvelopeSize, envelopeSize) - Self.envelopeOverhead
    return try await shell.use { [wanted] shell in
      try await shell.command(commandID).output.receive(wanted, budget: budget, timeout: operationTimeout(header))
    }
  }

  private func signal(_ code: SignalCode, commandID: String?, shell: isolated Shell) async throws {
    let signal: ProcessSignal
    switch code.normalized {
    case .terminate:
      let ids = try commandID.map { [try shell.command($0).id] } ?? shell.allCommands.map(\.id)
      for id in ids { try await shell.terminate(id) }
      return
    case .controlC, .powerShellStop: signal = .interrupt
    case .controlBreak: signal = .break
    default: throw WSManFault.invalidParameter("The signal is none of terminate, ctrl_c and ctrl_break.")
    }
    let commands = try commandID.map { [try shell.command($0)] } ?? shell.allCommands
    for command in commands { try await command.interrupt(signal) }
  }

  /// What the client grants, at most what the service does.
  private func operationTimeout(_ header: RequestHeader) -> Duration {
    let most = live.shellLimits.operationTimeout
    return min(header.operationTimeout ?? most, most)
  }

  /// What an answer to Receive holds beside its streams, in bytes: headers, the end of both streams, the state.
  private static let envelopeOverhead = 2560
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

extension PeerAddress {
  /// Whether the connection comes from this machine.
  var isLoopback: Bool { host == "::1" || host.hasPrefix("127.") }
}

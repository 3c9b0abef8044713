import LogonInterface
import SecuritySupport
import WSMan

/// The shell protocol (MS-WSMV §3.1.4.1.31): what opens shells, runs commands in them, and ends both.
extension RequestDispatcher {
  /// Takes an identity that the rules admit; the compiler sees to it.
  func shellRequest(
    _ request: WSManRequest, of identity: AuthorizedIdentity, peer: PeerAddress, delivery: inout CommandOutput.Delivery?
  ) async throws -> ResponseBody {
    let header = request.header
    switch request.body {
    case .createShell(let description):
      return try await create(description, header: header, identity: identity, peer: peer)
    case .command(let line):
      return try await shell(header, identity).use { shell in
        .commandStarted(try await shell.start(line, skipsShell: header.option("WINRS_SKIP_CMD_SHELL")?.uppercased() == "TRUE"))
      }
    case .send(let blocks):
      return try await shell(header, identity).use { shell in
        try await send(blocks, to: shell, header: header)
        return .sent
      }
    case .receive(let commandID, let streams):
      let received = try await receive(commandID, streams, from: shell(header, identity), header: header)
      delivery = received
      return .received(received.result(commandID: commandID ?? ""))
    case .signal(let commandID, let code):
      return try await shell(header, identity).use { shell in
        try await signal(code, commandID: commandID, shell: shell)
        return .signalled
      }
    case .deleteShell:
      try await registry.delete(header.shellID, of: identity)
      return .deleted
    case .identify, .get, .put, .create, .delete, .enumerate, .pull, .release, .other:
      throw WSManFault.actionNotSupported(header.action)
    }
  }

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

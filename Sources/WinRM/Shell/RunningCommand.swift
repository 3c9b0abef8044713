import SecuritySupport
import WSMan

/// A command that runs on the server.
public final class RunningCommand: Sendable {
  private let shell: RemoteShell
  /// The server's identifier of the command.
  public let id: String
  private let progress: CommandProgress

  init(shell: RemoteShell, id: String) {
    self.shell = shell
    self.id = id
    progress = CommandProgress(shell: shell, commandID: id)
  }

  /// The command's output, in the order in which the server gives it, until the command has ended.
  ///
  /// The server is asked for more only when what came has been taken, so a slow reader slows the command down. To be iterated once.
  public var output: Output { Output(progress: progress) }

  /// The exit code; `nil` until ``output`` has ended, or when the server named none. Negative codes of Windows appear modulo 2³².
  public var exitCode: UInt32? { get async { await progress.exitCode } }

  /// Waits for the end, throwing away what output is left.
  ///
  /// - Throws: as iterating ``output`` does, and ``WinRMError`` when the server named no exit code.
  public func waitForExit() async throws -> UInt32 {
    while try await progress.next() != nil {}
    guard let code = await progress.exitCode else { throw shell.client.session.unexpected(.shell) }
    return code
  }

  /// Bytes of input per request: Base64 makes 4 bytes of 3, and the envelope must fit into the 150 KiB that old servers allow.
  static let inputBlockSize = 98_304

  /// Writes to the command's standard input, on a connection of its own. Input for a command that has ended is thrown away.
  public func write(_ bytes: [UInt8]) async throws {
    for start in stride(from: 0, to: bytes.count, by: Self.inputBlockSize) {
      let block = Array(bytes[start..<min(start + Self.inputBlockSize, bytes.count)])
      try await send(StreamBlock(name: "stdin", commandID: id, data: block), on: shell.client.inputLane)
    }
  }

  /// Closes the command's standard input.
  public func closeStandardInput() async throws { try await endInput(on: shell.client.inputLane) }

  /// Sends a signal, on a connection of its own: input that the command does not read holds no signal up. One that comes after the command's end does nothing.
  public func signal(_ signal: CommandSignal) async throws {
    try await ignoringGone {
      _ = try await shell.exchange(.signal, .signal(commandID: id, code: signal.code), on: shell.client.signalLane)
    }
  }

  func endInput(on lane: RequestLane) async throws {
    try await send(StreamBlock(name: "stdin", commandID: id, end: true), on: lane)
  }

  /// A command that does not read lets a Send time out. Where the server says that it took nothing, the same block is sent again, however
  /// long that lasts; elsewhere it might arrive twice, so the time-out is an error.
  private func send(_ block: StreamBlock, on lane: RequestLane) async throws {
    try await ignoringGone {
      while true {
        do {
          _ = try await shell.exchange(.send, .send([block]), on: lane)
          return
        } catch let fault as WSManFault where fault.saysInputNotTaken {
          try Task.checkCancellation()
        }
      }
    }
  }

  /// The command may end at any moment, so that what is sent to it may find nobody.
  private func ignoringGone(_ body: () async throws -> Void) async throws {
    do { try await body() } catch let fault as WSManFault {
      let brokenPipe = WinRMCode(rawValue: 109)  // ERROR_BROKEN_PIPE: the command has ended, its place is not free yet
      if fault.wsmanCode == .unexpectedSelectors || fault.wsmanCode == brokenPipe { return }
      throw shell.client.session.failure(fault, .shell)
    }
  }
}

extension RunningCommand {
  /// The output of a command as a sequence.
  public struct Output: AsyncSequence, Sendable {
    public typealias Element = CommandOutput
    public typealias Failure = any Error
    let progress: CommandProgress

    public func makeAsyncIterator() -> Iterator { Iterator(progress: progress) }

    public struct Iterator: AsyncIteratorProtocol {
      let progress: CommandProgress
      public mutating func next() async throws -> CommandOutput? { try await progress.next() }
    }
  }
}

/// What has come from a command so far.
actor CommandProgress {
  private let shell: RemoteShell
  private let commandID: String
  private var pending: ArraySlice<CommandOutput> = []
  private var isDone = false
  private(set) var exitCode: UInt32?

  init(shell: RemoteShell, commandID: String) {
    self.shell = shell
    self.commandID = commandID
  }

  /// The next piece; `nil` when the command has ended and all its output was taken.
  func next() async throws -> CommandOutput? {
    while true {
      if let piece = pending.popFirst() { return piece }
      if isDone { return nil }
      try await receive()
    }
  }

  /// Asks the server once. The end of a long poll without output is no error: ask again.
  private func receive() async throws {
    let body: ResponseBody
    do {
      body = try await shell.exchange(
        .receive, .receive(commandID: commandID, streams: ["stdout", "stderr"]), on: shell.client.mainLane,
        options: [OptionValue("WSMAN_CMDSHELL_OPTION_KEEPALIVE", "TRUE")])
    } catch let fault as WSManFault {
      if fault.wsmanCode == .operationTimedOut { return }
      throw shell.client.session.failure(fault, .shell)
    }
    guard case .received(let result) = body else { throw shell.client.session.unexpected(.shell) }
    pending += result.streams.compactMap(Self.piece)
    if case .done(let code) = result.state { (isDone, exitCode) = (true, code) }
  }

  private static func piece(_ block: StreamBlock) -> CommandOutput? {
    guard !block.data.isEmpty else { return nil }
    return switch block.name.lowercased() {
    case "stdout": .standardOutput(block.data)
    case "stderr": .standardError(block.data)
    default: nil
    }
  }
}

/// The state of a command (MS-WSMV §2.2.4.9).
public enum CommandState: Sendable, Equatable {
  /// More is to come.
  case running
  /// Blocked, or between the end of the process and ``done(exitCode:)``.
  case pending
  /// Ended. `exitCode` is `nil` when the server named none; negative codes of Windows appear modulo 2³².
  case done(exitCode: UInt32?)
}

/// The content of a `rsp:ReceiveResponse`.
public struct ReceiveResult: Sendable, Equatable {
  /// The blocks in the order in which they came.
  public var streams: [StreamBlock]
  public var state: CommandState
  /// The command that ``state`` is about; `nil` when the server said nothing about one.
  public var commandID: String?

  public init(streams: [StreamBlock], state: CommandState, commandID: String?) {
    self.streams = streams
    self.state = state
    self.commandID = commandID
  }
}

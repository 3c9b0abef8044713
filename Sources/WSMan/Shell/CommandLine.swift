/// What to run (MS-WSMV §2.2.4.7). The receiver joins command and arguments with single spaces; the sender quotes.
public struct CommandLine: Sendable, Equatable {
  /// A GUID chosen by the client, or `nil` to let the server choose. The server gives back the text as it came.
  public var commandID: String?
  public var command: String
  public var arguments: [String]

  public init(commandID: String? = nil, command: String, arguments: [String] = []) {
    self.commandID = commandID
    self.command = command
    self.arguments = arguments
  }
}

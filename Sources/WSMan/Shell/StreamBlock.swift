/// One `rsp:Stream`: a piece of a stream in either direction. Blocks of one stream follow one another; a character may be split.
public struct StreamBlock: Sendable, Equatable {
  /// `stdin`, `stdout`, `stderr`, or PowerShell's `pr`.
  public var name: String
  /// The command; `nil` for a stream of the shell itself.
  public var commandID: String?
  public var data: [UInt8]
  /// Whether the stream ends after this block.
  public var end: Bool

  public init(name: String, commandID: String?, data: [UInt8] = [], end: Bool = false) {
    self.name = name
    self.commandID = commandID
    self.data = data
    self.end = end
  }
}

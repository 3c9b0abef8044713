/// The service of this machine, as a process that does not belong to it sees it: whether it runs, and how it is started.
public struct ServiceControl: Sendable {
  /// Why the service could not be started.
  public struct Failure: Error {
    public var message: String
    public init(_ message: String) { self.message = message }
  }

  /// Whether it runs.
  public var isRunning: @Sendable () -> Bool
  /// Starts it now and whenever the machine starts; `nil` where this process cannot.
  public var start: (@Sendable () throws(Failure) -> Void)?
  /// What somebody types who starts it by hand.
  public var command: String

  public init(isRunning: @escaping @Sendable () -> Bool, start: (@Sendable () throws(Failure) -> Void)?, command: String) {
    self.isRunning = isRunning
    self.start = start
    self.command = command
  }
}

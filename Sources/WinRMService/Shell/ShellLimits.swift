/// What shells may take. 0 stands for "no limit" where a number of things is meant.
public struct ShellLimits: Sendable {
  /// Whether shells may be opened at all (`AllowRemoteShellAccess`).
  public var allowsShells = true
  /// The idle time-out of a shell whose client asks for none (`IdleTimeout`).
  public var idleTimeout: Duration = .milliseconds(7_200_000)
  /// What a client may ask for.
  public var idleTimeoutRange: ClosedRange<Duration> = .seconds(60) ... .milliseconds(2_147_483_647)
  /// Shells of one user.
  public var shellsPerUser = 30
  /// Users with a shell at the same time.
  public var concurrentUsers = 10
  /// Commands in one shell that have not been terminated by their client.
  public var processesPerShell = 25
  /// The commands that one shell may run in its life. Their ids are remembered, so that none runs twice.
  public var commandsPerShellLife = 100_000
  /// How long an operation may wait, and waits when the client does not say (`MaxTimeoutms`).
  public var operationTimeout: Duration = .milliseconds(60_000)
  /// How much output of one stream is kept before its pipe is left alone, in bytes.
  public var outputBuffer = 1 << 20
  /// How much input is kept for a command that does not read it, in bytes.
  public var inputBuffer = 1 << 20
  /// How long a command that has ended may leave its pipes open without writing before they are closed: a background process that
  /// inherited them does not keep the command from ending.
  public var orphanedPipeTimeout: Duration = .seconds(1)

  public init() {}
}

public import WSMan

/// How a remote shell is opened.
public struct ShellOptions: Sendable, Hashable {
  /// Variables for every command of the shell, in order.
  public var environment: [EnvironmentVariable]
  /// Where commands start; `nil` for the user's home.
  public var workingDirectory: String?
  /// After how long without a request the server ends the shell; `nil` for the server's own value.
  public var idleTimeout: Duration?
  /// Whether the user's profile is left alone (`WINRS_NOPROFILE`). Default false.
  public var noProfile: Bool
  /// The code page of the streams (`WINRS_CODEPAGE`). Default 65001, which is UTF-8.
  public var codePage: Int

  public init(
    environment: [EnvironmentVariable] = [], workingDirectory: String? = nil, idleTimeout: Duration? = nil, noProfile: Bool = false,
    codePage: Int = 65_001
  ) {
    self.environment = environment
    self.workingDirectory = workingDirectory
    self.idleTimeout = idleTimeout
    self.noProfile = noProfile
    self.codePage = codePage
  }
}

/// How a command is run.
public struct CommandOptions: Sendable, Hashable {
  /// Whether standard input is a console rather than a pipe (`WINRS_CONSOLEMODE_STDIN`). Default false.
  public var consoleInput: Bool
  /// Whether the program is started without a shell around it (`WINRS_SKIP_CMD_SHELL`). Default false.
  public var skipShell: Bool
  /// Whether standard input is closed before the command's output is first asked for. Default false: close it yourself, or the
  /// command waits for input for ever.
  public var closesStandardInput: Bool

  public init(consoleInput: Bool = false, skipShell: Bool = false, closesStandardInput: Bool = false) {
    self.consoleInput = consoleInput
    self.skipShell = skipShell
    self.closesStandardInput = closesStandardInput
  }
}

/// A piece of a command's output, as the server sent it. A character may be split between two.
public enum CommandOutput: Sendable, Hashable {
  case standardOutput([UInt8])
  case standardError([UInt8])
}

/// What can be sent to a running command.
public enum CommandSignal: Sendable, Hashable {
  case controlC
  case controlBreak
  /// Ends the command.
  case terminate

  var code: SignalCode {
    switch self {
    case .controlC: .controlC
    case .controlBreak: .controlBreak
    case .terminate: .terminate
    }
  }
}

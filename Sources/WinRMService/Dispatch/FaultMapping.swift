import LogonInterface
import SecuritySupport
import WSMan

extension WSManFault {
  /// What the client is told about a failed operation. Nothing else turns errors into faults.
  ///
  /// `nil` when there is nobody left to tell: the asking connection is gone.
  static func answering(_ error: any Error, commandID: String?) -> WSManFault? {
    switch error {
    case let fault as WSManFault: fault
    case let failure as LogonFailure: answering(failure)
    case let failure as CommandOutput.Failure: answering(failure, commandID: commandID)
    case let failure as CommandInput.Failure: answering(failure)
    case is CancellationError: nil
    default: .internalError(.internalFailure, "The service could not carry out the operation.")
    }
  }

  private static func answering(_ failure: LogonFailure) -> WSManFault? {
    switch failure.code {
    case .refused, .accessDenied:
      .accessDenied("The account may not do this here.")
    case .quota:
      .internalError(.quotaMaxOperations, "The logon authority has as many sessions or processes as it may have. Try again later.")
    case .invalidArgument:
      // The authority's own words: which rule, and at most the name of a variable that follows the rules for names.
      .invalidParameter("The command or the shell is not permitted: \(failure.message.sanitizedForLog(limit: 256)).")
    case .spawnFailed(errno: 2, stage: .execute), .spawnFailed(errno: 20, stage: .execute):
      .executableNotFound("The program of the command was not found.")
    case .spawnFailed(errno: 13, stage: .execute):
      .internalError(.accessDenied, "The program of the command may not be executed.", provider: provider)
    case .spawnFailed(errno: 2, stage: .workingDirectory), .spawnFailed(errno: 20, stage: .workingDirectory):
      .internalError(WinRMCode(rawValue: 0x8007_010B), "The working directory does not exist.", provider: provider)
    case .spawnFailed(_, stage: .workingDirectory):
      .internalError(.accessDenied, "The working directory cannot be entered.", provider: provider)
    case .spawnFailed:
      .internalError(.internalFailure, "The command could not be started.", provider: provider)
    case .notFound, .outOfSequence:
      .operationAborted()
    case .limit:
      .invalidParameter("The command, its arguments or its environment are too long.")
    case .unavailable, .undecided, .malformed:
      .internalError(.internalFailure, "The logon authority cannot work now.")
    case .cancelled:
      nil
    }
  }

  private static func answering(_ failure: CommandOutput.Failure, commandID: String?) -> WSManFault? {
    switch failure {
    case .timedOut: .timedOut
    case .concurrent: .concurrency("Another Receive for this command is outstanding.")
    case .finished: .unexpectedSelectors(.command(commandID ?? ""))
    case .aborted: .operationAborted()
    case .serviceStops: .serviceStops()
    case .cancelled: nil
    }
  }

  private static func answering(_ failure: CommandInput.Failure) -> WSManFault? {
    switch failure {
    case .timedOut: .inputNotTaken
    case .concurrent: .concurrency("Another Send for this command is outstanding.")
    case .ended: .invalidParameter("The standard input of the command has ended.", code: .brokenPipe)
    case .cancelled: nil
    }
  }

  private static let provider = "Shell cmd plugin"

  /// The service is being stopped, and its shells with it.
  static func serviceStops() -> WSManFault {
    .internalError(.operationAborted, "The operation was aborted because the service is stopping.")
  }

  /// Several users have a shell of that id.
  static func ambiguousShell() -> WSManFault {
    WSManFault(
      code: .sender, subcode: XMLName(.wsman, "InvalidSelectors"), detail: .ambiguousSelectors, wsmanCode: .ambiguousSelectors,
      reason: "Several users have a shell with this ShellId.")
  }

  /// Commands are listed for one shell.
  static func shellFilterExpected() -> WSManFault {
    WSManFault(
      code: .sender, subcode: XMLName(.enumeration, "CannotProcessFilter"), wsmanCode: .shellFilterExpected,
      reason: "Commands are listed for one shell, which a selector filter names by its ShellId.")
  }

  /// The socket on this machine is for the configuration.
  static func shellsAreRemote() -> WSManFault {
    .internalError(
      .notSupported, "Shells are opened and used over the network, with an account of the service, and not by the socket on this machine.")
  }

  /// Requests of other machines are switched off.
  static func remoteAccessDisabled() -> WSManFault {
    WSManFault(
      code: .sender, subcode: XMLName(.wsman, "AccessDenied"), wsmanCode: .remoteAccessDisabled,
      reason: "The service accepts no requests of other machines: AllowRemoteAccess is false.")
  }
}

extension WinRMCode {
  /// ERROR_INTERNAL_ERROR.
  static let internalFailure = Self(rawValue: 1359)
  /// ERROR_WSMAN_AMBIGUOUS_SELECTORS.
  static let ambiguousSelectors = Self(rawValue: 0x8033_805E)
  /// ERROR_WSMAN_ENUMERATE_SHELLCOMAMNDS_FILTER_EXPECTED, as its header file spells it.
  static let shellFilterExpected = Self(rawValue: 0x8033_81C0)
  /// ERROR_NOT_SUPPORTED.
  static let notSupported = Self(rawValue: 50)
  /// ERROR_BROKEN_PIPE.
  static let brokenPipe = Self(rawValue: 109)
  /// ERROR_WSMAN_SERVICE_REMOTE_ACCESS_DISABLED.
  static let remoteAccessDisabled = Self(rawValue: 0x8033_81DD)
}

extension FaultDetail {
  static let ambiguousSelectors = Self(rawValue: "http://schemas.dmtf.org/wbem/wsman/1/wsman/faultDetail/AmbiguousSelectors")
}

public import SecuritySupport

extension WSManFault {
  /// A long poll or another operation reached its time (row 1): the client asks again.
  public static let timedOut = WSManFault(
    code: .receiver, subcode: XMLName(.wsman, "TimedOut"), wsmanCode: .operationTimedOut,
    reason: "The operation did not complete within the time given by OperationTimeout.")

  /// What ``unexpectedSelectors(_:)`` did not find.
  public enum MissingThing: Sendable, Equatable {
    case shell(String)
    case command(String)
  }

  /// No such shell, or no such command in it (rows 2 and 3). A shell of another user gets the same answer.
  public static func unexpectedSelectors(_ missing: MissingThing) -> WSManFault { .schemaValidationError("not implemented") }
  /// Proven, but not allowed (row 20).
  public static func accessDenied(_ reason: String = "Access is denied.") -> WSManFault { .schemaValidationError(reason) }
  /// Too many shells of this user (row 21).
  public static func quotaMaxShells(limit: Int) -> WSManFault { .schemaValidationError("") }
  /// Too many operations of this user (row 21).
  public static func quotaMaxOperations(limit: Int) -> WSManFault { .schemaValidationError("") }
  /// Too many commands in one shell.
  public static func quotaMaxCommands(limit: Int) -> WSManFault { .schemaValidationError("") }
  /// The resource does not know this action (row 9).
  public static func actionNotSupported(_ action: WSManAction?) -> WSManFault { .schemaValidationError("") }
  /// No such resource (row 7).
  public static func destinationUnreachable(_ resource: ResourceURI?) -> WSManFault { .schemaValidationError("") }
  /// A resource URI that is missing or malformed (row 8).
  public static func invalidResourceURI() -> WSManFault { .schemaValidationError("") }
  /// A parameter that the shell refuses (row 5), with code 87 unless another is given.
  public static func invalidParameter(_ reason: String, code: WinRMCode = WinRMCode(rawValue: 87)) -> WSManFault {
    .schemaValidationError("")
  }
  /// The body is not what the action asks for (row 16).
  public static func schemaValidationError(_ reason: String) -> WSManFault {
    WSManFault(
      code: .sender, subcode: XMLName(.wsman, "SchemaValidationError"), wsmanCode: WinRMCode(rawValue: 0x8033_8041), reason: reason)
  }
  /// The response would be larger than the client takes (row 15).
  public static func responseTooLarge(maximum: Int) -> WSManFault { .schemaValidationError("") }
  /// The code page asked for cannot be served.
  public static func codePageNotSupported(_ codePage: String) -> WSManFault { .schemaValidationError("") }
  /// Something failed on this side; `code` is a Win32 code or HRESULT.
  public static func internalError(_ code: WinRMCode, _ reason: String, provider: String? = nil) -> WSManFault {
    .schemaValidationError("")
  }
  /// The program of a command was not found (row 4).
  public static func executableNotFound(_ reason: String) -> WSManFault { .schemaValidationError("") }
  /// The shell or command went away while the operation waited (row 31).
  public static func operationAborted() -> WSManFault { .schemaValidationError("") }
  /// The resource is busy with another operation (row 27).
  public static func concurrency(_ reason: String) -> WSManFault { .schemaValidationError("") }
  /// The id is taken (row 28).
  public static func alreadyExists(_ reason: String) -> WSManFault { .schemaValidationError("") }
  /// A header that must be understood is not (row 11).
  public static func mustUnderstand(_ header: XMLName) -> WSManFault { .schemaValidationError("") }
  /// An option with MustComply that is not known (row 17).
  public static func invalidOption(_ name: String) -> WSManFault { .schemaValidationError("") }
  /// A feature that is not there; ``FaultDetail`` says which.
  public static func unsupportedFeature(_ detail: FaultDetail, code: WinRMCode, _ reason: String) -> WSManFault {
    .schemaValidationError("")
  }
  /// A selector that the operation needs is missing (row 18).
  public static func insufficientSelectors(_ name: String) -> WSManFault { .schemaValidationError("") }
  /// The requested idle time-out is out of range.
  public static func idleTimeoutOutOfRange(minimum: Duration, maximum: Duration) -> WSManFault { .schemaValidationError("") }
  /// Remote shells are switched off.
  public static func remoteShellsNotAllowed() -> WSManFault { .schemaValidationError("") }
}

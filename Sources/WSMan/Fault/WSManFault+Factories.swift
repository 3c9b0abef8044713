public import SecuritySupport

/// The faults that a service answers with. Codes, subcodes and numbers are those of Windows where they are known.
extension WSManFault {
  // MARK: Shells and commands

  /// What ``unexpectedSelectors(_:)`` did not find.
  public enum MissingThing: Sendable, Equatable {
    /// No shell of that id that belongs to the caller.
    case shell(String)
    /// No command of that id, or one that has ended and been forgotten.
    case command(String)
  }

  /// A long poll or another operation reached its time: the client asks again (0x80338029).
  public static let timedOut = WSManFault(
    code: .receiver, subcode: XMLName(.wsman, "TimedOut"), wsmanCode: .operationTimedOut,
    reason: "The operation did not end within its OperationTimeout. Send it again to go on waiting.")

  /// A Send reached its time because the command reads no input, and none of its bytes was taken: it may be sent again. The number inside
  /// says so (1237, ERROR_RETRY); a TimedOut without it leaves open how much was taken.
  public static let inputNotTaken = WSManFault(
    code: .receiver, subcode: XMLName(.wsman, "TimedOut"), wsmanCode: .operationTimedOut,
    reason: "The command did not read its input within the OperationTimeout. Nothing of this Send was taken.",
    providerFault: ProviderFault(
      provider: "Shell cmd plugin", code: WinRMCode.retry.rawValue,
      message: "The command did not read its input within the OperationTimeout. Nothing of this Send was taken."))

  /// Whether the fault is ``inputNotTaken``.
  public var saysInputNotTaken: Bool { wsmanCode == .operationTimedOut && providerFault?.code == WinRMCode.retry.rawValue }

  /// No such shell, or no such command in it (0x8033805B). The shell of somebody else gets the same answer.
  public static func unexpectedSelectors(_ missing: MissingThing) -> WSManFault {
    switch missing {
    case .shell(let id):
      let reason = "There is no shell with the ShellId \(shown(id)) for this user: it was closed, has expired, or never was."
      return WSManFault(
        code: .sender, subcode: XMLName(.wsman, "InvalidSelectors"), detail: .unexpectedSelectors, wsmanCode: .unexpectedSelectors,
        reason: reason,
        providerFault: ProviderFault(provider: "Shell provider", code: WinRMCode.unexpectedSelectors.rawValue, message: reason))
    case .command(let id):
      return WSManFault(
        code: .sender, subcode: XMLName(.wsman, "InvalidSelectors"), detail: .unexpectedSelectors, wsmanCode: .unexpectedSelectors,
        reason: "The shell has no command with the CommandId \(shown(id)): it has ended and was released, or never was.")
    }
  }

  /// Too many shells of this user (0x803381A5).
  public static func quotaMaxShells(limit: Int) -> WSManFault {
    quota(.quotaMaxShells, "This user has \(limit) shells, as many as allowed (MaxShellsPerUser). Close one and try again.")
  }

  /// Too many operations of this user at once (0x803381A6).
  public static func quotaMaxOperations(limit: Int) -> WSManFault {
    quota(.quotaMaxOperations, "This user has \(limit) operations under way, as many as allowed. Try again later.")
  }

  /// Too many commands in one shell (0x803381E9).
  public static func quotaMaxCommands(limit: Int) -> WSManFault {
    quota(
      .quotaMaxCommandsPerShell,
      "The shell has \(limit) commands, as many as allowed (MaxProcessesPerShell). End one with the signal terminate and try again.")
  }

  /// Too many users with shells at once (0x803381AB).
  public static func quotaMaxShellUsers(limit: Int) -> WSManFault {
    quota(.quotaMaxShellUsers, "There are shells of \(limit) users, as many as allowed (MaxConcurrentUsers). Try again later.")
  }

  /// The code page asked for by `WINRS_CODEPAGE` cannot be served (0x80338140).
  public static func codePageNotSupported(_ codePage: String) -> WSManFault {
    WSManFault(
      code: .sender, subcode: XMLName(.wsman, "InvalidOptions"), detail: .notSupported, wsmanCode: .codePageNotSupported,
      reason: "The code page \(shown(codePage)) is not supported here. Ask for 65001 (UTF-8) with the option WINRS_CODEPAGE.")
  }

  /// The requested idle time-out is out of range (0x803381F2).
  public static func idleTimeoutOutOfRange(minimum: Duration, maximum: Duration) -> WSManFault {
    WSManFault(
      code: .sender, subcode: XMLName(.wsman, "InvalidParameter"), detail: .invalidValue, wsmanCode: .idleTimeoutOutOfBounds,
      reason: "IdleTimeOut must be \(ISODuration(minimum).formatted) to \(ISODuration(maximum).formatted).")
  }

  /// Remote shells are switched off (0x803381AC).
  public static func remoteShellsNotAllowed() -> WSManFault {
    internalError(.remoteShellsNotAllowed, "Remote shells are switched off on this computer (winrs/AllowRemoteShellAccess).")
  }

  /// The program of a command was not found (0x80070002).
  public static func executableNotFound(_ reason: String) -> WSManFault {
    internalError(.fileNotFound, reason, provider: "Shell cmd plugin")
  }

  /// The shell or command went away while the operation waited (995).
  public static func operationAborted() -> WSManFault {
    internalError(.operationAborted, "The operation was aborted because its shell or command was closed.")
  }

  /// Input for a stream that the shell does not have (0x8033818B).
  public static func invalidInputStream(_ name: String) -> WSManFault {
    invalidParameter("The shell has no input stream \(shown(name)).", code: .shellInvalidInputStream)
  }

  /// Output is asked for of a stream that the shell does not have (0x8033818D).
  public static func invalidOutputStream(_ name: String) -> WSManFault {
    invalidParameter("The shell has no output stream \(shown(name)).", code: .shellInvalidDesiredStreams)
  }

  // MARK: Access, resources, actions

  /// Proven, but not allowed (5).
  public static func accessDenied(_ reason: String = "Access is denied.") -> WSManFault {
    WSManFault(code: .sender, subcode: XMLName(.wsman, "AccessDenied"), wsmanCode: .accessDenied, reason: reason)
  }

  /// The resource does not know this action (0x80338013).
  public static func actionNotSupported(_ action: WSManAction?) -> WSManFault {
    WSManFault(
      code: .sender, subcode: XMLName(.addressing, "ActionNotSupported"), wsmanCode: .actionNotSupported,
      reason: "The action \(shown(action?.rawValue ?? "")) is not supported for this resource.")
  }

  /// No such resource (0x80338000).
  public static func destinationUnreachable(_ resource: ResourceURI?) -> WSManFault {
    WSManFault(
      code: .sender, subcode: XMLName(.addressing, "DestinationUnreachable"), detail: .resourceNotFound, wsmanCode: .resourceNotFound,
      reason: "There is no resource \(shown(resource?.rawValue ?? "")) with these selectors here.")
  }

  /// A resource URI that is missing or malformed (0x8033803B).
  public static func invalidResourceURI() -> WSManFault {
    WSManFault(
      code: .sender, subcode: XMLName(.addressing, "DestinationUnreachable"), detail: .invalidResourceURI, wsmanCode: .invalidResourceURI,
      reason: "The header ResourceURI is missing or not an absolute URI.")
  }

  /// The resource is busy with another operation (0x80338032).
  public static func concurrency(_ reason: String) -> WSManFault {
    WSManFault(code: .sender, subcode: XMLName(.wsman, "Concurrency"), wsmanCode: .concurrency, reason: reason)
  }

  /// The id is taken (0x80338033).
  public static func alreadyExists(_ reason: String) -> WSManFault {
    WSManFault(code: .sender, subcode: XMLName(.wsman, "AlreadyExists"), wsmanCode: .alreadyExists, reason: reason)
  }

  /// A selector that the operation needs is missing (0x8033805A).
  public static func insufficientSelectors(_ name: String) -> WSManFault {
    invalidSelectors(.insufficientSelectors, code: .insufficientSelectors, "The selector \(name) is missing.")
  }

  static func invalidSelectors(_ detail: FaultDetail, code: WinRMCode, _ reason: String) -> WSManFault {
    WSManFault(code: .sender, subcode: XMLName(.wsman, "InvalidSelectors"), detail: detail, wsmanCode: code, reason: reason)
  }

  /// Something failed on this side; `code` is a Win32 code or HRESULT, `provider` the part that failed.
  public static func internalError(_ code: WinRMCode, _ reason: String, provider: String? = nil) -> WSManFault {
    WSManFault(
      code: .receiver, subcode: XMLName(.wsman, "InternalError"), wsmanCode: code, reason: reason,
      providerFault: provider.map { ProviderFault(provider: $0, message: reason) })
  }

  private static func quota(_ code: WinRMCode, _ reason: String) -> WSManFault {
    WSManFault(code: .sender, subcode: XMLName(.wsman, "QuotaLimit"), wsmanCode: code, reason: reason)
  }

  // MARK: What is wrong with a message

  /// A parameter that the shell refuses: code 87 unless another is given.
  public static func invalidParameter(_ reason: String, code: WinRMCode = .invalidParameter) -> WSManFault {
    WSManFault(
      code: .sender, subcode: XMLName(.wsman, "InvalidParameter"), detail: .invalidValue, wsmanCode: code, reason: reason,
      providerFault: code == .invalidParameter ? ProviderFault(provider: "Shell cmd plugin", message: reason) : nil)
  }

  /// The message is not what its action asks for (0x80338041).
  public static func schemaValidationError(_ reason: String) -> WSManFault {
    WSManFault(code: .sender, subcode: XMLName(.wsman, "SchemaValidationError"), wsmanCode: .schemaValidationError, reason: reason)
  }

  /// A limit of the encoding: size, character set, number of parts.
  public static func encodingLimit(_ detail: FaultDetail?, code: WinRMCode = .encodingLimit, _ reason: String) -> WSManFault {
    WSManFault(code: .sender, subcode: XMLName(.wsman, "EncodingLimit"), detail: detail, wsmanCode: code, reason: reason)
  }

  /// The response would be larger than the client takes (0x80338048).
  public static func responseTooLarge(maximum: Int) -> WSManFault {
    encodingLimit(
      .maxEnvelopeSize, code: .maxEnvelopeSizeExceeded,
      "The response would be larger than \(maximum) bytes, the MaxEnvelopeSize of the request.")
  }

  /// MaxEnvelopeSize is below 8192 (0x8033807E).
  public static func envelopeSizeTooSmall() -> WSManFault {
    encodingLimit(
      .minimumEnvelopeLimit, code: .minimumEnvelopeSize, "MaxEnvelopeSize must be at least \(RequestHeader.minimumEnvelopeSize) bytes.")
  }

  /// A header that must be understood is not (0x80338010).
  public static func mustUnderstand(_ header: XMLName) -> WSManFault {
    WSManFault(
      code: .mustUnderstand, subcode: nil, wsmanCode: .mustUnderstand,
      reason: "The header \(shown(header.localName)) must be understood but is not known here.", notUnderstood: header)
  }

  /// An envelope of another SOAP version than 1.2 (0x8033800D).
  public static func versionMismatch() -> WSManFault {
    WSManFault(
      code: .versionMismatch, subcode: nil, wsmanCode: .soapVersionMismatch, reason: "The message is not a SOAP 1.2 envelope.")
  }

  /// A header that must be there is missing (0x80338011).
  public static func headerRequired(_ name: String) -> WSManFault {
    WSManFault(
      code: .sender, subcode: XMLName(.addressing, "MessageInformationHeaderRequired"), wsmanCode: .messageInformationHeaderRequired,
      reason: "The header \(name) is missing.")
  }

  /// A header is malformed or given twice (0x8033800F).
  public static func invalidHeader(_ reason: String) -> WSManFault {
    WSManFault(
      code: .sender, subcode: XMLName(.addressing, "InvalidMessageInformationHeader"), wsmanCode: .invalidMessageInformationHeader,
      reason: reason)
  }

  /// An option with MustComply that is not known (0x80338051).
  public static func invalidOption(_ name: String) -> WSManFault {
    WSManFault(
      code: .sender, subcode: XMLName(.wsman, "InvalidOptions"), detail: .notSupported, wsmanCode: .optionsNotSupported,
      reason: "The option \(shown(name)) is marked MustComply but is not supported here.")
  }

  /// A feature that is not there; `detail` says which.
  public static func unsupportedFeature(
    _ detail: FaultDetail, code: WinRMCode = .unsupportedFeature, _ reason: String
  ) -> WSManFault {
    WSManFault(code: .sender, subcode: XMLName(.wsman, "UnsupportedFeature"), detail: detail, wsmanCode: code, reason: reason)
  }

  /// The fault for bytes that are no SOAP message.
  static func unreadable(_ error: WSManError) -> WSManFault {
    var fault: WSManFault =
      switch error.code {
      case .unsupportedEncoding: .encodingLimit(.characterSet, code: .characterSet, "Only UTF-8 and UTF-16 are read.")
      case .limit: .encodingLimit(nil, "The message exceeds a limit: \(error.message)")
      default: .schemaValidationError("The message is not a SOAP envelope: \(error.message)")
      }
    fault.cause = error
    return fault
  }

  /// Peer text in a sentence: short, and without control characters.
  private static func shown(_ text: String) -> String {
    let safe = text.unicodeScalars.prefix(128).map { $0.properties.generalCategory == .control ? "\u{FFFD}" : Character($0) }
    return "\"" + String(safe) + "\""
  }
}

public import SecuritySupport

/// Why the authority did not do what it was asked.
public struct LogonFailure: Error, Sendable, Equatable {
  public enum Code: Sendable, Equatable {
    /// The authentication was refused, with what the peer may know of it. Unknown, disabled and locked accounts and wrong passwords
    /// all say ``NTStatus/logonFailure``.
    case refused(NTStatus)
    /// Authenticated, but not authorised (Win32 5).
    case accessDenied
    /// Too many contexts, sessions or processes.
    case quota
    /// No such context, logon, session or process, or not any more.
    case notFound
    /// A value that the rules forbid: a variable, a directory, a command.
    case invalidArgument
    /// The command could not be started; `errno` says why.
    case spawnFailed(errno: Int32, stage: SpawnStage)
    /// The authority cannot work now: a broken accounts file, a lost connection.
    case unavailable
    /// Whether somebody is let in could not be found out: whoever has to be asked did not answer. Nothing is wrong with what was shown.
    case undecided
    /// The peer's token, or the frame, is malformed.
    case malformed
    /// The request does not fit the state of what it names.
    case outOfSequence
    /// A length limit was passed.
    case limit
    /// The asking task was cancelled.
    case cancelled
  }

  public var code: Code
  /// For the log: what happened, without secrets and without text of the peer. With `invalidArgument` it is also what the client is told:
  /// the rule, and the name of a variable that breaks it.
  public var message: String

  public init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  /// What may be told to the peer of the authentication as an NTSTATUS; `nil` where there is none.
  public var status: NTStatus? {
    switch code {
    case .refused(let status): status
    case .accessDenied: .accessDenied
    case .malformed, .outOfSequence: .logonFailure
    case .quota, .notFound, .invalidArgument, .spawnFailed, .unavailable, .undecided, .limit, .cancelled: nil
    }
  }
}

extension LogonFailure: CustomStringConvertible {
  public var description: String {
    let what: String =
      switch code {
      case .refused(let status): "refused, \(status)"
      case .accessDenied: "access denied"
      case .quota: "quota"
      case .notFound: "not found"
      case .invalidArgument: "invalid argument"
      case .spawnFailed(let errno, let stage): "not started, \(stage), errno \(errno)"
      case .unavailable: "unavailable"
      case .undecided: "undecided"
      case .malformed: "malformed"
      case .outOfSequence: "out of sequence"
      case .limit: "limit"
      case .cancelled: "cancelled"
      }
    return "\(what): \(message)"
  }
}

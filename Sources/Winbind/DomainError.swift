public import SecuritySupport

/// Why the domain gave no answer, or a refusal. Two errors are equal when code and status are.
public struct DomainError: Error, Sendable, Equatable {
  public var code: Code
  /// What happened, in one sentence with what to do where that is known. It holds no secret and no text of a peer.
  public var message: String
  /// What the domain controller, or winbind for it, refused a logon with.
  public var status: NTStatus?

  public init(_ code: Code, _ message: String, status: NTStatus? = nil) {
    self.code = code
    self.message = message
    self.status = status
  }

  /// A refused logon.
  public static func refused(_ status: NTStatus, _ message: String? = nil) -> DomainError {
    DomainError(.refused, message ?? "the domain refused the logon", status: status)
  }

  public static func == (left: Self, right: Self) -> Bool { left.code == right.code && left.status == right.status }

  /// The kinds of fault. New ones may be added.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    public let description: String
    private init(_ name: String) { description = name }

    /// winbind does not run here, or does not answer.
    public static let unavailable = Self("unavailable")
    /// winbind runs, and lets only root ask this.
    public static let notPermitted = Self("notPermitted")
    /// This host is no member of a domain.
    public static let notMember = Self("notMember")
    /// No domain controller can be reached.
    public static let noLogonServers = Self("noLogonServers")
    /// The logon was refused; ``DomainError/status`` says with what.
    public static let refused = Self("refused")
    /// The user exists and winbind maps it to no Unix user.
    public static let unmapped = Self("unmapped")
    /// The groups that are known may be older than what was asked about.
    public static let incomplete = Self("incomplete")
    /// No answer within the caller's deadline; the call may still be running.
    public static let timeout = Self("timeout")
    /// All slots for blocking calls are taken, most likely by calls that wait for winbind.
    public static let busy = Self("busy")
    /// winbind's answer breaks a rule: a length, a character, a number.
    public static let malformed = Self("malformed")
    /// The asking task was cancelled.
    public static let cancelled = Self("cancelled")
    /// A mistake of the caller, such as a challenge that has not 8 bytes.
    public static let local = Self("local")
    /// Anything else that winbind reports.
    public static let library = Self("library")
  }
}

extension DomainError: CustomStringConvertible {
  public var description: String { status.map { "\(code): \(message) (\($0))" } ?? "\(code): \(message)" }
}

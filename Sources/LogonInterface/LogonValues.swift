public import SecuritySupport

/// What an authentication is for.
public enum LogonPurpose: UInt8, Sendable, Hashable, CaseIterable {
  /// HTTP `Negotiate`: the context protects the messages that follow, and its keys are given to the network side.
  case negotiate = 0
  /// The inner context of CredSSP: its keys stay with the authority, which opens the delegated credentials with them.
  case credSSP = 1
  /// HTTP `Kerberos`: as `negotiate`, with bare Kerberos tokens and no SPNEGO.
  case kerberos = 2
  /// HTTP `Basic`: a password in clear text, and no context behind it.
  case basic = 3
  /// A client's certificate of TLS.
  case certificate = 4

  /// The scheme as HTTP and the log write it.
  public var schemeName: String {
    switch self {
    case .negotiate: "Negotiate"
    case .credSSP: "CredSSP"
    case .kerberos: "Kerberos"
    case .basic: "Basic"
    case .certificate: "Certificate"
    }
  }
}

/// Where a connection comes from. It serves the log and the rate limit and proves nothing.
public struct PeerAddress: Sendable, Hashable, CustomStringConvertible {
  /// How the connection is carried.
  public enum Transport: UInt8, Sendable, Hashable, CaseIterable {
    case http = 0
    case https = 1
  }

  /// The numeric address, without brackets or zone.
  public var host: String
  /// The port, 0 … 65 535.
  public var port: Int
  public var transport: Transport

  public init(host: String, port: Int, transport: Transport) {
    self.host = host
    self.port = port
    self.transport = transport
  }

  public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

/// What the network side needs to protect the messages of one established context, and nothing that could start another one.
public enum MessageKeys: Sendable {
  /// NTLM: the exported session key (16 bytes, fresh for each context; neither password nor hash can be derived from it), the negotiated
  /// flags (MS-NLMP §2.2.2.5), and the numbers of the acceptor's and of the initiator's next message.
  case ntlm(exportedSessionKey: SecretBytes, flags: UInt32, sendSequence: UInt32, receiveSequence: UInt32)
  /// Kerberos: the context as GSSAPI exports it, for the same library to take up; the service that the client's ticket is for, as
  /// `service/host`; and the context's flags (RFC 2744 §5.19).
  case kerberos(context: SecretBytes, service: String, flags: UInt32)
}

extension MessageKeys: Equatable {
  public static func == (left: Self, right: Self) -> Bool {
    switch (left, right) {
    case (.ntlm(let key, let flags, let send, let receive), .ntlm(let otherKey, let otherFlags, let otherSend, let otherReceive)):
      key.isEqual(to: otherKey) && flags == otherFlags && send == otherSend && receive == otherReceive
    case (.kerberos(let context, let service, let flags), .kerberos(let otherContext, let otherService, let otherFlags)):
      context.isEqual(to: otherContext) && service == otherService && flags == otherFlags
    case (.ntlm, .kerberos), (.kerberos, .ntlm): false
    }
  }
}

/// What the authority attests after a completed authentication. Anyone may hold one; only ``LogonClient`` makes an identity of it,
/// and only of one that an authority returned.
public struct LogonGrant: Sendable, Hashable {
  public var logonID: LogonID
  /// The canonical name: `HOST\user`, `DOMAIN\user`, or a principal of a realm that is no domain known here.
  public var accountName: String
  /// The Unix user that commands run as.
  public var unixUser: String
  /// The mechanism that proved it: `NTLM`, `Kerberos`, `Basic` or `Certificate`.
  public var mechanism: String
  public var purpose: LogonPurpose
  public var hasDelegatedCredentials: Bool
  /// Whether the service's rules admit the account to more than Identify. The authority asks its rules again for each session.
  public var isAuthorized: Bool
  /// Who the account is for access control.
  public var memberships: Memberships

  public init(
    logonID: LogonID, accountName: String, unixUser: String, mechanism: String, purpose: LogonPurpose, hasDelegatedCredentials: Bool,
    isAuthorized: Bool, memberships: Memberships = .unknown
  ) {
    self.logonID = logonID
    self.accountName = accountName
    self.unixUser = unixUser
    self.mechanism = mechanism
    self.purpose = purpose
    self.hasDelegatedCredentials = hasDelegatedCredentials
    self.isAuthorized = isAuthorized
    self.memberships = memberships
  }
}

/// One variable of an environment.
public struct EnvironmentVariable: Sendable, Hashable {
  public var name: String
  public var value: String

  public init(_ name: String, _ value: String) {
    self.name = name
    self.value = value
  }
}

/// How a logon session is to be opened.
public struct SessionOptions: Sendable, Hashable {
  /// Variables for every command of the session, checked against the authority's rules.
  public var environment: [EnvironmentVariable]
  /// An absolute path; `nil` means the user's home directory, or `/` where that cannot be entered.
  public var workingDirectory: String?
  /// The shell's identifier, for the log.
  public var shellID: String

  public init(environment: [(String, String)] = [], workingDirectory: String? = nil, shellID: String) {
    self.environment = environment.map { EnvironmentVariable($0.0, $0.1) }
    self.workingDirectory = workingDirectory
    self.shellID = shellID
  }
}

/// A command to start.
///
/// With a shell, `/bin/sh -c` gets the command line and the arguments joined by single spaces: quoting is the client's business, as
/// it is with `cmd /c`. Without a shell the command line is the program (searched in `PATH` unless it holds a slash) and each
/// argument is passed as it is; nothing is split or expanded.
public struct CommandSpecification: Sendable, Hashable {
  public var commandLine: String
  public var arguments: [String]
  /// Whether to start the program itself instead of `/bin/sh`.
  public var skipShell: Bool
  /// Variables for this command alone; they win over the session's.
  public var environment: [EnvironmentVariable]

  public init(commandLine: String, arguments: [String] = [], skipShell: Bool = false, environment: [(String, String)] = []) {
    self.commandLine = commandLine
    self.arguments = arguments
    self.skipShell = skipShell
    self.environment = environment.map { EnvironmentVariable($0.0, $0.1) }
  }
}

/// What can be sent to a running command. Each goes to the command's whole process group.
public enum ProcessSignal: UInt8, Sendable, Hashable, CaseIterable {
  /// Ctrl-C: SIGINT.
  case interrupt = 0
  /// Ctrl-Break: SIGQUIT, without a core dump.
  case `break` = 1
  /// SIGTERM, and SIGKILL after a grace period.
  case terminate = 2
}

/// How a command ended.
public enum ExitStatus: Sendable, Hashable {
  /// It exited by itself, with 0 … 255.
  case exited(code: Int32)
  /// A signal with this number ended it.
  case signaled(Int32)
}

/// The step of starting a process that failed. The raw values travel on the exec helper's status pipe.
public enum SpawnStage: UInt8, Sendable, Hashable, CaseIterable, CustomStringConvertible {
  /// Starting the exec helper itself.
  case helper = 0
  /// Reading and checking the specification.
  case specification = 1
  case session = 2
  case signals = 3
  case groups = 4
  case groupID = 5
  case userID = 6
  case limits = 7
  case workingDirectory = 8
  case privileges = 9
  case execute = 10
  case descriptors = 11

  public var description: String {
    switch self {
    case .helper: "start of the exec helper"
    case .specification: "specification"
    case .session: "new session"
    case .signals: "signal reset"
    case .groups: "supplementary groups"
    case .groupID: "group identifier"
    case .userID: "user identifier"
    case .limits: "resource limits"
    case .workingDirectory: "working directory"
    case .privileges: "no_new_privs"
    case .execute: "execution of the program"
    case .descriptors: "descriptors"
    }
  }
}

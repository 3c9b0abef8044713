import Glibc
import LogonAgent
import LogonInterface

/// A session as the authority keeps it.
struct LogonSession: Sendable {
  let id: SessionID
  let logonID: LogonID
  let grant: LogonGrant
  let user: UnixUser
  let options: SessionOptions
  /// `nil` without a delegated password.
  let agent: LogonAgentServer?
  /// `nil` without a delegated ticket, and without one for a delegated password.
  let ticket: SessionTicket?
  /// Why there is no ticket although there could be one.
  let ticketError: String?
  var processes: [ProcessID: RunningProcess] = [:]
  /// Ended ones last as long as this many younger ones have not ended too.
  private var ended: [ProcessID] = []
  /// Processes that are being started.
  var starting = 0

  /// How many ended processes still answer questions for their exit status.
  static let maximumEnded = 64

  init(
    id: SessionID, logonID: LogonID, grant: LogonGrant, user: UnixUser, options: SessionOptions, agent: LogonAgentServer?,
    ticket: SessionTicket? = nil, ticketError: String? = nil
  ) {
    self.id = id
    self.logonID = logonID
    self.grant = grant
    self.user = user
    self.options = options
    self.agent = agent
    self.ticket = ticket
    self.ticketError = ticketError
  }

  /// Processes that run, or whose groups hold others that do.
  var runningCount: Int { processes.values.count { !$0.isGone } + starting }

  /// Forgets the oldest of the processes that have ended.
  mutating func forgetEnded() {
    for (id, process) in processes where process.isGone && !ended.contains(id) { ended.append(id) }
    while ended.count > Self.maximumEnded { processes.removeValue(forKey: ended.removeFirst()) }
  }

  /// What the service itself tells commands of the session.
  var variables: [EnvironmentVariable] {
    var variables = [
      EnvironmentVariable("WINRM_SESSION", grant.purpose.schemeName.lowercased()), EnvironmentVariable("WINRM_ACCOUNT", grant.accountName),
      EnvironmentVariable("WINRM_MECHANISM", grant.mechanism), EnvironmentVariable("WINRM_CREDENTIALS", credentials),
    ]
    if let agent { variables.append(EnvironmentVariable("WINRM_AGENT_SOCKET", agent.socketPath)) }
    if let ticket { variables.append(EnvironmentVariable("KRB5CCNAME", ticket.file.name)) }
    if let ticketError { variables.append(EnvironmentVariable("WINRM_TICKET_ERROR", ticketError)) }
    return variables
  }

  /// What it can log on with elsewhere: `none`, `agent`, `ticket` or `ticket+agent`.
  var credentials: String {
    let kinds = (ticket == nil ? [] : ["ticket"]) + (agent == nil ? [] : ["agent"])
    return kinds.isEmpty ? "none" : kinds.joined(separator: "+")
  }
}

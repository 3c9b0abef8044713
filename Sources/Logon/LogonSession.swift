import Glibc
import LogonAgent
import LogonInterface

/// A session as the authority keeps it.
struct LogonSession: Sendable {
  let id: SessionID
  let logonID: LogonID
  let accountName: String
  let user: UnixUser
  let purpose: LogonPurpose
  let options: SessionOptions
  /// `nil` without delegated credentials.
  let agent: LogonAgentServer?
  var processes: [ProcessID: RunningProcess] = [:]
  /// Ended ones last as long as this many younger ones have not ended too.
  private var ended: [ProcessID] = []
  /// Processes that are being started.
  var starting = 0

  /// How many ended processes still answer questions for their exit status.
  static let maximumEnded = 64

  init(
    id: SessionID, logonID: LogonID, accountName: String, user: UnixUser, purpose: LogonPurpose, options: SessionOptions,
    agent: LogonAgentServer?
  ) {
    self.id = id
    self.logonID = logonID
    self.accountName = accountName
    self.user = user
    self.purpose = purpose
    self.options = options
    self.agent = agent
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
    var variables = [EnvironmentVariable("WINRM_SESSION", purpose == .credSSP ? "credssp" : "negotiate")]
    if let agent { variables.append(EnvironmentVariable("WINRM_AGENT_SOCKET", agent.socketPath)) }
    return variables
  }
}

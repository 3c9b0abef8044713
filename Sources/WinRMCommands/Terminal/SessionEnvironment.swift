#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// What `winrmd` tells the commands of a remote session in their environment.
enum SessionEnvironment {
  /// The path of the logon agent's socket.
  static let agentSocket = "WINRM_AGENT_SOCKET"
  /// How the session was opened: `negotiate` or `credssp`.
  static let session = "WINRM_SESSION"

  /// The two variables, where they are set.
  static var current: [String: String] {
    var environment: [String: String] = [:]
    for name in [agentSocket, session] {
      if let value = getenv(name) { environment[name] = String(cString: value) }
    }
    return environment
  }
}

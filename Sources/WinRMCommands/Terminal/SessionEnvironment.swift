import WinRM

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

  /// The socket of the session's agent; `nil` where there is none.
  static func agentSocket(in environment: [String: String]) -> String? {
    environment[agentSocket].flatMap { $0.isEmpty ? nil : $0 }
  }

  /// The variables that are set, with those that name proxies. Those of Kerberos are read by its library.
  static var current: [String: String] {
    var environment: [String: String] = [:]
    for name in [agentSocket] + EnclosingSession.variables + ProxySettings.variables {
      if let value = getenv(name) { environment[name] = String(cString: value) }
    }
    return environment
  }
}

import WinRMConfiguration
import WinRMResources

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The service as this system's service manager has it: systemd, where it runs the machine, root asks, and the unit is installed.
enum SystemService {
  private static let unit = "winrmd.service"

  /// - Parameter paths: those of the service that is meant. Nobody listens on its socket: that has been found out.
  static func control(_ paths: WinRMPaths) -> ServiceControl {
    // A service below WINRM_ROOT, and somebody's own, are none of the system's.
    let isMachine = paths.serviceSocket == WinRMPaths.current(environment: [:], effectiveUserID: 0).serviceSocket
    guard isMachine, access("/run/systemd/system", F_OK) == 0, isInstalled() else {
      return ServiceControl(isRunning: { false }, start: nil, command: "winrmd")
    }
    let command = "systemctl enable --now winrmd"
    guard geteuid() == 0 else {
      return ServiceControl(isRunning: { systemctl(["is-active", "--quiet", unit]) == 0 }, start: nil, command: command)
    }
    return ServiceControl(
      isRunning: { systemctl(["is-active", "--quiet", unit]) == 0 },
      start: { () throws(ServiceControl.Failure) in try start(paths, command: command) }, command: command)
  }

  /// What starts a service anew that hangs, by its socket.
  ///
  /// - Parameter process: the one that hangs, where it is known.
  static func restart(socket: String, process: Int32? = nil) -> String {
    let isMachine = socket == WinRMPaths.current(environment: [:], effectiveUserID: 0).serviceSocket
    if isMachine, access("/run/systemd/system", F_OK) == 0, isInstalled() { return "systemctl restart winrmd" }
    return process.map { "kill -KILL \($0); winrmd" } ?? "end it (kill -KILL; \"winrm doctor\" names its process), and run winrmd again"
  }

  private static func isInstalled() -> Bool {
    ["/etc", "/run", "/usr/local/lib", "/usr/lib", "/lib"].contains { access("\($0)/systemd/system/\(unit)", F_OK) == 0 }
  }

  private static func start(_ paths: WinRMPaths, command: String) throws(ServiceControl.Failure) {
    guard systemctl(["enable", "--now", unit]) == 0 else {
      throw ServiceControl.Failure("\(command) failed. See: systemctl status winrmd")
    }
    // It listens on its socket when it serves.
    for _ in 0..<100 {
      if (try? SocketExchange.isAlive(paths.serviceSocket)) == true { return }
      usleep(100_000)
    }
    throw ServiceControl.Failure("The service was started and does not answer. See: systemctl status winrmd")
  }

  /// - Returns: the exit code; `nil` when it could not be run.
  private static func systemctl(_ arguments: [String]) -> Int32? {
    try? ChildProcess.run("systemctl", arguments, maximumOutput: 1 << 20, seconds: 60).exitCode
  }
}

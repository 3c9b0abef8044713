import SecuritySupport
import WinRM
import WinRMConfiguration

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Which service a command without `-remote` means, and how it is asked.
///
/// With `WINRM_ROOT`, and for root, it is the one whose files are there. An ordinary user means their own service when it runs or has
/// been configured, otherwise the machine's when it runs, otherwise their own.
struct LocalService {
  enum Place: Equatable {
    /// A service that runs, by its socket.
    case socket(String)
    /// A service that does not run, by its files.
    case files
  }

  var paths: WinRMPaths
  var environment: [String: String]
  var userID = WinRMPaths.processUserID
  /// The socket of the machine's service.
  var machineSocket = WinRMPaths.current(environment: [:], effectiveUserID: 0).serviceSocket

  /// The service's resources.
  ///
  /// - Parameter timeout: `-timeout`.
  /// - Throws: ``WinRMError`` for a service that runs and cannot be asked.
  func resources(timeout: Duration? = nil) throws -> any ResourceAccess {
    switch try place() {
    case .socket(let path):
      LocalAccess(
        exchange: SocketExchange(path: path, userID: userID, limits: limits, remedy: SystemService.restart(socket: path)),
        operationTimeout: timeout)
    case .files: LocalAccess(exchange: InProcessExchange(paths: paths, userID: userID), operationTimeout: timeout)
    }
  }

  func place() throws -> Place {
    if try SocketExchange.isAlive(paths.serviceSocket) { return .socket(paths.serviceSocket) }
    let isOwn = environment["WINRM_ROOT"].map { !$0.isEmpty } ?? false || userID == 0 || paths.serviceSocket == machineSocket
    guard !isOwn, ![paths.settingsFile, paths.settingsChangesFile].contains(where: Self.exists) else { return .files }
    return (try? SocketExchange.isAlive(machineSocket)) == true ? .socket(machineSocket) : .files
  }

  /// Those of the machine; settings that cannot be read are complained of elsewhere.
  private var limits: SocketExchange.Limits {
    var limits = SocketExchange.Limits()
    guard let settings = try? ConfigurationStore(paths: paths).loadForClient() else { return limits }
    limits.operation = .milliseconds(Int64(settings.maxTimeoutms))
    limits.delay = .milliseconds(Int64(settings.client.networkDelayms))
    return limits
  }

  private static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }
}

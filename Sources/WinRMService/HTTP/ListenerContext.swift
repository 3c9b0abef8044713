import LogonInterface
import Logging
import WinRMConfiguration

/// What a connection has from its listener.
struct ListenerContext: Sendable {
  /// The URLPrefixes that are answered now, without slashes at their ends.
  let prefixes: @Sendable () -> [String]
  /// What it shows, for HTTPS; `nil` for HTTP.
  let tls: ListenerTLS?
  let transport: PeerAddress.Transport
  let live: LiveSettings
  let logon: LogonClient
  let dispatcher: RequestDispatcher
  let ledger: ConnectionLedger
  let logger: Logger

  /// Those that hold now.
  var limits: ServiceLimits { live.limits }
}

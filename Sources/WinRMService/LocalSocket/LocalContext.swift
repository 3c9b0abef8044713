import LogonInterface
import Logging

/// What all connections of the local socket share.
struct LocalContext: Sendable {
  let logon: LogonClient
  let dispatcher: RequestDispatcher
  let live: LiveSettings
  let ledger: LocalLedger
  let logger: Logger

  /// Those that hold now.
  var limits: ServiceLimits { live.limits }
}

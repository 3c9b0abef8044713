import LogonInterface
import Logging

/// What all connections of the local socket share.
struct LocalContext: Sendable {
  let logon: LogonClient
  let dispatcher: RequestDispatcher
  let limits: ServiceLimits
  let ledger: LocalLedger
  let logger: Logger
}

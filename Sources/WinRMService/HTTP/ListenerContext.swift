import LogonInterface
import Logging

/// What all connections of one listener share.
struct ListenerContext: Sendable {
  /// The URLPrefix, without slashes at its ends.
  let prefix: String
  let transport: PeerAddress.Transport
  let live: LiveSettings
  let logon: LogonClient
  let dispatcher: RequestDispatcher
  let limits: ServiceLimits
  let ledger: ConnectionLedger
  let logger: Logger
}

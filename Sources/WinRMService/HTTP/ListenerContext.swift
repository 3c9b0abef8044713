import LogonInterface
import Logging

/// What all connections of one listener share.
struct ListenerContext: Sendable {
  /// The URLPrefix, without slashes at its ends.
  let prefix: String
  /// What it shows, for HTTPS; `nil` for HTTP.
  let tls: ListenerTLS?
  let live: LiveSettings
  let logon: LogonClient
  let dispatcher: RequestDispatcher
  let limits: ServiceLimits
  let ledger: ConnectionLedger
  let logger: Logger

  var transport: PeerAddress.Transport { tls == nil ? .http : .https }
}

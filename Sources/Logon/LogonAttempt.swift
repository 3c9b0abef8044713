import LogonInterface
import SecuritySupport

/// What is known of an authentication where it succeeds or is refused: for the log, the grant, and the count of failures.
struct LogonAttempt: Sendable {
  var purpose: LogonPurpose
  var peer: PeerAddress
  /// The mechanism, as it is told.
  var mechanism: String
  /// The account that was proven or, before that, the name that was claimed.
  var account: String?
  /// One text for all spellings of the account, for counting failures; `nil` when nobody's failure is counted.
  var key: String?
  /// The reason for the log, where the failure's own says less.
  var reason: String?
  /// Whether a success shows the limiter a source that the account comes from. A certificate's does not: guesses at a password are none of its
  /// business.
  var provesPassword = true

  init(_ context: AuthenticationContext) {
    purpose = context.purpose
    peer = context.peer
    mechanism = context.mechanismName
    account = context.subject?.accountName ?? context.claimedName?.description
    key = context.claim?.isAdmitted ?? true ? context.subject?.key ?? context.claim?.key : nil
    reason = context.subject == nil ? context.claim?.refusal?.message : nil
  }

  init(purpose: LogonPurpose, peer: PeerAddress, account: String) {
    self.purpose = purpose
    self.peer = peer
    mechanism = purpose.schemeName
    self.account = account
  }
}

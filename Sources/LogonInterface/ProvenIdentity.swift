/// Who stands at the other end of a connection, as a completed authentication proved it.
///
/// There is no public way to make one: it comes out of ``LogonContext`` when the authority says so. Being proven is not being allowed
/// to do anything; see ``authorize()``.
public struct ProvenIdentity: Sendable, Hashable {
  public let logonID: LogonID
  /// The canonical name: `HOST\user`, `DOMAIN\user`, or a principal of a realm that is no domain known here.
  public let accountName: String
  /// The Unix user that commands run as.
  public let unixUser: String
  /// The mechanism that proved it: `NTLM`, `Kerberos`, `Basic` or `Certificate`.
  public let mechanism: String
  /// The scheme it was proven by.
  public let scheme: LogonPurpose
  /// Whether the authority holds credentials that the client delegated.
  public let hasDelegatedCredentials: Bool
  /// Who the account is for access control.
  public let memberships: Memberships
  private let isAuthorized: Bool

  /// The SIDs of the account and of its groups.
  public var securityIdentifiers: [String] { memberships.securityIdentifiers }

  init(_ grant: LogonGrant) {
    logonID = grant.logonID
    accountName = grant.accountName
    unixUser = grant.unixUser
    mechanism = grant.mechanism
    scheme = grant.purpose
    hasDelegatedCredentials = grant.hasDelegatedCredentials
    memberships = grant.memberships
    isAuthorized = grant.isAuthorized
  }

  /// The same identity as one that may do more than Identify.
  ///
  /// - Throws: ``LogonFailure`` with `accessDenied` when the account is neither named nor in an allowed group.
  public func authorize() throws(LogonFailure) -> AuthorizedIdentity {
    guard isAuthorized else { throw LogonFailure(.accessDenied, "the account is neither named nor in an allowed group") }
    return AuthorizedIdentity(identity: self)
  }

  /// Whether both are the same account, however and wherever each was proven.
  public func isSameAccount(as other: ProvenIdentity) -> Bool { accountName == other.accountName && unixUser == other.unixUser }
}

/// An identity that the service's rules admit. Only ``ProvenIdentity/authorize()`` makes one.
public struct AuthorizedIdentity: Sendable, Hashable {
  public let identity: ProvenIdentity

  fileprivate init(identity: ProvenIdentity) { self.identity = identity }
}

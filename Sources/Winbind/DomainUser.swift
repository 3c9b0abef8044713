public import SecurityDescriptors

/// A user of a domain: of this host's own, or of one that it trusts.
///
/// Everything here is the directory's own writing, whatever the case and form of the name it was asked by.
public struct DomainUser: Sendable, Hashable {
  public var sid: SecurityIdentifier
  /// The domain's NetBIOS name, as in `LAB`.
  public var domain: String
  /// The account's name in it (sAMAccountName), as in `alice`.
  public var name: String
  /// The domain's Kerberos realm, upper case; `nil` for a domain without one.
  public var realm: String?
  /// The Unix user that winbind maps the account to, as the name service knows it, as in `LAB\alice`.
  public var unixName: String
  /// That user's number. A name service that gives ``unixName`` another number speaks of somebody else.
  public var unixID: UInt32
  /// The groups that came with the answer. See ``groupsAreComplete``.
  public var groupSIDs: [SecurityIdentifier]
  /// Whether ``groupSIDs`` are all groups of the user's own domain, nested ones included: so they are after a logon.
  public var groupsAreComplete: Bool

  public init(
    sid: SecurityIdentifier, domain: String, name: String, realm: String?, unixName: String, unixID: UInt32,
    groupSIDs: [SecurityIdentifier] = [], groupsAreComplete: Bool = false
  ) {
    self.sid = sid
    self.domain = domain
    self.name = name
    self.realm = realm
    self.unixName = unixName
    self.unixID = unixID
    self.groupSIDs = groupSIDs
    self.groupsAreComplete = groupsAreComplete
  }

  /// The Kerberos principal, as in `alice@LAB.EXAMPLE`; `nil` for a domain without a realm.
  public var principal: String? { realm.map { "\(name)@\($0)" } }

  /// `LAB\alice`, for logs and answers.
  public var accountName: String { "\(domain)\\\(name)" }
}

extension DomainUser: CustomStringConvertible {
  public var description: String { accountName }
}

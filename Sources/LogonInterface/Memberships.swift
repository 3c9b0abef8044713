/// Who somebody is for access control: the SIDs of the account and of all the groups that it is in (MS-DTYP §2.4.2), as text.
public struct Memberships: Sendable, Hashable {
  /// The account's own first. Well-known ones such as Everyone (S-1-1-0) are among them.
  public var securityIdentifiers: [String]
  /// Whether these are all. Somebody could not be asked otherwise: then what a descriptor denies to anybody has to count for this account.
  public var areComplete: Bool

  public init(_ securityIdentifiers: [String], areComplete: Bool) {
    self.securityIdentifiers = securityIdentifiers
    self.areComplete = areComplete
  }

  /// Nothing is known, so that nothing is granted.
  public static let unknown = Memberships([], areComplete: false)
}

/// A user of this host, as the authority knows it.
public struct LocalUser: Sendable, Hashable {
  /// `HOST\user`; with the number instead of the name for a user without one.
  public var accountName: String
  /// The user's name; `nil` when the number has none.
  public var unixUser: String?
  public var memberships: Memberships

  public init(accountName: String, unixUser: String?, memberships: Memberships) {
    self.accountName = accountName
    self.unixUser = unixUser
    self.memberships = memberships
  }
}

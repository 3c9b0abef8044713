import LogonInterface

/// Whose a shell is: the account, however and wherever it was proven.
struct ShellOwner: Hashable, Sendable {
  let accountName: String
  let unixUser: String

  init(_ identity: ProvenIdentity) {
    accountName = identity.accountName
    unixUser = identity.unixUser
  }
}

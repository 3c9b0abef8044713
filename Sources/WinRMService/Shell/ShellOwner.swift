import LogonInterface

/// Whose a shell is: the account, however and wherever it was proven.
struct ShellOwner: Hashable, Sendable {
  let accountName: String
  let unixUser: String

  init(_ identity: ProvenIdentity) {
    accountName = identity.accountName
    unixUser = identity.unixUser
  }

  /// Whether a caller is this user. By the socket on this machine it is the Unix user that counts: the shell's processes are that user's.
  func isOwn(of caller: Caller) -> Bool {
    switch caller.origin {
    case .network(let identity, _): self == ShellOwner(identity)
    case .local: unixUser == caller.token.unixUser
    }
  }
}

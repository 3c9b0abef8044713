import Accounts
import NTLM
import SecuritySupport
import Synchronization

/// The accounts as they are now: read again whenever the file has changed. Calls block.
final class AccountDirectory: Sendable {
  private struct Cache {
    /// By ``Account/key``. Looking one up takes the same time whether it is there or not, wherever in the file it stands.
    var accounts: [String: Account] = [:]
    /// What a password for nobody is verified with.
    var refusing = PasswordVerifier.refusing(cost: .standard)
    var stamp: FileStamp?
    var isLoaded = false
  }

  private let store: AccountStore
  private let hostNames: [String]
  private let cache = Mutex(Cache())

  init(file: String, hostNames: [String]) {
    store = AccountStore(path: file)
    self.hostNames = hostNames
  }

  /// The account that a client's name stands for, disabled ones included.
  ///
  /// - Throws: `AccountsError`; then nobody can log on.
  func lookup(_ name: AccountName) throws(AccountsError) -> Account? {
    let accounts = try accounts()
    return AccountStore.localName(of: name, hostNames: hostNames).flatMap { accounts[Account.key(of: $0)] }
  }

  /// One key for all the names of an account, and for all spellings of a name that is none here.
  func key(of name: AccountName) -> String {
    Account.key(of: AccountStore.localName(of: name, hostNames: hostNames) ?? name.description)
  }

  /// Whether a name says that it is one of this host (`HOST\user`, `.\user`, `user@host`), and not merely nothing else.
  func isOwn(_ name: AccountName) -> Bool {
    (!name.domain.isEmpty || name.isUserPrincipalName) && AccountStore.localName(of: name, hostNames: hostNames) != nil
  }

  /// Whether two names mean the same local account.
  func names(_ name: AccountName, _ account: Account) -> Bool {
    AccountStore.localName(of: name, hostNames: hostNames).map(Account.key) == account.key
  }

  /// The verifier of an account's password; for nobody one that nothing passes, and that costs what those of the accounts here cost.
  func verifier(of account: Account?) -> PasswordVerifier { account?.verifier ?? cache.withLock { $0.refusing } }

  private func accounts() throws(AccountsError) -> [String: Account] {
    let stamp = try store.stamp()
    let known = cache.withLock { $0.isLoaded && $0.stamp == stamp ? $0.accounts : nil }
    if let known { return known }
    let fresh = try store.snapshot()
    let accounts = Dictionary(fresh.accounts.map { ($0.key, $0) }) { first, _ in first }
    let refusing = PasswordVerifier.refusing(cost: accounts.values.map(\.verifier.cost).max { $0.work < $1.work } ?? .standard)
    cache.withLock { $0 = Cache(accounts: accounts, refusing: refusing, stamp: fresh.stamp, isLoaded: true) }
    return accounts
  }
}

extension PasswordVerifier.Cost {
  fileprivate var work: Int { rounds * blockSize * parallelism }
}

import Accounts
import NTLM
import SecuritySupport
import Synchronization

/// The accounts as they are now: read again whenever the file has changed. Calls block.
final class AccountDirectory: Sendable {
  private struct Cache {
    var accounts: [Account] = []
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
    AccountStore.find(name, in: try accounts(), hostNames: hostNames)
  }

  /// Whether two names mean the same local account.
  func names(_ name: AccountName, _ account: Account) -> Bool {
    AccountStore.localName(of: name, hostNames: hostNames).map(Account.key) == account.key
  }

  private func accounts() throws(AccountsError) -> [Account] {
    let stamp = try store.stamp()
    let known = cache.withLock { $0.isLoaded && $0.stamp == stamp ? $0.accounts : nil }
    if let known { return known }
    let fresh = try store.snapshot()
    cache.withLock { $0 = Cache(accounts: fresh.accounts, stamp: fresh.stamp, isLoaded: true) }
    return fresh.accounts
  }
}

import NTLM
public import SecuritySupport

/// The accounts that the service keeps by itself, in one JSON file of mode 0600.
///
/// Every call reads the file anew; a missing file is an empty store. Changes are made by one process at a time and appear as a whole
/// or not at all. All calls block for the time of a disk access, and those that take a password for the time of a scrypt run.
public struct AccountStore: Sendable {
  /// The longest password, in bytes of UTF-8.
  public static let maximumPasswordLength = 1024

  /// The file. Beside it a lock, `path.lock`, comes into being at the first change.
  public let path: String
  /// What a new password's verifier costs.
  public let cost: PasswordVerifier.Cost

  public init(path: String, cost: PasswordVerifier.Cost = .standard) {
    self.path = path
    self.cost = cost
  }

  /// All accounts, in the order in which they were added.
  ///
  /// - Throws: ``AccountsError``: `insecureFile`, `unreadable`, `malformed`.
  public func list() throws(AccountsError) -> [Account] { try snapshot().accounts }

  /// All accounts, and the state of the file that they come from (`nil`: no file).
  public func snapshot() throws(AccountsError) -> (accounts: [Account], stamp: FileStamp?) {
    guard var file = try PrivateFile(path: path).read() else { return ([], nil) }
    defer { SecretBytes.wipe(&file.bytes) }
    return (try AccountFile.decode(file.bytes, path: path), file.stamp)
  }

  /// The state of the file, to learn whether it has changed since ``snapshot()``.
  public func stamp() throws(AccountsError) -> FileStamp? { try PrivateFile(path: path).stamp() }

  /// The account that a name typed by a client stands for, whatever its case.
  ///
  /// - Parameter hostNames: the names of this host. A name belongs here when its domain is empty, `.` or one of them, or when it is
  ///   `user@` one of them.
  /// - Returns: `nil` for an unknown account or another domain. A disabled account is returned.
  public func lookup(_ name: AccountName, hostNames: [String]) throws(AccountsError) -> Account? {
    Self.find(name, in: try list(), hostNames: hostNames)
  }

  /// ``lookup(_:hostNames:)`` among accounts already read.
  public static func find(_ name: AccountName, in accounts: [Account], hostNames: [String]) -> Account? {
    guard let local = localName(of: name, hostNames: hostNames) else { return nil }
    let key = Account.key(of: local)
    return accounts.first { $0.key == key }
  }

  /// The user part of a name that belongs to this host; `nil` for a name of another domain.
  public static func localName(of name: AccountName, hostNames: [String]) -> String? {
    func isOwn(_ domain: some StringProtocol) -> Bool { hostNames.contains { $0.lowercased() == domain.lowercased() } }
    if !name.domain.isEmpty { return name.domain == "." || isOwn(name.domain) ? name.user : nil }
    guard let cut = name.user.lastIndex(of: "@") else { return name.user }
    return isOwn(name.user[name.user.index(after: cut)...]) ? String(name.user[..<cut]) : nil
  }

  /// Adds an account.
  ///
  /// - Parameters:
  ///   - password: UTF-8, 1 … 1024 bytes.
  ///   - unixUser: whom its commands run as. It need not exist yet.
  /// - Throws: ``AccountsError``: `exists` (also in another case), `invalidName`, `invalidPassword`, and those of reading and writing.
  public func add(name: String, password: SecretBytes, unixUser: String, isEnabled: Bool = true) throws(AccountsError) {
    try AccountNameRules.check(accountName: name)
    try AccountNameRules.check(unixUser: unixUser)
    let (hash, verifier) = try secrets(of: password)
    try change { accounts throws(AccountsError) in
      guard !accounts.contains(where: { $0.key == Account.key(of: name) }) else {
        throw AccountsError(.exists, "there is an account \(name) already")
      }
      guard accounts.count < AccountFile.maximumCount else {
        throw AccountsError(.unwritable, "there are \(AccountFile.maximumCount) accounts already")
      }
      accounts.append(Account(name: name, unixUser: unixUser, isEnabled: isEnabled, ntHash: hash, verifier: verifier))
    }
  }

  /// Gives an account another password.
  ///
  /// - Throws: ``AccountsError``: `notFound`, `invalidPassword`, and those of reading and writing.
  public func setPassword(_ password: SecretBytes, of name: String) throws(AccountsError) {
    let (hash, verifier) = try secrets(of: password)
    try change(name) { account in
      account.ntHash = hash
      account.verifier = verifier
    }
  }

  /// Enables or disables an account.
  public func setEnabled(_ isEnabled: Bool, of name: String) throws(AccountsError) {
    try change(name) { $0.isEnabled = isEnabled }
  }

  /// Removes an account.
  public func remove(_ name: String) throws(AccountsError) {
    try change { accounts throws(AccountsError) in
      accounts.remove(at: try Self.index(of: name, in: accounts))
    }
  }

  private func secrets(of password: SecretBytes) throws(AccountsError) -> (NTHash, PasswordVerifier) {
    guard (1...Self.maximumPasswordLength).contains(password.count) else {
      throw AccountsError(.invalidPassword, "a password has 1 to \(Self.maximumPasswordLength) bytes")
    }
    let hash: NTHash
    do { hash = try NTHash(password: password) } catch { throw AccountsError(.invalidPassword, "the password is not UTF-8 text") }
    return (hash, try PasswordVerifier(password: password, cost: cost))
  }

  private func change(_ name: String, _ body: (inout Account) -> Void) throws(AccountsError) {
    try change { accounts throws(AccountsError) in
      let index = try Self.index(of: name, in: accounts)
      body(&accounts[index])
    }
  }

  private func change(_ body: (inout [Account]) throws(AccountsError) -> Void) throws(AccountsError) {
    let file = PrivateFile(path: path)
    try file.locked { () throws(AccountsError) in
      var accounts = try list()
      try body(&accounts)
      var bytes = try AccountFile.encode(accounts)
      defer { SecretBytes.wipe(&bytes) }
      try file.replace(with: bytes)
    }
  }

  private static func index(of name: String, in accounts: [Account]) throws(AccountsError) -> Int {
    guard let index = accounts.firstIndex(where: { $0.key == Account.key(of: name) }) else {
      throw AccountsError(.notFound, "there is no account \(name)")
    }
    return index
  }
}

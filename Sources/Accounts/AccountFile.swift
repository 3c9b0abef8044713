import FoundationEssentials
import NTLM
import SecuritySupport

/// The text of the accounts file.
///
/// The decoder's own strings hold the hashes for a moment and cannot be wiped. No clear-text password is ever in this file.
struct AccountFile: Codable {
  struct Entry: Codable {
    struct Verifier: Codable {
      var algorithm: String
      var rounds: Int
      var blockSize: Int
      var parallelism: Int
      var salt: String
      var hash: String
    }
    var name: String
    var unixUser: String
    var enabled: Bool
    var ntHash: String
    var verifier: Verifier
  }

  static let currentVersion = 1
  /// The largest number of accounts.
  static let maximumCount = 10_000

  var version: Int
  var accounts: [Entry]

  static func decode(_ bytes: [UInt8], path: String) throws(AccountsError) -> [Account] {
    let file: AccountFile
    var data = Data(bytes)
    defer { data.resetBytes(in: 0..<data.count) }
    do { file = try JSONDecoder().decode(AccountFile.self, from: data) } catch {
      throw AccountsError(.malformed, "\(path) is not an accounts file")  // the decoder's message could show a part of the text
    }
    guard file.version == currentVersion else {
      throw AccountsError(.malformed, "\(path) has version \(file.version), not \(currentVersion)")
    }
    guard file.accounts.count <= maximumCount else { throw AccountsError(.malformed, "\(path) has more than \(maximumCount) accounts") }
    var seen: Set<String> = []
    var accounts: [Account] = []
    for entry in file.accounts {
      let account = try entry.account(path: path)
      guard seen.insert(account.key).inserted else { throw AccountsError(.malformed, "\(path) has an account twice") }
      accounts.append(account)
    }
    return accounts
  }

  static func encode(_ accounts: [Account]) throws(AccountsError) -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    do {
      var data = try encoder.encode(AccountFile(version: currentVersion, accounts: accounts.map(Entry.init)))
      defer { data.resetBytes(in: 0..<data.count) }
      return Array(data)
    } catch {
      throw AccountsError(.unwritable, "the accounts cannot be encoded")
    }
  }
}

extension AccountFile.Entry {
  init(_ account: Account) {
    name = account.name
    unixUser = account.unixUser
    enabled = account.isEnabled
    ntHash = Hexadecimal.text(of: account.ntHash.bytes)
    verifier = Verifier(
      algorithm: "scrypt", rounds: account.verifier.cost.rounds, blockSize: account.verifier.cost.blockSize,
      parallelism: account.verifier.cost.parallelism, salt: Hexadecimal.text(of: account.verifier.salt),
      hash: Hexadecimal.text(of: account.verifier.hash))
  }

  func account(path: String) throws(AccountsError) -> Account {
    try AccountNameRules.check(accountName: name)
    try AccountNameRules.check(unixUser: unixUser)
    let cost = PasswordVerifier.Cost(rounds: verifier.rounds, blockSize: verifier.blockSize, parallelism: verifier.parallelism)
    guard verifier.algorithm == "scrypt", cost.isAcceptable, let salt = Hexadecimal.bytes(verifier.salt), salt.count >= 8,
      let hash = Hexadecimal.secret(verifier.hash, count: PasswordVerifier.hashLength),
      let secret = Hexadecimal.secret(ntHash, count: 16), let hashOfPassword = try? NTHash(bytes: secret)
    else { throw AccountsError(.malformed, "\(path): an account's hashes are not readable") }
    return Account(
      name: name, unixUser: unixUser, isEnabled: enabled, ntHash: hashOfPassword,
      verifier: PasswordVerifier(cost: cost, salt: salt, hash: hash))
  }
}

/// Bytes as lower-case hexadecimal digits.
enum Hexadecimal {
  static func text(of secret: SecretBytes) -> String { secret.withUnsafeBytes { text(of: $0) } }

  static func text(of bytes: some Sequence<UInt8>) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  static func bytes(_ text: String) -> [UInt8]? {
    let digits = text.utf8.map(digit)
    guard digits.count.isMultiple(of: 2), !digits.contains(nil) else { return nil }
    let values = digits.compactMap { $0 }
    return stride(from: 0, to: values.count, by: 2).map { values[$0] << 4 | values[$0 + 1] }
  }

  private static func digit(_ character: UInt8) -> UInt8? {
    switch character {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): character - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): character - UInt8(ascii: "A") + 10
    default: nil
    }
  }

  static func secret(_ text: String, count: Int) -> SecretBytes? {
    guard var bytes = bytes(text), bytes.count == count else { return nil }
    defer { SecretBytes.wipe(&bytes) }
    return SecretBytes(bytes)
  }
}

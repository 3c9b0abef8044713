import Accounts
import Foundation
import NTLM
import SecuritySupport
import Testing

/// A store of its own for each test, with a cheap verifier.
private final class Fixture {
  let directory: String
  let store: AccountStore

  init() throws {
    directory = FileManager.default.temporaryDirectory.appending(path: "accounts-\(UUID().uuidString)").path()
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
    store = AccountStore(path: directory + "/accounts.json", cost: .init(rounds: 1024, blockSize: 8, parallelism: 1))
  }

  deinit { try? FileManager.default.removeItem(atPath: directory) }

  func mode(of path: String) throws -> Int {
    try #require(FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int)
  }
}

private func secret(_ text: String) -> SecretBytes { SecretBytes(Array(text.utf8)) }

private func code(_ body: () throws -> Void) -> AccountsError.Code? {
  do {
    try body()
    return nil
  } catch { return (error as? AccountsError)?.code }
}

struct AccountStoreTests {
  @Test("An account is kept with its hash and verifier, and found in any case")
  func addAndLookup() throws {
    let fixture = try Fixture()
    try fixture.store.add(name: "Zoë", password: secret("Pässword 密"), unixUser: "zoe")
    let account = try #require(try fixture.store.lookup(AccountName(domain: "", user: "ZOË"), hostNames: []))
    #expect(account.name == "Zoë")
    #expect(account.unixUser == "zoe")
    #expect(account.isEnabled)
    #expect(account.ntHash.bytes.isEqual(to: try NTHash(password: secret("Pässword 密")).bytes))
    #expect(account.verifier.verify(secret("Pässword 密")))
    #expect(!account.verifier.verify(secret("Pässword")))
    #expect(!account.verifier.verify(secret("")))
  }

  @Test("A missing file is an empty store")
  func missing() throws {
    let fixture = try Fixture()
    #expect(try fixture.store.list().isEmpty)
    #expect(try fixture.store.lookup(AccountName(domain: "", user: "ann"), hostNames: []) == nil)
  }

  @Test(
    "A name belongs here by its domain or realm",
    arguments: [
      ("", "ann", true), (".", "ann", true), ("HOST", "Ann", true), ("host.example", "ann", true), ("OTHER", "ann", false),
      ("", "ann@HOST.example", true), ("", "ann@other", false), ("", "bob", false), ("HOST", "ann@host", false),
    ])
  func domains(domain: String, user: String, isFound: Bool) throws {
    let fixture = try Fixture()
    try fixture.store.add(name: "ann", password: secret("x"), unixUser: "ann")
    let found = try fixture.store.lookup(AccountName(domain: domain, user: user), hostNames: ["Host", "host.example"])
    #expect((found != nil) == isFound)
  }

  @Test("The file is the owner's alone, and so is its lock")
  func modes() throws {
    let fixture = try Fixture()
    try fixture.store.add(name: "ann", password: secret("x"), unixUser: "ann")
    #expect(try fixture.mode(of: fixture.store.path) == 0o600)
    #expect(try fixture.mode(of: fixture.store.path + ".lock") == 0o600)
    let left = try FileManager.default.contentsOfDirectory(atPath: fixture.directory).sorted()
    #expect(left == ["accounts.json", "accounts.json.lock"])
  }

  @Test("S-06: a file that others may read or write is not used", arguments: [0o640, 0o604, 0o620, 0o602, 0o660, 0o666, 0o610])
  func insecureMode(mode: Int) throws {
    let fixture = try Fixture()
    try fixture.store.add(name: "ann", password: secret("x"), unixUser: "ann")
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: fixture.store.path)
    #expect(code { _ = try fixture.store.list() } == .insecureFile)
    #expect(code { try fixture.store.setEnabled(false, of: "ann") } == .insecureFile)
  }

  @Test("S-06: a symbolic link, a directory and a pipe are not used")
  func notAFile() throws {
    let fixture = try Fixture()
    try fixture.store.add(name: "ann", password: secret("x"), unixUser: "ann")
    let link = fixture.directory + "/link"
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: fixture.store.path)
    #expect(code { _ = try AccountStore(path: link).list() } == .insecureFile)
    #expect(code { _ = try AccountStore(path: fixture.directory).list() } == .insecureFile)
    let pipe = fixture.directory + "/pipe"
    #expect(mkfifo(pipe, 0o600) == 0)
    #expect(code { _ = try AccountStore(path: pipe).list() } == .insecureFile)
  }

  @Test("S-06: a file of another owner is not used")
  func otherOwner() throws {
    let fixture = try Fixture()
    guard geteuid() == 0 else {  // who cannot give a file away takes one of root's
      #expect(code { _ = try AccountStore(path: "/etc/passwd").list() } == .insecureFile)
      return
    }
    try fixture.store.add(name: "ann", password: secret("x"), unixUser: "ann")
    #expect(chown(fixture.store.path, 65_534, 65_534) == 0)
    #expect(code { _ = try fixture.store.list() } == .insecureFile)
  }

  @Test(
    "S-06: a file that is not one of ours is an error, not an empty store",
    arguments: ["", "{", "[]", "{}", #"{"version":2,"accounts":[]}"#, #"{"version":1,"accounts":[{"name":"ann"}]}"#])
  func malformed(text: String) throws {
    let fixture = try Fixture()
    try Data(text.utf8).write(to: URL(filePath: fixture.store.path))
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: fixture.store.path)
    #expect(code { _ = try fixture.store.list() } == .malformed)
  }

  @Test("S-06: a file cut off anywhere is an error, and none of it is used")
  func truncated() throws {
    let fixture = try Fixture()
    try fixture.store.add(name: "ann", password: secret("x"), unixUser: "ann")
    let text = try Data(contentsOf: URL(filePath: fixture.store.path))
    for count in 0..<text.count - 1 {
      let file = try FileHandle(forWritingTo: URL(filePath: fixture.store.path))
      try file.truncate(atOffset: 0)
      try file.write(contentsOf: text.prefix(count))
      try file.close()
      #expect(code { _ = try fixture.store.list() } == .malformed, "cut at \(count)")
    }
  }

  @Test(
    "A verifier's cost from the file is bounded",
    arguments: [(1 << 30, 8, 1), (1000, 8, 1), (1 << 20, 32, 16), (-4, 8, 1), (1 << 15, 0, 1)])
  func cost(rounds: Int, blockSize: Int, parallelism: Int) throws {
    let fixture = try Fixture()
    try fixture.store.add(name: "ann", password: secret("x"), unixUser: "ann")
    var text = try String(contentsOfFile: fixture.store.path, encoding: .utf8)
    text = text.replacing("\"rounds\" : 1024", with: "\"rounds\" : \(rounds)")
      .replacing("\"blockSize\" : 8", with: "\"blockSize\" : \(blockSize)")
      .replacing("\"parallelism\" : 1", with: "\"parallelism\" : \(parallelism)")
    let file = try FileHandle(forWritingTo: URL(filePath: fixture.store.path))
    try file.truncate(atOffset: 0)
    try file.write(contentsOf: Data(text.utf8))
    try file.close()
    #expect(code { _ = try fixture.store.list() } == .malformed)
  }

  @Test("Names that differ in case only are one account")
  func duplicates() throws {
    let fixture = try Fixture()
    try fixture.store.add(name: "Ann", password: secret("x"), unixUser: "ann")
    #expect(code { try fixture.store.add(name: "aNN", password: secret("y"), unixUser: "ann") } == .exists)
    #expect(try fixture.store.list().count == 1)
  }

  @Test("Passwords change, accounts are disabled and removed; unknown ones are errors")
  func changes() throws {
    let fixture = try Fixture()
    try fixture.store.add(name: "Ann", password: secret("old"), unixUser: "ann")
    try fixture.store.add(name: "Bob", password: secret("bob"), unixUser: "bob")
    let old = try #require(try fixture.store.list().first)
    try fixture.store.setPassword(secret("new"), of: "ANN")
    let new = try #require(try fixture.store.list().first)
    #expect(new.verifier.verify(secret("new")))
    #expect(!new.verifier.verify(secret("old")))
    #expect(new.verifier.salt != old.verifier.salt)
    #expect(!new.ntHash.bytes.isEqual(to: old.ntHash.bytes))
    try fixture.store.setEnabled(false, of: "ann")
    #expect(try fixture.store.list().map(\.isEnabled) == [false, true])
    try fixture.store.remove("ANN")
    #expect(try fixture.store.list().map(\.name) == ["Bob"])
    #expect(code { try fixture.store.remove("ann") } == .notFound)
    #expect(code { try fixture.store.setEnabled(true, of: "ann") } == .notFound)
    #expect(code { try fixture.store.setPassword(secret("x"), of: "ann") } == .notFound)
  }

  @Test("The stamp tells one state of the file from the next")
  func stamps() throws {
    let fixture = try Fixture()
    #expect(try fixture.store.stamp() == nil)
    try fixture.store.add(name: "Ann", password: secret("x"), unixUser: "ann")
    let first = try fixture.store.snapshot().stamp
    #expect(try fixture.store.stamp() == first)
    try fixture.store.setEnabled(false, of: "ann")
    #expect(try fixture.store.stamp() != first)
  }

  @Test("N-08: empty and endless passwords, and such that are no text, are refused")
  func passwords() throws {
    let fixture = try Fixture()
    for password in [SecretBytes([]), SecretBytes([UInt8](repeating: 0x61, count: 1025)), SecretBytes([0xFF, 0xFE])] {
      #expect(code { try fixture.store.add(name: "ann", password: password, unixUser: "ann") } == .invalidPassword)
    }
    #expect(!FileManager.default.fileExists(atPath: fixture.store.path))
  }

  @Test(
    "Names that could be taken for others, or tear a line, are refused",
    arguments: [
      "", " ann", "ann ", "ann.", "-ann", "a\\b", "a@b", "a/b", "a:b", "a\nb", "a\u{0}b", "a\u{202E}b", "a\u{200B}b", "a\u{2028}b",
      "a\u{A0}b", String(repeating: "a", count: 65),
    ])
  func names(name: String) throws {
    let fixture = try Fixture()
    #expect(code { try fixture.store.add(name: name, password: secret("x"), unixUser: "ann") } == .invalidName)
  }

  @Test("Unix user names are checked too", arguments: ["", "-x", "a:b", "a/b", "a\nb"])
  func unixUsers(name: String) throws {
    let fixture = try Fixture()
    #expect(code { try fixture.store.add(name: "ann", password: secret("x"), unixUser: name) } == .invalidName)
  }

  @Test("No secret is in what an account or an error prints")
  func printing() throws {
    let fixture = try Fixture()
    try fixture.store.add(name: "ann", password: secret("canary"), unixUser: "ann")
    let account = try #require(try fixture.store.list().first)
    var text = ""
    dump(account, to: &text)
    #expect(text + "\(account)" + String(reflecting: account) == text + "ann as annann as ann")
    #expect(!text.contains("bytes") && !text.contains("salt"))
    #expect(try !String(contentsOfFile: fixture.store.path, encoding: .utf8).contains("canary"))
  }

  @Test("Changes from several tasks at once are all kept")
  func concurrency() async throws {
    let fixture = try Fixture()
    let store = fixture.store
    await withTaskGroup { group in
      for number in 0..<8 {
        group.addTask { _ = try? store.add(name: "user\(number)", password: SecretBytes([0x61]), unixUser: "ann") }
      }
    }
    #expect(Set(try store.list().map(\.name)) == Set((0..<8).map { "user\($0)" }))
  }
}

import Foundation
import Testing

@testable import WinRMConfiguration

@Suite struct ConfigurationFileTests {
  struct Case: Sendable {
    var owner: UInt32
    var group: UInt32 = 0
    var mode: UInt32 = 0o644
    var size = 10
    var isSafe: Bool

    var status: stat {
      var status = stat()
      status.st_uid = owner
      status.st_gid = group
      status.st_mode = S_IFREG | mode
      status.st_size = off_t(size)
      return status
    }
  }

  @Test(
    "C-15: a file counts only when nobody but root and the reader could have written it",
    arguments: [
      Case(owner: 0, isSafe: true), Case(owner: 1000, isSafe: true), Case(owner: 1001, isSafe: false),
      Case(owner: 0, mode: 0o600, isSafe: true), Case(owner: 0, mode: 0o646, isSafe: false), Case(owner: 1000, mode: 0o602, isSafe: false),
      Case(owner: 0, group: 0, mode: 0o664, isSafe: true), Case(owner: 0, group: 1000, mode: 0o664, isSafe: true),
      Case(owner: 0, group: 1001, mode: 0o664, isSafe: false), Case(owner: 0, size: 1 << 20, isSafe: true),
      Case(owner: 0, size: 1 << 20 + 1, isSafe: false),
    ])
  func safety(file: Case) {
    #expect((ConfigurationFile.danger(of: file.status, userID: 1000, groupID: 1000) == nil) == file.isSafe)
  }

  @Test("For root, only root's files count") func root() {
    #expect(ConfigurationFile.danger(of: Case(owner: 1000, isSafe: false).status, userID: 0, groupID: 0) != nil)
    #expect(ConfigurationFile.danger(of: Case(owner: 0, isSafe: true).status, userID: 0, groupID: 0) == nil)
  }
}

extension ConfigurationFileTests {
  private static func mode(_ path: String) -> mode_t {
    var status = stat()
    return lstat(path, &status) == 0 ? status.st_mode & 0o7777 : 0
  }

  @Test("The lock is closed to others, who could hold it otherwise; one that was open is closed") func lockMode() throws {
    let root = try TemporaryRoot()
    let path = root.directory + "/file"
    try root.write("", to: path + ".lock", mode: 0o644)
    try ConfigurationFile(path).locked { #expect(Self.mode(path + ".lock") == 0o600) }
    try ConfigurationFile(path + "2").locked {}
    #expect(Self.mode(path + "2.lock") == 0o600)
  }

  @Test("Who waits for the lock gives up in the end, and says so") func lockDeadline() throws {
    let root = try TemporaryRoot()
    let file = ConfigurationFile(root.directory + "/file")
    try file.locked {
      let error = #expect(throws: ConfigurationError.self) { try file.locked(patience: .milliseconds(100)) { Issue.record("two at once") } }
      #expect(error?.code == .busy && error?.message.contains("file.lock") == true)
    }
    #expect(try file.locked(patience: .zero) { true })
  }

  @Test("Directories that are made can be read by clients, whatever the umask") func directories() throws {
    let root = try TemporaryRoot()
    let path = root.directory + "/etc/new/deep"
    let before = umask(0o077)
    defer { umask(before) }
    try ConfigurationFile(path + "/file").locked {}
    #expect(Self.mode(path) == 0o755 && Self.mode(root.directory + "/etc/new") == 0o755)
  }
}

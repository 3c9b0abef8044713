import Foundation
import Testing

@testable import LocalFiles

@Suite struct SecretFileTests {
  private let directory: String

  init() throws {
    directory = NSTemporaryDirectory() + "secret-file-" + UUID().uuidString
    for name in ["/safe", "/open"] { try FileManager.default.createDirectory(atPath: directory + name, withIntermediateDirectories: true) }
    #expect(chmod(directory, 0o755) == 0 && chmod(directory + "/safe", 0o755) == 0 && chmod(directory + "/open", 0o777) == 0)
  }

  private func file(_ name: String, _ mode: mode_t = 0o600) -> String {
    let path = directory + "/" + name
    #expect(FileManager.default.createFile(atPath: path, contents: Data("keys".utf8)) && chmod(path, mode) == 0)
    return path
  }

  private func link(_ name: String, to target: String) -> String {
    #expect(symlink(target, directory + "/" + name) == 0)
    return directory + "/" + name
  }

  @Test("Only its owner may use it", arguments: [0o604, 0o602, 0o660, 0o620, 0o644, 0o601] as [mode_t])
  func mode(_ mode: mode_t) { #expect(SecretFile(file("safe/keytab", mode)).danger?.contains("chmod 600") == true) }

  @Test("It lies where nobody else can write, also by way of links; one that is not there is no danger")
  func place() {
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let good = file("safe/keytab")
    #expect(SecretFile(good).danger == nil && SecretFile(file("safe/read", 0o400)).danger == nil)
    #expect(SecretFile(directory + "/safe/none").danger == nil && SecretFile(good + "/none").danger == nil)
    #expect(SecretFile(link("safe/link", to: "../safe/./keytab")).danger == nil)
    #expect(SecretFile(link("safe/absolute", to: good)).danger == nil)
    let bad = file("open/keytab")
    for path in [bad, link("safe/out", to: bad), link("open/in", to: good), directory + "/open/../safe/../open/keytab"] {
      #expect(SecretFile(path).danger?.contains("others can write its directory") == true, "\(path)")
    }
    #expect(chmod(directory + "/open", 0o1777) == 0)
    #expect(SecretFile(bad).danger?.contains("others can write its directory") == true)
    #expect(SecretFile(link("safe/round", to: "round")).danger?.contains("symbolic link") == true)
    #expect(SecretFile(directory + "/safe").danger == "it is no regular file")
    #expect(SecretFile("/dev/null").danger == "it is no regular file" && SecretFile("keytab").danger == "it has no absolute path")
  }

  @Test("It belongs to root or the user who reads it", .enabled(if: geteuid() == 0))
  func owner() {
    let path = file("safe/foreign")
    #expect(chown(path, 12345, 0) == 0)
    #expect(SecretFile(path).danger?.contains("belongs to user 12345") == true)
  }

  @Test("Root's group may read root's file, and no other group")
  func group() {
    var status = stat()
    status.st_mode = S_IFREG | 0o640
    #expect(SecretFile.danger(of: status) == nil)
    status.st_gid = 7
    #expect(SecretFile.danger(of: status) != nil)
    (status.st_gid, status.st_uid) = (0, 1000)
    #expect(SecretFile.danger(of: status) != nil)
  }
}

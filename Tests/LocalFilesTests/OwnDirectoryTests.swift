import Foundation
import Testing

@testable import LocalFiles

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

@Suite struct OwnDirectoryTests {
  private let root = NSTemporaryDirectory() + "own-directory-\(UUID().uuidString)"

  private func mode(_ path: String) -> mode_t? {
    var status = stat()
    return stat(path, &status) == 0 ? status.st_mode & 0o7777 : nil
  }

  @Test("It is made with what is above it, whatever the umask, and passed by others only where root made it")
  func made() throws {
    defer { try? FileManager.default.removeItem(atPath: root) }
    let path = root + "/run/winrm"
    try OwnDirectory(path).prepare()
    let expected: mode_t = geteuid() == 0 ? 0o711 : 0o700
    #expect(mode(path) == expected && mode(root + "/run") == expected)
    try OwnDirectory(path).prepare()
  }

  @Test("One that others may write, and what is no directory, are refused")
  func refused() throws {
    defer { try? FileManager.default.removeItem(atPath: root) }
    try OwnDirectory(root).prepare()
    chmod(root, 0o777)
    #expect(throws: OwnDirectory.Failure(reason: "belongs to, or may be written by, others")) { try OwnDirectory(root).prepare() }
    chmod(root, 0o700)
    _ = FileManager.default.createFile(atPath: root + "/file", contents: nil)
    #expect(throws: OwnDirectory.Failure.self) { try OwnDirectory(root + "/file").prepare() }
    #expect(throws: OwnDirectory.Failure.self) { try OwnDirectory(root + "/file/below").prepare() }
  }

  @Test("Another user's is refused", .enabled(if: geteuid() == 0))
  func foreign() throws {
    defer { try? FileManager.default.removeItem(atPath: root) }
    try OwnDirectory(root).prepare()
    chown(root, 12345, 12345)
    #expect(throws: OwnDirectory.Failure.self) { try OwnDirectory(root).prepare() }
  }
}

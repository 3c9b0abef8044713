import Foundation
import Logon
import LogonInterface
import SecuritySupport
import Testing

/// On the lab's member hop1 as root, with an `/etc` of its own: `Tests/Lab/in hop1 swift test --filter MemberLabTests`.
@Suite(
  "PAM in the lab", .enabled(if: ProcessInfo.processInfo.environment["WINRM_LAB_HOST"] == "hop1", "not on the lab's host hop1"), .serialized
)
struct PAMMemberLabTests {
  private let phase = PAMAccountPhase()

  init() throws { try Self.installRules() }

  /// Those of the package, as the installation does it.
  private static func installRules() throws {
    let rules = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Packaging/pam.d/winrmd").standardized
    try String(contentsOf: rules, encoding: .utf8).write(toFile: "/etc/pam.d/winrmd", atomically: true, encoding: .utf8)
  }

  private func failure(_ user: String) async -> LogonFailure.Code? {
    do throws(LogonFailure) {
      try await phase.check(user, from: "203.0.113.14")
      return nil
    } catch { return error.code }
  }

  /// With the fields of walter's line in `/etc/shadow` behind his password.
  private func walter(_ fields: String) async throws -> LogonFailure.Code? {
    let before = try String(contentsOfFile: "/etc/shadow", encoding: .utf8)
    defer { try? before.write(toFile: "/etc/shadow", atomically: false, encoding: .utf8) }
    let lines = before.split(separator: "\n").map { line in
      line.hasPrefix("walter:")
        ? line.split(separator: ":", omittingEmptySubsequences: false).prefix(2).joined(separator: ":") + fields : String(line)
    }
    try (lines.joined(separator: "\n") + "\n").write(toFile: "/etc/shadow", atomically: false, encoding: .utf8)
    return await failure("walter")
  }

  @Test("Local users and those of the domain pass") func open() async throws {
    #expect(await failure("walter") == nil)
    #expect(await failure("LAB\\alice") == nil)
    #expect(await failure("root") == nil)
  }

  @Test("What closes a local account has its own status") func closed() async throws {
    #expect(try await walter(":19000::::::") == nil)
    #expect(try await walter(":0::::::") == .refused(.passwordMustChange))
    #expect(try await walter(":19000:0:30::::") == .refused(.passwordExpired))
    #expect(try await walter(":19000:0:30:7:5::") == .refused(.passwordExpired))
    #expect(try await walter(":19000:::::19001:") == .refused(.accountExpired))
    #expect(await failure("nobody-of-that-name") == .refused(.accountRestriction))
  }

  @Test("While logons are closed, ordinary users are refused") func nologin() async throws {
    try "".write(toFile: "/etc/nologin", atomically: true, encoding: .utf8)
    defer { try? FileManager.default.removeItem(atPath: "/etc/nologin") }
    #expect(await failure("walter") == .refused(.accountRestriction))
    #expect(await failure("root") == nil)
  }

  @Test("Rules that name no module, or a module that asks, refuse") func brokenRules() async throws {
    defer { try? Self.installRules() }
    try "account required pam_that_is_not_there.so\n".write(toFile: "/etc/pam.d/winrmd", atomically: true, encoding: .utf8)
    #expect(await failure("walter") != nil)
    try "account required pam_deny.so\n".write(toFile: "/etc/pam.d/winrmd", atomically: true, encoding: .utf8)
    #expect(await failure("root") != nil)
  }
}

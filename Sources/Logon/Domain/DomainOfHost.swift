import Glibc
public import Logging
import SecuritySupport
public import Winbind

/// The domain that this host is a member of.
public enum DomainOfHost {
  /// Asks winbind once, at the start. `nil` when the host is no member, or winbind is not used here: then the domain's users are known by
  /// Kerberos alone, and mapped by its configuration.
  ///
  /// A winbind that does not run is not one that is not used. Kerberos' configuration maps principals to Unix users by name alone: without
  /// the domain, its user `walter` would be the `walter` of `/etc/passwd` until the service is started again. So where the name service
  /// takes users from winbind, there is a domain, and its users are refused until it answers.
  ///
  /// - Parameter nameServiceSwitch: the file that says where Unix users come from (nsswitch.conf(5)).
  public static func find(
    in directory: any DomainDirectory = WinbindDirectory(), nameServiceSwitch: String = "/etc/nsswitch.conf", logger: Logger
  ) async -> (any DomainDirectory)? {
    do throws(DomainError) {
      let membership = try await directory.membership()
      logger.notice(
        "member of a domain",
        metadata: [
          "computer": "\(membership.netBIOSComputer.sanitizedForLog())", "domain": "\(membership.netBIOSDomain.sanitizedForLog())",
          "realm": "\(membership.realm.sanitizedForLog())",
        ])
      return directory
    } catch {
      let isUsed = await BlockingWork.run { takesUsersFromWinbind(nameServiceSwitch) }
      switch error.code {
      case .notMember,
        .unavailable where !isUsed:
        logger.notice("no domain: its users cannot log on by NTLM", metadata: ["reason": "\(error)"])
        return nil
      default:
        // It is there and does not answer now: what needs it fails until it does.
        logger.warning("the domain does not answer", metadata: ["reason": "\(error)"])
        return directory
      }
    }
  }

  /// Whether the line `passwd:` names winbind. Blocks.
  private static func takesUsersFromWinbind(_ file: String) -> Bool {
    guard let stream = fopen(file, "re") else { return false }
    defer { fclose(stream) }
    var line = [CChar](repeating: 0, count: 4096)
    while fgets(&line, CInt(line.count), stream) != nil {
      let text = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self).prefix { $0 != "#" }
      let words = text.split { $0.isWhitespace || $0 == ":" }
      if words.first == "passwd" { return words.contains("winbind") }
    }
    return false
  }
}

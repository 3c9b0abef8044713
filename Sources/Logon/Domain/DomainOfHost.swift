public import Logging
import SecuritySupport
public import Winbind

/// The domain that this host is a member of.
public enum DomainOfHost {
  /// Asks winbind once, at the start. `nil` when the host is no member or winbind does not run here: then the domain's users are known by
  /// Kerberos alone, and mapped by its configuration.
  public static func find(in directory: any DomainDirectory = WinbindDirectory(), logger: Logger) async -> (any DomainDirectory)? {
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
      switch error.code {
      case .notMember, .unavailable:
        logger.notice("no domain: its users cannot log on by NTLM", metadata: ["reason": "\(error)"])
        return nil
      default:
        // It is there and does not answer now: what needs it fails until it does.
        logger.warning("the domain does not answer", metadata: ["reason": "\(error)"])
        return directory
      }
    }
  }
}

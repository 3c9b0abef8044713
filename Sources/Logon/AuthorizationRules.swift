import Accounts
import Glibc
import SecuritySupport

/// Who, of those that are authenticated, may use shells. Calls block.
struct AuthorizationRules: Sendable {
  enum Decision: Sendable {
    case admitted(UnixUser)
    /// Why not, for the log.
    case refused(String)
  }

  /// Whether a user number is the system's: those below 1000, and those from the end of systemd-homed's range on that distributions,
  /// systemd's dynamic users and `nobody` take (systemd, "Users, Groups, UIDs and GIDs on systemd Systems").
  static func isSystemUser(_ number: UInt32) -> Bool { number < 1000 || (60_514..<65_536).contains(number) || number == .max }

  private let allowedGroups: [String]
  private let allowedAccounts: Set<String>
  /// Whom the service itself runs as. Unless that is root, it can run commands as nobody else.
  private let serviceUser: UInt32

  init(allowedGroups: [String], allowedAccounts: [String], hostNames: [String], serviceUser: UInt32 = geteuid()) {
    self.allowedGroups = allowedGroups
    self.allowedAccounts = Set(
      allowedAccounts.compactMap { text in
        AccountName(parsing: text).flatMap { AccountStore.localName(of: $0, hostNames: hostNames) }.map(Account.key)
      })
    self.serviceUser = serviceUser
  }

  init(_ configuration: LogonConfiguration) {
    self.init(
      allowedGroups: configuration.allowedGroups, allowedAccounts: configuration.allowedAccounts, hostNames: configuration.hostNames.all)
  }

  func decide(_ account: Account) -> Decision {
    guard let user = SystemNames.user(named: account.unixUser) else { return .refused("its Unix user does not exist") }
    return decide(account, as: user) { SystemNames.group(named: $0) }
  }

  func decide(_ account: Account, as user: UnixUser, groupNumber: (String) -> UInt32?) -> Decision {
    guard serviceUser == 0 || user.uid == serviceUser else {
      return .refused("it belongs to another Unix user than the service's")
    }
    if allowedAccounts.contains(account.key) { return .admitted(user) }
    guard !Self.isSystemUser(user.uid) else { return .refused("root and system users have to be named in AllowedAccounts") }
    let isMember = allowedGroups.contains { name in groupNumber(name).map(user.groups.contains) ?? false }
    return isMember ? .admitted(user) : .refused("it is neither named in AllowedAccounts nor a member of AllowedGroups")
  }
}

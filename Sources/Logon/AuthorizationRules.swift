import Accounts
import BlockingThreads
import Glibc
import SecuritySupport
import Winbind

/// Who, of those that are authenticated, may use shells.
///
/// `AllowedAccounts` names local accounts as `user` or `HOST\user`, those of a domain as `DOMAIN\user` or `user@domain.example`.
/// `AllowedGroups` names Unix groups, and groups of a domain as `DOMAIN\group` or `group@domain.example`; a bare name that no Unix group
/// has is one of this host's own domain.
struct AuthorizationRules: Sendable {
  enum Decision: Sendable, Equatable {
    /// The rule that lets in, for the log.
    case admitted(UnixUser, rule: String)
    /// Why not, for the log.
    case refused(String)
  }

  /// Whether a user number is the system's: those below 1000, and those from the end of systemd-homed's range on that distributions,
  /// systemd's dynamic users and `nobody` take (systemd, "Users, Groups, UIDs and GIDs on systemd Systems").
  static func isSystemUser(_ number: UInt32) -> Bool { number < 1000 || (60_514..<65_536).contains(number) || number == .max }

  let allowedGroups: [String]
  private let allowedAccounts: [AccountName]
  private let allowedLocalAccounts: Set<String>
  /// Whom the service itself runs as. Unless that is root, it can run commands as nobody else.
  private let serviceUser: UInt32

  init(allowedGroups: [String], allowedAccounts: [String], hostNames: [String], serviceUser: UInt32 = geteuid()) {
    self.allowedGroups = allowedGroups
    let names = allowedAccounts.compactMap(AccountName.init(parsing:))
    allowedLocalAccounts = Set(names.compactMap { AccountStore.localName(of: $0, hostNames: hostNames) }.map(Account.key))
    self.allowedAccounts = names.filter { AccountStore.localName(of: $0, hostNames: hostNames) == nil }
    self.serviceUser = serviceUser
  }

  init(_ configuration: LogonConfiguration) {
    self.init(
      allowedGroups: configuration.allowedGroups, allowedAccounts: configuration.allowedAccounts, hostNames: configuration.hostNames.all)
  }

  // MARK: Accounts of this host

  /// Blocks.
  func decide(_ account: Account) -> Decision {
    guard let user = SystemNames.user(named: account.unixUser) else { return .refused("its Unix user does not exist") }
    return decide(account, as: user) { SystemNames.group(named: $0) }
  }

  func decide(_ account: Account, as user: UnixUser, groupNumber: (String) -> UInt32?) -> Decision {
    if let refusal = refusal(of: user) { return refusal }
    if allowedLocalAccounts.contains(account.key) { return .admitted(user, rule: "AllowedAccounts") }
    if let refusal = refusal(ofUnnamed: user) { return refusal }
    return group(of: user, groupNumber: groupNumber).map { .admitted(user, rule: "AllowedGroups: \($0)") } ?? Self.stranger
  }

  // MARK: What all have in common

  /// As an ordinary user the service can run commands as itself alone.
  func refusal(of user: UnixUser) -> Decision? {
    guard serviceUser == 0 || user.uid == serviceUser else {
      return .refused("it belongs to another Unix user than the service's")
    }
    return nil
  }

  /// Who is the system's has to be named.
  func refusal(ofUnnamed user: UnixUser) -> Decision? {
    Self.isSystemUser(user.uid) ? .refused("root and system users have to be named in AllowedAccounts") : nil
  }

  /// Whether a member of the administrators' group is an administrator over the network too: who may not be served at all is none, and the
  /// system's users only when they are named, which `decision` about the same user has looked at.
  func letsAdminister(_ user: UnixUser, _ decision: Decision) -> Bool {
    guard refusal(of: user) == nil else { return false }
    if case .admitted = decision { return true }
    return refusal(ofUnnamed: user) == nil
  }

  /// The first Unix group of `AllowedGroups` that the user is in.
  func group(of user: UnixUser, groupNumber: (String) -> UInt32?) -> String? {
    allowedGroups.first { name in groupNumber(name).map(user.groups.contains) ?? false }
  }

  static let stranger = Decision.refused("it is neither named in AllowedAccounts nor a member of AllowedGroups")

  // MARK: Accounts of no host: by Kerberos alone

  /// Whether `AllowedAccounts` names a principal. Letters of either case are two in its name and one in its realm.
  func names(user: String, realm: String) -> Bool {
    allowedAccounts.contains { name in
      guard name.isUserPrincipalName, let cut = name.user.lastIndex(of: "@") else { return false }
      return name.user[..<cut] == user && name.user[name.user.index(after: cut)...].lowercased() == realm.lowercased()
    }
  }

  /// Whether `AllowedAccounts` names a user of a domain, by the domain's NetBIOS or DNS name.
  func names(_ user: DomainUser) -> Bool {
    allowedAccounts.contains { name in
      let (account, domain): (Substring, Substring)
      if !name.domain.isEmpty {
        (account, domain) = (name.user[...], name.domain[...])
      } else {
        guard let cut = name.user.lastIndex(of: "@") else { return false }
        (account, domain) = (name.user[..<cut], name.user[name.user.index(after: cut)...])
      }
      guard account.lowercased() == user.name.lowercased() else { return false }
      return [user.domain, user.realm].contains { $0?.lowercased() == domain.lowercased() }
    }
  }
}

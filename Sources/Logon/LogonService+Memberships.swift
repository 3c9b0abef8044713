import BlockingThreads
import Glibc
import Logging
import LogonInterface
import SecurityDescriptors
import SecuritySupport
import Winbind

extension LogonService {
  /// What the name service knows of a user, asked of it once.
  private struct UnixMember: Sendable {
    var user: UnixUser?
    var administrators: UInt32?
    /// The groups that `AllowedGroups` names, by name.
    var allowed: [String: UInt32] = [:]

    var isAdministrator: Bool { administrators.map { user?.groups.contains($0) ?? false } ?? false }
  }

  /// Who a proven account is for access control.
  ///
  /// - Parameter decision: what the rules say about shells: whom they admit is one of Remote Management Users.
  func memberships(of subject: LogonSubject, _ decision: AuthorizationRules.Decision) async -> Memberships {
    var table = MembershipTable()
    var expectedID: UInt32?
    if case .domain(let user) = subject.origin {
      expectedID = user.unixID
      table.add(domainUser: user.sid, groups: await groups(of: user))
    }
    let unixName = subject.unixUser
    var member = await ask {
      UnixMember(user: SystemNames.user(named: unixName), administrators: SystemNames.group(named: MembershipTable.administrators))
    }
    // Somebody else has the name that winbind gave the user.
    if let expectedID, member.user?.uid != expectedID { member.user = nil }
    table.addWellKnown(.network)
    if case .admitted(let user, rule: _) = decision {
      table.addRemoteManagementUsers()
      // Over the network root is who was named in AllowedAccounts, as it is for shells: a realm may have a principal `root`.
      if user.uid == 0 || user.uid == geteuid() { table.addAdministrators() }
    }
    // The group stands in for AllowedGroups and AllowedAccounts, not for what keeps an account out besides.
    if member.isAdministrator, let user = member.user, rules.letsAdminister(user, decision) { table.addAdministrators() }
    table.add(unixUser: member.user)
    return table.memberships
  }

  /// Who a user of this host is for access control, whom the kernel has named.
  ///
  /// Root, and whom the service itself runs as, are administrators: they could change the files as well.
  func describe(userID: UInt32) async -> LocalUser {
    let allowedGroups = rules.allowedGroups
    let member = await ask {
      UnixMember(
        user: SystemNames.user(number: userID), administrators: SystemNames.group(named: MembershipTable.administrators),
        allowed: Dictionary(allowedGroups.compactMap { name in SystemNames.group(named: name).map { (name, $0) } }) { first, _ in first })
    }
    var table = MembershipTable()
    table.addWellKnown(.local)
    if userID == 0 || userID == geteuid() || member.isAdministrator { table.addAdministrators() }
    if let user = member.user {
      table.add(unixUser: user)
      if rules.refusal(of: user) == nil, rules.refusal(ofUnnamed: user) == nil,
        rules.group(of: user, groupNumber: { member.allowed[$0] }) != nil
      {
        table.addRemoteManagementUsers()
      }
    } else {
      table.add(namelessUser: userID)
    }
    return LocalUser(
      accountName: "\(hostNames.netBIOS)\\\(member.user?.name ?? String(userID))", unixUser: member.user?.name,
      memberships: table.memberships)
  }

  /// All groups of a domain's user; `nil` when the domain cannot be asked.
  private func groups(of user: DomainUser) async -> [SecurityIdentifier]? {
    guard let domain = configuration.domain else { return nil }
    do throws(DomainError) { return try await domain.groups(of: user) } catch {
      logger.warning(
        "the groups of an account cannot be read: nothing is granted by them, and what is denied to anybody is denied to it",
        metadata: ["account": "\(user.accountName.sanitizedForLog())", "reason": "\(error)"])
      return nil
    }
  }

  /// Who cannot be asked about has no groups, which is said.
  private func ask(_ question: @escaping @Sendable () -> UnixMember) async -> UnixMember {
    do { return try await AuthorizationRules.nameService.run(question) } catch { return UnixMember() }
  }
}

import BlockingThreads
import SecurityDescriptors
import SecuritySupport
import Winbind

extension AuthorizationRules {
  /// Questions to the name service about users of a domain go to the network.
  static let nameService = BlockingPool(slots: 16, deadline: .seconds(5))

  /// What the name service knows, asked of it once for each decision.
  struct UnixView: Sendable {
    var user: UnixUser?
    /// The Unix groups that `AllowedGroups` names, by the name as it stands there.
    var groups: [String: UInt32] = [:]

    /// Blocks.
    static func ask(user: String, groups: [String]) -> UnixView {
      UnixView(
        user: SystemNames.user(named: user),
        groups: Dictionary(groups.compactMap { name in SystemNames.group(named: name).map { (name, $0) } }) { first, _ in first })
    }
  }

  /// Decides on a user of a domain.
  ///
  /// Its Unix user is the one that winbind maps, and nobody else who has the same name. Membership counts by the directory's word, with
  /// nested groups, and by the name service's. What cannot be asked refuses.
  func decide(_ user: DomainUser, in directory: any DomainDirectory) async -> Decision {
    let groups = allowedGroups
    let view: UnixView
    do {
      view = try await Self.nameService.run { UnixView.ask(user: user.unixName, groups: groups) }
    } catch { return .refused("the name service gave no answer about its Unix user") }
    return await decide(user, in: directory, view: view)
  }

  func decide(_ user: DomainUser, in directory: any DomainDirectory, view: UnixView) async -> Decision {
    guard let unixUser = view.user else {
      return .refused("the name service does not know its Unix user \(user.unixName.sanitizedForLog())")
    }
    guard unixUser.uid == user.unixID else {
      return .refused("the name service knows another Unix user by its name: \(unixUser.uid) instead of \(user.unixID)")
    }
    if let refusal = refusal(of: unixUser) { return refusal }
    if names(user) { return .admitted(unixUser, rule: "AllowedAccounts") }
    if let refusal = refusal(ofUnnamed: unixUser) { return refusal }
    if let group = group(of: unixUser, groupNumber: { view.groups[$0] }) { return .admitted(unixUser, rule: "AllowedGroups: \(group)") }
    do throws(DomainError) {
      if let group = try await domainGroup(of: user, in: directory, unixGroups: view.groups) {
        return .admitted(unixUser, rule: "AllowedGroups: \(group)")
      }
    } catch { return .refused("its groups could not be read from the domain: \(error)") }
    return Self.stranger
  }

  /// The first group of `AllowedGroups` that the directory counts the user to.
  private func domainGroup(
    of user: DomainUser, in directory: any DomainDirectory, unixGroups: [String: UInt32]
  ) async throws(DomainError) -> String? {
    var memberships: [SecurityIdentifier]?
    for text in allowedGroups {
      // A bare name is a Unix group's, if there is one: then the domain's group of that name is not meant.
      guard let name = AccountName(parsing: text), name.domain != "." else { continue }
      guard !name.domain.isEmpty || name.isUserPrincipalName || unixGroups[text] == nil else { continue }
      guard let group = try await directory.group(name) else { continue }
      if memberships == nil { memberships = try await directory.groups(of: user) }
      if memberships?.contains(group) == true { return text }
    }
    return nil
  }
}

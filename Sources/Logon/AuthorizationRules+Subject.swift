import BlockingThreads
import Kerberos
import Winbind

extension AuthorizationRules {
  /// Decides on whoever was proven.
  ///
  /// - Parameter directory: the domain, for its users.
  func decide(_ subject: LogonSubject, in directory: (any DomainDirectory)?) async -> Decision {
    switch subject.origin {
    case .local(let account): return await BlockingWork.run { decide(account) }
    case .domain(let user):
      guard let directory else { return .refused("there is no domain any more") }
      return await decide(user, in: directory)
    case .realm(let principal, _): return await decide(principal, unixUser: subject.unixUser)
    }
  }

  /// Decides on a principal that the Kerberos configuration maps to a Unix user.
  func decide(_ principal: KerberosPrincipal, unixUser: String) async -> Decision {
    let groups = allowedGroups
    let view: UnixView
    do {
      view = try await Self.nameService.run { UnixView.ask(user: unixUser, groups: groups) }
    } catch { return .refused("the name service gave no answer about its Unix user") }
    guard let user = view.user else { return .refused("its Unix user does not exist") }
    if let refusal = refusal(of: user) { return refusal }
    if let name = principal.userName, names(user: name, realm: principal.realm) { return .admitted(user, rule: "AllowedAccounts") }
    if let refusal = refusal(ofUnnamed: user) { return refusal }
    return group(of: user) { view.groups[$0] }.map { .admitted(user, rule: "AllowedGroups: \($0)") } ?? Self.stranger
  }
}

import Accounts
import SecurityDescriptors
import SecuritySupport
import WinRMConfiguration
import WinRMDoctor
import WinRMResources

/// Whether those whom AllowedAccounts and AllowedGroups admit may execute what the descriptor of shells is about.
extension ServiceExamination {
  /// The Unix group whose members are administrators of the service.
  private static let administrators = "winrm-admins"
  /// What everybody is whom the service admits.
  private static let admitted: Set<SecurityIdentifier> = [.everyone, .authenticatedUsers, .network, .builtinUsers, .remoteManagementUsers]

  /// No check where shells cannot be opened anyway.
  func shellAccess(_ findings: Findings) -> [Check] {
    guard let resource = PlugInConfiguration.shell.resources.first,
      let (place, sddl) = Self.shellDescriptor(findings.settings, resource.uri)
    else { return [] }
    let title = "Whoever is admitted may open shells"
    let builtIn = resource.security.first?.sddl ?? ""
    func set(_ sddl: String) -> String { "winrm configsddl \(CommandWord.quoted(resource.uri)) \(CommandWord.quoted("-sddl:" + sddl))" }
    guard let descriptor = try? SecurityDescriptor(sddl: sddl), let list = descriptor.dacl, !list.flags.contains(.noAccessControl) else {
      return [
        check("shellaccess", title, .fail, "\(place) cannot be used, so that administrators alone are admitted", remedy: set(builtIn))
      ]
    }
    let words = "\(place) says who may: \(SecurityReport.sentences(about: descriptor).joined(separator: "; "))"
    if Self.admits(descriptor) { return [check("shellaccess", title, .pass, words)] }
    // Users and groups by their own SIDs: who of them is admitted, the service knows when they come.
    let others = list.entries.contains { entry in
      entry.kind == .allow && !entry.flags.contains(.inheritOnly) && GenericMapping.winrm(entry.mask).contains(.winrmExecute)
        && !Self.admitted.contains(entry.trustee) && ![.builtinAdministrators, .localSystem].contains(entry.trustee)
    }
    guard !others, !admitsAdministrators(findings) else { return [check("shellaccess", title, .pass, words)] }
    var wider = descriptor
    wider.dacl?.entries.append(AccessControlEntry(.allow, .genericExecute, .remoteManagementUsers))
    return [
      check(
        "shellaccess", title, .fail,
        "\(words). Whom AllowedAccounts and AllowedGroups admit are \(SecurityReport.name(of: .remoteManagementUsers)), and get access denied",
        remedy: set(Self.admits(wider) ? wider.sddl : builtIn), code: .accessDenied)
    ]
  }

  private static func admits(_ descriptor: SecurityDescriptor) -> Bool {
    // Nobody is S-1-0-0.
    guard let nobody = SecurityIdentifier(parsing: "S-1-0-0") else { return false }
    return descriptor.grants(.genericExecute, to: AccessToken(user: nobody, groups: admitted))
  }

  /// The descriptor that counts for a URI, and where it stands; `nil` where no plug-in that is enabled has it.
  static func shellDescriptor(_ settings: WinRMSettings, _ uri: String) -> (place: String, sddl: String)? {
    func normal(_ uri: String) -> String {
      var text = uri.lowercased()
      while text.hasSuffix("/") { text.removeLast() }
      return text
    }
    let wanted = normal(uri)
    let plugIns = settings.plugins.filter(\.enabled)
    guard settings.winrs.allowRemoteShellAccess, plugIns.contains(where: { $0.resources.contains { normal($0.uri) == wanted } }) else {
      return nil
    }
    let entries = plugIns.flatMap { plugIn in
      plugIn.resources.flatMap(\.security).map { (place: "Security of the plug-in \"\(plugIn.name)\"", security: $0) }
    }
    let exact = entries.first { normal($0.security.uri) == wanted }
    let above = entries.filter { !$0.security.exactMatch && wanted.hasPrefix(normal($0.security.uri) + "/") }
    guard let found = exact ?? above.max(by: { normal($0.security.uri).utf8.count < normal($1.security.uri).utf8.count }) else {
      return ("RootSDDL", settings.service.rootSDDL)
    }
    return (found.place, found.security.sddl)
  }

  /// Whether somebody who is admitted is an administrator of the service.
  private func admitsAdministrators(_ findings: Findings) -> Bool {
    let service = findings.settings.service
    guard let group = (try? UnixMembership.group(named: Self.administrators)) ?? nil else { return false }
    guard !service.allowedGroups.contains(Self.administrators) else { return true }
    let accounts = (try? AccountStore(path: paths.accountsFile).list()) ?? []
    let hosts = MachineNames.labels()
    return service.allowedAccounts.contains { text in
      let account = AccountName(parsing: text).flatMap { AccountStore.find($0, in: accounts, hostNames: hosts) }
      guard let user = (try? UnixMembership.user(named: account?.unixUser ?? text)) ?? nil else { return false }
      return user.groups.contains(group)
    }
  }
}

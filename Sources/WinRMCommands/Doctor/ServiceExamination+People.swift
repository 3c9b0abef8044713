import Accounts
import SecuritySupport
import WinRMConfiguration
import WinRMDoctor
import WinRMResources

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Who may use shells: the entries of AllowedAccounts and AllowedGroups, and whether each stands for somebody.
extension ServiceExamination {
  func people(_ findings: Findings) -> [Check] {
    let service = findings.settings.service
    let accounts: [Account]
    do throws(AccountsError) { accounts = try AccountStore(path: paths.accountsFile).list() } catch {
      return [unreadable(error)]
    }
    let allowed = service.allowedAccounts + service.allowedGroups
    let summary = "\(accounts.count == 1 ? "1 account" : "\(accounts.count) accounts") of its own; admitted: "
    guard !allowed.isEmpty else {
      let user = accounts.first?.name ?? "USER"
      return [
        check(
          "accounts", Self.accountsTitle, .fail, summary + "nobody (AllowedAccounts and AllowedGroups are empty)",
          remedy: (accounts.isEmpty && findings.domain == .none ? "winrm account add \(user); " : "")
            + SettingCommand.list("AllowedAccounts", [user]))
      ]
    }
    let entries = entries(service, accounts, findings)
    let isAnybodyThere = entries.contains { $0.state == .exists }
    // The group that is named unless somebody names another one need not be there where others are admitted.
    let lost = entries.filter { $0.state != .exists && !(isAnybodyThere && $0.isDefault) }
    let isClear = lost.isEmpty && isAnybodyThere
    var checks = [
      isAnybodyThere
        ? somebody(summary + allowed.joined(separator: ", "), accounts, service, findings, isClear: isClear)
        : check("accounts", Self.accountsTitle, .unknown, summary + "none of the names below could be found")
    ]
    let title = "All who are allowed are there"
    let texts = lost.compactMap(\.reason)
    let isFailure = lost.contains { if case .lost = $0.state { true } else { false } }
    checks.append(
      lost.isEmpty
        ? check("allowed", title, .pass, entries.filter { $0.state == .exists }.map(\.name).joined(separator: ", "))
        : isFailure
          ? check("allowed", title, .fail, texts.joined(separator: "; "), remedy: remedy(entries))
          : check("allowed", title, .unknown, texts.joined(separator: "; ")))
    return checks
  }

  private func unreadable(_ error: AccountsError) -> Check {
    let title = Self.accountsTitle
    let file = paths.accountsFile
    switch error.code {
    case .unreadable where userID != 0: return check("accounts", title, .unknown, "\(error.message); \(Self.asRoot)")
    // To root it belongs to root, and to this user it does not.
    case .insecureFile where isOfOthers:
      return check("accounts", title, .unknown, "\(error.message); \(Self.asRoot)")
    case .insecureFile:
      return check(
        "accounts", title, .fail, error.message,
        remedy:
          Self.isOther(file, followingLinks: false)
          ? "\(Self.aside(file)); then restore the file, or make the accounts anew"
          : "chown \(owner) \(CommandWord.path(file)); chmod 600 \(CommandWord.path(file))")
    default:
      return check(
        "accounts", title, .fail, error.message, remedy: "restore the file, or make the accounts anew: \(Self.moving(file))")
    }
  }

  // MARK: Entries

  struct Entry {
    enum State: Equatable {
      case exists
      /// With the command that mends it; `nil` where only another name does.
      case lost(String, mend: String?)
      case unknown(String)
    }
    var list: String
    var name: String
    var state: State

    var isDefault: Bool { list == "AllowedGroups" && ServiceSettings().allowedGroups.contains(name) }

    var reason: String? {
      switch state {
      case .exists: nil
      case .lost(let reason, _), .unknown(let reason): "\(list): \(reason)"
      }
    }
  }

  private func entries(_ service: ServiceSettings, _ accounts: [Account], _ findings: Findings) -> [Entry] {
    let hosts = MachineNames.labels()
    var names = Names(of: findings.domain, DomainNames(hostNames: hosts))
    return service.allowedAccounts.map { name in
      Entry(list: "AllowedAccounts", name: name, state: account(name, accounts, hosts, findings, &names))
    } + service.allowedGroups.map { Entry(list: "AllowedGroups", name: $0, state: group($0, &names)) }
  }

  private func account(
    _ text: String, _ accounts: [Account], _ hosts: [String], _ findings: Findings, _ names: inout Names
  ) -> Entry.State {
    guard let name = AccountName(parsing: text) else { return .lost("\"\(text)\" cannot be a name", mend: nil) }
    guard let local = AccountStore.localName(of: name, hostNames: hosts) else { return domainAccount(name, findings, &names) }
    guard let account = AccountStore.find(name, in: accounts, hostNames: hosts) else {
      var mend = "winrm account add \(CommandWord.argument(local, or: "NAME")) -unixuser:USER"
      if findings.domain != .none {
        let domain = names.ownDomain()
        mend += Self.domainForm(of: text, local, in: findings.settings.service.allowedAccounts, domain: domain)
      }
      return .lost("there is no account \(local) (winrm account list)", mend: mend)
    }
    guard account.isEnabled else {
      return .lost(
        "the account \(account.name) is disabled", mend: "winrm account enable \(CommandWord.argument(account.name, or: "NAME"))")
    }
    let user: UnixMembership?
    do throws(NameService.Failure) { user = try UnixMembership.user(named: account.unixUser) } catch {
      let reason = names.reason(error, for: account.unixUser)
      return .unknown("whether there is the Unix user \(account.unixUser) of \(account.name) cannot be found out: \(reason)")
    }
    guard user != nil else {
      return .lost(
        "the Unix user \(account.unixUser) of the account \(account.name) does not exist",
        mend: "useradd \(CommandWord.argument(account.unixUser, or: "USER"))")
    }
    return .exists
  }

  /// On a member of a domain, a name without the domain may have been meant for one of its accounts.
  static func domainForm(of text: String, _ local: String, in list: [String], domain: String?) -> String {
    let names = list.map { $0 == text ? "\(domain ?? "DOMAIN")\\\(local)" : $0 }
    return "; or, if an account of the domain is meant, name it so: \(SettingCommand.list("AllowedAccounts", names))"
  }

  private func domainAccount(_ name: AccountName, _ findings: Findings, _ names: inout Names) -> Entry.State {
    if let state = names.state(of: name.description, .account) { return state }
    // Without a domain, Kerberos alone can prove somebody of that name.
    return name.isUserPrincipalName && hasKeys(findings)
      ? .unknown("whether there is \(name) knows the realm's KDC alone")
      : .lost("\(name) is of a domain, and this machine is in none", mend: nil)
  }

  private func group(_ name: String, _ names: inout Names) -> Entry.State {
    let isBare = !name.contains("\\") && !name.contains("@")
    // A name with its domain is first asked for there: behind the name service it could hold up all the others.
    let first = isBare ? nil : names.state(of: name, .group)
    if let first {
      guard case .lost = first else { return first }
    }
    do throws(NameService.Failure) {
      if try UnixMembership.group(named: name) != nil { return .exists }
    } catch {
      return .unknown("whether there is \(name) cannot be found out: \(names.reason(error, for: name))")
    }
    let mend = isBare ? "groupadd \(CommandWord.argument(name, or: "GROUP"))" : nil
    return first ?? (isBare ? names.state(of: name, .group, mend: mend) : nil)
      ?? .lost("there is no group \(name) on this machine", mend: mend)
  }

  /// The first entry that stands for nobody: what makes it somebody, and what takes it out.
  private func remedy(_ entries: [Entry]) -> String {
    for entry in entries {
      guard case .lost(_, let mend) = entry.state else { continue }
      let rest = entries.filter { $0.list == entry.list && $0.name != entry.name }.map(\.name)
      let isLast = rest.isEmpty && !entries.contains { $0.list != entry.list }
      let set = SettingCommand.list(entry.list, isLast ? ["NAME"] : rest)
      return mend.map { "\($0); or \(isLast ? "name somebody else" : "take the name out"): \(set)" }
        ?? (isLast ? "name somebody who is there: \(set)" : set)
    }
    return ""
  }

  // MARK: Somebody

  /// Where all who may log on are accounts of this machine, one of them must be admitted.
  private func somebody(
    _ evidence: String, _ accounts: [Account], _ service: ServiceSettings, _ findings: Findings, isClear: Bool
  ) -> Check {
    guard findings.domain == .none, !hasKeys(findings), isClear else { return check("accounts", Self.accountsTitle, .pass, evidence) }
    let hosts = MachineNames.labels()
    let named = Set(
      service.allowedAccounts.compactMap { AccountName(parsing: $0) }
        .compactMap { AccountStore.localName(of: $0, hostNames: hosts) }.map(Account.key))
    let isAdmitted: Bool
    do throws(NameService.Failure) { isAdmitted = try admits(accounts, named, service.allowedGroups) } catch {
      return check(
        "accounts", Self.accountsTitle, .unknown,
        "\(evidence); whether one of the accounts belongs to these cannot be found out: \(Names.reason(error))")
    }
    guard !isAdmitted else { return check("accounts", Self.accountsTitle, .pass, evidence) }
    guard let first = accounts.first else {
      return check(
        "accounts", Self.accountsTitle, .fail, "\(evidence), but there is no account to log on with, no domain and no keytab",
        remedy: "winrm account add NAME -unixuser:USER")
    }
    return check(
      "accounts", Self.accountsTitle, .fail, "\(evidence); none of the accounts belongs to these",
      remedy: SettingCommand.list("AllowedAccounts", service.allowedAccounts + [first.name]))
  }

  /// Whether one of the accounts is named, or a member of one of the groups.
  private func admits(_ accounts: [Account], _ named: Set<String>, _ groupNames: [String]) throws(NameService.Failure) -> Bool {
    var groups: Set<UInt32> = []
    for name in groupNames {
      if let group = try UnixMembership.group(named: name) { groups.insert(group) }
    }
    for account in accounts where account.isEnabled {
      guard let user = try UnixMembership.user(named: account.unixUser) else { continue }
      if named.contains(account.key) || (user.number >= 1000 && !user.groups.isDisjoint(with: groups)) { return true }
    }
    return false
  }
}

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
            + "winrm set winrm/config/service '@{AllowedAccounts=\"\(user)\"}'")
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
      return check("accounts", title, .fail, error.message, remedy: "chown \(owner) \(file); chmod 600 \(file)")
    default:
      return check(
        "accounts", title, .fail, error.message, remedy: "restore the file, or make the accounts anew: mv \(file) \(file).broken")
    }
  }

  // MARK: Entries

  private struct Entry {
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
    let hosts = Self.hostNames()
    var findings = findings
    var entries: [Entry] = []
    func add(_ list: String, _ name: String, _ state: Entry.State) {
      entries.append(Entry(list: list, name: name, state: state))
      // Who gave no answer about one name is not waited for with the next one.
      if case .unknown = state, findings.domain == .member { findings.domain = .silent }
    }
    for name in service.allowedAccounts { add("AllowedAccounts", name, account(name, accounts, hosts, findings)) }
    for name in service.allowedGroups { add("AllowedGroups", name, group(name, findings)) }
    return entries
  }

  private func account(_ text: String, _ accounts: [Account], _ hosts: [String], _ findings: Findings) -> Entry.State {
    guard let name = AccountName(parsing: text) else { return .lost("\"\(text)\" cannot be a name", mend: nil) }
    guard let local = AccountStore.localName(of: name, hostNames: hosts) else { return domainAccount(name, findings) }
    guard let account = AccountStore.find(name, in: accounts, hostNames: hosts) else {
      var mend = "winrm account add \(local) -unixuser:USER"
      if findings.domain != .none {
        let domain = findings.domain == .member ? Self.ask(["--own-domain"])?.first : nil
        mend += Self.domainForm(of: text, local, in: findings.settings.service.allowedAccounts, domain: domain)
      }
      return .lost("there is no account \(local) (winrm account list)", mend: mend)
    }
    guard account.isEnabled else { return .lost("the account \(account.name) is disabled", mend: "winrm account enable \(account.name)") }
    let user: UnixMembership?
    do throws(UnixMembership.NoAnswer) { user = try UnixMembership.user(named: account.unixUser) } catch {
      return .unknown("whether there is the Unix user \(account.unixUser) of \(account.name) cannot be found out: \(silence(findings))")
    }
    guard user != nil else {
      return .lost("the Unix user \(account.unixUser) of the account \(account.name) does not exist", mend: "useradd \(account.unixUser)")
    }
    return .exists
  }

  /// On a member of a domain, a name without the domain may have been meant for one of its accounts.
  static func domainForm(of text: String, _ local: String, in list: [String], domain: String?) -> String {
    let names = list.map { $0 == text ? "\(domain ?? "DOMAIN")\\\(local)" : $0 }
    return
      "; or, if an account of the domain is meant, name it so: winrm set winrm/config/service '@{AllowedAccounts=\"\(names.joined(separator: ","))\"}'"
  }

  private func domainAccount(_ name: AccountName, _ findings: Findings) -> Entry.State {
    if let state = inDomain(name.description, kind: "SID_USER", "account", findings) { return state }
    // Without a domain, Kerberos alone can prove somebody of that name.
    return name.isUserPrincipalName && hasKeys(findings)
      ? .unknown("whether there is \(name) knows the realm's KDC alone")
      : .lost("\(name) is of a domain, and this machine is in none", mend: nil)
  }

  private func group(_ name: String, _ findings: Findings) -> Entry.State {
    do throws(UnixMembership.NoAnswer) {
      if try UnixMembership.group(named: name) != nil { return .exists }
    } catch {
      return .unknown("whether there is \(name) cannot be found out: \(silence(findings))")
    }
    let isBare = !name.contains("\\") && !name.contains("@")
    var asked = name
    if isBare, findings.domain == .member, let own = Self.ask(["--own-domain"])?.first { asked = "\(own)\\\(name)" }
    let parts = name.split(separator: "@", omittingEmptySubsequences: false)
    if parts.count == 2, !name.contains("\\") { asked = "\(parts[1])\\\(parts[0])" }
    if let state = inDomain(asked, kind: "GROUP", "group", findings, shown: name, mend: isBare ? "groupadd \(name)" : nil) { return state }
    return .lost("there is no group \(name) on this machine", mend: isBare ? "groupadd \(name)" : nil)
  }

  /// What winbind knows of a name; `nil` on a machine that is in no domain.
  private func inDomain(
    _ name: String, kind: String, _ what: String, _ findings: Findings, shown: String? = nil, mend: String? = nil
  ) -> Entry.State? {
    switch findings.domain {
    case .none: return nil
    case .silent: return .unknown("whether there is \(shown ?? name) cannot be found out: \(Self.silence)")
    case .member:
      guard let answer = Self.ask(["-n", name])?.joined(separator: " ") else {
        return .unknown("whether there is \(shown ?? name) cannot be found out: \(Self.silence)")
      }
      if answer.contains(kind) || (kind == "GROUP" && answer.contains("SID_ALIAS")) { return .exists }
      let isOther = answer.contains("SID_")
      return .lost("the domain has no \(what) \(shown ?? name)" + (isOther ? " (something else is called so)" : ""), mend: mend)
    }
  }

  /// Who leaves questions about names open.
  private func silence(_ findings: Findings) -> String {
    findings.domain == .silent ? Self.silence : "the system's name service does not answer"
  }

  private static let silence = "winbind does not answer"

  /// The lines that `wbinfo` answers with; none when it says no, `nil` when it says nothing.
  private static func ask(_ arguments: [String]) -> [String]? {
    guard let result = try? wbinfo(arguments) else { return nil }
    guard result.exitCode == 0 else { return [] }
    return String(decoding: result.output, as: UTF8.self).split(separator: "\n").map(String.init)
  }

  /// The first entry that stands for nobody: what makes it somebody, and what takes it out.
  private func remedy(_ entries: [Entry]) -> String {
    for entry in entries {
      guard case .lost(_, let mend) = entry.state else { continue }
      let rest = entries.filter { $0.list == entry.list && $0.name != entry.name }.map(\.name)
      let isLast = rest.isEmpty && !entries.contains { $0.list != entry.list }
      let text = isLast ? "NAME" : rest.joined(separator: ",")
      let set = "winrm set winrm/config/service '@{\(entry.list)=\"\(text)\"}'"
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
    let hosts = Self.hostNames()
    let named = Set(
      service.allowedAccounts.compactMap { AccountName(parsing: $0) }
        .compactMap { AccountStore.localName(of: $0, hostNames: hosts) }.map(Account.key))
    let isAdmitted: Bool
    do throws(UnixMembership.NoAnswer) { isAdmitted = try admits(accounts, named, service.allowedGroups) } catch {
      return check(
        "accounts", Self.accountsTitle, .unknown, "\(evidence); whether one of the accounts belongs to these: \(silence(findings))")
    }
    guard !isAdmitted else { return check("accounts", Self.accountsTitle, .pass, evidence) }
    guard let first = accounts.first else {
      return check(
        "accounts", Self.accountsTitle, .fail, "\(evidence), but there is no account to log on with, no domain and no keytab",
        remedy: "winrm account add NAME -unixuser:USER")
    }
    let rest = (service.allowedAccounts + [first.name]).joined(separator: ",")
    return check(
      "accounts", Self.accountsTitle, .fail, "\(evidence); none of the accounts belongs to these",
      remedy: "winrm set winrm/config/service '@{AllowedAccounts=\"\(rest)\"}'")
  }

  /// Whether one of the accounts is named, or a member of one of the groups.
  private func admits(_ accounts: [Account], _ named: Set<String>, _ groupNames: [String]) throws(UnixMembership.NoAnswer) -> Bool {
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

  /// The names by which accounts of this machine are called.
  private static func hostNames() -> [String] {
    guard let name = MachineNames.current().first else { return ["localhost"] }
    let label = name.split(separator: ".").first.map(String.init) ?? name
    return [String(label.uppercased().prefix(15)), name, label]
  }
}

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

/// Whether users of the domain are users of this machine: the service runs their shells as these, and admits nobody whom the system's name
/// service does not know.
extension ServiceExamination {
  private static let domainUsersTitle = "Users of the domain are users of this machine"
  private static let nameServiceSwitch = "/etc/nsswitch.conf"
  /// The sources that know a domain's users, with their modules.
  private static let modules = ["winbind": "libnss_winbind.so.2", "sss": "libnss_sss.so.2"]
  /// The sources that know nobody but this machine's own users. Others, such as ldap or compat, may know those of a domain.
  private static let ownSources: Set<String> = ["files", "db", "systemd", "mymachines"]

  /// No check on a machine that is in no domain.
  func domainUsers(_ membership: Membership) -> [Check] {
    guard membership != .none else { return [] }
    let configuration = SystemFile.text(Self.nameServiceSwitch) ?? ""
    let sources = NameService.sources(of: "passwd", in: configuration) ?? ["files"]
    let known = sources.filter { Self.modules[$0] != nil }
    let unnamed = domainUsers(
      .fail,
      "\(Self.nameServiceSwitch) names neither winbind nor sss for passwd: nobody of the domain is a user of this machine, and nobody is admitted",
      remedy: "\(Self.nameServiceRemedy(configuration)); then start the service anew")
    let seen = "passwd: \(sources.joined(separator: " "))"
    if let lack = Self.missingModule(known) {
      return [
        domainUsers(
          .fail, "\(seen); the module \(lack) is not installed",
          remedy: lack.contains("winbind")
            ? "apt-get install libnss-winbind (Fedora: dnf install samba-winbind-modules); then start the service anew"
            : "apt-get install libnss-sss (Fedora: dnf install sssd-client); then start the service anew")
      ]
    }
    guard membership == .member, let (name, number) = Self.sample() else {
      if !known.isEmpty { return [domainUsers(.pass, seen)] }
      return [
        Self.areOwn(sources)
          ? unnamed : domainUsers(.unknown, "\(seen); whether these know the users of the domain cannot be found out without winbind")
      ]
    }
    do throws(NameService.Failure) {
      guard let user = try NameService.system.user(named: name) else {
        guard !known.isEmpty else { return [unnamed] }
        return [
          domainUsers(
            .fail, "\(seen); winbind has the Unix user \(name), and the system's name service does not know it",
            remedy:
              "see that nothing before \(known[0]) in the line passwd of \(Self.nameServiceSwitch) ends the search, such as [NOTFOUND=return], and empty the cache of nscd where it runs: nscd -i passwd"
          )
        ]
      }
      guard user.number == number else {
        return [
          domainUsers(
            .fail, "\(seen); \(name) has the number \(number) by winbind and \(user.number) by the system's name service",
            remedy:
              "let winbind alone number the users of the domain: name it before others in the line passwd of \(Self.nameServiceSwitch)")
        ]
      }
      guard try NameService.system.group(user.group) != nil else {
        let groups = NameService.sources(of: "group", in: configuration) ?? ["files"]
        return [
          domainUsers(
            .fail,
            """
            \(seen); \(name) is one, and the system's name service does not know its group \(user.group) (group: \
            \(groups.joined(separator: " "))): shells run without the groups of the domain
            """,
            remedy: known.contains("winbind") && !groups.contains { Self.modules[$0] != nil }
              ? "\(Self.nameServiceRemedy(configuration)); then start the service anew"
              : "have the line group of \(Self.nameServiceSwitch) name what the line passwd names; then start the service anew")
        ]
      }
    } catch {
      return [domainUsers(.unknown, "\(seen); whether \(name) is known cannot be found out: \(Names.reason(error))")]
    }
    return [domainUsers(.pass, "\(seen); \(name) is one")]
  }

  /// Whether nobody else than this machine is asked. What the configuration says of results is no source.
  static func areOwn(_ sources: [String]) -> Bool { sources.allSatisfy { ownSources.contains($0) || $0.contains("=") } }

  private func domainUsers(_ state: CheckState, _ evidence: String, remedy: String? = nil) -> Check {
    check("domainusers", Self.domainUsersTitle, state, evidence, remedy: remedy)
  }

  /// The commands that add winbind to the lines passwd and group, where it is missing.
  static func nameServiceRemedy(_ configuration: String) -> String {
    let lines = ["passwd", "group"].map { database in
      (database, NameService.sources(of: database, in: configuration))
    }.filter { _, sources in sources?.contains { modules[$0] != nil } != true }
    let there = lines.filter { $0.1 != nil }.map(\.0)
    let missing = lines.filter { $0.1 == nil }.map(\.0)
    // Before a comment, where there is one.
    let change =
      there.isEmpty
      ? [] : ["sed -i -E 's/^([[:space:]]*(\(there.joined(separator: "|")))[[:space:]]*:[^#]*)/\\1 winbind /' \(nameServiceSwitch)"]
    return (change + missing.map { "echo '\($0): files winbind' >>\(nameServiceSwitch)" }).joined(separator: "; ")
  }

  /// The module of the first source, where none of them can be loaded.
  private static func missingModule(_ sources: [String]) -> String? {
    #if canImport(Glibc)
      let modules = sources.compactMap { Self.modules[$0] }
      for module in modules {
        guard let handle = dlopen(module, RTLD_LAZY) else { continue }
        dlclose(handle)
        return nil
      }
      return modules.first
    #else
      return nil
    #endif
  }

  /// An account of the domain that winbind has as a Unix user: the machine's own, or the first that every domain has. `nil` where it has
  /// neither, or does not say.
  private static func sample() -> (name: String, number: UInt32)? {
    var names = DomainNames()
    guard let domain = (try? names.own()) ?? nil, let host = MachineNames.labels().first else { return nil }
    for account in ["\(host)$", "Administrator"] {
      guard let answer = try? DomainNames.run(["--user-info=\(domain)\\\(account)"]) else { return nil }
      guard answer.exitCode == 0 else { continue }
      let fields = String(decoding: answer.output, as: UTF8.self).split(separator: ":", omittingEmptySubsequences: false)
      if fields.count > 3, let number = UInt32(fields[2]) { return (String(fields[0]), number) }
    }
    return nil
  }
}

import GroupPolicy
import Kerberos
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

/// What a service has of a domain or a realm: winbind, its keys, and the domain's policy.
extension ServiceExamination {
  private static let hour: Int64 = 3600
  /// The timer reads the policy every 90 to 120 minutes; after this time it was missed twice.
  private static let policyAgeLimit = 4 * hour

  // MARK: Winbind

  /// Whether the domain answers; no check on a machine that is no member of one.
  func member() -> (Check?, Membership) {
    let title = "The domain answers winbind"
    let log = "its log is in /var/log/samba"
    let remedy = Self.hasSystemd ? "systemctl restart winbind; \(log)" : "start winbindd; \(log)"
    do throws(ChildProcess.Failure) {
      // What makes this machine a member; wbinfo is on others too.
      let role = try ChildProcess.run("testparm", ["-s", "--parameter-name=security"], maximumOutput: 4096, seconds: 10)
      guard String(decoding: role.output, as: UTF8.self).lowercased().hasPrefix("ads") else { return (nil, .none) }
    } catch { return (nil, .none) }
    func silent(_ state: CheckState, _ evidence: String, remedy: String? = nil, names: String) -> (Check?, Membership) {
      (check("domain", title, state, evidence, remedy: remedy), .silent(names))
    }
    do throws(ChildProcess.Failure) {
      let alive = try DomainNames.run(["--ping"])
      guard alive.exitCode == 0 else {
        return silent(.fail, "winbindd does not run: \(Self.line(alive))", remedy: remedy, names: "winbindd does not run")
      }
    } catch {
      switch error {
      case .missing:
        return silent(.unknown, "this machine is a member of a domain, and wbinfo is not installed", names: "wbinfo is not installed")
      case .timedOut:
        return silent(
          .fail, "winbind does not answer: winbindd hangs, or waits for a domain controller",
          remedy: "\(NameService.remedy(restarting: [.winbind])); \(log)", names: "winbind does not answer")
      case .notStarted, .tooMuchOutput, .killed: return silent(.unknown, error.reason, names: error.reason)
      }
    }
    let mend = "see that the domain controller can be reached (net ads info) and that the machine's secret is right (wbinfo -t)"
    let unreached = "winbind reaches no domain controller"
    do throws(ChildProcess.Failure) {
      let domain = try ChildProcess.run("wbinfo", ["--ping-dc"], maximumOutput: 4096, seconds: Self.patience)
      return domain.exitCode == 0
        ? (check("domain", title, .pass, Self.line(domain)), .member)
        : silent(.fail, Self.line(domain), remedy: mend, names: unreached)
    } catch {
      guard case .timedOut = error else { return silent(.unknown, error.reason, names: error.reason) }
      return silent(
        .fail, "winbindd runs, and got no answer of a domain controller within \(Self.patience) seconds", remedy: mend, names: unreached)
    }
  }

  /// How long a domain controller's answer is waited for, in seconds: longer than the service does, so that what comes too late for the
  /// doctor comes too late for a logon.
  private static let patience = 2 * DomainNames.patience

  private static func line(_ result: ChildProcess.Result) -> String {
    let said = String(decoding: result.output, as: UTF8.self).split(separator: "\n") + result.errors.split(separator: "\n")
    return said.first.map(String.init) ?? "wbinfo failed with exit code \(result.exitCode)"
  }

  private static var hasSystemd: Bool { access("/run/systemd/system", F_OK) == 0 }

  // MARK: Keytab

  /// The keytab that the service uses; `nil` for none.
  private func keytabOfService(_ findings: Findings) -> KerberosKeytab? {
    let named = findings.settings.service.keytabFile
    guard named.isEmpty else { return KerberosKeytab(name: "FILE:" + named) }
    // A service that is not root's uses the keys of the host only when told so.
    guard userID == 0 || isOfOthers || findings.running?.user == 0 else { return nil }
    return KerberosKeytab.systemDefault()
  }

  func hasKeys(_ findings: Findings) -> Bool { keytabOfService(findings)?.hasKeys ?? false }

  /// Only where there is a keytab, or should be one.
  func keytab(_ findings: Findings) async -> [Check] {
    let auth = findings.settings.service.auth
    guard auth.kerberos || auth.negotiate || auth.credSSP, let keytab = keytabOfService(findings) else { return [] }
    let title = "The keytab has keys of the service"
    let file = keytab.name.hasPrefix("FILE:") ? String(keytab.name.dropFirst(5)) : keytab.name
    let isNamed = !findings.settings.service.keytabFile.isEmpty
    let isMember = findings.domain != .none
    // Samba writes the keytab of the system and no other.
    let making =
      !isMember
      ? "get the keys from the administrator of the realm"
      : isNamed
        ? "use the keytab of the system, which Samba keeps: \(setting("KeytabFile", "", of: .service, findings))"
        : "net ads keytab create -P; net ads keytab add_update_ads HTTP WSMAN -P"
    if file.hasPrefix("/"), access(file, F_OK) != 0 {
      if errno == EACCES, userID != 0 { return [check("keytab", title, .unknown, "\(file) cannot be looked at; \(Self.asRoot)")] }
      guard isNamed || isMember else { return [] }
      let remedy = isNamed ? "put it there, or use that of the system: \(setting("KeytabFile", "", of: .service, findings))" : making
      return [check("keytab", title, .fail, "there is no file \(file), so that Kerberos is not accepted", remedy: remedy)]
    }
    if let danger = keytab.danger {
      return [
        check(
          "keytab", title, .fail, "\(file) is not believed: \(danger)",
          remedy: Self.isOther(file)
            ? Self.aside(file)
            : "chown \(Self.owner(findings.running?.user ?? userID)) \(CommandWord.path(file)); chmod 600 \(CommandWord.path(file))")
      ]
    }
    if file.hasPrefix("/"), access(file, R_OK) != 0 {
      return [
        userID == 0
          ? check(
            "keytab", title, .fail, "\(file) cannot be read: \(String(cString: strerror(errno)))",
            remedy: "chmod 600 \(CommandWord.path(file))")
          : check("keytab", title, .unknown, "\(file) cannot be read; \(Self.asRoot)")
      ]
    }
    let entries = keytab.entries()
    guard !entries.isEmpty else {
      return isNamed || isMember ? [check("keytab", title, .fail, "\(file) holds no key, or is damaged", remedy: making)] : []
    }
    return await keys(entries, keytab, file, title, making)
  }

  /// Clients ask for WSMAN or HTTP, and HOST is what only some fall back to. What counts is not what the entries are called: the service
  /// takes a ticket that any of its keys opens, and in a domain all the names of a machine have one key.
  private func keys(
    _ entries: [KerberosKeytab.Entry], _ keytab: KerberosKeytab, _ file: String, _ title: String, _ making: String
  ) async -> [Check] {
    let services = keytab.services()
    let names = services.map(\.description)
    let seen = names.isEmpty ? "no key of a service" : names.prefix(8).joined(separator: ", ") + (names.count > 8 ? ", ..." : "")
    let classes = KerberosServiceName.winRMServices
    // The full name first, which most clients use.
    let own = MachineNames.current().reversed().map { $0.lowercased() }
    let ownServices = services.filter { own.contains($0.host.lowercased()) && classes.contains($0.service.uppercased()) }
    guard let host = own.first(where: { name in ownServices.contains { $0.host.lowercased() == name } }),
      let http = KerberosServiceName(service: "HTTP", host: host)
    else {
      return [
        check(
          "keytab", title, .fail, "\(file) has no key of HTTP/\(own.first ?? "HOST") (it has \(seen)): clients ask for this machine's name",
          remedy: making)
      ]
    }
    var remarks = ""
    for missing in ["HTTP", "WSMAN"] where !ownServices.contains(where: { $0.service.uppercased() == missing }) {
      guard let service = KerberosServiceName(service: missing, host: host) else { continue }
      let lack = "\(file) has none of \(missing) (it has \(seen))"
      do {
        _ = try await client(of: service, entries, keytab)
        remarks += "; a ticket for \(service) was opened with them, too"
      } catch let error as KerberosError where error.code == .unknownService && missing == "WSMAN" {
        remarks += "; the KDC knows no \(service), so that clients ask for HTTP"
      } catch let error as KerberosError where [.keytab, .unknownService].contains(error.code) {
        let isUnknown = error.code == .unknownService
        var remedy = "net ads keytab add_update_ads \(missing) -P"
        if !isUnknown {
          remedy += """
               If another account has the name \(service) (on a domain controller: setspn -Q, samba-tool spn list), have it taken from \
            there first
            """
        }
        return [
          check(
            "keytab", title, .fail,
            "\(lack), and \(isUnknown ? "the KDC knows no \(service)" : "no key opens a ticket for \(service)"): clients that ask for it are refused",
            remedy: making.hasPrefix("net ") ? remedy : making)
        ]
      } catch {
        // The check of the keys says why.
        return [check("keytab", title, .unknown, "\(lack), and no ticket could be had to try the others with")]
          + [await ticket(for: http, entries, keytab, file, making)]
      }
    }
    return [check("keytab", title, .pass, "\(file): \(seen)\(remarks)"), await ticket(for: http, entries, keytab, file, making)]
  }

  /// What the machine is called as a member of a domain.
  private static var machineAccount: String { (MachineNames.labels().first ?? "") + "$" }

  /// Who could ask the KDC with a key of the keytab: the machine, or a service of it.
  private static func asker(_ entries: [KerberosKeytab.Entry]) -> KerberosPrincipal? {
    // A keytab may have grown from that of another machine.
    let accounts = entries.map(\.principal).filter { ($0.userName ?? "").hasSuffix("$") }
    let own = machineAccount.lowercased()
    let services = entries.map(\.principal).filter {
      $0.components.count == 2 && KerberosServiceName.winRMServices.contains($0.components[0].uppercased())
    }
    return accounts.first { $0.userName?.lowercased() == own } ?? accounts.first ?? services.first { $0.components[0] == "HTTP" }
      ?? services.first
  }

  private struct NobodyToAsk: Error {}

  /// The machine asks for a ticket for a service of its own, and opens it.
  ///
  /// - Returns: whom the ticket vouches for.
  /// - Throws: `KerberosError`; ``NobodyToAsk`` where the keytab has no key by which the machine could ask.
  private func client(
    of service: KerberosServiceName, _ entries: [KerberosKeytab.Entry], _ keytab: KerberosKeytab
  ) async throws -> KerberosClient {
    guard let asker = Self.asker(entries) else { throw NobodyToAsk() }
    return try await KerberosWorkers.shared.run {
      let credential = KerberosCredential(.keytab(path: keytab.name, principal: asker.description))
      let initiator = KerberosInitiator(credential: credential, configuration: .init(services: [service]))
      guard let request = try initiator.step(nil).token else { throw KerberosError(.library) }
      let acceptor = KerberosAcceptor(configuration: .init(keytab: keytab.name, services: [service], channelBindingLevel: .none))
      return try acceptor.receive(request).client
    }
  }

  /// Whether the keys are those that the KDC issues tickets with.
  private func ticket(
    for service: KerberosServiceName, _ entries: [KerberosKeytab.Entry], _ keytab: KerberosKeytab, _ file: String, _ making: String
  ) async -> Check {
    let (id, title) = ("keys", "The KDC knows the keys")
    let versions = Set(entries.map(\.version)).sorted().map(String.init).joined(separator: ", ")
    let asker = Self.asker(entries)
    do {
      let client = try await client(of: service, entries, keytab)
      return check(id, title, .pass, "a ticket for \(client.service) was opened with \(file) (key version \(versions))")
    } catch is NobodyToAsk {
      return check(id, title, .unknown, "the keytab has no key by which the machine could ask")
    } catch let error as KerberosError {
      let old = "\(file) has version \(versions) of the keys, and the KDC uses another"
      switch error.code {
      case .keytab: return check(id, title, .fail, "no key opens a ticket for \(service): \(old)", remedy: making)
      case .wrongPassword:
        return check(id, title, .fail, "the KDC does not accept the key of \(asker?.description ?? "the machine"): \(old)", remedy: making)
      case .unknownService:
        return check(
          id, title, .fail, "the KDC does not know the service \(service)",
          remedy: making.hasPrefix("net ") ? "net ads keytab add_update_ads HTTP WSMAN -P" : making)
      case .unknownPrincipal:
        // A KDC of Active Directory lets accounts ask, and no names of their services.
        let name = asker?.description ?? "the machine"
        let reason = "no ticket could be had to try them with: the KDC knows no account \(name)"
        guard (asker?.userName ?? "").hasSuffix("$") else {
          let lack = "\(file) has no key of the machine's account by its own name, \(Self.machineAccount)"
          return check(id, title, .unknown, "\(reason), and \(lack). To have them tried: \(making)")
        }
        return check(id, title, .fail, reason, remedy: "join the domain anew (net ads join), and then: \(making)")
      case .unreachable, .timeout, .busy:
        return check(
          id, title, .fail, "no KDC of \(asker?.realm ?? "the realm") answers: \(error.message)", remedy: error.nextStep,
          code: .noAuthenticatingAuthority)
      case .clockSkew:
        return check(id, title, .fail, "the KDC refuses this machine's clock: \(error.message)", remedy: error.nextStep, code: .timeSkew)
      default: return check(id, title, .unknown, "no ticket could be had to try them with: \(error.message)")
      }
    } catch {
      return check(id, title, .unknown, "no ticket could be had to try them with: \(error)")
    }
  }

  // MARK: Policy

  func policyAge(_ membership: Membership) -> [Check] {
    let title = "The domain's policy is recent"
    guard let policy = try? EffectivePolicy.load(paths: paths) else { return [] }
    let remedy =
      "winrm policy update; "
      + (Self.hasSystemd ? "systemctl enable --now winrm-policy.service winrm-policy.timer" : Self.cronCommand(Self.ownPath))
    guard let read = policy.domain else {
      // An ordinary user's own service has the machine's policy; without one below WINRM_ROOT nobody expects it there.
      guard membership != .none else { return [] }
      return [check("policyage", title, .fail, "this machine is a member of a domain whose policy was never read", remedy: remedy)]
    }
    let age = now - read.updated
    guard age >= -300 else {
      return [
        check("policyage", title, .fail, "that of \(read.domain) was read \(PolicyReport.age(age))", remedy: "set the clock; \(remedy)")
      ]
    }
    let aside = read.leftAside.prefix(5).map { "\($0.object) (\($0.reason))" }.joined(separator: ", ")
    let more = read.leftAside.count > 5 ? " and \(read.leftAside.count - 5) more" : ""
    let evidence =
      "that of \(read.domain) was read \(PolicyReport.age(max(0, age))) ago"
      + (aside.isEmpty ? "" : "; linked and not applied: \(aside)\(more)")
    guard age > Self.policyAgeLimit else { return staleObjects(read, title) ?? [check("policyage", title, .pass, evidence)] }
    return [
      check("policyage", title, .fail, "\(evidence), and is to be read every 90 minutes\(Self.timerState)", remedy: remedy)
    ]
  }

  /// Objects of a recent policy whose own files could not be had for long; `nil` when there are none.
  private func staleObjects(_ policy: DomainPolicy, _ title: String) -> [Check]? {
    let old = policy.objects.filter { object in object.stale.map { now - $0.lastRead > Self.policyAgeLimit } ?? false }
    guard !old.isEmpty else { return nil }
    let shown = old.prefix(5).map { object in
      "\(object.source.object), read \(PolicyReport.age(now - (object.stale?.lastRead ?? now))) ago (\(object.stale?.reason ?? ""))"
    }
    let more = old.count > 5 ? " and \(old.count - 5) more" : ""
    return [
      check(
        "policyage", title, .fail,
        "of \(policy.domain), what some objects say now could not be read: \(shown.joined(separator: ", "))\(more)",
        remedy: "put the files of the object into SYSVOL again and let this machine read them, or unlink the object; winrm policy update")
    ]
  }

  /// A minute that is left to chance: not all machines are to ask the domain at once. The path, because cron looks in few directories.
  ///
  /// - Parameter program: the path of `winrm`; `nil` where the shell has to find it.
  static func cronCommand(_ program: String?) -> String {
    func line(_ program: String) -> String {
      "echo \"$(shuf -i 0-59 -n 1) * * * * root \(program) policy update\" >/etc/cron.d/winrm-policy"
    }
    return program.map(line) ?? "p=$(command -v winrm) && \(line("$p"))"
  }

  /// Where this program is; `nil` where it cannot be found out, or the path would have to be quoted.
  private static var ownPath: String? {
    guard let real = realpath("/proc/self/exe", nil) else { return nil }
    defer { free(real) }
    let path = String(cString: real)
    let isPlain = path.utf8.allSatisfy { byte in
      switch UnicodeScalar(byte) {
      case "a"..."z", "A"..."Z", "0"..."9", "/", ".", "_", "-", "+": true
      default: false
      }
    }
    return isPlain && path.hasSuffix("/winrm") && access(path, X_OK) == 0 ? path : nil
  }

  /// What systemd says of the timer.
  private static var timerState: String {
    guard hasSystemd, let state = try? ChildProcess.run("systemctl", ["is-active", "winrm-policy.timer"], maximumOutput: 4096, seconds: 10)
    else { return "" }
    return state.exitCode == 0
      ? "; winrm-policy.timer runs, journalctl -u winrm-policy tells what fails" : "; winrm-policy.timer does not run"
  }
}

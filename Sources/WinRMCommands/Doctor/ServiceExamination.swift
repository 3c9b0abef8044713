import Accounts
import Certificates
import GroupPolicy
import SecuritySupport
import WinRM
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

/// What can be said of this machine as a service without asking another one. Nothing is changed, and no user logs on; a member of a domain
/// proves itself to it.
struct ServiceExamination {
  /// Those of the service that is looked at.
  let paths: WinRMPaths
  /// Seconds since 1970.
  let now: Int64
  let userID = geteuid()

  /// A process that answers at the service's socket.
  struct Running: Equatable {
    var process: Int32
    var user: UInt32
  }

  /// What all checks are made with.
  struct Findings {
    var effective: EffectiveSettings
    /// `nil` when nobody answers, or it cannot be found out.
    var running: Running?
    var domain: Membership

    var settings: WinRMSettings { effective.settings }
  }

  /// The machine's place in a domain.
  enum Membership: Equatable {
    case none
    /// It is a member, and winbind answers.
    case member
    /// It is a member, and winbind cannot be asked about names, for this reason.
    case silent(String)
  }

  /// - Parameter environment: says whether an ordinary user means a service of their own; see ``LocalService``.
  init(paths: WinRMPaths, environment: [String: String], now: Int64) {
    let machine = WinRMPaths.current(environment: [:], effectiveUserID: 0)
    let isSet = environment["WINRM_ROOT"].map { !$0.isEmpty } ?? false
    let service = LocalService(paths: paths, environment: environment)
    let hasOwn = [paths.settingsFile, paths.settingsChangesFile, paths.serviceSocket].contains(where: Self.exists)
    let isMachine = !isSet && !hasOwn && paths.serviceSocket != machine.serviceSocket
    let meansMachine = isMachine && ((try? service.place()) == .socket(machine.serviceSocket) || Self.exists(machine.settingsFile))
    self.paths = meansMachine ? machine : paths
    self.now = now
  }

  func report() async -> DoctorReport {
    let (state, running) = runs()
    var (checks, effective) = files(isRunning: running != nil)
    checks.append(state)
    let (domain, membership) = member()
    if let effective {
      let findings = Findings(effective: effective, running: running, domain: membership)
      let hasService = state.state != .fail
      checks += await listeners(findings, hasService: hasService)
      checks += switches(findings) + certificates(findings) + people(findings)
      checks += shellAccess(findings)
      checks += (domain.map { [$0] } ?? []) + domainUsers(membership)
      checks += await keytab(findings)
    } else {
      let unread = checks.contains { $0.id.rawValue == "service.settings" && $0.state == .pass } ? "policy" : "settings"
      for (id, title) in [("listeners", Self.listenerTitle), ("accounts", Self.accountsTitle)] {
        checks.append(check(id, title, .unknown, "not tried: the \(unread) cannot be read"))
      }
      checks += (domain.map { [$0] } ?? []) + domainUsers(membership)
    }
    checks += policyAge(membership)
    return DoctorReport(subject: .init(), time: now, checks: checks)
  }

  /// Whether an ordinary user looks at the machine's service.
  var isOfOthers: Bool { userID != 0 && paths.serviceSocket == WinRMPaths.current(environment: [:], effectiveUserID: 0).serviceSocket }
  /// Whose the files of the service are to be, for chown.
  var owner: String { userID == 0 ? "root:root" : Self.owner(userID) }
  /// A user with his group, for chown.
  static func owner(_ user: UInt32) -> String { CommandWord.argument(UnixMembership.name(of: user) + ":", or: "\(user):") }

  static let listenerTitle = "There is a listener"
  static let accountsTitle = "Somebody may use it"
  /// What to do about a check that could not be made.
  static let asRoot = "run winrm doctor as root"

  func check(
    _ id: String, _ title: String, _ state: CheckState, _ evidence: String, remedy: String? = nil, code: WinRMCode? = nil
  ) -> Check {
    Check(.init(rawValue: "service.\(id)"), title, at: .service, state, evidence, remedy: remedy, code: code)
  }

  // MARK: Files

  /// The settings and the policy; what holds when both can be read.
  private func files(isRunning: Bool) -> ([Check], EffectiveSettings?) {
    let store = ConfigurationStore(paths: paths)
    var checks: [Check] = []
    do {
      _ = try store.loadLocal()
      checks.append(check("settings", "The settings can be read", .pass, settingsFiles))
    } catch {
      checks.append(unreadable("settings", "The settings can be read", error, isRunning: isRunning))
    }
    do {
      let policy = try EffectivePolicy.load(paths: paths)
      // A value that no setting can have is found when it is applied.
      var settings = WinRMSettings()
      _ = try policy.apply(to: &settings)
      checks.append(check("policy", "The policy can be read", .pass, policyFiles))
    } catch {
      checks.append(unreadable("policy", "The policy can be read", error, isRunning: isRunning))
    }
    return (checks, checks.allSatisfy { $0.state == .pass } ? try? store.loadEffective() : nil)
  }

  private var settingsFiles: String {
    let files = [paths.settingsFile, paths.settingsChangesFile].filter(Self.exists)
    return files.isEmpty ? "there is no \(paths.settingsFile): the defaults hold" : files.joined(separator: ", ")
  }

  private var policyFiles: String {
    let files = [paths.machineRegistryPolicyFile, paths.machinePolicyFile, paths.domainPolicyFile].filter(Self.exists)
    return files.isEmpty ? "there is none" : files.joined(separator: ", ")
  }

  private func unreadable(_ id: String, _ title: String, _ error: any Error, isRunning: Bool) -> Check {
    guard let error = error as? ConfigurationError else { return check(id, title, .fail, "\(error)", remedy: "repair the file") }
    if error.code == .accessDenied, userID != 0 { return check(id, title, .unknown, "\(error); \(Self.asRoot)") }
    let kept = isRunning ? "; the service that runs goes on with what it has read before" : ""
    return check(id, title, .fail, error.description + kept, remedy: remedy(for: error), code: error.winrmCode)
  }

  private func remedy(for error: ConfigurationError) -> String {
    if let remedy = error.domainPolicyRemedy { return remedy }
    guard let file = error.file else { return "repair the file, and run winrm doctor again" }
    if error.code == .unsafeFile, !Self.isOther(file), !isTrusted(file) {
      return "chown \(owner) \(CommandWord.path(file)); chmod 644 \(CommandWord.path(file))"
    }
    let aside = Self.moving(file)
    switch file {
    case paths.settingsChangesFile, paths.machineSettingsChangesFile:
      return "set it aside: \(aside); what winrm had changed of the settings is lost then, and is to be set again"
    case paths.domainPolicyFile: return "set it aside, and read the policy again: \(aside); winrm policy update"
    case paths.machineRegistryPolicyFile: return "put a whole file in its place, or set it aside: \(aside)"
    case _ where Self.isOther(file): return Self.aside(file)
    default:
      let place = error.line.map { " at line \($0)" + (error.column.map { ", column \($0)" } ?? "") } ?? ""
      return "correct the file\(place), or set it aside: \(aside)"
    }
  }

  /// Whether what stands at a path is a directory, a pipe or a device, which no right makes a file.
  static func isOther(_ path: String, followingLinks: Bool = true) -> Bool {
    var status = stat()
    guard (followingLinks ? stat(path, &status) : lstat(path, &status)) == 0 else { return false }
    return status.st_mode & S_IFMT != S_IFREG
  }

  /// Whether owner and mode of a file are not what is wrong with it.
  private func isTrusted(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && (status.st_uid == 0 || status.st_uid == userID) && status.st_mode & (S_IWGRP | S_IWOTH) == 0
  }

  static func moving(_ file: String) -> String { "mv \(CommandWord.path(file)) \(CommandWord.path(file + ".broken"))" }

  static func aside(_ file: String) -> String { "set aside what stands in the file's place: \(moving(file))" }

  private static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  // MARK: The process

  private func runs() -> (Check, Running?) {
    let title = "The service runs"
    let socket = paths.serviceSocket
    do throws(UnixStream.Failure) {
      let stream = try UnixStream(connectingTo: socket, deadline: .now + SocketExchange.Limits().sign)
      let peer = try stream.listener()
      guard peer.user == 0 || peer.user == userID else {
        return (
          check(
            "running", title, .fail, "who listens at \(socket) is the user \(UnixMembership.name(of: peer.user)), and no service of yours",
            remedy: "find out who made \(CommandWord.path(socket)), and remove it"), nil
        )
      }
      let running = Running(process: peer.process, user: peer.user)
      do throws(UnixStream.Failure) {
        try SocketExchange.answers(stream)
        return (check("running", title, .pass, "process \(peer.process) answers at \(socket)"), running)
      } catch {
        let remedy = SystemService.restart(socket: socket, process: peer.process)
        let evidence =
          error.number == ETIMEDOUT
          ? "process \(peer.process) has \(socket) and answers nothing: it hangs, or was stopped"
          : "process \(peer.process) has \(socket) and gives no answer: \(error.reason)"
        return (check("running", title, .fail, evidence, remedy: "see what it has logged last, and start it anew: \(remedy)"), running)
      }
    } catch {
      switch error.number {
      case EACCES, EPERM: return (check("running", title, .unknown, "\(socket): \(error.reason); \(Self.asRoot)"), nil)
      case ETIMEDOUT:
        return (check("running", title, .fail, "it does not answer at \(socket)", remedy: SystemService.restart(socket: socket)), nil)
      default: return (check("running", title, .fail, "nobody answers at \(socket)", remedy: "start it: \(start)"), nil)
      }
    }
  }

  private var start: String { SystemService.control(paths).command }

  // MARK: Remedies

  /// The command that sets something, or who else is to be asked because policy decides it.
  func setting(_ name: String, _ value: String, of resource: ConfigurationResource, _ findings: Findings) -> String {
    guard let item = findings.effective.item(deciding: name, of: resource) else {
      return SettingCommand.set("winrm/\(resource.rawValue)", name, value)
    }
    return policyRemedy(item.name, item.source.object, item.source.file)
  }

  func policyRemedy(_ name: String, _ object: String, _ file: String) -> String {
    file.hasPrefix(#"\\"#)
      ? "change \(name) in \(CommandWord.title(object).map { "the policy object \($0)" } ?? "that policy object") on the domain, then: winrm policy update"
      : "change \(name) in \(CommandWord.path(file))"
  }

  /// What decides a setting, in brackets; empty for one that is the machine's own.
  func decidedBy(_ name: String, of resource: ConfigurationResource, _ findings: Findings) -> String {
    findings.effective.reason(deciding: name, of: resource).map { " (\($0))" } ?? ""
  }
}

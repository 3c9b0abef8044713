import Accounts
import Certificates
import Kerberos
import SecuritySupport
import WinRMConfiguration
import WinRMDoctor
import WinRMResources

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif
#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// What can be said of this machine as a service without asking another one. Nothing is changed, and nobody logs on.
struct ServiceExamination {
  var paths: WinRMPaths
  /// Seconds since 1970.
  var now: Int64

  private static let week: Int64 = 7 * 86_400

  func report() -> DoctorReport {
    var checks: [Check] = []
    let settings: WinRMSettings
    do {
      settings = try ConfigurationStore(paths: paths).loadEffective().settings
      checks.append(check("settings", "Settings and policy can be read", .pass, paths.settingsFile))
    } catch {
      checks.append(
        check("settings", "Settings and policy can be read", .fail, Self.text(error), remedy: "repair the file that is named there"))
      for (id, title) in [("listeners", "There is a listener"), ("accounts", "The account file can be used")] {
        checks.append(check(id, title, .unknown, "not tried: the settings cannot be read"))
      }
      return DoctorReport(subject: .init(), time: now, checks: checks)
    }
    checks += listeners(settings) + certificates(settings)
    checks.append(accounts(settings))
    checks += domain()
    return DoctorReport(subject: .init(), time: now, checks: checks)
  }

  private func check(_ id: String, _ title: String, _ state: CheckState, _ evidence: String, remedy: String? = nil) -> Check {
    Check(.init(rawValue: "service.\(id)"), title, at: .service, state, evidence, remedy: remedy)
  }

  private static func text(_ error: any Error) -> String {
    switch error {
    case let error as ConfigurationError: error.description
    case let error as CertificateError: error.message
    case let error as AccountsError: error.message
    default: "\(error)"
    }
  }

  // MARK: Listeners

  private func listeners(_ settings: WinRMSettings) -> [Check] {
    let enabled = settings.listeners.filter(\.enabled)
    guard !enabled.isEmpty else {
      return [check("listeners", "There is a listener", .fail, "none is configured and enabled", remedy: "winrm quickconfig")]
    }
    let all = enabled.map { "\($0.transport.rawValue) on \($0.address):\($0.port)" }.joined(separator: ", ")
    var checks = [check("listeners", "There is a listener", .pass, all)]
    var silent: [String] = []
    var answering: [String] = []
    for listener in enabled {
      for address in ListeningAddresses.of(listener, in: settings) {
        let name = address.contains(":") ? "[\(address)]:\(listener.port)" : "\(address):\(listener.port)"
        if Self.answers(address, port: String(listener.port)) { answering.append(name) } else { silent.append(name) }
      }
    }
    if silent.isEmpty, !answering.isEmpty {
      checks.append(check("listening", "The listeners answer", .pass, answering.joined(separator: ", ")))
    } else {
      let evidence = silent.isEmpty ? "no address of this machine is one of theirs" : "nothing answers at \(silent.joined(separator: ", "))"
      checks.append(
        check(
          "listening", "The listeners answer", .fail, evidence, remedy: "start the service (systemctl start winrmd), and look at its log"))
    }
    return checks
  }

  /// Whether a connection comes about within a second; it is closed at once.
  private static func answers(_ address: String, port: String) -> Bool {
    var hints = addrinfo()
    hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
    hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV
    var list: UnsafeMutablePointer<addrinfo>?
    guard getaddrinfo(address, port, &hints, &list) == 0, let entry = list?.pointee else { return false }
    defer { freeaddrinfo(list) }
    let descriptor = socket(entry.ai_family, entry.ai_socktype | CInt(SOCK_NONBLOCK.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    if connect(descriptor, entry.ai_addr, entry.ai_addrlen) == 0 { return true }
    guard errno == EINPROGRESS else { return false }
    var wanted = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
    guard poll(&wanted, 1, 1000) == 1 else { return false }
    var failure: CInt = 0
    var length = socklen_t(MemoryLayout<CInt>.size)
    return getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &failure, &length) == 0 && failure == 0
  }

  // MARK: Certificates

  private func certificates(_ settings: WinRMSettings) -> [Check] {
    let store = ServerCertificateStore(directory: paths.certificateDirectory)
    var uses: [(id: String, title: String, thumbprint: String)] = []
    if settings.service.auth.credSSP, !settings.service.certificateThumbprint.isEmpty {
      uses.append(("credsspcertificate", "The certificate of CredSSP can be used", settings.service.certificateThumbprint))
    }
    for listener in settings.listeners where listener.enabled && listener.transport == .https && !listener.certificateThumbprint.isEmpty {
      uses.append(
        (
          "listenercertificate.\(listener.port)", "The certificate of the listener on port \(listener.port) can be used",
          listener.certificateThumbprint
        ))
    }
    return uses.map { use in
      let remedy = "winrm certificate list; then import a new one and name it in CertificateThumbprint"
      guard let thumbprint = CertificateThumbprint(parsing: use.thumbprint) else {
        return check(use.id, use.title, .fail, "\"\(use.thumbprint)\" is no thumbprint", remedy: remedy)
      }
      do throws(CertificateError) {
        let certificate = try store.load(thumbprint)
        try certificate.checkUse()
        let left = Int64(certificate.details.notAfter.timeIntervalSince1970) - now
        guard left > Self.week else {
          return check(use.id, use.title, .fail, "it expires in \(max(0, left / 86_400)) days", remedy: remedy)
        }
        return check(
          use.id, use.title, .pass, "\(thumbprint) for \(certificate.details.names.joined(separator: ", ")), \(left / 86_400) days left")
      } catch {
        return check(use.id, use.title, .fail, error.message, remedy: remedy)
      }
    }
  }

  // MARK: Accounts and the domain

  private func accounts(_ settings: WinRMSettings) -> Check {
    let title = "Somebody may use it"
    let allowed = settings.service.allowedAccounts + settings.service.allowedGroups
    do {
      let list = try AccountStore(path: paths.accountsFile).list()
      let names = "\(list.count) accounts of its own; admitted: \(allowed.isEmpty ? "nobody" : allowed.joined(separator: ", "))"
      return allowed.isEmpty
        ? check("accounts", title, .fail, names, remedy: "winrm set winrm/config/service '@{AllowedAccounts=\"USER\"}'")
        : check("accounts", title, .pass, names)
    } catch  where error.code == .unreadable && geteuid() != 0 {
      return check("accounts", title, .unknown, error.message)
    } catch {
      return check("accounts", title, .fail, error.message, remedy: "repair or remove \(paths.accountsFile)")
    }
  }

  /// Only where there is something of a domain: a keytab, winbind, or its policy.
  private func domain() -> [Check] {
    var checks: [Check] = []
    if let keytab = KerberosKeytab.systemDefault(), keytab.hasKeys {
      let services = keytab.services().map(\.description)
      let classes = Set(services.map { $0.prefix { $0 != "/" }.uppercased() })
      checks.append(
        classes.isDisjoint(with: ["HTTP", "WSMAN", "HOST"])
          ? check(
            "keytab", "The keytab has keys of the service", .fail, "\(keytab.name) has none of HTTP, WSMAN or HOST",
            remedy: "net ads keytab add_update_ads HTTP WSMAN -U Administrator")
          : check("keytab", "The keytab has keys of the service", .pass, services.prefix(6).joined(separator: ", ")))
    }
    checks += member()
    if let policy = try? EffectivePolicy.load(paths: paths), let read = policy.domain {
      let age = now - read.updated
      let evidence = "that of \(read.domain) was read \(PolicyReport.age(age)) ago"
      checks.append(
        age > Self.week
          ? check("policyage", "The domain's policy is recent", .fail, evidence, remedy: "winrm policy update, and enable its timer")
          : check("policyage", "The domain's policy is recent", .pass, evidence))
    }
    return checks
  }

  private func member() -> [Check] {
    let title = "The domain answers winbind"
    do throws(ChildProcess.Failure) {
      // What makes this machine a member; wbinfo is on others too.
      let role = try ChildProcess.run("testparm", ["-s", "--parameter-name=security"], maximumOutput: 4096, seconds: 10)
      guard String(decoding: role.output, as: UTF8.self).lowercased().hasPrefix("ads") else { return [] }
      let secret = try ChildProcess.run("wbinfo", ["--ping-dc"], maximumOutput: 4096, seconds: 20)
      let said = String(decoding: secret.output, as: UTF8.self).split(separator: "\n").first.map(String.init) ?? ""
      return [
        secret.exitCode == 0
          ? check("domain", title, .pass, said)
          : check("domain", title, .fail, said.isEmpty ? secret.errors : said, remedy: "wbinfo -t, and winbindd's log")
      ]
    } catch {
      switch error {
      case .missing: return []
      default: return [check("domain", title, .unknown, "wbinfo gave no answer")]
      }
    }
  }
}

import Certificates
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

extension ServiceExamination {
  private static let day: Int64 = 86_400
  /// How long before its end a certificate is to be replaced.
  private static let notice: Int64 = 7 * day

  /// The certificates that the service shows: are they there, with their keys, and good for a while?
  func certificates(_ findings: Findings) -> [Check] {
    let settings = findings.settings
    var checks: [Check] = []
    if settings.service.auth.credSSP { checks.append(credSSP(settings)) }
    var ids: Set<String> = []
    for listener in settings.listeners + settings.compatibilityListeners where listener.enabled && listener.transport == .https {
      var id = "listenercertificate.\(listener.port)"
      if !ids.insert(id).inserted {
        id += "." + listener.address
        guard ids.insert(id).inserted else { continue }
      }
      checks.append(shown(by: listener, id))
    }
    if settings.service.auth.certificate { checks.append(authorities(settings)) }
    return checks
  }

  private var store: ServerCertificateStore { ServerCertificateStore(directory: paths.certificateDirectory) }

  private func credSSP(_ settings: WinRMSettings) -> Check {
    let (id, title) = ("credsspcertificate", "The certificate of CredSSP can be used")
    let text = settings.service.certificateThumbprint
    let naming = SettingCommand.set("winrm/config/service", "CertificateThumbprint", "THUMBPRINT")
    guard text.isEmpty else { return named(id, title, text, naming: naming, host: nil) }
    // The one that the service has made itself.
    let file = paths.stateDirectory + "/credssp-identity"
    var status = stat()
    guard stat(file, &status) == 0 else {
      return errno == EACCES
        ? check(id, title, .unknown, "\(file) cannot be looked at; \(Self.asRoot)")
        : check(id, title, .pass, "none is named: the service makes one of its own, which clients must pin")
    }
    guard status.st_mode & 0o077 == 0 else {
      return check(
        id, title, .fail, "the key in \(file) is open to others; the service does not start with it",
        remedy: "chmod 600 \(CommandWord.path(file))")
    }
    return check(id, title, .pass, "none is named: the service shows one of its own, which clients must pin (its hash is in the log)")
  }

  private func named(_ id: String, _ title: String, _ text: String, naming: String, host: String?) -> Check {
    let replacing = "winrm certificate import FILE -key:KEYFILE; then name it: \(naming)"
    guard let thumbprint = CertificateThumbprint(parsing: text) else {
      return check(id, title, .fail, "\"\(text)\" is no thumbprint", remedy: "winrm certificate list; \(naming)")
    }
    do throws(CertificateError) {
      let certificate = try store.load(thumbprint)
      try certificate.checkUse(now: Date(timeIntervalSince1970: Double(now)))
      if let host, !certificate.details.isFor(host: host) {
        return check(
          id, title, .fail, "\(thumbprint) is for \(Self.names(certificate.details)), and not for the Hostname \(host)", remedy: replacing)
      }
      return lasting(id, title, certificate.details, replacing)
    } catch {
      switch error.code {
      case .accessDenied where userID != 0: return check(id, title, .unknown, "\(error.message); \(Self.asRoot)")
      case .unsafeFile where isOfOthers: return check(id, title, .unknown, "\(error.message); \(Self.asRoot)")
      case .unsafeFile:
        let file = CommandWord.path("\(paths.certificateDirectory)/\(thumbprint)")
        return check(id, title, .fail, error.message, remedy: "chown \(owner) \(file).*; chmod 644 \(file).pem; chmod 600 \(file).key")
      default: return check(id, title, .fail, error.message, remedy: replacing, code: error.winrmCode)
      }
    }
  }

  private func lasting(_ id: String, _ title: String, _ details: CertificateDetails, _ remedy: String) -> Check {
    let left = Int64(details.notAfter.timeIntervalSince1970) - now
    let text = "\(details.thumbprint) for \(Self.names(details))"
    guard left > Self.notice else {
      return check(
        id, title, .fail, "\(text) expires in \(PolicyReport.age(max(0, left))), on \(details.notAfter.ISO8601Format())", remedy: remedy)
    }
    return check(id, title, .pass, "\(text), \(left / Self.day) days left")
  }

  private static func names(_ details: CertificateDetails) -> String {
    details.names.isEmpty ? "no host" : details.names.joined(separator: ", ")
  }

  /// That of an HTTPS listener: the one that it names, or the best one for its Hostname.
  private func shown(by listener: ListenerSettings, _ id: String) -> Check {
    let title = "The certificate of the listener on port \(listener.port) can be used"
    let host = listener.hostname.isEmpty ? nil : listener.hostname
    let naming = SettingCommand.set(SettingCommand.resource(listener), "CertificateThumbprint", "THUMBPRINT")
    guard listener.certificateThumbprint.isEmpty else {
      return named(id, title, listener.certificateThumbprint, naming: naming, host: host)
    }
    let hosts = host.map { [$0] } ?? MachineNames.current()
    do throws(CertificateError) {
      for host in hosts {
        guard let details = try store.best(for: host, allowsSelfSigned: true) else { continue }
        return lasting(id, title, details, "winrm certificate import FILE -key:KEYFILE")
      }
    } catch {
      return error.code == .accessDenied && userID != 0
        ? check(id, title, .unknown, "\(error.message); \(Self.asRoot)")
        : check(id, title, .fail, error.message, remedy: "mend the directory")
    }
    let names = hosts.joined(separator: " or ")
    // A key that this user may not read makes a certificate useless here, and not there.
    if userID != 0, (try? store.list().contains { $0.problem?.code == .accessDenied }) ?? false {
      return check(id, title, .unknown, "the keys of \(paths.certificateDirectory) cannot be read; \(Self.asRoot)")
    }
    return check(
      id, title, .fail, "there is no usable certificate for \(names) in \(paths.certificateDirectory)",
      remedy:
        "winrm certificate import FILE -key:KEYFILE; or one that clients must pin: winrm certificate new -hostname:\(CommandWord.argument(hosts.last ?? "", or: "HOST"))",
      code: .certificateNotFound)
  }

  /// Who signs certificates of clients, and the mappings to accounts.
  private func authorities(_ settings: WinRMSettings) -> Check {
    let (id, title) = ("clientcertificates", "Certificates of clients can be verified")
    let authorities = ClientAuthorities(directory: paths.trustedDirectory)
    let directory = CommandWord.path(paths.trustedDirectory)
    let put =
      "put the PEM file of the authority there: install -D -m 644 FILE \(CommandWord.path(paths.trustedDirectory + "/authority.pem"))"
    do throws(CertificateError) {
      let anchors = try ClientCertificateVerifier(authorities: authorities).anchors()
      if let problem = anchors.problems.first {
        let isDenied = problem.code == .accessDenied && userID != 0
        return isDenied
          ? check(id, title, .unknown, "\(problem.message); \(Self.asRoot)")
          : check(id, title, .fail, problem.message, remedy: "replace the file by one that is whole and that root alone may write")
      }
      let mappings = settings.certificateMappings.filter(\.enabled)
      guard !mappings.isEmpty else {
        return check(
          id, title, .fail, "no certificate mapping gives a certificate an account",
          remedy:
            "winrm create 'winrm/config/service/certmapping?Issuer=THUMBPRINT+Subject=*+URI=*' '@{UserName=\"USER\";Password=\"PASSWORD\"}'"
        )
      }
      for mapping in mappings {
        guard try authorities.role(of: mapping.issuer) == nil else { continue }
        return check(
          id, title, .fail, "nothing in \(paths.trustedDirectory) is the Issuer \(mapping.issuer) of the mapping for \(mapping.userName)",
          remedy: put)
      }
      return check(id, title, .pass, "\(mappings.count) mappings, all of authorities in \(paths.trustedDirectory)")
    } catch {
      return error.code == .accessDenied && userID != 0
        ? check(id, title, .unknown, "\(error.message); \(Self.asRoot)")
        : check(
          id, title, .fail, error.message, remedy: "chown \(owner) \(directory); chmod 755 \(directory)")
    }
  }
}

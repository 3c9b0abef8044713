import Certificates
import SecuritySupport
import WinRMConfiguration
import WinRMResources

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// `winrm certificate import|new|list|delete`: the certificates by which the service proves itself.
struct CertificateOperations {
  private enum Verb: String {
    case `import`, new, list, delete

    var switches: Set<WinrmSwitch> {
      switch self {
      case .import: [.key, .password, .passwordfd, .user]
      case .new: [.hostname, .days, .keytype]
      case .list: [.user]
      case .delete: [.force, .user]
      }
    }
  }

  var certificates: ServerCertificateStore
  var settings: ConfigurationStore
  var console: CommandConsole
  /// Whether they prove a user to servers, and not the service to clients.
  var isForUser = false
  /// What `-password` said.
  var password: PasswordSource?

  func run(_ arguments: WinrmArguments) throws {
    guard let verb = arguments.operands.first.flatMap({ Verb(rawValue: $0.lowercased()) }) else {
      throw WinrmUsageError("The operation on certificates is import FILE, new, list or delete THUMBPRINT.")
    }
    for name in arguments.switches.keys where !verb.switches.contains(name) {
      throw WinrmUsageError("Switch not allowed with the given operation: \(name.rawValue)")
    }
    let operand = arguments.operands.dropFirst().first
    do {
      switch (verb, operand) {
      case (.import, let file?): try add(file, arguments)
      case (.import, nil): throw WinrmUsageError("The file of the certificate is missing.")
      case (.new, nil): try make(arguments)
      case (.list, nil): try list()
      case (.delete, let thumbprint?): try delete(thumbprint, isForced: arguments.switches[.force] != nil)
      case (.delete, nil): throw WinrmUsageError("The thumbprint of the certificate is missing.")
      case (.new, _?), (.list, _?): throw WinrmUsageError("There are too many parameters.")
      }
    } catch let error as CertificateError {
      throw WinrmFailure(error)
    }
  }

  // MARK: Import

  private func add(_ path: String, _ arguments: WinrmArguments) throws {
    let keyPath = arguments.switches[.key]
    let file = try read(path)
    let isPKCS12 = ServerCertificate.isPKCS12(file.content)
    for name in [WinrmSwitch.password, .passwordfd] where !isPKCS12 && arguments.switches[name] != nil {
      throw WinrmUsageError("-\(name.rawValue) is for PKCS #12 files, and \(path) is none.")
    }
    guard !isPKCS12 || keyPath == nil else { throw WinrmUsageError("-key is for PEM files: a PKCS #12 file has the key in it.") }
    let key = try keyPath.map { path in (path: path, content: try read(path)) }
    let certificate: ServerCertificate
    do {
      certificate = try isPKCS12 ? unpack(file.content, path, arguments) : ServerCertificate(pem: file.content, key: key?.content.content)
      try isForUser ? certificate.checkClientUse() : certificate.checkUse()
    } catch let error as CertificateError {
      throw CertificateError(error.code, "\(error.message) (\(path)\(keyPath.map { ", \($0)" } ?? ""))")
    }
    try certificates.add(certificate)
    show(certificate.details, problem: nil)
    if !isPKCS12, (key?.content ?? file).isOpenToOthers {
      warn("others can read \(keyPath ?? path), which holds the private key. The store has a copy of its own: remove the file.")
    }
    if certificate.details.isSelfSigned, !isForUser { warnOfSelfSigned(certificate.details) }
  }

  /// A PKCS #12 file without a password opens by itself; otherwise the password comes from the command line, a descriptor, or whoever sits
  /// there.
  private func unpack(_ file: SecretBytes, _ path: String, _ arguments: WinrmArguments) throws -> ServerCertificate {
    if let text = arguments.switches[.passwordfd] {
      guard let descriptor = CInt(text), descriptor >= 0 else { throw WinrmUsageError("-passwordfd takes the number of a descriptor.") }
      guard password == nil else { throw WinrmUsageError("-password and -passwordfd do not go together.") }
      return try ServerCertificate(pkcs12: file, password: try console.readPasswordFromDescriptor(descriptor))
    }
    guard let password else {
      do throws(CertificateError) {
        return try ServerCertificate(pkcs12: file, password: SecretBytes([]))
      } catch {
        guard error.code == .wrongPassword, console.isInteractive else { throw error }
      }
      return try ServerCertificate(pkcs12: file, password: try console.readPassword(.prompt, "Password of \(path): "))
    }
    return try ServerCertificate(pkcs12: file, password: try console.readPassword(password, "Password of \(path): "))
  }

  private func read(_ path: String) throws -> ForeignFile {
    do throws(ForeignFile.Failure) {
      return try ForeignFile(path: path)
    } catch {
      throw WinrmFailure(WinRMCode(rawValue: error.isMissing ? 2 : 5), "\(path) cannot be read: \(error.reason). Nothing was changed.")
    }
  }

  // MARK: New

  private func make(_ arguments: WinrmArguments) throws {
    guard let typed = arguments.switches[.hostname] else {
      throw WinrmUsageError("certificate new needs -hostname:NAME[,NAME], the names by which clients address this machine.")
    }
    let names = typed.split(separator: ",", omittingEmptySubsequences: false).map { name in
      String(name.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
    let days = try days(arguments.switches[.days])
    let kind: SelfSignedIdentity.KeyKind
    switch arguments.switches[.keytype]?.lowercased() {
    case nil, "rsa2048", "rsa": kind = .rsa2048
    case "p256": kind = .p256
    default: throw WinrmUsageError("-keytype is rsa2048 or p256.")
    }
    let identity: SelfSignedIdentity
    do {
      identity = try SelfSignedIdentity.make(
        commonName: names[0], names: names, notAfter: Date(timeIntervalSinceNow: Double(days) * 86_400), kind: kind)
    } catch let error as CertificateError {
      throw WinrmFailure(WinRMCode(rawValue: 87), "No certificate was made: \(error.message).")
    }
    let certificate = try ServerCertificate(certificates: [identity.certificateDER], privateKeyPEM: identity.privateKeyPEM)
    try certificates.add(certificate)
    show(certificate.details, problem: nil)
    warnOfSelfSigned(certificate.details)
  }

  private func days(_ typed: String?) throws(WinrmUsageError) -> Int {
    guard let typed else { return 365 }
    guard let days = Int(typed), (1...3650).contains(days) else { throw WinrmUsageError("-days is a number from 1 to 3650.") }
    return days
  }

  // MARK: List and delete

  private func list() throws {
    let users = isForUser ? [:] : users()
    for (index, entry) in try certificates.list(forClients: isForUser).enumerated() {
      if index > 0 { console.writeOutput("\n") }
      if let details = entry.details {
        show(details, problem: entry.problem, users: users[entry.thumbprint] ?? [])
      } else {
        let problem = entry.problem?.message ?? "it cannot be read"
        console.writeOutput(
          ResultWriter.text(
            ResultElement(
              name: "Certificate",
              children: [
                ResultElement(name: "Thumbprint", value: entry.thumbprint.text), ResultElement(name: "Problem", value: problem),
              ])))
      }
    }
  }

  private func delete(_ typed: String, isForced: Bool) throws {
    guard let thumbprint = CertificateThumbprint(parsing: typed) else {
      throw WinrmFailure(WinRMCode(rawValue: 87), "A thumbprint is 40 hexadecimal digits. See: winrm certificate list")
    }
    let isThere = try certificates.list().contains { $0.thumbprint == thumbprint }
    let users = isThere && !isForUser ? users()[thumbprint] ?? [] : []
    if !isForced, !users.isEmpty {
      throw WinrmFailure(
        WinRMCode(rawValue: 0x8033_8032),
        "The certificate is in use: \(users.joined(separator: ", ")). Name another one there first, or use -force. Nothing was changed.",
        explanation: "What is in use cannot be removed.")
    }
    try certificates.remove(thumbprint)
    for user in users {
      let consequence =
        user == Self.credSSP
        ? "winrmd refuses CredSSP until another certificate is named there, or none"
        : "a winrmd that runs still shows it there, and does not serve the listener when it starts again"
      warn("the certificate was in use by \(user): \(consequence).")
    }
  }

  private static let credSSP = "winrm/config/service (CredSSP)"

  /// Which settings name which certificate. Settings that cannot be read name none.
  private func users() -> [CertificateThumbprint: [String]] {
    guard let settings = try? settings.load() else { return [:] }
    var result: [CertificateThumbprint: [String]] = [:]
    if let thumbprint = CertificateThumbprint(parsing: settings.service.certificateThumbprint) {
      result[thumbprint, default: []].append(Self.credSSP)
    }
    for listener in settings.listeners {
      guard let thumbprint = shown(by: listener) else { continue }
      result[thumbprint, default: []].append("winrm/config/Listener?Address=\(listener.address)+Transport=\(listener.transport.rawValue)")
    }
    return result
  }

  /// What an HTTPS listener shows: the certificate that it names, or the best one for its Hostname.
  private func shown(by listener: ListenerSettings) -> CertificateThumbprint? {
    guard listener.transport == .https else { return nil }
    if let thumbprint = CertificateThumbprint(parsing: listener.certificateThumbprint) { return thumbprint }
    guard !listener.hostname.isEmpty else { return nil }
    return (try? certificates.best(for: listener.hostname, allowsSelfSigned: true))?.thumbprint
  }

  // MARK: Output

  private func show(_ details: CertificateDetails, problem: CertificateError?, users: [String] = []) {
    var children = [
      ResultElement(name: "Thumbprint", value: details.thumbprint.text),
      ResultElement(name: "SHA256", value: MachinePolicy.hexadecimal(details.sha256)),
      ResultElement(name: "Subject", value: details.subject), ResultElement(name: "Issuer", value: details.issuer),
    ]
    children +=
      details.names.isEmpty ? [ResultElement(name: "Name", value: "")] : details.names.map { ResultElement(name: "Name", value: $0) }
    children += [
      ResultElement(name: "NotBefore", value: details.notBefore.ISO8601Format()),
      ResultElement(name: "NotAfter", value: details.notAfter.ISO8601Format()),
      ResultElement(name: "DaysLeft", value: String(Int((details.notAfter.timeIntervalSinceNow / 86_400).rounded(.down)))),
      ResultElement(name: "Key", value: details.key ?? "unsupported"),
      ResultElement(name: "SelfSigned", value: details.isSelfSigned ? "true" : "false"),
    ]
    children += users.map { ResultElement(name: "UsedBy", value: $0) }
    if let problem { children.append(ResultElement(name: "Problem", value: problem.message)) }
    console.writeOutput(ResultWriter.text(ResultElement(name: "Certificate", children: children)))
  }

  private func warnOfSelfSigned(_ details: CertificateDetails) {
    warn(
      "the certificate vouches for itself. Each client must pin it, as root: winrm credssp pin -remote:\(details.names.first ?? "HOST") "
        + "-sha256:\(MachinePolicy.hexadecimal(details.sha256))")
  }

  private func warn(_ text: String) { console.writeError("Warning: \(ResultWriter.printable(text))\n") }
}

extension WinrmFailure {
  /// What is wrong with a certificate.
  init(_ error: CertificateError) { self.init(error.winrmCode, "The certificate cannot be used: \(error.message)") }
}

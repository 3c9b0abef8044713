import Certificates
import Logging
import SecuritySupport
import WinRMConfiguration

/// Which certificate an HTTPS listener shows.
struct ListenerCertificates: Sendable {
  let store: ServerCertificateStore?
  /// The names of this machine, for listeners that have neither Hostname nor thumbprint.
  let machineNames: @Sendable () -> [String]

  /// The certificate of a listener: the one that its CertificateThumbprint names, or the best one for its Hostname.
  ///
  /// - Throws: ``CertificateError``.
  func certificate(of listener: ListenerSettings) throws(CertificateError) -> ServerCertificate {
    guard let store else { throw CertificateError(.notFound, "the service has no store of certificates") }
    if let thumbprint = CertificateThumbprint(parsing: listener.certificateThumbprint) { return try store.load(thumbprint) }
    let hosts = listener.hostname.isEmpty ? machineNames() : [listener.hostname]
    for host in hosts {
      if let found = try store.best(for: host, allowsSelfSigned: true) { return try store.load(found.thumbprint) }
    }
    throw CertificateError(
      .notFound,
      "it has no CertificateThumbprint, and there is no usable certificate for \(hosts.joined(separator: " or ")) in \(store.directory)")
  }

  /// Looks at the certificates of the listeners that are switched on. One that cannot be used leaves the former one in place, and where
  /// there is none, the listener is not served.
  ///
  /// - Returns: the listeners that can be served, with whether each is a compatibility listener.
  func renew(
    _ memory: inout ListenerControl.Memory, for settings: WinRMSettings, logger: Logger
  ) -> [(listener: ListenerSettings, isCompatibility: Bool)] {
    let all = settings.listeners.map { ($0, false) } + settings.compatibilityListeners.map { ($0, true) }
    let keys = Set(all.filter(\.0.enabled).map { ListenerPlan.Key($0.0, isCompatibility: $0.1) })
    memory.identities = memory.identities.filter { keys.contains($0.key) }
    memory.complaints = memory.complaints.filter { if case .certificate(let key) = $0.key { keys.contains(key) } else { true } }
    var served: [(listener: ListenerSettings, isCompatibility: Bool)] = []
    var inUse: [CertificateCalendar.Use] = credSSP(settings)
    for (listener, isCompatibility) in all where listener.enabled {
      let key = ListenerPlan.Key(listener, isCompatibility: isCompatibility)
      if listener.transport == .https {
        guard let tls = renew(key, listener, &memory, logger: logger) else { continue }
        inUse.append(.init(details: tls.current.details, user: "the HTTPS listener \(listener.address)"))
      }
      served.append((listener, isCompatibility))
    }
    memory.calendar.update(inUse, logger: logger)
    return served
  }

  private func renew(
    _ key: ListenerPlan.Key, _ listener: ListenerSettings, _ memory: inout ListenerControl.Memory, logger: Logger
  ) -> ListenerTLS? {
    let running = memory.identities[key]
    do throws(CertificateError) {
      let certificate = try certificate(of: listener)
      let identity = try ListenerIdentity(certificate)
      memory.complaints[.certificate(key)] = nil
      guard let running else {
        warn(about: certificate, listener, logger: logger)
        let made = ListenerTLS(identity)
        memory.identities[key] = made
        return made
      }
      let isAnother = running.current.thumbprint != identity.thumbprint
      running.replace(with: identity)
      guard isAnother else { return running }
      warn(about: certificate, listener, logger: logger)
      logger.notice(
        "an HTTPS listener shows another certificate",
        metadata: ["address": "\(listener.address)", "certificate": "\(identity.thumbprint)"])
      return running
    } catch {
      if memory.complaints[.certificate(key)] != error.message {
        memory.complaints[.certificate(key)] = error.message
        complain(error, of: listener, running, logger: logger)
      }
      return running
    }
  }

  private func complain(_ error: CertificateError, of listener: ListenerSettings, _ running: ListenerTLS?, logger: Logger) {
    guard let running else {
      logger.error(
        "an HTTPS listener is not served",
        metadata: ["address": "\(listener.address)", "port": "\(listener.port)", "reason": "\(error.message)"])
      return
    }
    logger.error(
      "an HTTPS listener keeps the certificate that it has",
      metadata: [
        "address": "\(listener.address)", "certificate": "\(running.current.thumbprint)", "reason": "\(error.message)",
      ])
  }

  /// A certificate that clients will refuse is shown all the same: they, and not this service, decide whom they believe.
  private func warn(about certificate: ServerCertificate, _ listener: ListenerSettings, logger: Logger) {
    do throws(CertificateError) {
      try certificate.checkUse()
    } catch {
      logger.warning(
        "clients will not believe a certificate",
        metadata: [
          "certificate": "\(certificate.thumbprint)", "of": "the HTTPS listener \(listener.address)", "reason": "\(error.message)",
        ])
    }
    if !listener.hostname.isEmpty, !certificate.details.isFor(host: listener.hostname) {
      logger.warning(
        "a certificate is not for the Hostname of its listener",
        metadata: ["certificate": "\(certificate.thumbprint)", "hostname": "\(listener.hostname)"])
    }
  }

  /// The certificate of CredSSP, where the settings name one that can be read. What else is wrong with it is told where it is used.
  private func credSSP(_ settings: WinRMSettings) -> [CertificateCalendar.Use] {
    guard settings.service.auth.credSSP, let store,
      let thumbprint = CertificateThumbprint(parsing: settings.service.certificateThumbprint),
      let certificate = try? store.load(thumbprint)
    else { return [] }
    return [.init(details: certificate.details, user: "CredSSP")]
  }
}

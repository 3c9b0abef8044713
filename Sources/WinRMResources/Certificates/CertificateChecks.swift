package import Certificates
package import SecuritySupport
package import WSMan
package import WinRMConfiguration

/// Finds and checks the certificates that settings name, before the settings are written.
package struct CertificateChecks: Sendable {
  var store: ServerCertificateStore
  var machineNames: @Sendable () -> [String]

  package init(store: ServerCertificateStore, machineNames: @escaping @Sendable () -> [String] = MachineNames.current) {
    self.store = store
    self.machineNames = machineNames
  }

  /// Completes an HTTPS listener and checks its certificate: it must be there with its key, for servers, valid now, and for the Hostname.
  /// A listener without a thumbprint shows the best certificate for its Hostname, whichever that is at the time; without a Hostname it gets
  /// the name of this machine that there is a certificate for.
  ///
  /// - Throws: the fault to answer with.
  package func complete(_ listener: inout ListenerSettings) throws(WSManFault) {
    guard listener.transport == .https else { return }
    guard listener.certificateThumbprint.isEmpty else {
      let certificate = try usable(listener.certificateThumbprint)
      guard listener.hostname.isEmpty || certificate.details.isFor(host: listener.hostname) else {
        throw WSManFault.internalError(
          WinRMCode(rawValue: 0x8033_80E9),
          "The certificate \(certificate.thumbprint) is for \(Self.names(certificate.details)), and not for \(listener.hostname).")
      }
      return
    }
    let hosts = listener.hostname.isEmpty ? machineNames() : [listener.hostname]
    for host in hosts {
      do throws(CertificateError) {
        guard try store.best(for: host, allowsSelfSigned: true) != nil else { continue }
        listener.hostname = host
        return
      } catch {
        throw WSManFault(error)
      }
    }
    let host = hosts.last ?? "HOST"
    throw .internalError(
      .certificateNotFound,
      "There is no usable certificate for \(hosts.joined(separator: " or ")) in \(store.directory). Import one (winrm certificate import FILE), "
        + "make one that clients must pin (winrm certificate new -hostname:\(host)), or name one: @{Hostname=\"HOST\";CertificateThumbprint=\"...\"}"
    )
  }

  /// Checks the certificate of CredSSP.
  ///
  /// - Throws: the fault to answer with.
  package func checkCredSSP(_ thumbprint: String) throws(WSManFault) { _ = try usable(thumbprint) }

  /// What does not forbid a certificate for CredSSP and should be known; nothing for one that cannot be read here.
  package func remarks(onCredSSP thumbprint: String) -> [String] {
    guard let details = try? usable(thumbprint).details else { return [] }
    var remarks: [String] = []
    if details.isSelfSigned {
      remarks.append("the certificate vouches for itself: it proves this server only to clients that have pinned it or trust it by hand.")
    }
    let own = machineNames()
    if !own.contains(where: details.isFor) {
      remarks.append(
        "the certificate is for \(Self.names(details)), and this machine is \(own.joined(separator: ", ")): clients must use its name.")
    }
    if details.key?.hasPrefix("RSA") != true {
      remarks.append("the certificate's key is not RSA: clients built on pyspnego or requests-credssp understand no other inside CredSSP.")
    }
    return remarks
  }

  private func usable(_ typed: String) throws(WSManFault) -> ServerCertificate {
    guard let thumbprint = CertificateThumbprint(parsing: typed) else {
      throw .internalError(.certificateNotFound, "CertificateThumbprint is 40 hexadecimal digits.")
    }
    do throws(CertificateError) {
      let certificate = try store.load(thumbprint)
      try certificate.checkUse()
      return certificate
    } catch {
      throw WSManFault(error)
    }
  }

  private static func names(_ details: CertificateDetails) -> String {
    details.names.isEmpty ? "no host" : details.names.joined(separator: ", ")
  }
}

extension WinRMCode {
  /// ERROR_WSMAN_CERT_NOT_FOUND.
  package static let certificateNotFound = Self(rawValue: 0x8033_8082)
}

extension CertificateError {
  /// The number that WinRM reports.
  package var winrmCode: WinRMCode {
    switch code {
    case .notFound: .certificateNotFound
    case .wrongUse: WinRMCode(rawValue: 0x8033_80EE)  // WSMAN_CERT_INVALID_USAGE
    case .notValidNow: WinRMCode(rawValue: 0x800B_0101)  // CERT_E_EXPIRED
    case .keyDoesNotFit: WinRMCode(rawValue: 0x8009_0016)  // NTE_BAD_KEYSET
    case .unsupportedKey: WinRMCode(rawValue: 0x8009_0008)  // NTE_BAD_ALGID
    case .wrongPassword: WinRMCode(rawValue: 86)  // ERROR_INVALID_PASSWORD
    case .malformed: WinRMCode(rawValue: 13)  // ERROR_INVALID_DATA
    case .accessDenied: .accessDenied
    case .unsafeFile: WinRMCode(rawValue: 0x8033_8005)  // ERROR_WSMAN_CONFIG_CORRUPTED
    default: WinRMCode(rawValue: 1359)  // ERROR_INTERNAL_ERROR
    }
  }
}

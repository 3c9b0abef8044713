import Certificates
import SecuritySupport
import Synchronization

/// The certificate of CredSSP at its use. The files of one that `CertificateThumbprint` names are looked at each time: when they are others
/// than those that were loaded, by content, owner or mode, they are loaded again with every check, and what fails then is not used.
///
/// Somebody who has let others read the key, or has taken it away, is obeyed at once, also by connections that stand. Calls block.
final class CheckedCertificate: Sendable {
  /// The certificate, and the state that its files had before they were read.
  struct Loaded: Sendable {
    var certificate: CredSSPCertificate
    /// `nil` for a certificate without files.
    var state: ServerCertificateStore.State?
  }

  private let store: ServerCertificateStore?
  private let setting: String
  private let report: @Sendable (CredSSPCertificate) -> Void
  private let loaded: Mutex<Loaded>

  /// - Parameters:
  ///   - setting: `CertificateThumbprint`; empty for a certificate that the service has made.
  ///   - report: told of each change: that a certificate cannot be used any more, and that it can again.
  init(
    setting: String, store: ServerCertificateStore?, known: CredSSPCertificate.Ready?,
    report: @escaping @Sendable (CredSSPCertificate) -> Void
  ) {
    self.setting = setting
    self.store = store
    self.report = report
    loaded = Mutex(Self.load(setting, store, known: known))
    report(loaded.withLock(\.certificate))
  }

  /// One that the service has made.
  init(selfMade: CredSSPCertificate.Ready, report: @escaping @Sendable (CredSSPCertificate) -> Void) {
    setting = ""
    store = nil
    self.report = report
    loaded = Mutex(Loaded(certificate: .ready(selfMade), state: nil))
    report(.ready(selfMade))
  }

  /// The certificate for one logon.
  ///
  /// - Throws: ``WinRMServiceError`` `certificate` when there is none.
  func use() throws(WinRMServiceError) -> CredSSPCertificate.Ready {
    let (result, changed) = loaded.withLock { loaded -> (CredSSPCertificate, Bool) in
      guard !setting.isEmpty else { return (loaded.certificate, false) }
      let known: CredSSPCertificate.Ready?
      switch loaded.certificate {
      case .ready(let ready):
        if loaded.state == Self.state(setting, store) { return (loaded.certificate, false) }
        known = ready
      // What was in the way need not be the files: it is tried again each time.
      case .unusable: known = nil
      }
      let wasReady = loaded.certificate.isReady
      loaded = Self.load(setting, store, known: known)
      return (loaded.certificate, loaded.certificate.isReady != wasReady)
    }
    if changed { report(result) }
    switch result {
    case .ready(let ready): return ready
    case .unusable(let error): throw error
    }
  }

  private static func load(_ setting: String, _ store: ServerCertificateStore?, known: CredSSPCertificate.Ready?) -> Loaded {
    // Before reading: a change in between is seen at the next use.
    let state = state(setting, store)
    return Loaded(certificate: .named(setting, in: store, known: known), state: state)
  }

  private static func state(_ setting: String, _ store: ServerCertificateStore?) -> ServerCertificateStore.State? {
    CertificateThumbprint(parsing: setting).flatMap { store?.state(of: $0) }
  }
}

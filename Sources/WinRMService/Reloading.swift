import Synchronization
import WinRMConfiguration

/// What the service remembers from one change of its settings to the next.
final class Reloading: Sendable {
  private struct Books {
    var selfMadeCredSSP: CredSSPCertificate.Ready?
    var namedCredSSP: CredSSPCertificate.Ready?
    var announcedCredSSP: String?
    /// The settings of the last change.
    var last: WinRMSettings
  }

  private let books: Mutex<Books>

  init(settings: WinRMSettings) { books = Mutex(Books(last: settings)) }

  /// The certificate of CredSSP that vouches for itself, once made.
  var selfMadeCredSSP: CredSSPCertificate.Ready? {
    get { books.withLock { $0.selfMadeCredSSP } }
    set { books.withLock { $0.selfMadeCredSSP = newValue } }
  }

  /// The certificate of CredSSP that `CertificateThumbprint` named last.
  var namedCredSSP: CredSSPCertificate.Ready? {
    get { books.withLock { $0.namedCredSSP } }
    set { books.withLock { $0.namedCredSSP = newValue } }
  }

  /// The hash of the certificate of CredSSP that the log names last.
  var announcedCredSSP: String? {
    get { books.withLock { $0.announcedCredSSP } }
    set { books.withLock { $0.announcedCredSSP = newValue } }
  }

  /// The names of those settings that differ from the last ones and are read at the start alone.
  func restartNeeded(by settings: WinRMSettings) -> [String] {
    let old = books.withLock { books in
      defer { books.last = settings }
      return books.last
    }
    let differences = [
      ("MaxEnvelopeSizekb", old.maxEnvelopeSizekb != settings.maxEnvelopeSizekb),
      ("MaxConnections", old.service.maxConnections != settings.service.maxConnections),
      (
        "MaxPacketRetrievalTimeSeconds",
        old.service.maxPacketRetrievalTimeSeconds != settings.service.maxPacketRetrievalTimeSeconds
      ), ("KeytabFile", old.service.keytabFile != settings.service.keytabFile),
    ]
    return differences.filter(\.1).map(\.0)
  }
}

import Synchronization

/// What the service remembers from one change of its settings to the next.
final class Reloading: Sendable {
  private struct Books {
    var selfMadeCredSSP: CredSSPCertificate.Ready?
    var namedCredSSP: CredSSPCertificate.Ready?
    var announcedCredSSP: String?
    var acceptsKerberos: Bool
  }

  private let books: Mutex<Books>

  init(acceptsKerberos: Bool) { books = Mutex(Books(acceptsKerberos: acceptsKerberos)) }

  /// Whether the authority has a keytab.
  var acceptsKerberos: Bool {
    get { books.withLock { $0.acceptsKerberos } }
    set { books.withLock { $0.acceptsKerberos = newValue } }
  }

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
}

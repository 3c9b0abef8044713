import Certificates
import SecuritySupport
import WinRMConfiguration

/// How certificates of clients become accounts: whom they are believed from, and the mappings.
struct ClientCertificateRules: Sendable {
  let verifier: ClientCertificateVerifier
  let mappings: [CertificateMapping]
}

extension Sequence<CertificateMapping> {
  /// Those that could be a certificate's, for one resource or another.
  func fitting(_ certificate: VerifiedClientCertificate) -> [CertificateMapping] {
    filter { $0.enabled && $0.issuer == certificate.issuer.text && certificate.names.contains(where: $0.matches(subject:)) }
  }

  /// The mapping of a certificate for a resource (MS-WSMV §3.1.4.1.35): of those that fit, those with the longest Subject, and of these those
  /// with the longest URI. `nil` when that leaves none, or several.
  ///
  /// - Parameter resource: the resource URI of the request; empty for a request without one.
  func selected(for certificate: VerifiedClientCertificate, resource: String) -> CertificateMapping? {
    let fitting = fitting(certificate).filter { $0.matches(resource: resource) }
    let subject = fitting.map(\.subject.unicodeScalars.count).max()
    let withSubject = fitting.filter { $0.subject.unicodeScalars.count == subject }
    let uri = withSubject.map(\.uri.unicodeScalars.count).max()
    let longest = withSubject.filter { $0.uri.unicodeScalars.count == uri }
    return longest.count == 1 ? longest.first : nil
  }
}

extension CertificateMapping {
  /// Whether a name is meant: the same one, one with the same end behind `*`, or any.
  func matches(subject name: String) -> Bool {
    let (wanted, name) = (Self.folded(subject), Self.folded(name))
    return wanted.first == Self.any ? name.reversed().starts(with: wanted.dropFirst().reversed()) : name == wanted
  }

  /// Whether a resource is meant: the same one, one that begins as what stands before `*`, or any.
  ///
  /// Slashes at the end count as little as they do for finding the resource (``ResourceURI/matches(_:)``): the client writes them, and it
  /// shall not choose between mappings by them. `X/*` is `X` and what lies below it.
  func matches(resource: String) -> Bool {
    let (wanted, resource) = (Self.folded(uri), Self.withoutSlashes(Self.folded(resource)))
    guard wanted.last == Self.any else { return resource == Self.withoutSlashes(wanted) }
    let (prefix, base) = (wanted.dropLast(), Self.withoutSlashes(wanted.dropLast()))
    return prefix.count == base.count ? resource.starts(with: base) : (resource + [Self.slash]).starts(with: base + [Self.slash])
  }

  private static let any = UInt8(ascii: "*")
  private static let slash = UInt8(ascii: "/")

  private static func withoutSlashes(_ text: some Collection<UInt8>) -> [UInt8] {
    Array(text.reversed().drop { $0 == slash }.reversed())
  }

  /// Upper and lower case are the same in ASCII. Beyond it letters that look alike or become one another are many, and a certificate's
  /// name is for others to choose.
  private static func folded(_ text: String) -> [UInt8] {
    text.utf8.map { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) ? $0 | 0x20 : $0 }
  }
}

import LogonInterface
import SecuritySupport
import WinRMAuthentication
import WinRMHTTP

/// Which schemes a listener accepts, and how an exchange of each begins.
struct AuthenticationOffer: Sendable {
  /// How an exchange begins: its scheme, the peer, and the channel bindings of the HTTPS connection (`nil` over HTTP). Gives `nil` for a
  /// scheme that it does not know.
  typealias Start = @Sendable (AuthenticationScheme, PeerAddress, ChannelBindings?) throws -> (any ServerAuthentication)?

  /// In the order in which they are offered. CredSSP stands last: one client reads the challenges from the end.
  let schemes: [AuthenticationScheme]
  /// Whether messages may travel in clear over HTTP (`AllowUnencrypted`).
  let allowsUnencrypted: Bool
  /// How certificates of clients become accounts; `nil` when they do not.
  let certificates: ClientCertificateRules?
  private let start: Start

  /// - Parameter start: makes the exchange of a scheme that is among `schemes`.
  init(
    schemes: [AuthenticationScheme], allowsUnencrypted: Bool = false, certificates: ClientCertificateRules? = nil, start: @escaping Start
  ) {
    self.schemes = schemes.filter { $0 != .credSSP } + schemes.filter { $0 == .credSSP }
    self.allowsUnencrypted = allowsUnencrypted
    self.certificates = certificates
    self.start = start
  }

  /// The schemes for a connection: a password in clear text is taken inside TLS, or where messages in clear are; a certificate is TLS's.
  func schemes(over transport: PeerAddress.Transport) -> [AuthenticationScheme] {
    schemes.filter { scheme in
      switch scheme {
      case .negotiate, .kerberos, .credSSP: true
      case .basic: transport == .https || allowsUnencrypted
      case .certificate: transport == .https && certificates != nil
      }
    }
  }

  /// Whether a proven peer's messages, and the answers, may travel in clear: inside TLS they do; CredSSP's never do otherwise, for a password
  /// has come with them.
  func acceptsPlainMessages(of identity: ProvenIdentity, over transport: PeerAddress.Transport) -> Bool {
    transport == .https || (allowsUnencrypted && identity.scheme != .credSSP)
  }

  /// A new exchange; `nil` when the scheme is not offered.
  ///
  /// - Throws: when the scheme is offered and this service cannot carry it out, for instance for want of its certificate.
  func begin(_ scheme: AuthenticationScheme, peer: PeerAddress, channelBindings: ChannelBindings?) throws -> (any ServerAuthentication)? {
    guard schemes(over: peer.transport).contains(scheme) else { return nil }
    return try start(scheme, peer, channelBindings)
  }
}

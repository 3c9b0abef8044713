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
  private let start: Start

  /// - Parameter start: makes the exchange of a scheme that is among `schemes`.
  init(schemes: [AuthenticationScheme], start: @escaping Start) {
    self.schemes = schemes.filter { $0 != .credSSP } + schemes.filter { $0 == .credSSP }
    self.start = start
  }

  /// A new exchange; `nil` when the scheme is not offered.
  ///
  /// - Throws: when the scheme is offered and this service cannot carry it out, for instance for want of its certificate.
  func begin(_ scheme: AuthenticationScheme, peer: PeerAddress, channelBindings: ChannelBindings?) throws -> (any ServerAuthentication)? {
    guard schemes.contains(scheme) else { return nil }
    return try start(scheme, peer, channelBindings)
  }
}

import LogonInterface
import WinRMAuthentication
import WinRMHTTP

/// Which schemes a listener accepts, and how an exchange of each begins.
struct AuthenticationOffer: Sendable {
  /// In the order in which they are offered. CredSSP stands last: one client reads the challenges from the end.
  let schemes: [AuthenticationScheme]
  private let start: @Sendable (AuthenticationScheme, PeerAddress) throws -> (any ServerAuthentication)?

  /// - Parameter start: makes the exchange of a scheme that is among `schemes`; `nil` for one that it does not know.
  init(
    schemes: [AuthenticationScheme], start: @escaping @Sendable (AuthenticationScheme, PeerAddress) throws -> (any ServerAuthentication)?
  ) {
    self.schemes = schemes.filter { $0 != .credSSP } + schemes.filter { $0 == .credSSP }
    self.start = start
  }

  /// A new exchange; `nil` when the scheme is not offered or cannot begin.
  func begin(_ scheme: AuthenticationScheme, peer: PeerAddress) -> (any ServerAuthentication)? {
    guard schemes.contains(scheme) else { return nil }
    return try? start(scheme, peer)
  }
}

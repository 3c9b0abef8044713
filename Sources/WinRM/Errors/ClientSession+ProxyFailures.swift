import NIOHTTP1
import SecuritySupport

// What went wrong on the way through a proxy.

extension ClientSession {
  /// The proxy as `host:port`; `nil` without one.
  var proxyName: String? { (try? configuration.proxy?.server(for: endpoint))?.authority }

  /// - Returns: `nil` for what has nothing to do with a proxy.
  func proxyFailure(_ error: ConnectionFailure, to peer: String) -> WinRMError? {
    let proxy = proxyName ?? "the proxy"
    let otherWay = "correct the variable https_proxy or http_proxy, or leave -proxyaccess away"
    switch error {
    case .proxy(.notResolved):
      return make(.nameNotResolved, "the name of the proxy \(proxy) has no address", otherWay)
    case .proxy(.refused): return make(.destinationUnreachable, "nothing listens at the proxy \(proxy)", otherWay)
    case .proxy(.timedOut):
      return make(.networkTimedOut, "the proxy \(proxy) did not answer within \(configuration.connectTimeout)", otherWay)
    case .proxy: return make(.destinationUnreachable, "the proxy \(proxy) cannot be reached", otherWay)
    case .tunnelRefused(let status): return refusedTunnel(status, proxy, peer)
    case .tunnelMalformed:
      return make(
        .destinationUnreachable, "\(proxy) does not answer as an HTTP proxy does", "check that it is one; \(otherWay)")
    case .tunnelTimedOut:
      return make(
        .networkTimedOut, "the proxy \(proxy) made no way to \(peer) within \(configuration.connectTimeout)",
        "check that \(peer) is up; the proxy's log may say more")
    case .notResolved, .refused, .timedOut, .unreachable, .certificateRefused, .handshakeFailed, .foreignAnswer: return nil
    }
  }

  /// What a proxy of HTTP answers in place of the server.
  ///
  /// - Returns: `nil` for an answer of the server, as far as one can tell.
  func proxyFailure(_ status: HTTPResponseStatus) -> WinRMError? {
    guard endpoint.scheme == .http, let proxy = proxyName else { return nil }
    let answer = Self.text(status)
    switch status.code {
    case 407:
      return make(
        .accessDenied, "the proxy \(proxy) wants to know who asks, which goes with HTTPS only",
        "use https with -proxyauthentication:basic -proxyusername:USER, or a proxy that does not ask", answer: answer)
    case 502, 504:
      return make(
        .destinationUnreachable, "the proxy \(proxy) cannot reach \(peer)", "check the address, and what the proxy lets through",
        answer: answer)
    default: return nil
    }
  }

  private func refusedTunnel(_ status: UInt, _ proxy: String, _ peer: String) -> WinRMError {
    let hasCredential = configuration.proxy?.credential != nil
    let (code, cause, next): (WinRMCode, String, String) =
      switch status {
      case 407 where hasCredential:
        (
          .accessDenied, "the proxy \(proxy) did not accept the user name and the password for it",
          "check -proxyusername and -proxypassword"
        )
      case 407:
        (
          .proxyCredentialsNeeded, "the proxy \(proxy) wants to know who asks",
          "give -proxyauthentication:basic -proxyusername:USER; other ways to authenticate to a proxy are not there"
        )
      case 403, 405:
        (
          .accessDenied, "the proxy \(proxy) does not let connections to \(peer) through",
          "many proxies let port 443 through alone: have the port allowed, or the server listen on 443"
        )
      case 502, 503, 504:
        (
          .destinationUnreachable, "the proxy \(proxy) cannot reach \(peer)",
          "check that the service is up there, and the port of the address"
        )
      default: (.destinationUnreachable, "the proxy \(proxy) made no way to \(peer)", "the proxy's log may say more")
      }
    return make(code, cause, next, answer: "HTTP \(status)")
  }

  private func make(_ code: WinRMCode, _ cause: String, _ next: String, answer: String? = nil) -> WinRMError {
    WinRMError(code: code, stage: .proxy, peer: proxyName, peerAnswer: answer, cause: cause, nextStep: next)
  }
}

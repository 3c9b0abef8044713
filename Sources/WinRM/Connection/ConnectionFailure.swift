import NIOCore
import NIOPosix
import NIOSSL

/// Why no connection could be opened.
enum ConnectionFailure: Error, Sendable, Equatable {
  /// Whether another port of the same server may answer.
  var isRefusal: Bool {
    switch self {
    case .refused: true
    case .tunnelRefused(let status): [502, 503, 504].contains(status)
    default: false
    }
  }

  /// The name has no address.
  case notResolved
  /// Every address refused the connection: nothing listens there.
  case refused
  /// No address answered in time.
  case timedOut
  /// No route, or another error of the network; the system's number.
  case unreachable(errno: CInt?)
  /// The server's certificate proves nothing.
  case certificateRefused(reason: String)
  /// The TLS handshake failed, or was not finished in time.
  case handshakeFailed(reason: String)
  /// The peer speaks another protocol than TLS.
  case foreignAnswer(ForeignAnswer)
  /// The proxy itself could not be reached.
  indirect case proxy(ConnectionFailure)
  /// The proxy makes no tunnel to the server.
  case tunnelRefused(status: UInt)
  /// What the proxy says is no answer in HTTP, or it ended the connection.
  case tunnelMalformed
  /// The proxy made no tunnel in time.
  case tunnelTimedOut

  init(connecting error: any Error) {
    switch error {
    case let error as NIOConnectionError:
      let failures = error.connectionErrors.map(\.error)
      if failures.isEmpty, error.dnsAError != nil || error.dnsAAAAError != nil {
        self = .notResolved
      } else if failures.contains(where: { $0.isConnectTimeout }) {
        self = .timedOut
      } else if !failures.isEmpty, failures.allSatisfy({ ($0 as? IOError)?.errnoCode == ECONNREFUSED }) {
        self = .refused
      } else {
        self = .unreachable(errno: failures.lazy.compactMap { ($0 as? IOError)?.errnoCode }.first)
      }
    case let error as IOError: self = error.errnoCode == ECONNREFUSED ? .refused : .unreachable(errno: error.errnoCode)
    default: self = error.isConnectTimeout ? .timedOut : .unreachable(errno: nil)
    }
  }

  init(tls error: any Error, refusal: String?) {
    if let refusal {
      self = .certificateRefused(reason: refusal)
    } else if error.isConnectTimeout {
      self = .handshakeFailed(reason: "it was not finished in time")
    } else {
      self = .handshakeFailed(
        reason: error is NIOSSLError ? "the server speaks no TLS that both sides accept" : "the connection was closed")
    }
  }
}

extension Error {
  fileprivate var isConnectTimeout: Bool {
    if case .connectTimeout = self as? ChannelError { true } else { false }
  }
}

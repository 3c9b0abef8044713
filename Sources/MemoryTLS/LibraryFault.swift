import NIOSSL

/// What can be learnt from an error of NIOSSL.
package struct LibraryFault {
  /// The library's words for it, such as `WRONG_VERSION_NUMBER`. They come from BoringSSL's tables, never from the peer.
  package var reason: String
  /// The alert that the peer sent.
  package var alert: UInt8?

  package init(_ error: any Error) {
    let inner: any Error
    switch error {
    case NIOSSLError.handshakeFailed(let cause), NIOSSLError.shutdownFailed(let cause): inner = cause
    default: inner = error
    }
    switch inner {
    case BoringSSLError.sslError(let stack), BoringSSLError.unknownError(let stack):
      let entries = stack.map { Self.entry("\($0)") }
      reason = entries.isEmpty ? "unknown reason" : entries.map(\.reason).joined(separator: ", ")
      alert = entries.compactMap(\.alert).first
    case BoringSSLError.zeroReturn: reason = "closed by the peer"
    default: reason = "\(inner)"
    }
  }

  /// Takes `Error: … error:1000042e:SSL routines:OPENSSL_internal:TLSV1_ALERT_PROTOCOL_VERSION at …` apart. BoringSSL gives the reason
  /// 1000 + n to an alert n of the peer (SSL_AD_REASON_OFFSET).
  private static func entry(_ text: String) -> (reason: String, alert: UInt8?) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard let start = parts.firstIndex(where: { $0.hasSuffix("error") }), parts.count > start + 4 else {
      return (text.replacing("Error: ", with: ""), nil)
    }
    let reason = parts[start + 4].prefix { $0 != " " }
    let number = UInt32(parts[start + 1], radix: 16).map { Int($0 & 0xFFF) - 1000 }
    return (String(reason), number.flatMap { UInt8(exactly: $0) })
  }
}

import Logging
import NIOCore
import SecuritySupport
import WinRMConfiguration

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Which sockets a listener needs.
enum ListenerSocket {
  /// The addresses to bind: one dual-stack socket for `*`, or two where the system keeps the families apart, or IPv4 alone where there
  /// is no IPv6.
  static func hosts(of listener: ListenerSettings) throws(WinRMServiceError) -> [String] {
    guard let address = listener.bindAddress else { return hasIPv6 ? (isDualStack ? ["::"] : ["::", "0.0.0.0"]) : ["0.0.0.0"] }
    var bytes = [UInt8](repeating: 0, count: 16)
    guard listener.address.uppercased().hasPrefix("IP:"),
      inet_pton(AF_INET, address, &bytes) == 1 || inet_pton(AF_INET6, address, &bytes) == 1
    else {
      throw WinRMServiceError(
        .cannotListen, "The listener's address \(listener.address.sanitizedForLog()) is neither * nor IP: with an address.")
    }
    return [address]
  }

  private static var hasIPv6: Bool {
    #if canImport(Glibc) || canImport(Musl)
      let descriptor = socket(AF_INET6, Int32(SOCK_STREAM.rawValue), 0)
    #else
      let descriptor = socket(AF_INET6, SOCK_STREAM, 0)
    #endif
    guard descriptor >= 0 else { return false }
    _ = close(descriptor)
    return true
  }

  /// Whether a socket on `::` takes IPv4 too (`net.ipv6.bindv6only`).
  private static var isDualStack: Bool {
    guard let file = fopen("/proc/sys/net/ipv6/bindv6only", "r") else { return true }
    defer { fclose(file) }
    return fgetc(file) != Int32(UInt8(ascii: "1"))
  }
}

/// Keeps a listener going when a connection cannot be accepted, for instance because descriptors have run out.
final class AcceptErrorHandler: ChannelInboundHandler {
  typealias InboundIn = Channel

  private let logger: Logger
  private var lastReport: NIODeadline?

  init(logger: Logger) { self.logger = logger }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    if let lastReport, NIODeadline.now() - lastReport < .seconds(10) { return }
    lastReport = .now()
    let code = (error as? IOError)?.errnoCode
    logger.error("a connection could not be accepted", metadata: ["errno": "\(code.map(String.init) ?? "none")"])
  }
}

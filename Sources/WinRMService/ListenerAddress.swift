/// Where one listener listens.
public struct ListenerAddress: Sendable, Hashable, CustomStringConvertible {
  /// `http` or `https`.
  public var scheme: String
  /// As configured: `*`, an IPv4 or IPv6 address, or `MAC:` with that of an adapter.
  public var host: String
  /// The port in use, also where 0 was asked for.
  public var port: Int
  /// The path, without slashes at its ends.
  public var prefix: String

  /// The addresses that it answers on now; empty for all addresses.
  public var addresses: [String] = []

  /// `http://*:5985/wsman`.
  public var description: String { "\(scheme)://\(host.contains(":") ? "[\(host)]" : host):\(port)/\(prefix)" }
}

/// Where one listener listens.
public struct ListenerAddress: Sendable, Hashable, CustomStringConvertible {
  /// `http` or `https`.
  public var scheme: String
  /// As configured: `*`, or an IPv4 or IPv6 address.
  public var host: String
  /// The port in use, also where 0 was asked for.
  public var port: Int
  /// The path, without slashes at its ends.
  public var prefix: String

  /// `http://*:5985/wsman`.
  public var description: String { "\(scheme)://\(host.contains(":") ? "[\(host)]" : host):\(port)/\(prefix)" }
}

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// An IPv4 or IPv6 address, a link-local one with the interface that it belongs to.
public struct HostAddress: Sendable, Hashable {
  /// Four or sixteen bytes in network order.
  public let bytes: [UInt8]
  /// The index of the interface of a link-local IPv6 address; 0 for every other address, and where none is said.
  public let zone: UInt32

  /// - Parameters:
  ///   - bytes: four or sixteen; an IPv4 address inside an IPv6 one (`::ffff:192.0.2.1`) becomes what it is.
  ///   - zone: kept for link-local IPv6 addresses alone.
  /// - Returns: `nil` for any other number of bytes.
  public init?(bytes: [UInt8], zone: UInt32 = 0) {
    guard bytes.count == 4 || bytes.count == 16 else { return nil }
    let isMapped = bytes.count == 16 && bytes[..<10].allSatisfy { $0 == 0 } && bytes[10] == 0xFF && bytes[11] == 0xFF
    self.bytes = isMapped ? Array(bytes[12...]) : bytes
    self.zone = Self.isLinkLocal(self.bytes) ? zone : 0
  }

  /// - Parameters:
  ///   - text: an IPv4 or IPv6 address without brackets and without a zone.
  ///   - zone: as above.
  public init?(_ text: String, zone: UInt32 = 0) {
    guard let bytes = SettingCheck.bytes(text, .v4) ?? SettingCheck.bytes(text, .v6) else { return nil }
    self.init(bytes: bytes, zone: zone)
  }

  public var isIPv6: Bool { bytes.count == 16 }
  /// `fe80::/10`.
  public var isLinkLocal: Bool { Self.isLinkLocal(bytes) }
  /// `127.0.0.0/8` or `::1`.
  public var isLoopback: Bool { isIPv6 ? bytes.last == 1 && bytes.dropLast().allSatisfy { $0 == 0 } : bytes[0] == 127 }
  /// `0.0.0.0` or `::`, which is no address of any interface.
  public var isUnspecified: Bool { bytes.allSatisfy { $0 == 0 } }

  /// Without a zone, as RFC 5952 has it.
  public var text: String {
    var buffer = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
    guard inet_ntop(isIPv6 ? AF_INET6 : AF_INET, bytes, &buffer, socklen_t(buffer.count)) != nil else { return "" }
    return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  private static func isLinkLocal(_ bytes: [UInt8]) -> Bool { bytes.count == 16 && bytes[0] == 0xFE && bytes[1] & 0xC0 == 0x80 }
}

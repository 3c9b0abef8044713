#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The network interfaces of a machine, as far as listeners care.
public struct HostNetwork: Sendable, Equatable {
  /// An interface that is up.
  public struct Interface: Sendable, Equatable {
    public var name: String
    public var index: UInt32
    /// The MAC address; empty where there is none.
    public var hardwareAddress: [UInt8]
    public var addresses: [HostAddress]

    public init(name: String, index: UInt32, hardwareAddress: [UInt8] = [], addresses: [HostAddress] = []) {
      self.name = name
      self.index = index
      self.hardwareAddress = hardwareAddress
      self.addresses = addresses
    }
  }

  public var interfaces: [Interface]
  /// Whether the system has the family at all.
  public var hasIPv4: Bool
  public var hasIPv6: Bool

  public init(interfaces: [Interface], hasIPv4: Bool = true, hasIPv6: Bool = true) {
    self.interfaces = interfaces
    self.hasIPv4 = hasIPv4
    self.hasIPv6 = hasIPv6
  }

  /// The addresses of all interfaces, each once.
  public var addresses: [HostAddress] {
    var seen: Set<HostAddress> = []
    return interfaces.flatMap(\.addresses).filter { seen.insert($0).inserted }
  }

  /// Whether one of the interfaces has the address. Every address of `127.0.0.0/8` is there where one is.
  public func has(_ address: HostAddress) -> Bool {
    addresses.contains { $0 == address || (!address.isIPv6 && address.isLoopback && $0.isLoopback && !$0.isIPv6) }
  }

  /// An address as people write it: a link-local one with the name of its interface.
  public func text(_ address: HostAddress) -> String {
    guard address.zone != 0 else { return address.text }
    return address.text + "%" + (interfaces.first { $0.index == address.zone }?.name ?? String(address.zone))
  }

  /// This machine's, now. A look at the kernel's tables, which takes no longer than a system call.
  public static func current() -> HostNetwork {
    HostNetwork(interfaces: readInterfaces(), hasIPv4: hasFamily(AF_INET), hasIPv6: hasFamily(AF_INET6))
  }

  private static func readInterfaces() -> [Interface] {
    var list: UnsafeMutablePointer<ifaddrs>?
    guard getifaddrs(&list) == 0 else { return [] }
    defer { freeifaddrs(list) }
    var result: [Interface] = []
    var next = list
    while let entry = next?.pointee {
      next = entry.ifa_next
      guard let address = entry.ifa_addr, entry.ifa_flags & UInt32(IFF_UP) != 0 else { continue }
      let name = String(cString: entry.ifa_name)
      let position =
        result.firstIndex { $0.name == name }
        ?? {
          result.append(Interface(name: name, index: if_nametoindex(name)))
          return result.count - 1
        }()
      let index = result[position].index
      if let found = Self.address(address, zone: index) {
        if !result[position].addresses.contains(found) { result[position].addresses.append(found) }
      } else if let hardware = hardwareAddress(address) {
        result[position].hardwareAddress = hardware
      }
    }
    return result
  }

  private static func address(_ address: UnsafeMutablePointer<sockaddr>, zone: UInt32) -> HostAddress? {
    switch CInt(address.pointee.sa_family) {
    case AF_INET:
      let bytes = address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { withUnsafeBytes(of: $0.pointee.sin_addr, Array.init) }
      return HostAddress(bytes: bytes)
    case AF_INET6:
      let bytes = address.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { withUnsafeBytes(of: $0.pointee.sin6_addr, Array.init) }
      return HostAddress(bytes: bytes, zone: zone)
    default: return nil
    }
  }

  private static func hardwareAddress(_ address: UnsafeMutablePointer<sockaddr>) -> [UInt8]? {
    #if canImport(Darwin)
      guard CInt(address.pointee.sa_family) == AF_LINK else { return nil }
      return address.withMemoryRebound(to: sockaddr_dl.self, capacity: 1) { link in
        let (start, count) = (Int(link.pointee.sdl_nlen), Int(link.pointee.sdl_alen))
        return withUnsafeBytes(of: &link.pointee.sdl_data) { start + count <= $0.count ? Array($0[start..<start + count]) : nil }
      }
    #else
      guard CInt(address.pointee.sa_family) == AF_PACKET else { return nil }
      // packet(7): struct sockaddr_ll has the length of the address at offset 11 and its first eight bytes behind; longer ones go on there.
      let bytes = UnsafeRawBufferPointer(start: address, count: 12)
      let count = Int(bytes[11])
      guard (1...20).contains(count) else { return nil }
      let hardware = Array(UnsafeRawBufferPointer(start: UnsafeRawPointer(address).advanced(by: 12), count: count))
      return hardware.contains { $0 != 0 } ? hardware : nil
    #endif
  }

  private static func hasFamily(_ family: CInt) -> Bool {
    #if canImport(Glibc) || canImport(Musl)
      let descriptor = socket(family, Int32(SOCK_STREAM.rawValue), 0)
    #else
      let descriptor = socket(family, SOCK_STREAM, 0)
    #endif
    guard descriptor >= 0 else { return false }
    defer { _ = close(descriptor) }
    guard family == AF_INET6 else { return true }
    // Where IPv6 is switched off, sockets can be made and not even the loopback address can be bound.
    var loopback = sockaddr_in6()
    loopback.sin6_family = sa_family_t(AF_INET6)
    loopback.sin6_addr = in6addr_any
    return withUnsafePointer(to: &loopback) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in6>.size)) == 0 }
    }
  }
}

package import WinRMConfiguration

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The addresses that a listener answers on now: `ListeningOn`.
package enum ListeningAddresses {
  package static func of(_ listener: ListenerSettings, _ service: ServiceSettings) -> [String] {
    let candidates = listener.bindAddress.map { [$0] } ?? interfaceAddresses()
    return candidates.filter { AddressFilter.admits($0, ipv4: service.ipv4Filter, ipv6: service.ipv6Filter) }
  }

  /// The addresses of all interfaces that are up, without repetitions; link-local ones with their zone.
  private static func interfaceAddresses() -> [String] {
    var list: UnsafeMutablePointer<ifaddrs>?
    guard getifaddrs(&list) == 0 else { return [] }
    defer { freeifaddrs(list) }
    var result: [String] = []
    var next = list
    while let entry = next?.pointee {
      next = entry.ifa_next
      guard let address = entry.ifa_addr, entry.ifa_flags & UInt32(IFF_UP) != 0, let text = text(address),
        !result.contains(text)
      else { continue }
      result.append(text)
    }
    return result
  }

  private static func text(_ address: UnsafeMutablePointer<sockaddr>) -> String? {
    let length: Int
    switch CInt(address.pointee.sa_family) {
    case AF_INET: length = MemoryLayout<sockaddr_in>.size
    case AF_INET6: length = MemoryLayout<sockaddr_in6>.size
    default: return nil
    }
    var buffer = [CChar](repeating: 0, count: Int(NI_MAXHOST))
    guard getnameinfo(address, socklen_t(length), &buffer, socklen_t(buffer.count), nil, 0, NI_NUMERICHOST) == 0 else { return nil }
    return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }
}

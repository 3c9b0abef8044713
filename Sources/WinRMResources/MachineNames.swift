#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The names of this machine.
package enum MachineNames {
  /// The host name, and its full name where the system's resolver knows one.
  package static func current() -> [String] {
    var buffer = [CChar](repeating: 0, count: 256)
    guard gethostname(&buffer, buffer.count - 1) == 0 else { return [] }
    let name = String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    guard !name.isEmpty else { return [] }
    return [name] + (fullName(of: name).map { $0.lowercased() == name.lowercased() ? [] : [$0] } ?? [])
  }

  /// The names by which accounts of this machine are called.
  package static func labels() -> [String] {
    guard let name = current().first else { return ["localhost"] }
    let label = name.split(separator: ".").first.map(String.init) ?? name
    return [String(label.uppercased().prefix(15)), name, label]
  }

  private static func fullName(of name: String) -> String? {
    var hints = addrinfo()
    hints.ai_flags = AI_CANONNAME
    var list: UnsafeMutablePointer<addrinfo>?
    guard getaddrinfo(name, nil, &hints, &list) == 0 else { return nil }
    defer { freeaddrinfo(list) }
    return list?.pointee.ai_canonname.map { String(cString: $0) }
  }
}

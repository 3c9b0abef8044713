import CLinux
import WinRMConfiguration

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The TCP sockets of this machine that listen, and whose they are, as Linux tells it in `/proc`.
struct ListeningSockets {
  struct Socket: Equatable {
    var address: HostAddress
    var port: UInt16
    var user: UInt32
    var inode: String
  }

  /// Who has a socket.
  struct Holder: Equatable {
    var process: Int32
    var program: String
  }

  var sockets: [Socket]

  /// Those there are now; `nil` where the system does not tell.
  static func current() -> ListeningSockets? {
    guard let v4 = SystemFile.text("/proc/net/tcp") else { return nil }
    return ListeningSockets(v4: v4, v6: SystemFile.text("/proc/net/tcp6") ?? "")
  }

  /// - Parameters:
  ///   - v4: the content of `/proc/net/tcp`.
  ///   - v6: that of `/proc/net/tcp6`.
  init(v4: String, v6: String) {
    sockets = [v4, v6].flatMap { $0.split(separator: "\n").dropFirst().compactMap { Self.socket($0) } }
  }

  /// The one that connections to an address arrive at: that of the very address before those of all addresses.
  func socket(at address: HostAddress, port: UInt16) -> Socket? {
    let candidates = sockets.filter { $0.port == port }
    return candidates.first { $0.address.bytes == address.bytes }
      ?? candidates.first { $0.address.isUnspecified && ($0.address.isIPv6 || !address.isIPv6) }
  }

  /// The process that has a socket; `nil` for one of another user, which root alone is told.
  static func holder(of socket: Socket) -> Holder? {
    guard let processes = opendir("/proc") else { return nil }
    defer { closedir(processes) }
    while let entry = readdir(processes) {
      guard let process = Int32(name(entry)) else { continue }
      if has(process, "socket:[\(socket.inode)]") {
        let program = SystemFile.text("/proc/\(process)/comm")?.split(separator: "\n").first.map(String.init) ?? "a program"
        return Holder(process: process, program: program)
      }
    }
    return nil
  }

  private static func has(_ process: Int32, _ wanted: String) -> Bool {
    guard let descriptors = opendir("/proc/\(process)/fd") else { return false }
    defer { closedir(descriptors) }
    while let entry = readdir(descriptors) {
      var buffer = [CChar](repeating: 0, count: 128)
      let count = readlink("/proc/\(process)/fd/\(name(entry))", &buffer, buffer.count)
      if count > 0, String(decoding: buffer.prefix(count).map(UInt8.init(bitPattern:)), as: UTF8.self) == wanted { return true }
    }
    return false
  }

  private static func name(_ entry: UnsafeMutablePointer<dirent>) -> String {
    withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }

  /// One line: `sl local_address rem_address st …queues… retransmits uid timeout inode`; state 0A listens.
  private static func socket(_ line: Substring) -> Socket? {
    let words = line.split(separator: " ")
    guard words.count > 9, words[3] == "0A", let user = UInt32(words[7]) else { return nil }
    let local = words[1].split(separator: ":")
    guard local.count == 2, let port = UInt16(local[1], radix: 16), let address = HostAddress(bytes: bytes(local[0])) else { return nil }
    return Socket(address: address, port: port, user: user, inode: String(words[9]))
  }

  /// Each 32 bits are written as a number of the machine's byte order.
  private static func bytes(_ digits: Substring) -> [UInt8] {
    var bytes: [UInt8] = []
    var rest = digits
    while let number = UInt32(rest.prefix(8), radix: 16), rest.count >= 8 {
      withUnsafeBytes(of: number) { bytes += $0 }
      rest = rest.dropFirst(8)
    }
    return bytes
  }
}

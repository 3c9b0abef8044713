#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Finds out, without starting a program, whether a firewall that has commands of its own guards this machine. Rules of nftables that were
/// written by hand are not seen.
enum FirewallHint {
  /// What opens a port, for whoever can.
  static func text(port: UInt16) -> String? {
    if access("/run/firewalld", F_OK) == 0 {
      return "firewalld guards this machine. Open the port: firewall-cmd --permanent --add-port=\(port)/tcp && firewall-cmd --reload"
    }
    if isUFWEnabled() { return "ufw guards this machine. Open the port: ufw allow \(port)/tcp" }
    return nil
  }

  private static func isUFWEnabled() -> Bool {
    guard let file = fopen("/etc/ufw/ufw.conf", "r") else { return false }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 256)
    while fgets(&line, CInt(line.count), file) != nil {
      let text = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
      if text.lowercased().filter({ !$0.isWhitespace }) == "enabled=yes" { return true }
    }
    return false
  }
}

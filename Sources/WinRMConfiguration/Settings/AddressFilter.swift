/// The filters IPv4Filter and IPv6Filter: which of its own addresses the machine answers on (MS-WSMV §2.2.4.30).
public enum AddressFilter {
  /// Whether the filter of the address's family admits it.
  ///
  /// - Parameters:
  ///   - address: IPv4, or IPv6 with or without a zone; anything else is not admitted.
  ///   - ipv4: empty for none, `*` for all, or ranges `IP1-IP2` separated by commas.
  ///   - ipv6: likewise.
  public static func admits(_ address: String, ipv4: String, ipv6: String) -> Bool {
    let plain = String(address.prefix { $0 != "%" })
    if let bytes = SettingCheck.bytes(plain, .v4) { return admits(bytes, ipv4, .v4) }
    if let bytes = SettingCheck.bytes(plain, .v6) { return admits(bytes, ipv6, .v6) }
    return false
  }

  /// Whether the filter lets every address of its family through: `*`, beside which other ranges do not count.
  public static func admitsAll(_ filter: String) -> Bool { filter.split(separator: ",").contains { $0.trimmingBlanks == "*" } }

  private static func admits(_ address: [UInt8], _ filter: String, _ family: SettingCheck.AddressFamily) -> Bool {
    filter.split(separator: ",").map(\.trimmingBlanks).contains { item in
      if item == "*" { return true }
      let ends = item.split(separator: "-").compactMap { SettingCheck.bytes(String($0.trimmingBlanks), family) }
      guard let low = ends.first, let high = ends.last, ends.count == 2 else { return false }
      return !address.lexicographicallyPrecedes(low) && !high.lexicographicallyPrecedes(address)
    }
  }
}

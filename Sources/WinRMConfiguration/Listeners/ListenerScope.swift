/// What a listener's Address means: all of the machine's addresses, one of them, or those of an adapter.
public enum ListenerScope: Sendable, Hashable {
  /// `*`.
  case all
  /// `IP:` and an address; a link-local one may have a zone, the name or the index of its interface.
  case address(HostAddress, zone: String?)
  /// `MAC:` and the adapter's hardware address.
  case adapter([UInt8])

  /// Takes an Address apart. `IP:` and `MAC:` may stand in any case.
  ///
  /// - Returns: `nil` for anything else, also for `IP:0.0.0.0` and `IP:::`, which are no addresses of a machine.
  public init?(_ text: String) {
    if text == "*" {
      self = .all
    } else if let address = Self.rest(of: text, after: "IP:") {
      let parts = address.split(separator: "%", maxSplits: 1, omittingEmptySubsequences: false)
      guard let bytes = HostAddress(String(parts[0])), !bytes.isUnspecified else { return nil }
      let zone = parts.count == 2 ? String(parts[1]) : nil
      guard zone.map({ bytes.isLinkLocal && Self.isInterfaceName($0) }) ?? true else { return nil }
      self = .address(bytes, zone: zone)
    } else if let text = Self.rest(of: text, after: "MAC:"), let bytes = Self.hardwareAddress(text) {
      self = .adapter(bytes)
    } else {
      return nil
    }
  }

  private static func rest(of text: String, after prefix: String) -> String? {
    guard text.utf8.count > prefix.utf8.count, text.prefix(prefix.count).uppercased() == prefix else { return nil }
    return String(text.dropFirst(prefix.count))
  }

  /// What Linux allows as the name of an interface, without what could stand for something else in a selector.
  private static func isInterfaceName(_ text: String) -> Bool {
    (1...15).contains(text.utf8.count) && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !Array("/:+?,\"'".utf8).contains($0) }
  }

  /// Six to twenty bytes as pairs of hexadecimal digits with hyphens between them, as Windows writes them.
  private static func hardwareAddress(_ text: String) -> [UInt8]? {
    let pairs = text.split(separator: "-", omittingEmptySubsequences: false)
    guard (6...20).contains(pairs.count) else { return nil }
    var bytes: [UInt8] = []
    for pair in pairs {
      guard pair.utf8.count == 2, pair.allSatisfy(\.isHexDigit), let byte = UInt8(pair, radix: 16) else { return nil }
      bytes.append(byte)
    }
    return bytes
  }
}

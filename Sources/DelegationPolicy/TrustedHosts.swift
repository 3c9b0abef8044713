/// The client's TrustedHosts list: servers that may be talked to although nothing proves who they are (MS-WSMV §2.2.4.10).
///
/// Empty text means none and `*` alone all. Otherwise items are separated by commas; an item is a name or an address (IPv6 in brackets),
/// a pattern with one `*` at its start or end, or `<local>`, which stands for every name without a dot. Case does not matter, and hosts
/// are compared as typed.
///
/// - Warning: a trusted host is not authenticated by being in the list.
public struct TrustedHosts: Sendable, Equatable {
  private enum Item: Hashable {
    case all, local
    case exact(FoldedHost)
    case prefix([UInt8])
    case suffix([UInt8])
  }

  private let items: [Item]
  /// The list as it was written.
  public let text: String

  /// Trusts nobody.
  public static let none = TrustedHosts(items: [], text: "")

  private init(items: [Item], text: String) {
    self.items = items
    self.text = text
  }

  /// Reads a list.
  ///
  /// - Throws: `malformedTrustedHosts` (0x8033809F) when an item does not follow the grammar.
  public init(parsing text: String) throws(DelegationPolicyError) {
    let trimmed = Self.trimmed(text[...])
    if trimmed.isEmpty {
      self.init(items: [], text: text)
    } else if trimmed == "*" {
      self.init(items: [.all], text: text)
    } else {
      var items: [Item] = []
      for part in trimmed.split(separator: ",", omittingEmptySubsequences: false) {
        guard let item = Self.item(Self.trimmed(part)) else {
          throw DelegationPolicyError(
            .malformedTrustedHosts,
            "TrustedHosts: \"\(part)\" is neither a name, an address (IPv6 in brackets), a pattern with one * at its start or end, nor <local>"
          )
        }
        items.append(item)
      }
      self.init(items: items, text: text)
    }
  }

  public var isEmpty: Bool { items.isEmpty }

  /// Whether the list holds `host`, which is given as typed, with or without the brackets of an IPv6 address.
  public func contains(_ host: String) -> Bool {
    guard let name = FoldedHost(host) else { return false }
    return items.contains { item in
      switch item {
      case .all: true
      case .local: !name.isIPv6Shaped && !name.isIPv4Shaped && !name.bytes.contains(UInt8(ascii: "."))
      case .exact(let exact): name == exact
      case .suffix(let suffix): name.bytes.count > suffix.count && name.bytes.suffix(suffix.count).elementsEqual(suffix)
      case .prefix(let prefix): Self.matches(name, prefix: prefix)
      }
    }
  }

  /// `192.168.*` means addresses: a name such as `192.168.example.com`, which anybody can register, is not one of them.
  private static func matches(_ name: FoldedHost, prefix: [UInt8]) -> Bool {
    guard name.bytes.count > prefix.count, name.bytes.starts(with: prefix) else { return false }
    let isAddressPrefix = prefix.allSatisfy { $0 == UInt8(ascii: ".") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    return !isAddressPrefix || name.isIPv4Shaped
  }

  private static func item(_ text: Substring) -> Item? {
    if text.lowercased() == "<local>" { return .local }
    guard text.utf8.count <= maximumItemLength, text.unicodeScalars.allSatisfy(isOfItem) else { return nil }
    switch text.count(where: { $0 == "*" }) {
    case 0:
      guard let exact = FoldedHost(String(text)) else { return nil }
      // An address with colons is written in brackets.
      return exact.isIPv6Shaped && !text.hasPrefix("[") ? nil : .exact(exact)
    case 1 where text.hasPrefix("*"): return affix(text.dropFirst()).map(Item.suffix)
    case 1 where text.hasSuffix("*"): return affix(text.dropLast()).map(Item.prefix)
    default: return nil
    }
  }

  /// A DNS name has at most 253 characters; a zone may follow an address.
  private static let maximumItemLength = 320

  /// Letters of any script and digits, and what stands between them in names, addresses, brackets and patterns.
  private static func isOfItem(_ scalar: Unicode.Scalar) -> Bool {
    scalar.isASCII
      ? scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) || "-._:%[]*".unicodeScalars.contains(scalar)
      : scalar.properties.isAlphabetic || scalar.properties.numericType != nil || scalar.properties.canonicalCombiningClass != .notReordered
  }

  /// The folded fixed part of a pattern; dots at its ends count.
  private static func affix(_ text: Substring) -> [UInt8]? {
    let marked = "x\(text)x"
    guard !text.isEmpty, let folded = FoldedHost(marked), !folded.isIPv6Shaped else { return nil }
    return Array(folded.bytes.dropFirst().dropLast())
  }

  private static func trimmed(_ text: Substring) -> Substring {
    var text = text.drop { $0 == " " }
    while text.last == " " { text.removeLast() }
    return text
  }
}

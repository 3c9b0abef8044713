/// What an endpoint can name as its host: the one rule for what people type and for what policy lists hold, so that no list names a host
/// that nobody could ever type.
package enum HostSyntax {
  /// Whether the text is a host name or an IPv4 address: letters, digits, hyphens and underscores, with single dots between; international
  /// names in Unicode letters. At most 255 bytes; a final dot may follow.
  package static func isName(_ text: some StringProtocol) -> Bool {
    var name = Array(text.utf8)
    if name.last == UInt8(ascii: ".") { name.removeLast() }
    guard let first = name.first, first != UInt8(ascii: "-"), name.count <= maximumLength else { return false }
    guard name.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy({ !$0.isEmpty }) else { return false }
    return text.unicodeScalars.allSatisfy(isOfName)
  }

  /// Whether the text is an IPv6 address (RFC 4291 §2.2), without brackets and without a zone.
  package static func isIPv6Address(_ text: some StringProtocol) -> Bool {
    let bytes = Array(text.utf8)
    guard bytes.count <= 45 else { return false }
    let colon = UInt8(ascii: ":")
    guard let gap = bytes.indices.dropFirst().first(where: { bytes[$0] == colon && bytes[$0 - 1] == colon }) else {
      return groups(bytes[...], endsAddress: true) == 8
    }
    // The gap stands for one group of zeros at least. A second one leaves an empty group.
    guard let before = groups(bytes[..<(gap - 1)], endsAddress: false), let after = groups(bytes[(gap + 1)...], endsAddress: true) else {
      return false
    }
    return before + after <= 7
  }

  private static let maximumLength = 255

  private static func isOfName(_ scalar: Unicode.Scalar) -> Bool {
    guard !scalar.isASCII else {
      return scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) || "-._".unicodeScalars.contains(scalar)
    }
    guard !scalar.isInvisible else { return false }
    return scalar.properties.isAlphabetic || scalar.properties.numericType != nil || scalar.properties.generalCategory == .nonspacingMark
  }

  /// The number of groups of 16 bits in a part of an address; `nil` when it is none.
  private static func groups(_ bytes: ArraySlice<UInt8>, endsAddress: Bool) -> Int? {
    guard !bytes.isEmpty else { return 0 }
    var parts = bytes.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
    var count = 0
    if endsAddress, let last = parts.last, last.contains(UInt8(ascii: ".")) {
      guard isIPv4Address(last) else { return nil }
      parts.removeLast()
      count = 2
    }
    guard parts.allSatisfy({ (1...4).contains($0.count) && $0.allSatisfy(isHexadecimalDigit) }) else { return nil }
    return count + parts.count
  }

  private static func isIPv4Address(_ bytes: ArraySlice<UInt8>) -> Bool {
    let parts = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    return parts.count == 4
      && parts.allSatisfy { part in
        (1...3).contains(part.count) && part.allSatisfy(isDigit) && part.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) } <= 255
      }
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

  private static func isHexadecimalDigit(_ byte: UInt8) -> Bool {
    isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte | 0x20)
  }
}

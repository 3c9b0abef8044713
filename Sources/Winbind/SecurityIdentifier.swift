/// A security identifier (MS-DTYP §2.4.2), such as `S-1-5-21-1-2-3-1103`. Two are equal when they name the same principal.
public struct SecurityIdentifier: Sendable, Hashable {
  /// The most sub-authorities that an identifier has.
  public static let maximumSubAuthorities = 15

  /// Who issued it, 48 bits. 5 is the security authority of Windows.
  public let authority: UInt64
  /// From the domain down; the last one, in the domain, is the relative identifier. At most 15.
  public let subAuthorities: [UInt32]

  /// `nil` for an authority of more than 48 bits, or more than 15 sub-authorities.
  public init?(authority: UInt64, subAuthorities: [UInt32]) {
    guard authority < 1 << 48, subAuthorities.count <= Self.maximumSubAuthorities else { return nil }
    self.authority = authority
    self.subAuthorities = subAuthorities
  }

  /// Reads the text form (MS-DTYP §2.4.2.1): decimal numbers, the authority also as `0x` and hexadecimal digits.
  public init?(parsing text: String) {
    let parts = text.split(separator: "-", maxSplits: 3 + Self.maximumSubAuthorities, omittingEmptySubsequences: false)
    guard parts.count >= 3, parts[0] == "S" || parts[0] == "s", parts[1] == "1" else { return nil }
    guard let authority = Self.authority(parts[2]) else { return nil }
    let numbers = parts.dropFirst(3).compactMap(Self.decimal)
    guard numbers.count == parts.count - 3 else { return nil }
    self.init(authority: authority, subAuthorities: numbers)
  }

  /// The last sub-authority.
  public var relativeIdentifier: UInt32? { subAuthorities.last }

  /// The domain of an account or group of one (`S-1-5-21-…` with three numbers and a relative identifier); `nil` for all others, such as
  /// the built-in groups and what stands for Unix users.
  public var domain: SecurityIdentifier? {
    guard authority == 5, subAuthorities.count == 5, subAuthorities[0] == 21 else { return nil }
    return SecurityIdentifier(authority: 5, subAuthorities: subAuthorities.dropLast())
  }

  /// The principal with this number in this domain.
  public func appending(_ relativeIdentifier: UInt32) -> SecurityIdentifier? {
    SecurityIdentifier(authority: authority, subAuthorities: subAuthorities + [relativeIdentifier])
  }

  private static func authority(_ text: Substring) -> UInt64? {
    if text.hasPrefix("0x") || text.hasPrefix("0X") {
      let digits = text.dropFirst(2)
      return digits.allSatisfy(\.isHexDigit) ? UInt64(digits, radix: 16) : nil
    }
    return text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ? UInt64(text) : nil
  }

  private static func decimal(_ text: Substring) -> UInt32? {
    text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ? UInt32(text) : nil
  }
}

extension SecurityIdentifier: CustomStringConvertible {
  public var description: String {
    // MS-DTYP: an authority of more than 32 bits is written in hexadecimal, with all its digits.
    let digits = String(authority, radix: 16, uppercase: true)
    let text = authority < 1 << 32 ? "\(authority)" : "0x" + String(repeating: "0", count: 12 - digits.count) + digits
    return (["S-1", text] + subAuthorities.map { "\($0)" }).joined(separator: "-")
  }
}

/// The GUID that names a policy object, in braces and upper case: `{31B2F340-016D-11D2-945F-00C04FB984F9}`.
public struct PolicyIdentifier: Hashable, Sendable, CustomStringConvertible {
  public let description: String

  /// Reads a GUID in braces, in any case; `nil` for everything else, so that an identifier can stand in a path or a command.
  public init?(_ text: some StringProtocol) {
    let bytes = Array(text.utf8)
    guard bytes.count == 38 else { return nil }
    for (index, byte) in bytes.enumerated() {
      let isGood =
        switch index {
        case 0: byte == UInt8(ascii: "{")
        case 37: byte == UInt8(ascii: "}")
        case 9, 14, 19, 24: byte == UInt8(ascii: "-")
        default: Self.isHexadecimal(byte)
        }
      guard isGood else { return nil }
    }
    description = text.uppercased()
  }

  private static func isHexadecimal(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte | 0x20)
  }
}

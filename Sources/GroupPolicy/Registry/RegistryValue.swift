/// A registry value as it stands in a file: a type, and bytes that need not fit it.
public struct RegistryValue: Hashable, Sendable {
  public var type: RegistryType
  public var data: [UInt8]

  public init(type: RegistryType, data: [UInt8]) {
    self.type = type
    self.data = data
  }

  public static func number(_ number: UInt32) -> Self {
    Self(type: .doubleWord, data: (0..<4).map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) })
  }

  public static func text(_ text: String) -> Self { Self(type: .string, data: UTF16Text.encode(text, terminated: true)) }

  /// The number of a REG_DWORD, in either byte order; `nil` for other types and for other sizes than four bytes.
  public var number: UInt32? {
    guard data.count == 4 else { return nil }
    switch type {
    case .doubleWord: return data.reversed().reduce(0) { $0 << 8 | UInt32($1) }
    case .doubleWordBigEndian: return data.reduce(0) { $0 << 8 | UInt32($1) }
    default: return nil
    }
  }

  /// The number of a REG_QWORD.
  public var longNumber: UInt64? {
    guard type == .quadWord, data.count == 8 else { return nil }
    return data.reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// The text of a REG_SZ or REG_EXPAND_SZ up to its first NUL, with which it need not end; `nil` for other types, and for what is no
  /// UTF-16.
  public var text: String? {
    guard type == .string || type == .expandableString, let units = UTF16Text.units(data[...]) else { return nil }
    return UTF16Text.decode(units.prefix { $0 != 0 })
  }

  /// The texts of a REG_MULTI_SZ up to the first empty one.
  public var texts: [String]? {
    guard type == .multiString, let units = UTF16Text.units(data[...]) else { return nil }
    var texts: [String] = []
    for part in units.split(separator: 0, omittingEmptySubsequences: false) {
      if part.isEmpty { break }
      guard let text = UTF16Text.decode(part) else { return nil }
      texts.append(text)
    }
    return texts
  }
}

/// UTF-16 in little-endian order, strict: half a surrogate pair is no text.
enum UTF16Text {
  static func encode(_ text: String, terminated: Bool) -> [UInt8] {
    var bytes: [UInt8] = []
    for unit in text.utf16 {
      bytes.append(UInt8(truncatingIfNeeded: unit))
      bytes.append(UInt8(truncatingIfNeeded: unit >> 8))
    }
    return terminated ? bytes + [0, 0] : bytes
  }

  /// The code units, or `nil` for an odd number of bytes.
  static func units(_ bytes: ArraySlice<UInt8>) -> [UInt16]? {
    guard bytes.count.isMultiple(of: 2) else { return nil }
    return stride(from: bytes.startIndex, to: bytes.endIndex, by: 2).map { UInt16(bytes[$0]) | UInt16(bytes[$0 + 1]) << 8 }
  }

  static func decode(_ units: some Sequence<UInt16>) -> String? { String(validating: Array(units), as: UTF16.self) }
}

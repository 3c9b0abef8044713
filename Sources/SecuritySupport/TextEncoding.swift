extension String {
  /// The UTF-16LE bytes without byte order mark and terminator, as NTLM and CredSSP write text.
  public var utf16LittleEndianBytes: [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(utf16.count * 2)
    for unit in utf16 { bytes.append(littleEndian: unit) }
    return bytes
  }

  /// Decodes UTF-16LE. `nil` when the length is odd, a surrogate stands alone, or a NUL is inside.
  public init?(strictUTF16LittleEndian bytes: some Collection<UInt8>) {
    guard bytes.count.isMultiple(of: 2) else { return nil }
    var units: [UInt16] = []
    units.reserveCapacity(bytes.count / 2)
    var low: UInt8?
    for byte in bytes {
      if let first = low {
        units.append(UInt16(first) | UInt16(byte) << 8)
        low = nil
      } else {
        low = byte
      }
    }
    guard !units.contains(0), let text = String(validating: units, as: UTF16.self) else { return nil }
    self = text
  }
}

import SecuritySupport

extension String {
  /// The UTF-16LE bytes of the upper-cased text, as NTOWFv2 needs them for the user's name (MS-NLMP §3.3.2).
  ///
  /// Windows maps UTF-16 code units one by one, without regard to any locale: a character whose upper case is longer (ß) and one outside
  /// the basic plane stay as they are.
  var upperCasedUTF16LittleEndianBytes: [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(utf16.count * 2)
    for scalar in unicodeScalars {
      let mapped = scalar.properties.uppercaseMapping.utf16
      if scalar.value <= 0xFFFF, mapped.count == 1, let unit = mapped.first {
        bytes.append(littleEndian: unit)
      } else {
        for unit in scalar.utf16 { bytes.append(littleEndian: unit) }
      }
    }
    return bytes
  }
}

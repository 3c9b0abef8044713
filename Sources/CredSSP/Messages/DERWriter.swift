/// Lengths and bytes of DER values, the shortest form only.
enum DERWriter {
  /// How many bytes a value with a content of `count` bytes takes.
  static func size(content count: Int) -> Int { 1 + lengthOctets(count).count + count }

  /// Tag and length octets.
  static func header(_ tag: UInt8, content count: Int) -> [UInt8] { [tag] + lengthOctets(count) }

  static func value(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] { header(tag, content: content.count) + content }

  /// `inner` inside the context tag `[number]`.
  static func field(_ number: UInt8, _ inner: UInt8, _ content: [UInt8]) -> [UInt8] {
    value(BERTag.context | number, value(inner, content))
  }

  /// The shortest two's complement form.
  static func integer(_ value: Int64) -> [UInt8] {
    var bytes = withUnsafeBytes(of: value.bigEndian) { Array($0) }
    while bytes.count > 1, (bytes[0] == 0 && bytes[1] < 0x80) || (bytes[0] == 0xFF && bytes[1] >= 0x80) { bytes.removeFirst() }
    return bytes
  }

  private static func lengthOctets(_ count: Int) -> [UInt8] {
    guard count > 0x7F else { return [UInt8(truncatingIfNeeded: count)] }
    let octets = withUnsafeBytes(of: count.bigEndian) { Array($0.drop { $0 == 0 }) }
    return [0x80 | UInt8(truncatingIfNeeded: octets.count)] + octets
  }
}

/// Reads little-endian fields from bytes that a peer sent. It never traps: what is not there is `nil` or an error of the caller's choice.
public struct ByteReader: Sendable {
  /// All bytes, from the first.
  public let bytes: [UInt8]
  /// The offset of the next byte, 0 … `bytes.count`.
  public private(set) var position = 0

  public init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// How many bytes are left.
  public var remaining: Int { bytes.count - position }

  /// The next `count` bytes, or `nil` (and no movement) when fewer are left.
  public mutating func read(_ count: Int) -> ArraySlice<UInt8>? {
    guard count >= 0, count <= remaining else { return nil }
    defer { position += count }
    return bytes[position..<position + count]
  }

  /// The bytes `offset ..< offset + count` from the start, or `nil` where they are not all there. The position does not change.
  public func slice(at offset: Int, count: Int) -> ArraySlice<UInt8>? {
    guard offset >= 0, count >= 0, offset <= bytes.count, count <= bytes.count - offset else { return nil }
    return bytes[offset..<offset + count]
  }

  public mutating func readUInt8() -> UInt8? { read(1)?.first }
  public mutating func readUInt16() -> UInt16? { readInteger() }
  public mutating func readUInt32() -> UInt32? { readInteger() }
  public mutating func readUInt64() -> UInt64? { readInteger() }

  /// A little-endian integer, or `nil` when too few bytes are left.
  public mutating func readInteger<I: FixedWidthInteger & UnsignedInteger>(_: I.Type = I.self) -> I? {
    guard let field = read(I.bitWidth / 8) else { return nil }
    return field.reversed().reduce(0) { $0 << 8 | I($1) }
  }
}

extension [UInt8] {
  /// Appends an integer in little-endian order.
  @inlinable
  public mutating func append<I: FixedWidthInteger>(littleEndian value: I) {
    Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
  }

  /// Appends an integer in big-endian order.
  @inlinable
  public mutating func append<I: FixedWidthInteger>(bigEndian value: I) {
    Swift.withUnsafeBytes(of: value.bigEndian) { append(contentsOf: $0) }
  }
}

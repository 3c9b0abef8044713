import SecuritySupport

/// How requests and replies look as bytes: a version, a tag, and little-endian fields, each text and byte string behind its 32-bit
/// length. Decoding checks every length before it copies, takes only the spelling that encoding writes, and leaves nothing over.
public enum LogonCodec {
  /// The first byte of every frame.
  public static let version: UInt8 = 1
  /// The longest frame, in bytes.
  public static let maximumFrameLength = 256 << 10
  /// The longest security token, in bytes.
  public static let maximumTokenLength = 128 << 10
  /// The longest exported Kerberos context, in bytes: it holds the client's authorization data, which fit into a token.
  public static let maximumContextLength = 160 << 10
  /// The longest text, in bytes of UTF-8.
  public static let maximumTextLength = 128 << 10
  /// The largest number of elements in a list.
  public static let maximumListCount = 1024
  /// The largest number of SIDs of one account: the 1015 that a Windows token may have, and those of Unix groups. They fit into a frame beside
  /// a Kerberos context.
  public static let maximumMemberships = 1280
  /// The longest SID, in bytes of text: an authority in hexadecimal and fifteen numbers.
  public static let maximumIdentifierLength = 184
}

/// Writes the fields of one frame. Nothing fails here; ``finish()`` refuses what has grown too long.
struct LogonWriter {
  private(set) var bytes: [UInt8] = [LogonCodec.version]

  mutating func write(tag: UInt8) { bytes.append(tag) }
  mutating func write<I: FixedWidthInteger>(_ value: I) { bytes.append(littleEndian: value) }
  mutating func write(_ value: Bool) { bytes.append(value ? 1 : 0) }

  mutating func write(_ value: [UInt8]) {
    write(UInt32(truncatingIfNeeded: value.count))
    bytes += value
  }

  mutating func write(_ value: String) { write(Array(value.utf8)) }

  mutating func write(_ secret: SecretBytes) {
    write(UInt32(truncatingIfNeeded: secret.count))
    secret.withUnsafeBytes { bytes.append(contentsOf: $0) }
  }

  mutating func write<T>(_ value: T?, _ body: (inout Self, T) -> Void) {
    write(value != nil)
    if let value { body(&self, value) }
  }

  mutating func write<T>(_ values: [T], _ body: (inout Self, T) -> Void) {
    write(UInt32(truncatingIfNeeded: values.count))
    for value in values { body(&self, value) }
  }

  mutating func write(_ id: some LogonIdentifier) {
    write(id.high)
    write(id.low)
  }

  consuming func finish() throws(LogonFailure) -> [UInt8] {
    guard bytes.count <= LogonCodec.maximumFrameLength else {
      throw LogonFailure(.limit, "a frame of \(bytes.count) bytes is longer than \(LogonCodec.maximumFrameLength)")
    }
    return bytes
  }
}

/// Reads the fields of one frame.
struct LogonReader {
  private var reader: ByteReader

  init(_ frame: [UInt8]) throws(LogonFailure) {
    guard frame.count <= LogonCodec.maximumFrameLength else { throw LogonFailure(.limit, "the frame is too long") }
    reader = ByteReader(frame)
    guard try readUInt8() == LogonCodec.version else { throw LogonFailure(.malformed, "the frame has another version") }
  }

  private static var truncated: LogonFailure { LogonFailure(.malformed, "the frame ends too early") }

  mutating func readUInt8() throws(LogonFailure) -> UInt8 {
    guard let value = reader.readUInt8() else { throw Self.truncated }
    return value
  }

  mutating func readUInt32() throws(LogonFailure) -> UInt32 {
    guard let value = reader.readUInt32() else { throw Self.truncated }
    return value
  }

  mutating func readInt32() throws(LogonFailure) -> Int32 { Int32(bitPattern: try readUInt32()) }

  mutating func readBool() throws(LogonFailure) -> Bool {
    switch try readUInt8() {
    case 0: return false
    case 1: return true
    default: throw LogonFailure(.malformed, "a flag is neither 0 nor 1")
    }
  }

  mutating func readBytes(limit: Int = LogonCodec.maximumTokenLength) throws(LogonFailure) -> [UInt8] {
    let count = Int(try readUInt32())
    guard count <= limit else { throw LogonFailure(.limit, "a field of \(count) bytes is longer than \(limit)") }
    guard let field = reader.read(count) else { throw Self.truncated }
    return Array(field)
  }

  mutating func readText(limit: Int = LogonCodec.maximumTextLength) throws(LogonFailure) -> String {
    guard let text = String(validating: try readBytes(limit: limit), as: UTF8.self) else {
      throw LogonFailure(.malformed, "a text is not UTF-8")
    }
    return text
  }

  mutating func readSecret(limit: Int = 1024) throws(LogonFailure) -> SecretBytes {
    var bytes = try readBytes(limit: limit)
    defer { SecretBytes.wipe(&bytes) }
    return SecretBytes(bytes)
  }

  mutating func readOptional<T>(_ body: (inout Self) throws(LogonFailure) -> T) throws(LogonFailure) -> T? {
    try readBool() ? try body(&self) : nil
  }

  mutating func readList<T>(
    limit: Int = LogonCodec.maximumListCount, _ body: (inout Self) throws(LogonFailure) -> T
  ) throws(LogonFailure) -> [T] {
    let count = Int(try readUInt32())
    guard count <= limit else { throw LogonFailure(.limit, "a list of \(count) elements is too long") }
    var values: [T] = []
    for _ in 0..<count { values.append(try body(&self)) }
    return values
  }

  mutating func readIdentifier<I: LogonIdentifier>(_: I.Type = I.self) throws(LogonFailure) -> I {
    guard let high = reader.readUInt64(), let low = reader.readUInt64() else { throw Self.truncated }
    return I(high: high, low: low)
  }

  mutating func readEnumeration<E: RawRepresentable>(_: E.Type = E.self) throws(LogonFailure) -> E where E.RawValue == UInt8 {
    guard let value = E(rawValue: try readUInt8()) else { throw LogonFailure(.malformed, "a field has an unknown value") }
    return value
  }

  func finish() throws(LogonFailure) {
    guard reader.remaining == 0 else { throw LogonFailure(.malformed, "bytes follow the end of the frame") }
  }
}

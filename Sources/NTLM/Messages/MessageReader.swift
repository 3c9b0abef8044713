import SecuritySupport

/// The signature that begins every message: `NTLMSSP` and a NUL.
let messageSignature: [UInt8] = [0x4E, 0x54, 0x4C, 0x4D, 0x53, 0x53, 0x50, 0x00]

/// The type number behind the signature.
enum MessageType: UInt32 {
  case negotiate = 1
  case challenge = 2
  case authenticate = 3
}

/// Reads the fixed part of a message in order, and payload fields by their descriptors.
struct MessageReader {
  private var reader: ByteReader
  /// Where the non-empty payload fields read so far lie; no two may share a byte.
  private var payload: [Range<Int>] = []

  /// Checks length, signature and type.
  init(_ bytes: [UInt8], type: MessageType) throws(NTLMError) {
    guard bytes.count <= NTLMLimits.message else { throw NTLMError(.limit, "a message of more than \(NTLMLimits.message) bytes") }
    reader = ByteReader(bytes)
    guard reader.read(8).map(Array.init) == messageSignature else { throw NTLMError(.malformed, "not an NTLM message") }
    guard reader.readUInt32() == type.rawValue else { throw NTLMError(.malformed, "not a message of type \(type.rawValue)") }
  }

  /// How many bytes of the message are not read yet, payload included.
  var remaining: Int { reader.remaining }

  /// Where the payload begins: the smallest offset of a non-empty field, or the end of the message.
  var payloadStart: Int { payload.map(\.lowerBound).min() ?? reader.bytes.count }

  mutating func flags() throws(NTLMError) -> NegotiateFlags { NegotiateFlags(rawValue: try present(reader.readUInt32())) }

  private func present<T>(_ value: T?) throws(NTLMError) -> T {
    guard let value else { throw NTLMError(.malformed, "the message ends within its fixed part") }
    return value
  }

  mutating func bytes(_ count: Int) throws(NTLMError) -> [UInt8] {
    Array(try present(reader.read(count)))
  }

  /// A field by its descriptor: length, maximum length (ignored, as §2.2.1 demands), offset. An empty field may have any offset.
  mutating func field() throws(NTLMError) -> [UInt8] {
    let length = Int(try present(reader.readUInt16()))
    _ = try present(reader.readUInt16())
    let offset = Int(try present(reader.readUInt32()))
    guard length > 0 else { return [] }
    guard let value = reader.slice(at: offset, count: length) else { throw NTLMError(.malformed, "a field lies outside the message") }
    let range = offset..<offset + length
    guard !payload.contains(where: { $0.overlaps(range) }) else { throw NTLMError(.malformed, "two fields overlap") }
    payload.append(range)
    return Array(value)
  }

  /// The eight bytes of the version where they stand before the payload; nothing where the sender left them out.
  mutating func version() -> NTLMVersion? {
    guard payloadStart >= reader.position + NTLMVersion.encodedLength else { return nil }
    return reader.read(NTLMVersion.encodedLength).flatMap(NTLMVersion.init)
  }

  /// `count` bytes that stand before the payload, or `nil` where the sender left them out.
  mutating func optional(_ count: Int) -> [UInt8]? {
    guard payloadStart >= reader.position + count else { return nil }
    return reader.read(count).map(Array.init)
  }

  /// Refuses payload fields that lie within the fixed part, which ends at `reader.position`.
  func checkPayload() throws(NTLMError) {
    guard payloadStart >= reader.position else { throw NTLMError(.malformed, "a field overlaps the fixed part") }
  }
}

/// Writes a message: the fixed part first, payload fields collected behind it.
struct MessageWriter {
  private var fixed: [UInt8]
  private var payload: [UInt8] = []
  private let fixedLength: Int

  init(type: MessageType, fixedLength: Int) {
    fixed = messageSignature
    fixed.reserveCapacity(fixedLength)
    fixed.append(littleEndian: type.rawValue)
    self.fixedLength = fixedLength
  }

  mutating func append(_ flags: NegotiateFlags) { fixed.append(littleEndian: flags.rawValue) }
  mutating func append(_ bytes: [UInt8]) { fixed += bytes }
  mutating func append(_ version: NTLMVersion?) {
    if let version { version.encode(into: &fixed) } else { fixed += [UInt8](repeating: 0, count: NTLMVersion.encodedLength) }
  }

  /// Appends the descriptor of a field and its bytes, of which at most 65 535 are representable (the encoder's caller has checked).
  mutating func append(field: [UInt8]) {
    let bytes = field.prefix(Int(UInt16.max))
    for _ in 0..<2 { fixed.append(littleEndian: UInt16(truncatingIfNeeded: bytes.count)) }
    fixed.append(littleEndian: UInt32(truncatingIfNeeded: fixedLength + payload.count))
    payload += bytes
  }

  func finish() -> [UInt8] { fixed + payload }
}

/// Reads BER values with definite lengths from memory, without copying them.
///
/// MS-CSSP asks for DER, but lengths that are longer than needed occur and are taken. Everything else that BER adds is refused: indefinite
/// lengths, and tag numbers above 30. A claimed length is compared with what is there before anything else happens, and nothing recurses.
struct BERReader {
  private let bytes: UnsafeRawBufferPointer
  private var position = 0

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  var isAtEnd: Bool { position == bytes.count }

  /// The next value, whatever its tag.
  mutating func next() throws(CredSSPError) -> (tag: UInt8, content: UnsafeRawBufferPointer) {
    let rest = UnsafeRawBufferPointer(rebasing: bytes[position...])
    guard let header = try BERHeader(rest) else { throw CredSSPError(.malformed, "the message ends inside a tag or length") }
    guard header.contentLength <= rest.count - header.length else { throw CredSSPError(.malformed, "a value is longer than what holds it") }
    let end = header.length + header.contentLength
    position += end
    return (header.tag, UnsafeRawBufferPointer(rebasing: rest[header.length..<end]))
  }

  /// The content of the next value, which must have this tag.
  mutating func next(_ tag: UInt8, _ name: StaticString) throws(CredSSPError) -> UnsafeRawBufferPointer {
    guard !isAtEnd else { throw CredSSPError(.malformed, "\(name) is missing") }
    let value = try next()
    guard value.tag == tag else { throw CredSSPError(.malformed, "\(name) has the wrong tag") }
    return value.content
  }

  /// The content of the only value, which must have this tag.
  static func only(_ tag: UInt8, in bytes: UnsafeRawBufferPointer, _ name: StaticString) throws(CredSSPError) -> UnsafeRawBufferPointer {
    var reader = BERReader(bytes)
    let content = try reader.next(tag, name)
    guard reader.isAtEnd else { throw CredSSPError(.malformed, "something follows \(name)") }
    return content
  }

  /// The content of the next value, which must be `inner` inside the context tag `[number]`.
  mutating func nextField(_ number: UInt8, _ inner: UInt8, _ name: StaticString) throws(CredSSPError) -> UnsafeRawBufferPointer {
    try Self.only(inner, in: next(BERTag.context | number, name), name)
  }

  /// A two's complement integer of one to eight bytes.
  static func integer(_ content: UnsafeRawBufferPointer, _ name: StaticString) throws(CredSSPError) -> Int64 {
    guard let first = content.first, content.count <= 8 else { throw CredSSPError(.malformed, "\(name) is not an integer of 1 to 8 bytes") }
    return content.reduce(first >= 0x80 ? -1 : 0) { $0 << 8 | Int64($1) }
  }
}

/// Tags of the structures in MS-CSSP §2.2.
enum BERTag {
  static let integer: UInt8 = 0x02
  static let octetString: UInt8 = 0x04
  static let sequence: UInt8 = 0x30
  /// Explicit context tag `[0]`.
  static let context: UInt8 = 0xA0
}

/// Tag and length octets of one value.
struct BERHeader {
  var tag: UInt8
  /// Of tag and length octets together.
  var length: Int
  /// The claim; at most 2³² − 1.
  var contentLength: Int

  /// `nil` when the octets are not all there yet.
  init?(_ bytes: some Collection<UInt8>) throws(CredSSPError) {
    var rest = bytes[...]
    guard let tag = rest.popFirst() else { return nil }
    guard tag & 0x1F != 0x1F else { throw CredSSPError(.malformed, "a tag number is above 30") }
    guard let first = rest.popFirst() else { return nil }
    self.tag = tag
    guard first > 0x7F else {
      (length, contentLength) = (2, Int(first))
      return
    }
    let count = Int(first & 0x7F)
    guard 1...4 ~= count else { throw CredSSPError(.malformed, "a length is indefinite or has more than four octets") }
    guard rest.count >= count else { return nil }
    length = 2 + count
    contentLength = rest.prefix(count).reduce(0) { $0 << 8 | Int($1) }
  }
}

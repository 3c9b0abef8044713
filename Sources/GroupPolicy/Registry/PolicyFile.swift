import SecuritySupport

/// A registry policy file, `Registry.pol` (MS-GPREG §2.2.1): the four bytes `PReg`, the version 1, and entries
/// `[key;value;type;size;data]` in UTF-16, read in their order.
///
/// What survives decoding can be encoded again to the same bytes. What the entries mean is ``PolicyInstruction``'s.
public struct PolicyFile: Hashable, Sendable {
  /// One entry, as it is written.
  public struct Entry: Hashable, Sendable {
    /// The path below HKEY_LOCAL_MACHINE (or HKEY_CURRENT_USER), parts separated by `\`; never empty.
    public var key: String
    /// The name of the value, or an instruction that begins with `**`; empty for the key's default value.
    public var name: String
    public var value: RegistryValue

    public init(key: String, name: String, value: RegistryValue) {
      self.key = key
      self.name = name
      self.value = value
    }
  }

  public var entries: [Entry]

  public init(entries: [Entry] = []) { self.entries = entries }

  /// The largest file that is taken, in bytes. The largest of Microsoft's security baselines has a fiftieth of it.
  public static let maximumSize = 4 << 20
  /// How many entries a file may have.
  public static let maximumEntries = 50_000
  /// The longest key, in UTF-16 units (MS-GPREG asks for 255 in one part; paths in practice are shorter than this).
  public static let maximumKeyLength = 2048
  /// The longest name of a value, in UTF-16 units: what the registry can hold, with the longest instruction before it.
  public static let maximumNameLength = 16_383 + 16
  /// The most data of one entry, in bytes (MS-GPREG §2.2.1: 0xFFFF).
  public static let maximumDataSize = 0xFFFF

  private static let signature: [UInt8] = Array("PReg".utf8)
  private static let version: UInt32 = 1

  /// Reads a file.
  ///
  /// - Throws: ``GroupPolicyError``: `limitExceeded` before anything of that size is stored; `malformed` with the offset.
  public init(decoding bytes: [UInt8]) throws(GroupPolicyError) {
    guard bytes.count <= Self.maximumSize else {
      throw GroupPolicyError(.limitExceeded, "the policy file has \(bytes.count) bytes, more than \(Self.maximumSize)")
    }
    var reader = EntryReader(bytes)
    try reader.header(Self.signature, version: Self.version)
    var entries: [Entry] = []
    while reader.isNotAtEnd {
      guard entries.count < Self.maximumEntries else {
        throw GroupPolicyError(.limitExceeded, "the policy file has more than \(Self.maximumEntries) entries")
      }
      entries.append(try reader.entry())
    }
    self.init(entries: entries)
  }

  /// Writes the file.
  ///
  /// - Throws: `limitExceeded`, `malformed` for what could not be read again: a key with an empty part, a NUL inside of a name, too much
  ///   data.
  public func encode() throws(GroupPolicyError) -> [UInt8] {
    guard entries.count <= Self.maximumEntries else {
      throw GroupPolicyError(.limitExceeded, "a policy file has at most \(Self.maximumEntries) entries")
    }
    var bytes = Self.signature
    bytes.append(littleEndian: Self.version)
    for entry in entries {
      try Self.check(key: entry.key, at: nil)
      try Self.check(name: entry.name, at: nil)
      guard entry.value.data.count <= Self.maximumDataSize else {
        throw GroupPolicyError(.limitExceeded, "the data of a value has at most \(Self.maximumDataSize) bytes")
      }
      bytes += Self.unit("[") + UTF16Text.encode(entry.key, terminated: true) + Self.unit(";")
      bytes += UTF16Text.encode(entry.name, terminated: true) + Self.unit(";")
      bytes.append(littleEndian: entry.value.type.rawValue)
      bytes += Self.unit(";")
      bytes.append(littleEndian: UInt32(entry.value.data.count))
      bytes += Self.unit(";") + entry.value.data + Self.unit("]")
    }
    guard bytes.count <= Self.maximumSize else {
      throw GroupPolicyError(.limitExceeded, "a policy file has at most \(Self.maximumSize) bytes")
    }
    return bytes
  }

  static func unit(_ character: Unicode.Scalar) -> [UInt8] { [UInt8(truncatingIfNeeded: character.value), 0] }

  static func check(key: String, at offset: Int?) throws(GroupPolicyError) {
    guard key.utf16.count <= maximumKeyLength else {
      throw GroupPolicyError(.limitExceeded, "a key is longer than \(maximumKeyLength) characters", offset: offset)
    }
    guard !key.utf16.contains(0), key.split(separator: "\\", omittingEmptySubsequences: false).allSatisfy({ !$0.isEmpty }) else {
      throw GroupPolicyError(.malformed, "a key is empty, has an empty part, or holds a NUL", offset: offset)
    }
  }

  static func check(name: String, at offset: Int?) throws(GroupPolicyError) {
    guard name.utf16.count <= maximumNameLength else {
      throw GroupPolicyError(.limitExceeded, "the name of a value is longer than \(maximumNameLength) characters", offset: offset)
    }
    guard !name.utf16.contains(0) else { throw GroupPolicyError(.malformed, "the name of a value holds a NUL", offset: offset) }
  }
}

/// Reads the parts of a file one after the other.
private struct EntryReader {
  var reader: ByteReader

  init(_ bytes: [UInt8]) { reader = ByteReader(bytes) }

  var isNotAtEnd: Bool { reader.remaining > 0 }

  private func malformed(_ message: String) -> GroupPolicyError { GroupPolicyError(.malformed, message, offset: reader.position) }

  mutating func header(_ signature: [UInt8], version: UInt32) throws(GroupPolicyError) {
    guard let start = reader.read(4), start.elementsEqual(signature) else {
      throw malformed("the file does not begin with PReg: it is no registry policy file")
    }
    guard let found = reader.readUInt32() else { throw malformed("the file ends in its header") }
    guard found == version else { throw GroupPolicyError(.unsupported, "the policy file has version \(found); only 1 is known") }
  }

  mutating func entry() throws(GroupPolicyError) -> PolicyFile.Entry {
    try expect("[")
    let start = reader.position
    let key = try text(PolicyFile.maximumKeyLength)
    try PolicyFile.check(key: key, at: start)
    try expect(";")
    let name = try text(PolicyFile.maximumNameLength)
    try expect(";")
    guard let type = reader.readUInt32() else { throw malformed("the file ends where a type should stand") }
    try expect(";")
    guard let size = reader.readUInt32() else { throw malformed("the file ends where a size should stand") }
    try expect(";")
    guard size <= UInt32(PolicyFile.maximumDataSize) else {
      throw GroupPolicyError(
        .limitExceeded, "the data of a value has \(size) bytes, more than \(PolicyFile.maximumDataSize)", offset: reader.position)
    }
    guard let data = reader.read(Int(size)) else { throw malformed("the file ends inside of the data of a value") }
    try expect("]")
    return PolicyFile.Entry(key: key, name: name, value: RegistryValue(type: RegistryType(rawValue: type), data: Array(data)))
  }

  private mutating func expect(_ character: Unicode.Scalar) throws(GroupPolicyError) {
    let position = reader.position
    guard let unit = reader.readUInt16(), UInt32(unit) == character.value else {
      throw GroupPolicyError(.malformed, "here should stand \"\(character)\"", offset: position)
    }
  }

  /// A text and its terminating NUL.
  private mutating func text(_ limit: Int) throws(GroupPolicyError) -> String {
    let start = reader.position
    var units: [UInt16] = []
    while let unit = reader.readUInt16() {
      guard unit != 0 else {
        guard let text = UTF16Text.decode(units) else { throw GroupPolicyError(.malformed, "a name is no UTF-16 text", offset: start) }
        return text
      }
      guard units.count < limit else {
        throw GroupPolicyError(.limitExceeded, "a name is longer than \(limit) characters", offset: start)
      }
      units.append(unit)
    }
    throw malformed("the file ends inside of a name")
  }
}

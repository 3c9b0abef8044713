/// What to run, and as whom. The service writes it; ``init(decoding:)`` trusts no byte of it all the same.
///
/// Little-endian, in this order: the magic `WRX1`; flags (u8: 1 change identity, 2 fall back to `/`); user, group (u32); supplementary
/// groups (count, each u32); umask (u32); limits (count, each: resource u32, soft u64, hard u64); directory; programs to try; arguments;
/// environment (texts behind u32 lengths, lists behind u32 counts). Nothing follows.
struct Specification {
  static let magic: [UInt8] = Array("WRX1".utf8)
  /// The longest specification, in bytes.
  static let maximumLength = 512 << 10
  static let maximumGroups = 65_536
  static let maximumLimits = 16
  static let maximumTexts = 4096
  /// The kernel's limit for one argument or variable (MAX_ARG_STRLEN), its terminator included.
  static let maximumTextLength = 131_072

  struct Limit {
    var resource: UInt32
    var soft: UInt64
    var hard: UInt64
  }

  var changesIdentity: Bool
  var fallsBackToRoot: Bool
  var user: UInt32
  var group: UInt32
  var groups: [UInt32]
  var umask: UInt32
  var limits: [Limit]
  var directory: [UInt8]
  /// Absolute paths, tried in order.
  var programs: [[UInt8]]
  /// The first is the program's name.
  var arguments: [[UInt8]]
  /// `NAME=value`.
  var environment: [[UInt8]]

  /// `nil` for anything but one whole, proper specification.
  init?(decoding bytes: [UInt8]) {
    var reader = Reader(bytes: bytes)
    guard bytes.count <= Self.maximumLength, reader.read(4) == Self.magic[...], let flags = reader.readInteger(UInt8.self), flags < 4,
      let user = reader.readInteger(UInt32.self), let group = reader.readInteger(UInt32.self), user != .max, group != .max,
      let groups = reader.readList(limit: Self.maximumGroups, { $0.readInteger(UInt32.self) }),
      let umask = reader.readInteger(UInt32.self), umask <= 0o777,
      let limits = reader.readList(limit: Self.maximumLimits, { $0.readLimit() }),
      let directory = reader.readText(), directory.first == slash,
      let programs = reader.readList(limit: 64, { $0.readText() }), !programs.isEmpty, programs.allSatisfy({ !$0.isEmpty }),
      let arguments = reader.readList(limit: Self.maximumTexts, { $0.readText() }), !arguments.isEmpty,
      let environment = reader.readList(limit: Self.maximumTexts, { $0.readText() }),
      environment.allSatisfy({ ($0.firstIndex(of: equals) ?? 0) > 0 }), reader.isAtEnd
    else { return nil }
    changesIdentity = flags & 1 != 0
    fallsBackToRoot = flags & 2 != 0
    self.user = user
    self.group = group
    self.groups = groups
    self.umask = umask
    self.limits = limits
    self.directory = directory
    self.programs = programs
    self.arguments = arguments
    self.environment = environment
  }
}

private let slash = UInt8(ascii: "/")
private let equals = UInt8(ascii: "=")

/// Reads fields; what is not there is `nil`.
private struct Reader {
  let bytes: [UInt8]
  var position = 0

  var isAtEnd: Bool { position == bytes.count }

  mutating func read(_ count: Int) -> ArraySlice<UInt8>? {
    guard count >= 0, count <= bytes.count - position else { return nil }
    defer { position += count }
    return bytes[position..<position + count]
  }

  mutating func readInteger<I: FixedWidthInteger & UnsignedInteger>(_: I.Type) -> I? {
    read(I.bitWidth / 8)?.reversed().reduce(0) { $0 << 8 | I($1) }
  }

  mutating func readText() -> [UInt8]? {
    guard let count = readInteger(UInt32.self), count < UInt32(Specification.maximumTextLength), let text = read(Int(count)),
      !text.contains(0)
    else { return nil }
    return Array(text)
  }

  mutating func readLimit() -> Specification.Limit? {
    guard let resource = readInteger(UInt32.self), resource < 32, let soft = readInteger(UInt64.self), let hard = readInteger(UInt64.self),
      soft <= hard
    else { return nil }
    return Specification.Limit(resource: resource, soft: soft, hard: hard)
  }

  mutating func readList<T>(limit: Int, _ element: (inout Reader) -> T?) -> [T]? {
    guard let count = readInteger(UInt32.self), count <= UInt32(limit) else { return nil }
    var list: [T] = []
    for _ in 0..<count {
      guard let value = element(&self) else { return nil }
      list.append(value)
    }
    return list
  }
}

/// Rights, as bits (MS-DTYP §2.4.3).
public struct AccessMask: OptionSet, Hashable, Sendable {
  public var rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  public static let genericAll = Self(rawValue: 0x1000_0000)
  public static let genericExecute = Self(rawValue: 0x2000_0000)
  public static let genericWrite = Self(rawValue: 0x4000_0000)
  public static let genericRead = Self(rawValue: 0x8000_0000)
  public static let delete = Self(rawValue: 0x0001_0000)
  public static let readControl = Self(rawValue: 0x0002_0000)
  public static let writeDACL = Self(rawValue: 0x0004_0000)
  public static let writeOwner = Self(rawValue: 0x0008_0000)
  public static let synchronize = Self(rawValue: 0x0010_0000)
  public static let accessSystemSecurity = Self(rawValue: 0x0100_0000)
  public static let maximumAllowed = Self(rawValue: 0x0200_0000)

  /// What a WinRM resource grants to those who may read it: Get, Enumerate, Pull. The three rights of WinRM stand in bits that MS-DTYP
  /// reserves, so that no entry grants them but by a generic right.
  public static let winrmRead = Self(rawValue: 0x0020_0000)
  /// Put, Create, Delete.
  public static let winrmWrite = Self(rawValue: 0x0040_0000)
  /// Custom actions, and every operation on a shell.
  public static let winrmExecute = Self(rawValue: 0x0080_0000)

  /// Bits without a meaning of their own.
  static let reserved = Self(rawValue: 0x0CE0_0000)

  /// The four generic rights.
  static let generic: Self = [.genericAll, .genericExecute, .genericWrite, .genericRead]
}

/// What the generic rights stand for in one kind of object (MS-DTYP §2.4.3, "generic mapping").
public struct GenericMapping: Hashable, Sendable {
  public var read: AccessMask
  public var write: AccessMask
  public var execute: AccessMask
  public var all: AccessMask

  public init(read: AccessMask, write: AccessMask, execute: AccessMask, all: AccessMask) {
    self.read = read
    self.write = write
    self.execute = execute
    self.all = all
  }

  /// WinRM's resources, whose descriptors name generic rights only: one bit for each of them (MS-WSMV §3.1.4.1.28).
  public static let winrm = GenericMapping(
    read: [.winrmRead, .readControl], write: [.winrmWrite, .readControl], execute: [.winrmExecute, .readControl],
    all: [.winrmRead, .winrmWrite, .winrmExecute, .delete, .readControl, .writeDACL, .writeOwner])

  /// The rights with the generic ones replaced, and without reserved bits.
  public func callAsFunction(_ mask: AccessMask) -> AccessMask {
    var result = mask.subtracting([.generic, .reserved])
    if mask.contains(.genericRead) { result.formUnion(read) }
    if mask.contains(.genericWrite) { result.formUnion(write) }
    if mask.contains(.genericExecute) { result.formUnion(execute) }
    if mask.contains(.genericAll) { result.formUnion(all) }
    return result
  }
}

extension AccessMask {
  /// The two letters of SDDL (MS-DTYP §2.5.1.1): single bits in the order in which they are written, which as on Windows is that of their
  /// values.
  static let names: [(letters: String, mask: AccessMask)] = [
    ("CC", Self(rawValue: 0x1)), ("DC", Self(rawValue: 0x2)), ("LC", Self(rawValue: 0x4)), ("SW", Self(rawValue: 0x8)),
    ("RP", Self(rawValue: 0x10)), ("WP", Self(rawValue: 0x20)), ("DT", Self(rawValue: 0x40)), ("LO", Self(rawValue: 0x80)),
    ("CR", Self(rawValue: 0x100)), ("SD", .delete), ("RC", .readControl), ("WD", .writeDACL), ("WO", .writeOwner), ("GA", .genericAll),
    ("GX", .genericExecute), ("GW", .genericWrite), ("GR", .genericRead),
  ]

  private static let combinations: [String: AccessMask] = [
    "FA": Self(rawValue: 0x001F_01FF), "FR": Self(rawValue: 0x0012_0089), "FW": Self(rawValue: 0x0012_0116),
    "FX": Self(rawValue: 0x0012_00A0), "KA": Self(rawValue: 0x000F_003F), "KR": Self(rawValue: 0x0002_0019),
    "KW": Self(rawValue: 0x0002_0006), "KX": Self(rawValue: 0x0002_0019),
  ]

  private static let byLetters = combinations.merging(names.map { ($0.letters, $0.mask) }) { first, _ in first }

  /// Reads letters in pairs, or a number in hexadecimal, octal or decimal. Empty text is no right at all.
  init?(sddl text: some StringProtocol) {
    if let first = text.utf8.first, UInt8(ascii: "0")...UInt8(ascii: "9") ~= first {
      guard let number = Self.number(String(text)) else { return nil }
      self.init(rawValue: number)
      return
    }
    self = []
    var rest = text[...]
    while !rest.isEmpty {
      guard let mask = Self.byLetters[rest.prefix(2).uppercased()] else { return nil }
      formUnion(mask)
      rest = rest.dropFirst(2)
    }
  }

  private static func number(_ text: String) -> UInt32? {
    if text.lowercased().hasPrefix("0x") { return digits(text.dropFirst(2), 16) }
    return text.hasPrefix("0") && text.count > 1 ? digits(text.dropFirst(), 8) : digits(text[...], 10)
  }

  private static func digits(_ text: Substring, _ radix: Int) -> UInt32? {
    guard !text.isEmpty, text.allSatisfy({ $0.isASCII && $0.isHexDigit }) else { return nil }
    return UInt32(text, radix: radix)
  }

  /// Letters where each bit has them, otherwise the number in hexadecimal.
  var sddl: String {
    var rest = self
    var letters = ""
    for (name, mask) in Self.names where contains(mask) {
      letters += name
      rest.subtract(mask)
    }
    return rest.isEmpty ? letters : "0x" + String(rawValue, radix: 16)
  }
}

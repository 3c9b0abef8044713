/// A user, a group, or a role, as Windows names them: `S-1-5-32-544` (MS-DTYP §2.4.2).
public struct SecurityIdentifier: Hashable, Sendable {
  /// 48 bits.
  public let authority: UInt64
  /// At most fifteen.
  public let subAuthorities: [UInt32]

  /// How many subAuthorities a SID may have (MS-DTYP §2.4.2.2).
  public static let maximumSubAuthorities = 15

  /// `nil` for an authority of more than 48 bits, or for too many subAuthorities.
  public init?(authority: UInt64, subAuthorities: [UInt32]) {
    guard authority < 1 << 48, subAuthorities.count <= Self.maximumSubAuthorities else { return nil }
    self.authority = authority
    self.subAuthorities = subAuthorities
  }

  private init(_ authority: UInt64, _ subAuthorities: UInt32...) {
    self.authority = authority
    self.subAuthorities = subAuthorities
  }

  /// Reads `S-1-…`. The authority may be decimal, or hexadecimal with `0x`; letters count in any case.
  public init?(parsing text: some StringProtocol) {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    guard text.utf8.count <= 256, parts.count >= 3, parts[0] == "S" || parts[0] == "s", parts[1] == "1",
      let authority = Self.authority(parts[2])
    else { return nil }
    var numbers: [UInt32] = []
    for part in parts.dropFirst(3) {
      guard let number = Self.decimal(part).flatMap({ UInt32(exactly: $0) }), numbers.count < Self.maximumSubAuthorities else { return nil }
      numbers.append(number)
    }
    self.init(authority: authority, subAuthorities: numbers)
  }

  private static func authority(_ text: some StringProtocol) -> UInt64? {
    guard text.lowercased().hasPrefix("0x") else { return decimal(text) }
    let digits = text.dropFirst(2)
    guard !digits.isEmpty, digits.allSatisfy({ $0.isASCII && $0.isHexDigit }) else { return nil }
    return UInt64(digits, radix: 16)
  }

  /// Digits only: `UInt64` would also take a sign.
  private static func decimal(_ text: some StringProtocol) -> UInt64? {
    guard !text.isEmpty, text.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }) else { return nil }
    return UInt64(text)
  }

  /// The last subauthority, which tells one from another in the same domain.
  public var relativeIdentifier: UInt32? { subAuthorities.last }

  /// The domain of one of its users or groups (`S-1-5-21-…` with three numbers and a relative identifier), or the computer of one of its
  /// own accounts; `nil` for all others, such as the built-in groups and what stands for Unix users.
  public var domain: SecurityIdentifier? {
    guard authority == 5, subAuthorities.first == 21, subAuthorities.count == 5 else { return nil }
    return SecurityIdentifier(authority: 5, subAuthorities: subAuthorities.dropLast())
  }

  /// The principal with this number in this domain; `nil` when there is no room for another subauthority.
  public func appending(_ relativeIdentifier: UInt32) -> SecurityIdentifier? {
    SecurityIdentifier(authority: authority, subAuthorities: subAuthorities + [relativeIdentifier])
  }

  public static let everyone = Self(1, 0)
  public static let ownerRights = Self(3, 4)
  public static let network = Self(5, 2)
  public static let interactive = Self(5, 4)
  public static let anonymous = Self(5, 7)
  public static let authenticatedUsers = Self(5, 11)
  public static let localSystem = Self(5, 18)
  public static let localService = Self(5, 19)
  public static let networkService = Self(5, 20)
  public static let builtinAdministrators = Self(5, 32, 544)
  public static let builtinUsers = Self(5, 32, 545)
  public static let builtinGuests = Self(5, 32, 546)
  public static let remoteManagementUsers = Self(5, 32, 580)
}

extension SecurityIdentifier: CustomStringConvertible {
  /// `S-1-5-32-544`. An authority of more than 32 bits is written in hexadecimal, as MS-DTYP says.
  public var description: String {
    let first = authority < 1 << 32 ? String(authority) : "0x" + Self.padded(String(authority, radix: 16, uppercase: true))
    return (["S-1", first] + subAuthorities.map { String($0) }).joined(separator: "-")
  }

  private static func padded(_ digits: String) -> String { String(repeating: "0", count: max(0, 12 - digits.count)) + digits }
}

/// The two letters that SDDL has for well-known SIDs (MS-DTYP §2.5.1.1, sid-token).
enum SIDAbbreviation {
  /// Those that mean the same everywhere.
  static let universal: [String: SecurityIdentifier] = {
    var table: [String: SecurityIdentifier] = [
      "WD": .everyone, "OW": .ownerRights, "NU": .network, "IU": .interactive, "AN": .anonymous, "AU": .authenticatedUsers,
      "SY": .localSystem, "LS": .localService, "NS": .networkService,
    ]
    func add(_ letters: String, _ authority: UInt64, _ numbers: UInt32...) {
      table[letters] = SecurityIdentifier(authority: authority, subAuthorities: numbers)
    }
    add("CO", 3, 0)
    add("CG", 3, 1)
    add("ED", 5, 9)
    add("PS", 5, 10)
    add("RC", 5, 12)
    add("SU", 5, 6)
    add("WR", 5, 33)
    let builtin: [(String, UInt32)] = [
      ("BA", 544), ("BU", 545), ("BG", 546), ("PU", 547), ("AO", 548), ("SO", 549), ("PO", 550), ("BO", 551), ("RE", 552), ("RU", 554),
      ("RD", 555), ("NO", 556), ("MU", 558), ("LU", 559), ("IS", 568), ("CY", 569), ("ER", 573), ("CD", 574), ("RA", 575), ("ES", 576),
      ("MS", 577), ("HA", 578), ("AA", 579), ("RM", 580),
    ]
    for (letters, number) in builtin { add(letters, 5, 32, number) }
    add("AC", 15, 2, 1)
    add("LW", 16, 4096)
    add("ME", 16, 8192)
    add("MP", 16, 8448)
    add("HI", 16, 12288)
    add("SI", 16, 16384)
    add("AS", 18, 1)
    add("SS", 18, 2)
    add("UD", 5, 84, 0, 0, 0, 0, 0)
    return table
  }()

  /// Accounts of the domain, or of the computer's own accounts: what follows the domain's identifier.
  static let ofDomain: [String: UInt32] = [
    "LA": 500, "LG": 501, "DA": 512, "DU": 513, "DG": 514, "DC": 515, "DD": 516, "CA": 517, "SA": 518, "EA": 519, "PA": 520,
    "RO": 498, "CN": 522, "AP": 525, "KA": 526, "EK": 527, "RS": 553,
  ]

  static let letters: [SecurityIdentifier: String] = Dictionary(universal.map { ($1, $0) }, uniquingKeysWith: min)
}

/// Security filtering: whether a policy object applies to a machine (MS-GPOL §3.2.5.1.6), read from the object's security descriptor in
/// SDDL (MS-DTYP §2.5.1.1).
///
/// It applies when the machine has, by its own identity or that of a group, the right to read the object's properties and the extended
/// right Apply-Group-Policy. Entries are looked at in their order, and the first that speaks of a right decides.
public struct PolicyAccess: Sendable {
  private enum Effect {
    case allow, deny
    /// An entry that cannot be judged: a conditional one, or one for somebody unknown.
    case unknown(GroupPolicyError)
  }

  private struct Entry {
    var effect: Effect
    var rights: UInt32
    /// In lower case; empty for none.
    var objectType: String
    /// `nil`: an abbreviation that is not known. It could be anybody.
    var trustee: String?
  }

  private let entries: [Entry]
  /// Without a list everybody has every right.
  private let hasList: Bool

  /// Apply-Group-Policy (MS-ADTS §5.1.3.2.1).
  private static let applyGroupPolicy = "edacfd8f-ffb3-11d1-b41d-00a0c968f939"
  private static let readProperty: UInt32 = 0x10
  private static let controlAccess: UInt32 = 0x100
  static let maximumLength = 1 << 18

  /// Reads the discretionary list.
  ///
  /// - Parameter domain: the SID of the domain, for which abbreviations such as `DA` stand.
  /// - Throws: ``GroupPolicyError``: `malformed`, `limitExceeded`.
  public init(parsing text: String, domain: String) throws(GroupPolicyError) {
    guard text.utf8.count <= Self.maximumLength else { throw GroupPolicyError(.limitExceeded, "a security descriptor is too long") }
    guard let start = text.range(ofList: "D:") else {
      entries = []
      hasList = false
      return
    }
    var rest = text[start...]
    let flags = rest.prefix { $0 != "(" && $0 != ":" }
    hasList = !flags.contains("NO_ACCESS_CONTROL")
    rest = rest.dropFirst(flags.count)
    var entries: [Entry] = []
    while rest.first == "(" {
      guard let end = rest.endOfEntry else { throw Self.malformed }
      if let entry = try Self.entry(rest[rest.index(after: rest.startIndex)..<end], domain: domain) { entries.append(entry) }
      rest = rest[rest.index(after: end)...]
    }
    self.entries = entries
  }

  /// Whether a machine with these SIDs (its own and those of its groups) gets the policy.
  ///
  /// - Throws: `unsupported` when an entry decides that cannot be judged, such as a conditional one. Those of others do no harm.
  public func isApplied(to identities: Set<String>) throws(GroupPolicyError) -> Bool {
    guard hasList else { return true }
    guard try has(Self.readProperty, "", identities) else { return false }
    return try has(Self.controlAccess, Self.applyGroupPolicy, identities)
  }

  private func has(_ right: UInt32, _ objectType: String, _ identities: Set<String>) throws(GroupPolicyError) -> Bool {
    let deciding = entries.first {
      // An entry for one property or one extended right says nothing about all of them.
      $0.rights & right != 0 && ($0.objectType.isEmpty || $0.objectType == objectType) && ($0.trustee.map(identities.contains) ?? true)
    }
    switch deciding?.effect {
    case .allow?: return true
    case .deny?, nil: return false
    case .unknown(let error)?: throw error
    }
  }

  private static let malformed = GroupPolicyError(.malformed, "a security descriptor is none")

  /// `nil` for an entry that is only for what is below the object.
  private static func entry(_ text: Substring, domain: String) throws(GroupPolicyError) -> Entry? {
    let fields = text.split(separator: ";", omittingEmptySubsequences: false)
    guard fields.count >= 6 else { throw malformed }
    var effect: Effect
    switch fields[0] {
    case "A", "OA": effect = .allow
    case "D", "OD": effect = .deny
    default: effect = .unknown(GroupPolicyError(.unsupported, "a security descriptor has an entry of the type \(fields[0].prefix(4))"))
    }
    guard !pairs(fields[1]).contains("IO") else { return nil }
    let trustee = identity(fields[5], domain: domain)
    if trustee == nil {
      effect = .unknown(GroupPolicyError(.unsupported, "a security descriptor names somebody unknown, \(fields[5].prefix(8))"))
    }
    return Entry(effect: effect, rights: try rights(fields[2]), objectType: fields[3].lowercased(), trustee: trustee)
  }

  private static func pairs(_ text: Substring) -> [String] {
    let characters = Array(text)
    return stride(from: 0, to: characters.count, by: 2).map { String(characters[$0..<min($0 + 2, characters.count)]) }
  }

  private static func rights(_ text: Substring) throws(GroupPolicyError) -> UInt32 {
    if text.hasPrefix("0x") {
      guard let number = UInt32(text.dropFirst(2), radix: 16) else { throw malformed }
      return generic(number)
    }
    var result: UInt32 = 0
    for name in pairs(text) {
      guard let right = namedRights[name] else { throw malformed }
      result |= right
    }
    return generic(result)
  }

  /// The generic rights hold what they stand for (MS-ADTS §5.1.3.2).
  private static func generic(_ rights: UInt32) -> UInt32 {
    var result = rights
    if rights & 0x1000_0000 != 0 { result |= readProperty | controlAccess }
    if rights & 0x8000_0000 != 0 { result |= readProperty }
    return result
  }

  private static let namedRights: [String: UInt32] = [
    "CC": 0x1, "DC": 0x2, "LC": 0x4, "SW": 0x8, "RP": 0x10, "WP": 0x20, "DT": 0x40, "LO": 0x80, "CR": 0x100, "SD": 0x1_0000,
    "RC": 0x2_0000, "WD": 0x4_0000, "WO": 0x8_0000, "GA": 0x1000_0000, "GX": 0x2000_0000, "GW": 0x4000_0000, "GR": 0x8000_0000,
    "FA": 0x1F01FF, "FR": 0x12_0089, "FW": 0x12_0116, "FX": 0x12_00A0, "KA": 0xF_003F, "KR": 0x2_0019, "KW": 0x2_0006, "KX": 0x2_0019,
  ]

  private static func identity(_ text: Substring, domain: String) -> String? {
    if text.hasPrefix("S-1-") { return String(text) }
    if let known = wellKnown[String(text)] { return known }
    if let relative = domainRelative[String(text)] { return "\(domain)-\(relative)" }
    return nil
  }

  private static let wellKnown: [String: String] = [
    "AN": "S-1-5-7", "AO": "S-1-5-32-548", "AU": "S-1-5-11", "BA": "S-1-5-32-544", "BG": "S-1-5-32-546", "BO": "S-1-5-32-551",
    "BU": "S-1-5-32-545", "CG": "S-1-3-1", "CO": "S-1-3-0", "CD": "S-1-5-32-574", "CY": "S-1-5-32-569", "ED": "S-1-5-9",
    "ER": "S-1-5-32-573", "HA": "S-1-5-32-578", "IS": "S-1-5-32-568", "IU": "S-1-5-4", "LS": "S-1-5-19", "LU": "S-1-5-32-559",
    "MU": "S-1-5-32-558", "NO": "S-1-5-32-556", "NS": "S-1-5-20", "NU": "S-1-5-2", "OW": "S-1-3-4", "PO": "S-1-5-32-550",
    "PS": "S-1-5-10", "PU": "S-1-5-32-547", "RA": "S-1-5-32-575", "RC": "S-1-5-12", "RD": "S-1-5-32-555", "RE": "S-1-5-32-552",
    "RM": "S-1-5-32-580", "RS": "S-1-5-32-553", "RU": "S-1-5-32-554", "SO": "S-1-5-32-549", "SU": "S-1-5-6", "SY": "S-1-5-18",
    "WD": "S-1-1-0", "WR": "S-1-5-33", "AC": "S-1-15-2-1",
  ]

  /// Relative to the machine's own domain. `EA`, `RO` and `SA` mean the root of the forest; no machine is a member of them.
  private static let domainRelative: [String: Int] = [
    "AP": 525, "CA": 517, "CN": 522, "DA": 512, "DC": 515, "DD": 516, "DG": 514, "DU": 513, "EA": 519, "EK": 527, "KA": 526, "LA": 500,
    "LG": 501, "PA": 520, "RO": 498, "SA": 518,
  ]
}

extension String {
  /// The index behind a part's letter and colon, outside of every entry's parentheses.
  fileprivate func range(ofList mark: String) -> Index? {
    var depth = 0
    var index = startIndex
    while index != endIndex {
      if depth == 0, self[index...].hasPrefix(mark) { return self.index(index, offsetBy: mark.count) }
      if self[index] == "(" { depth += 1 }
      if self[index] == ")" { depth -= 1 }
      index = self.index(after: index)
    }
    return nil
  }
}

extension Substring {
  /// The parenthesis that ends the entry at the beginning. A condition has parentheses of its own, and texts in quotation marks.
  fileprivate var endOfEntry: Index? {
    var depth = 0
    var isQuoted = false
    for index in indices {
      switch self[index] {
      case "\"": isQuoted.toggle()
      case "(" where !isQuoted: depth += 1
      case ")" where !isQuoted:
        depth -= 1
        if depth == 0 { return index }
      default: break
      }
    }
    return nil
  }
}

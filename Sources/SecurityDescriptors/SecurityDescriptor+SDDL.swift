extension SecurityDescriptor {
  /// Reads the notation of MS-DTYP §2.5.1: `O:NSG:BAD:P(A;;GA;;;BA)S:P(AU;FA;GA;;;WD)`.
  ///
  /// Each part may be there once, in any order. Letters count in any case, as on Windows; white space may stand between parts and entries.
  ///
  /// - Parameter domain: the SID of the domain, or of the computer's own accounts, for abbreviations such as `DA`. Without it they are
  ///   refused.
  /// - Throws: ``SDDLError``. Conditional entries and entries for single properties are refused, and so is a text that says nothing.
  public init(sddl text: String, domain: SecurityIdentifier? = nil) throws(SDDLError) {
    guard text.utf8.count <= Self.maximumTextLength else {
      throw SDDLError("The text is longer than \(Self.maximumTextLength) bytes", at: Self.maximumTextLength)
    }
    let bytes = Array(text.utf8)
    if let offset = bytes.firstIndex(where: { $0 >= 0x80 }) { throw SDDLError("Only ASCII can stand here", at: offset) }
    self.init()
    var parser = SDDLParser(text: bytes, domain: domain)
    parser.skipSpace()
    guard !parser.isAtEnd else { throw SDDLError("The text is empty", at: 0) }
    var seen: Set<UInt8> = []
    while !parser.isAtEnd {
      let start = parser.position
      let letter = try parser.component()
      guard seen.insert(letter).inserted else { throw SDDLError("The same part stands twice", at: start) }
      switch letter {
      case UInt8(ascii: "O"): owner = try parser.identifier()
      case UInt8(ascii: "G"): group = try parser.identifier()
      case UInt8(ascii: "D"): dacl = try parser.list(isDiscretionary: true)
      default: sacl = try parser.list(isDiscretionary: false)
      }
      parser.skipSpace()
    }
  }

  /// The notation of MS-DTYP §2.5.1, in the order owner, group, DACL, SACL, with abbreviations wherever there are some.
  public var sddl: String {
    var text = ""
    if let owner { text += "O:" + Self.text(owner) }
    if let group { text += "G:" + Self.text(group) }
    if let dacl { text += "D:" + Self.text(dacl) }
    if let sacl { text += "S:" + Self.text(sacl) }
    return text
  }

  private static func text(_ identifier: SecurityIdentifier) -> String { SIDAbbreviation.letters[identifier] ?? "\(identifier)" }

  private static func text(_ list: AccessControlList) -> String {
    let flags = SDDLParser.listFlags.filter { list.flags.contains($0.flag) }.map(\.letters).joined()
    return flags + list.entries.map { text($0) }.joined()
  }

  private static func text(_ entry: AccessControlEntry) -> String {
    let flags = AccessControlEntry.Flags.names.filter { entry.flags.contains($0.flag) }.map(\.letters).joined()
    // The rights of a label are policies, with letters of their own.
    let rights = entry.kind == .mandatoryLabel ? SDDLParser.labelText(entry.mask) : entry.mask.sddl
    return "(\(entry.kind.rawValue);\(flags);\(rights);;;\(text(entry.trustee)))"
  }
}

/// Takes SDDL apart.
struct SDDLParser {
  static let listFlags: [(letters: String, flag: AccessControlList.Flags)] = [
    ("P", .protected), ("AR", .autoInheritRequired), ("AI", .autoInherited), ("NO_ACCESS_CONTROL", .noAccessControl),
  ]

  /// SYSTEM_MANDATORY_LABEL_ACE policies (MS-DTYP §2.4.4.13).
  private static let labelPolicies: [(letters: String, bit: UInt32)] = [("NW", 1), ("NR", 2), ("NX", 4)]

  static func labelText(_ mask: AccessMask) -> String {
    let letters = labelPolicies.filter { mask.rawValue & $0.bit != 0 }
    let known = letters.reduce(0) { $0 | $1.bit }
    return known == mask.rawValue ? letters.map(\.letters).joined() : "0x" + String(mask.rawValue, radix: 16)
  }

  let text: [UInt8]
  let domain: SecurityIdentifier?
  private(set) var position = 0

  init(text: [UInt8], domain: SecurityIdentifier?) {
    self.text = text
    self.domain = domain
  }

  var isAtEnd: Bool { position == text.count }

  mutating func skipSpace() {
    while position < text.count, [0x20, 0x09, 0x0A, 0x0D].contains(text[position]) { position += 1 }
  }

  /// The letter of the next part, in upper case, with its colon.
  mutating func component() throws(SDDLError) -> UInt8 {
    let letter = text[position] & 0xDF
    guard "OGDS".utf8.contains(letter), position + 1 < text.count, text[position + 1] == UInt8(ascii: ":") else {
      throw SDDLError("Here one of the parts O:, G:, D: and S: belongs", at: position)
    }
    position += 2
    return letter
  }

  /// A SID or its two letters, up to where the next part or the end is.
  mutating func identifier() throws(SDDLError) -> SecurityIdentifier {
    skipSpace()
    let start = position
    if startsSID {
      while position < text.count, isOfSID(text[position]) { position += 1 }
      // `O:S-1-5-18D:…`: a digit in front of the next part's letter is the SID's, a hexadecimal letter there is not.
      while position > start, position < text.count, text[position] == UInt8(ascii: ":") { position -= 1 }
    } else {
      position = min(position + 2, text.count)
    }
    return try identifier(String(decoding: text[start..<position], as: UTF8.self), at: start)
  }

  private var startsSID: Bool {
    position + 1 < text.count && text[position] & 0xDF == UInt8(ascii: "S") && text[position + 1] == UInt8(ascii: "-")
  }

  private func isOfSID(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "-") || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte || UInt8(ascii: "A")...UInt8(ascii: "F") ~= byte & 0xDF
      || byte & 0xDF == UInt8(ascii: "S") || byte & 0xDF == UInt8(ascii: "X")
  }

  private func identifier(_ word: String, at offset: Int) throws(SDDLError) -> SecurityIdentifier {
    if let identifier = SecurityIdentifier(parsing: word) { return identifier }
    let letters = word.uppercased()
    if let identifier = SIDAbbreviation.universal[letters] { return identifier }
    guard let number = SIDAbbreviation.ofDomain[letters] else {
      throw SDDLError("This is neither a SID nor an abbreviation of one", at: offset)
    }
    guard let identifier = domain?.appending(number) else {
      throw SDDLError("\(letters) is an account of a domain, and there is none here; write its SID", at: offset)
    }
    return identifier
  }

  mutating func list(isDiscretionary: Bool) throws(SDDLError) -> AccessControlList {
    var list = AccessControlList([])
    skipSpace()
    flags: while true {
      for (letters, flag) in Self.listFlags where takes(letters) {
        guard list.flags.insert(flag).inserted else { throw SDDLError("\(letters) stands twice", at: position - letters.utf8.count) }
        continue flags
      }
      break
    }
    skipSpace()
    while position < text.count, text[position] == UInt8(ascii: "(") {
      guard list.entries.count < SecurityDescriptor.maximumEntries else {
        throw SDDLError("A list has more than \(SecurityDescriptor.maximumEntries) entries", at: position)
      }
      list.entries.append(try entry(isDiscretionary: isDiscretionary))
      skipSpace()
    }
    guard !list.flags.contains(.noAccessControl) || list.entries.isEmpty else {
      throw SDDLError("Behind NO_ACCESS_CONTROL there are no entries", at: position)
    }
    return list
  }

  /// Takes letters if they stand here, unless they begin the next part.
  private mutating func takes(_ letters: String) -> Bool {
    let end = position + letters.utf8.count
    guard end <= text.count, String(decoding: text[position..<end], as: UTF8.self).uppercased() == letters else { return false }
    position = end
    return true
  }

  /// `(type;flags;rights;object;inherited object;trustee)`.
  private mutating func entry(isDiscretionary: Bool) throws(SDDLError) -> AccessControlEntry {
    let start = position
    guard let end = text[position...].firstIndex(of: UInt8(ascii: ")")) else { throw SDDLError("The entry has no end", at: start) }
    let inner = text[(position + 1)..<end]
    guard !inner.contains(UInt8(ascii: "(")) else { throw SDDLError("Conditional entries are not supported", at: start) }
    position = end + 1
    var fields: [(text: String, offset: Int)] = []
    var fieldStart = inner.startIndex
    for index in inner.indices where inner[index] == UInt8(ascii: ";") {
      fields.append((Self.trimmed(inner[fieldStart..<index]), fieldStart))
      fieldStart = index + 1
    }
    fields.append((Self.trimmed(inner[fieldStart...]), fieldStart))
    guard fields.count == 6 else {
      throw SDDLError("An entry has six fields between semicolons, and this one has \(fields.count)", at: start)
    }
    guard let kind = AccessControlEntry.Kind(rawValue: fields[0].text.uppercased()) else {
      throw SDDLError("This kind of entry is not supported; there are A, D, AU, AL and ML", at: fields[0].offset)
    }
    guard kind.isDiscretionary == isDiscretionary else {
      throw SDDLError("Entries of this kind belong into \(isDiscretionary ? "S:" : "D:")", at: fields[0].offset)
    }
    guard fields[3].text.isEmpty, fields[4].text.isEmpty else {
      throw SDDLError("Entries for single properties are not supported", at: fields[3].offset)
    }
    return AccessControlEntry(
      kind, try Self.mask(fields[2], kind), try identifier(fields[5].text, at: fields[5].offset), flags: try Self.entryFlags(fields[1]))
  }

  private static func trimmed(_ bytes: ArraySlice<UInt8>) -> String {
    let head = bytes.drop { $0 == 0x20 }
    return String(decoding: head.reversed().drop { $0 == 0x20 }.reversed(), as: UTF8.self)
  }

  private static func mask(_ field: (text: String, offset: Int), _ kind: AccessControlEntry.Kind) throws(SDDLError) -> AccessMask {
    if kind == .mandatoryLabel, let mask = labelMask(field.text) { return mask }
    guard let mask = AccessMask(sddl: field.text) else {
      throw SDDLError("These are no rights: pairs of letters such as GR, GW, GX, GA, or a number such as 0x10000000", at: field.offset)
    }
    return mask
  }

  private static func labelMask(_ text: String) -> AccessMask? {
    var mask: UInt32 = 0
    var rest = text[...]
    while !rest.isEmpty {
      guard let policy = labelPolicies.first(where: { $0.letters == rest.prefix(2).uppercased() }) else { return nil }
      mask |= policy.bit
      rest = rest.dropFirst(2)
    }
    return AccessMask(rawValue: mask)
  }

  private static func entryFlags(_ field: (text: String, offset: Int)) throws(SDDLError) -> AccessControlEntry.Flags {
    var flags: AccessControlEntry.Flags = []
    var rest = field.text[...]
    while !rest.isEmpty {
      guard let name = AccessControlEntry.Flags.names.first(where: { $0.letters == rest.prefix(2).uppercased() }) else {
        throw SDDLError("These are no flags of an entry: there are CI, OI, NP, IO, ID, SA and FA", at: field.offset)
      }
      flags.insert(name.flag)
      rest = rest.dropFirst(2)
    }
    return flags
  }
}

import Testing

@testable import SecurityDescriptors

@Suite struct SDDLTests {
  static let rootSDDL = "O:NSG:BAD:P(A;;GA;;;BA)(A;;GR;;;IU)S:P(AU;FA;GA;;;WD)(AU;SA;GXGW;;;WD)"

  @Test("The default RootSDDL, part by part")
  func root() throws {
    let descriptor = try SecurityDescriptor(sddl: Self.rootSDDL)
    #expect(descriptor.owner == .networkService && descriptor.group == .builtinAdministrators)
    #expect(descriptor.dacl?.flags == .protected)
    #expect(
      descriptor.dacl?.entries == [
        AccessControlEntry(.allow, .genericAll, .builtinAdministrators), AccessControlEntry(.allow, .genericRead, .interactive),
      ])
    #expect(
      descriptor.sacl?.entries == [
        AccessControlEntry(.audit, .genericAll, .everyone, flags: .failedAccess),
        AccessControlEntry(.audit, [.genericExecute, .genericWrite], .everyone, flags: .successfulAccess),
      ])
    // Rights are written from the lowest bit to the highest, as Windows does.
    #expect(descriptor.sddl == Self.rootSDDL)
    #expect(try SecurityDescriptor(sddl: descriptor.sddl) == descriptor)
  }

  @Test(
    "Texts that come back as they were",
    arguments: [
      "O:BA", "G:SY", "D:", "S:", "D:P", "D:PARAI", "D:NO_ACCESS_CONTROL", "D:(D;;GA;;;AN)(A;OICI;GR;;;WD)", "D:(A;IOID;SDRC;;;OW)",
      "D:(A;;0x10000200;;;S-1-5-21-1-2-3-1105)", "D:(A;;CCDCLCSWRPWPDTLOCRSDRCWDWOGAGXGWGR;;;BU)", "S:(ML;;NW;;;HI)", "S:(ML;;NWNRNX;;;LW)",
      "O:S-1-5-21-4294967295-0-1-500D:(A;;;;;RM)", "O:S-1-0x100000000000-7G:S-1-5-80D:", "S:(AL;SAFA;WO;;;S-1-0)",
    ])
  func identity(text: String) throws {
    #expect(try SecurityDescriptor(sddl: text).sddl == text)
  }

  @Test(
    "Other spellings of the same",
    arguments: [
      ("d:p(a;;ga;;;ba)", "D:P(A;;GA;;;BA)"), (" D:P (A;;GA;;;BA) (A; ;GR; ; ;IU) ", "D:P(A;;GA;;;BA)(A;;GR;;;IU)"),
      ("D:(A;;0x80000000;;;s-1-1-0)O:S-1-5-18", "O:SYD:(A;;GR;;;WD)"), ("D:(A;;FA;;;S-1-5-32-580)", "D:(A;;0x1f01ff;;;RM)"),
      ("D:(A;;268435456;;;WD)", "D:(A;;GA;;;WD)"), ("D:(A;;02000000000;;;WD)", "D:(A;;GA;;;WD)"), ("O:S-1-5-18D:S:", "O:SYD:S:"),
      ("O:S-1-5-18S:D:", "O:SYD:S:"), ("O:S-1-0X5-18", "O:SY"), ("D:(A;;KA;;;WD)", "D:(A;;CCDCLCSWRPWPSDRCWDWO;;;WD)"),
    ])
  func spellings(text: String, canonical: String) throws {
    #expect(try SecurityDescriptor(sddl: text).sddl == canonical)
  }

  @Test(
    "What is refused, and where",
    arguments: [
      ("", 0), ("   ", 0), ("X:BA", 0), ("O", 0), ("O:", 2), ("O:XX", 2), ("O:BAO:BA", 4), ("D:P;", 3), ("D:PP", 3), ("D:(A;;GA;;;BA", 2),
      ("D:(A;;GA;;BA)", 2), ("D:(A;;GA;;;BA;)", 2), ("D:(AU;;GA;;;BA)", 3), ("S:(A;;GA;;;BA)", 3), ("D:(OA;;GA;;;BA)", 3),
      ("D:(XA;;GA;;;BA;(a))", 2), ("D:(A;;G;;;BA)", 6), ("D:(A;;GAG;;;BA)", 6), ("D:(A;;0x;;;BA)", 6), ("D:(A;;0x1FFFFFFFF;;;BA)", 6),
      ("D:(A;;-1;;;BA)", 6), ("D:(A;XX;GA;;;BA)", 5), ("D:(A;;GA;a;;BA)", 9), ("D:(A;;GA;;;)", 11), ("D:(A;;GA;;;DA)", 11),
      ("D:NO_ACCESS_CONTROL(A;;GA;;;BA)", 31), ("O:S-1", 2), ("O:S-1-", 2), ("O:S-2-5", 2), ("O:S-1-5-4294967296", 2), ("O:S-1-+5", 2),
      ("O:S-1-5-1-2-3-4-5-6-7-8-9-10-11-12-13-14-15-16", 2), ("O:S-1-0x1000000000000", 2), ("O:\u{DF}", 2), ("D:(A;;GA;;;BA)x", 14),
    ])
  func refusals(text: String, offset: Int) {
    let error = #expect(throws: SDDLError.self) { try SecurityDescriptor(sddl: text) }
    #expect(error?.offset == offset, "\(error.map { "\($0)" } ?? "")")
  }

  @Test("Sizes have limits, and they cost no time")
  func limits() throws {
    let entry = "(A;;GA;;;BA)"
    let most = "D:" + String(repeating: entry, count: SecurityDescriptor.maximumEntries)
    #expect(try SecurityDescriptor(sddl: most).dacl?.entries.count == SecurityDescriptor.maximumEntries)
    #expect(throws: SDDLError.self) { try SecurityDescriptor(sddl: most + entry) }
    #expect(throws: SDDLError.self) { try SecurityDescriptor(sddl: String(repeating: "(", count: 1 << 20)) }
    #expect(throws: SDDLError.self) { try SecurityDescriptor(sddl: "D:" + String(repeating: "(", count: 16_000)) }
  }

  @Test("Abbreviations of a domain's accounts need the domain")
  func domain() throws {
    let domain = try #require(SecurityIdentifier(parsing: "S-1-5-21-10-20-30"))
    let descriptor = try SecurityDescriptor(sddl: "O:DAD:(A;;GA;;;LA)(D;;GA;;;AP)", domain: domain)
    #expect(descriptor.owner?.description == "S-1-5-21-10-20-30-512")
    #expect(descriptor.dacl?.entries.map(\.trustee.relativeIdentifier) == [500, 525])
    #expect(descriptor.owner?.domain == domain && domain.domain == nil)
  }

  @Test("Any descriptor is written so that it reads as the same")
  func roundTrip() throws {
    var random = Seeded(1)
    for _ in 0..<200 {
      let descriptor = random.descriptor()
      #expect(try SecurityDescriptor(sddl: descriptor.sddl) == descriptor, "\(descriptor.sddl)")
    }
  }

  @Test("Any text is read or refused, also a valid one with bytes changed, added or taken away")
  func mutations() {
    var random = Seeded(2)
    let alphabet = Array("OGDSAPRIUFLMW:;()-0159xX_ \u{E9}\0".unicodeScalars)
    for _ in 0..<400 {
      var scalars = Array(random.descriptor().sddl.unicodeScalars)
      for _ in 0..<random.number(4) + 1 {
        let place = random.number(scalars.count + 1)
        switch random.number(3) {
        case 0 where place < scalars.count: scalars.remove(at: place)
        case 1 where place < scalars.count: scalars[place] = alphabet[random.number(alphabet.count)]
        default: scalars.insert(alphabet[random.number(alphabet.count)], at: place)
        }
      }
      var text = String.UnicodeScalarView()
      text.append(contentsOf: scalars)
      guard let read = try? SecurityDescriptor(sddl: String(text)) else { continue }
      #expect((try? SecurityDescriptor(sddl: read.sddl)) == read, "\(String(text))")
    }
  }
}

/// SplitMix64: the same numbers in every run.
struct Seeded {
  private static let known = SIDAbbreviation.universal.sorted { $0.key < $1.key }.map(\.value)
  private var state: UInt64
  init(_ seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
    return z ^ z >> 31
  }

  mutating func number(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }

  mutating func identifier() -> SecurityIdentifier {
    if number(2) == 0 { return Self.known[number(Self.known.count)] }
    let authority = number(4) == 0 ? next() % (1 << 48) : UInt64(number(20))
    return SecurityIdentifier(authority: authority, subAuthorities: (0..<number(16)).map { _ in UInt32(truncatingIfNeeded: next()) })
      ?? .everyone
  }

  mutating func entry(_ kinds: [AccessControlEntry.Kind]) -> AccessControlEntry {
    let kind = kinds[number(kinds.count)]
    let known = AccessControlEntry.Flags.names.reduce(0) { $0 | $1.flag.rawValue }
    let mask =
      number(3) == 0 ? AccessMask(rawValue: UInt32(truncatingIfNeeded: next())) : AccessMask.names[number(AccessMask.names.count)].mask
    return AccessControlEntry(
      kind, mask, identifier(), flags: .init(rawValue: UInt8(truncatingIfNeeded: next()) & known))
  }

  mutating func list(_ kinds: [AccessControlEntry.Kind]) -> AccessControlList {
    AccessControlList(flags: .init(rawValue: UInt8(number(8))), (0..<number(6)).map { _ in entry(kinds) })
  }

  mutating func descriptor() -> SecurityDescriptor {
    SecurityDescriptor(
      owner: number(2) == 0 ? identifier() : nil, group: number(2) == 0 ? identifier() : nil, dacl: list([.allow, .deny]),
      sacl: number(2) == 0 ? list([.audit, .alarm, .mandatoryLabel]) : nil)
  }
}

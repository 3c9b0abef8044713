import Testing

@testable import SecurityDescriptors

@Suite struct AccessTests {
  static let alice = SecurityIdentifier(parsing: "S-1-5-21-1-2-3-1001") ?? .anonymous
  static let staff = SecurityIdentifier(parsing: "S-1-5-21-1-2-3-2000") ?? .anonymous
  static let token = AccessToken(user: alice, groups: [staff, .everyone, .authenticatedUsers])

  @Test(
    "Who gets what",
    arguments: [
      // The default: administrators all, interactive users read.
      (SDDLTests.rootSDDL, [.builtinAdministrators], AccessMask.genericAll, true),
      (SDDLTests.rootSDDL, [.builtinAdministrators], .genericExecute, true),
      (SDDLTests.rootSDDL, [.interactive], .genericRead, true),
      (SDDLTests.rootSDDL, [.interactive], .genericWrite, false),
      (SDDLTests.rootSDDL, [], .genericRead, false),
      // What no entry speaks about is denied; an empty list denies all; no list allows all.
      ("O:BA", [], .genericAll, true), ("D:NO_ACCESS_CONTROL", [], .genericWrite, true), ("D:", [], .genericRead, false),
      // The first entry that speaks about a right decides.
      ("D:(D;;GX;;;WD)(A;;GA;;;WD)", [.everyone], .genericExecute, false),
      ("D:(D;;GX;;;WD)(A;;GA;;;BA)", [.everyone, .builtinAdministrators], .genericExecute, false),
      ("D:(A;;GX;;;WD)(D;;GX;;;WD)", [.everyone], .genericExecute, true),
      ("D:(D;;GW;;;WD)(A;;GX;;;WD)", [.everyone], .genericExecute, false),  // both hold READ_CONTROL
      // Rights may come from several entries.
      ("D:(A;;GR;;;WD)(A;;GW;;;AU)", [.everyone, .authenticatedUsers], [.genericRead, .genericWrite], true),
      ("D:(A;;GR;;;WD)(A;;GW;;;AU)", [.everyone], [.genericRead, .genericWrite], false),
      // Entries for children only do not count.
      ("D:(A;IO;GA;;;WD)", [.everyone], .genericRead, false), ("D:(D;IO;GA;;;WD)(A;;GA;;;WD)", [.everyone], .genericAll, true),
      // No specific bit and no number stands for a right of WinRM.
      ("D:(A;;FA;;;WD)", [.everyone], .genericRead, false), ("D:(A;;0x0fffffff;;;WD)", [.everyone], .genericExecute, false),
      ("D:(A;;0xe0000000;;;WD)", [.everyone], .genericExecute, true),
      // To want nothing is no right.
      ("O:BA", [.everyone], [], false),
    ] as [(String, [SecurityIdentifier], AccessMask, Bool)])
  func grants(text: String, groups: [SecurityIdentifier], wanted: AccessMask, isGranted: Bool) throws {
    let token = AccessToken(user: Self.alice, groups: Set(groups))
    #expect(try SecurityDescriptor(sddl: text).grants(wanted, to: token) == isGranted)
  }

  @Test("Owners read and change the list, unless an entry for Owner Rights says otherwise")
  func ownerRights() throws {
    let owned = "O:S-1-5-21-1-2-3-1001"
    #expect(try SecurityDescriptor(sddl: owned + "D:").granted(to: Self.token) == [.readControl, .writeDACL])
    #expect(try SecurityDescriptor(sddl: owned + "D:(D;;RCWD;;;WD)").granted(to: Self.token) == [.readControl, .writeDACL])
    #expect(try SecurityDescriptor(sddl: owned + "D:(A;;RC;;;OW)").granted(to: Self.token) == [.readControl])
    #expect(try SecurityDescriptor(sddl: owned + "D:(D;;GA;;;OW)(A;;GA;;;WD)").granted(to: Self.token).isEmpty)
    #expect(try SecurityDescriptor(sddl: "O:BAD:(A;;GA;;;OW)").granted(to: Self.token).isEmpty)
    // A group may own, when it counts for more than denying.
    #expect(try SecurityDescriptor(sddl: "O:S-1-5-21-1-2-3-2000D:").granted(to: Self.token) == [.readControl, .writeDACL])
    let restricted = AccessToken(user: Self.alice, denyOnly: [Self.staff])
    #expect(try SecurityDescriptor(sddl: "O:S-1-5-21-1-2-3-2000D:").granted(to: restricted).isEmpty)
  }

  @Test("Groups for denying only deny, and give nothing")
  func denyOnly() throws {
    let token = AccessToken(user: Self.alice, groups: [.everyone], denyOnly: [.builtinAdministrators])
    #expect(try !SecurityDescriptor(sddl: "D:(A;;GA;;;BA)").grants(.genericRead, to: token))
    #expect(try !SecurityDescriptor(sddl: "D:(D;;GR;;;BA)(A;;GA;;;WD)").grants(.genericRead, to: token))
    let both = AccessToken(user: Self.alice, groups: [.builtinAdministrators], denyOnly: [.builtinAdministrators])
    #expect(try !SecurityDescriptor(sddl: "D:(A;;GA;;;BA)").grants(.genericRead, to: both))
  }

  @Test("Canonical order: own before inherited, denying before allowing")
  func canonical() throws {
    let text = "D:(A;;GR;;;WD)(D;ID;GA;;;AN)(D;;GW;;;WD)(A;ID;GX;;;WD)"
    let list = try #require(try SecurityDescriptor(sddl: text).dacl)
    #expect(!list.isCanonical && list.canonical.isCanonical)
    #expect(SecurityDescriptor(dacl: list.canonical).sddl == "D:(D;;GW;;;WD)(A;;GR;;;WD)(D;ID;GA;;;AN)(A;ID;GX;;;WD)")
  }

  @Test("The same as right for right, entry for entry")
  func reference() {
    var random = Seeded(3)
    let known: [SecurityIdentifier] = [Self.alice, Self.staff, .everyone, .builtinAdministrators, .ownerRights]
    for _ in 0..<400 {
      var descriptor = SecurityDescriptor(
        owner: random.number(2) == 0 ? known[random.number(known.count)] : nil, dacl: random.list([.allow, .deny]))
      for index in descriptor.dacl?.entries.indices ?? 0..<0 { descriptor.dacl?.entries[index].trustee = known[random.number(known.count)] }
      let token = AccessToken(
        user: Self.alice, groups: Set(known.dropFirst().filter { $0 != .ownerRights && random.number(2) == 0 }),
        denyOnly: Set(random.number(3) == 0 ? [.builtinAdministrators] : []))
      #expect(descriptor.granted(to: token) == Self.slowly(descriptor, token), "\(descriptor.sddl)")
    }
  }

  /// Each bit by itself: the first entry that has it and that counts decides.
  private static func slowly(_ descriptor: SecurityDescriptor, _ token: AccessToken) -> AccessMask {
    guard let dacl = descriptor.dacl, !dacl.flags.contains(.noAccessControl) else { return GenericMapping.winrm(.genericAll) }
    let own: Set<SecurityIdentifier> = token.groups.union([token.user]).subtracting(token.denyOnly)
    let isOwner = descriptor.owner.map { own.contains($0) } ?? false
    let entries = dacl.entries.filter { !$0.flags.contains(.inheritOnly) }
    let hasOwnersEntry = entries.contains { $0.trustee == .ownerRights }
    var result: AccessMask = []
    for bit in 0..<32 {
      let right = AccessMask(rawValue: 1 << bit)
      if isOwner, !hasOwnersEntry, right == .readControl || right == .writeDACL {
        result.insert(right)
        continue
      }
      let deciding = entries.first { entry in
        guard GenericMapping.winrm(entry.mask).contains(right) else { return false }
        if entry.trustee == .ownerRights { return isOwner }
        return entry.kind == .allow ? own.contains(entry.trustee) : own.union(token.denyOnly).contains(entry.trustee)
      }
      if deciding?.kind == .allow { result.insert(right) }
    }
    return result
  }
}

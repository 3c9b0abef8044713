/// One entry of an access control list (MS-DTYP §2.4.4).
public struct AccessControlEntry: Hashable, Sendable {
  /// What the entry does. Entries for single properties of directory objects, and conditional ones, are not known here: they mean nothing for
  /// WinRM, and are refused rather than passed over, because an entry that denies would otherwise be lost.
  public enum Kind: String, Hashable, Sendable, CaseIterable {
    case allow = "A"
    case deny = "D"
    case audit = "AU"
    case alarm = "AL"
    case mandatoryLabel = "ML"

    /// Whether it stands in the DACL; the others stand in the SACL.
    public var isDiscretionary: Bool { self == .allow || self == .deny }
  }

  /// MS-DTYP §2.4.4.1.
  public struct Flags: OptionSet, Hashable, Sendable {
    public var rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    public static let objectInherit = Self(rawValue: 0x01)
    public static let containerInherit = Self(rawValue: 0x02)
    public static let noPropagateInherit = Self(rawValue: 0x04)
    /// The entry is for children only, and says nothing about the object itself.
    public static let inheritOnly = Self(rawValue: 0x08)
    public static let inherited = Self(rawValue: 0x10)
    public static let successfulAccess = Self(rawValue: 0x40)
    public static let failedAccess = Self(rawValue: 0x80)

    static let names: [(letters: String, flag: Flags)] = [
      ("OI", .objectInherit), ("CI", .containerInherit), ("NP", .noPropagateInherit), ("IO", .inheritOnly), ("ID", .inherited),
      ("SA", .successfulAccess), ("FA", .failedAccess),
    ]
  }

  public var kind: Kind
  public var flags: Flags
  public var mask: AccessMask
  public var trustee: SecurityIdentifier

  public init(_ kind: Kind, _ mask: AccessMask, _ trustee: SecurityIdentifier, flags: Flags = []) {
    self.kind = kind
    self.mask = mask
    self.trustee = trustee
    self.flags = flags
  }
}

/// A list of entries, in order. The order matters: the first entry that speaks about a right decides.
public struct AccessControlList: Hashable, Sendable {
  /// The letters between `D:` or `S:` and the first entry (MS-DTYP §2.5.1.1, acl-flag-string).
  public struct Flags: OptionSet, Hashable, Sendable {
    public var rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// `P`: nothing is inherited from above.
    public static let protected = Self(rawValue: 1)
    /// `AR`: automatic inheritance is asked for.
    public static let autoInheritRequired = Self(rawValue: 2)
    /// `AI`: automatic inheritance has taken place.
    public static let autoInherited = Self(rawValue: 4)
    /// `NO_ACCESS_CONTROL`: there is no list, and everything is allowed to everybody.
    public static let noAccessControl = Self(rawValue: 8)
  }

  public var flags: Flags
  public var entries: [AccessControlEntry]

  public init(flags: Flags = [], _ entries: [AccessControlEntry]) {
    self.flags = flags
    self.entries = entries
  }

  /// Whether the entries stand in the order that Windows keeps: what was not inherited before what was, and in each part what denies
  /// before what allows. Another order is not wrong, but surprises: what denies behind what allows may have no effect.
  public var isCanonical: Bool {
    let ranks = entries.filter { $0.kind.isDiscretionary }.map { ($0.flags.contains(.inherited) ? 2 : 0) + ($0.kind == .allow ? 1 : 0) }
    return zip(ranks, ranks.dropFirst()).allSatisfy { $0 <= $1 }
  }

  /// The same entries in canonical order; entries of the same rank keep theirs.
  public var canonical: AccessControlList {
    func part(_ isInherited: Bool) -> [AccessControlEntry] {
      let part = entries.filter { $0.flags.contains(.inherited) == isInherited }
      return part.filter { $0.kind == .deny } + part.filter { $0.kind != .deny }
    }
    return AccessControlList(flags: flags, part(false) + part(true))
  }
}

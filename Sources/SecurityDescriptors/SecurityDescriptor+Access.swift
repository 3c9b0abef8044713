/// Who asks: the user's SID and those of all the groups that count.
public struct AccessToken: Hashable, Sendable {
  public var user: SecurityIdentifier
  /// Nested groups, domain groups and well-known ones such as Everyone and Authenticated Users included: nothing is added here.
  public var groups: Set<SecurityIdentifier>
  /// Groups that count only in entries that deny (MS-DTYP §2.5.2, use for deny only).
  public var denyOnly: Set<SecurityIdentifier>

  public init(user: SecurityIdentifier, groups: Set<SecurityIdentifier> = [], denyOnly: Set<SecurityIdentifier> = []) {
    self.user = user
    self.groups = groups
    self.denyOnly = denyOnly
  }

  func allows(_ identifier: SecurityIdentifier) -> Bool {
    !denyOnly.contains(identifier) && (identifier == user || groups.contains(identifier))
  }

  func denies(_ identifier: SecurityIdentifier) -> Bool {
    identifier == user || groups.contains(identifier) || denyOnly.contains(identifier)
  }
}

extension SecurityDescriptor {
  /// Whether a caller gets all the rights that it asks for (MS-DTYP §2.5.3.2).
  ///
  /// The entries are looked at in their order, and for each right the first that speaks about it decides; a right that none speaks about is
  /// denied. The owner gets READ_CONTROL and WRITE_DAC in addition, unless an entry for Owner Rights (S-1-3-4) says what owners get. Entries
  /// that are only for children do not count.
  ///
  /// - Parameter mapping: what generic rights stand for; in entries and in `wanted`.
  public func grants(_ wanted: AccessMask, to token: AccessToken, mapping: GenericMapping = .winrm) -> Bool {
    let wanted = mapping(wanted)
    return wanted.isSubset(of: granted(to: token, mapping: mapping)) && !wanted.isEmpty
  }

  /// All rights that a caller has. Generic rights are mapped away, so that a question may ask for any of them.
  public func granted(to token: AccessToken, mapping: GenericMapping = .winrm) -> AccessMask {
    guard let dacl, !dacl.flags.contains(.noAccessControl) else { return mapping(.genericAll) }
    let isOwner = owner.map { token.allows($0) } ?? false
    let entries = dacl.entries.filter { !$0.flags.contains(.inheritOnly) && $0.kind.isDiscretionary }
    var granted: AccessMask = []
    var denied: AccessMask = []
    if isOwner, !entries.contains(where: { $0.trustee == .ownerRights }) { granted = [.readControl, .writeDACL] }
    for entry in entries {
      let mask = mapping(entry.mask)
      let isOwnersRight = isOwner && entry.trustee == .ownerRights
      switch entry.kind {
      case .allow where isOwnersRight || token.allows(entry.trustee): granted.formUnion(mask.subtracting(denied))
      case .deny where isOwnersRight || token.denies(entry.trustee): denied.formUnion(mask.subtracting(granted))
      case .allow, .deny, .audit, .alarm, .mandatoryLabel: continue
      }
    }
    return granted
  }
}

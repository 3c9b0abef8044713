import LogonInterface
import SecurityDescriptors

/// Who asks, for access control. A completed authentication makes one, or the kernel's word about the other end of a Unix socket; nothing
/// else does.
struct CallerToken: Sendable {
  /// For the log, for the owner of a shell, and for the belongings of a caller.
  let accountName: String
  /// The Unix user; `nil` for a number without a name.
  let unixUser: String?
  /// Whether the caller may use the configuration whatever the descriptors say.
  let ownsService: Bool
  private let token: AccessToken
  /// Otherwise the caller may be in groups that nobody could tell of.
  private let isComplete: Bool

  init(_ identity: ProvenIdentity) {
    self.init(identity.accountName, identity.unixUser, identity.memberships, ownsService: false)
  }

  /// - Parameter user: what the authority knows of the peer's number.
  init(_ peer: LocalPeer, _ user: LocalUser) {
    self.init(user.accountName, user.unixUser, user.memberships, ownsService: peer.ownsService)
  }

  private init(_ accountName: String, _ unixUser: String?, _ memberships: Memberships, ownsService: Bool) {
    self.accountName = accountName
    self.unixUser = unixUser
    self.ownsService = ownsService
    let identifiers = memberships.securityIdentifiers.map { SecurityIdentifier(parsing: $0) }
    let known = identifiers.compactMap { $0 }
    isComplete = memberships.areComplete && known.count == identifiers.count
    token = AccessToken(user: known.first ?? Self.nobody, groups: Set(known.dropFirst()))
  }

  /// S-1-0-0, which no entry grants anything to that means anybody.
  private static let nobody = SecurityIdentifier(parsing: "S-1-0-0") ?? .anonymous

  /// Whether the caller is an administrator of the service.
  var isAdministrator: Bool { ownsService || isIn(.builtinAdministrators) }

  /// Whether the caller is, or is in, whom an entry names.
  func isIn(_ trustee: SecurityIdentifier) -> Bool { token.user == trustee || token.groups.contains(trustee) }

  /// Whether a descriptor grants a right. For a caller of whom not all groups are known, what is denied to anybody is denied.
  func has(_ right: AccessRight, by descriptor: SecurityDescriptor) -> Bool {
    (isComplete ? descriptor : descriptor.denyingEverybody).grants(right.mask, to: token)
  }
}

extension SecurityDescriptor {
  /// The same with every entry that denies as one for everybody.
  fileprivate var denyingEverybody: SecurityDescriptor {
    var changed = self
    changed.dacl?.entries = (dacl?.entries ?? []).map { entry in
      var entry = entry
      if entry.kind == .deny { entry.trustee = .everyone }
      return entry
    }
    return changed
  }
}

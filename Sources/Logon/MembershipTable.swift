import LogonInterface
import SecurityDescriptors

/// Gathers the SIDs of one caller (MS-DTYP §2.4.2.4 for the well-known ones).
///
/// Unix users and groups are named as Samba names them: S-1-22-1-uid and S-1-22-2-gid. What the built-in groups of Windows stand for is decided
/// here and nowhere else: a domain's word on them is not taken, so that a domain's administrators have no rights on this host until they are
/// given some.
struct MembershipTable {
  /// The Unix group whose members are administrators of the service.
  static let administrators = "winrm-admins"

  /// How the caller came.
  enum Way {
    /// By an authentication over the network.
    case network
    /// By the socket on this machine.
    case local

    fileprivate var identifier: SecurityIdentifier {
      switch self {
      case .network: .network
      case .local: .interactive
      }
    }
  }

  private var identifiers: [SecurityIdentifier] = []
  private var known: Set<SecurityIdentifier> = []
  private var areComplete = true

  /// A user of a domain, with the groups as the domain knows them; `nil` when they could not be read.
  mutating func add(domainUser: SecurityIdentifier, groups: [SecurityIdentifier]?) {
    for identifier in [domainUser] + (groups ?? []) where identifier.domain != nil { add(identifier) }
    if groups == nil { areComplete = false }
  }

  /// The Unix user; `nil` when the name service does not know it.
  mutating func add(unixUser: UnixUser?) {
    guard let unixUser else { return areComplete = false }
    add(Self.user(unixUser.uid))
    for group in unixUser.groups { add(Self.group(group)) }
    if !unixUser.hasAllGroups { areComplete = false }
  }

  /// A Unix user of whom no more than the number is known.
  mutating func add(namelessUser number: UInt32) {
    add(Self.user(number))
    areComplete = false
  }

  /// What everybody is who was proven.
  mutating func addWellKnown(_ way: Way) {
    for identifier in [.everyone, .authenticatedUsers, way.identifier, .builtinUsers] { add(identifier) }
  }

  mutating func addAdministrators() { add(.builtinAdministrators) }
  mutating func addRemoteManagementUsers() { add(.remoteManagementUsers) }

  /// As the grant carries them. Beyond what it can carry the last ones are left out, and that is said.
  var memberships: Memberships {
    let most = LogonCodec.maximumMemberships
    return Memberships(identifiers.prefix(most).map(\.description), areComplete: areComplete && identifiers.count <= most)
  }

  private mutating func add(_ identifier: SecurityIdentifier?) {
    guard let identifier, known.insert(identifier).inserted else { return }
    identifiers.append(identifier)
  }

  private static func user(_ number: UInt32) -> SecurityIdentifier? { SecurityIdentifier(authority: 22, subAuthorities: [1, number]) }
  private static func group(_ number: UInt32) -> SecurityIdentifier? { SecurityIdentifier(authority: 22, subAuthorities: [2, number]) }
}

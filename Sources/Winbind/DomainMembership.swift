/// The domain that this host is a member of, and the host's name in it.
public struct DomainMembership: Sendable, Hashable {
  /// The computer's name, upper case, as in `HOP1`.
  public var netBIOSComputer: String
  /// The domain's short name, upper case, as in `LAB`.
  public var netBIOSDomain: String
  /// The domain's DNS name, lower case, as in `lab.example`. Empty for a domain without one.
  public var dnsDomain: String
  /// The Kerberos realm, upper case, as in `LAB.EXAMPLE`. Empty for a domain without one.
  public var realm: String
  /// The DNS name of the forest's root, lower case; `nil` when it is not known.
  public var forest: String?
  /// Whether it is an Active Directory. Otherwise there is no Kerberos.
  public var isActiveDirectory: Bool

  public init(
    netBIOSComputer: String, netBIOSDomain: String, dnsDomain: String, realm: String, forest: String? = nil, isActiveDirectory: Bool = true
  ) {
    self.netBIOSComputer = netBIOSComputer
    self.netBIOSDomain = netBIOSDomain
    self.dnsDomain = dnsDomain
    self.realm = realm
    self.forest = forest
    self.isActiveDirectory = isActiveDirectory
  }
}

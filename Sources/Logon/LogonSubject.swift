import Accounts
import Kerberos
import Winbind

/// The account that an authentication is about. It says nothing about whether that was proven: an ``AuthenticationContext`` has one only
/// afterwards.
struct LogonSubject: Sendable {
  /// Who answers for the account.
  enum Origin: Sendable {
    /// The account file of this service.
    case local(Account)
    /// The domain of this host, or one that it trusts.
    case domain(DomainUser)
    /// A Kerberos realm of which nothing is known here but the keytab. `isDomainAccount`: the ticket says that a Windows domain is behind it.
    case realm(KerberosPrincipal, isDomainAccount: Bool)
  }

  let origin: Origin
  /// The canonical name: `HOST\walter`, `LAB\alice`, or the principal.
  let accountName: String
  /// The Unix user that its commands run as.
  let unixUser: String
  /// One text for all spellings of the account, for counting failures.
  let key: String

  init(local account: Account, host: String) {
    origin = .local(account)
    accountName = "\(host)\\\(account.name)"
    unixUser = account.unixUser
    key = account.key
  }

  init(domain user: DomainUser) {
    origin = .domain(user)
    accountName = user.accountName
    unixUser = user.unixName
    key = user.accountName.lowercased()
  }

  init(realm principal: KerberosPrincipal, isDomainAccount: Bool, unixUser: String) {
    origin = .realm(principal, isDomainAccount: isDomainAccount)
    accountName = principal.description
    self.unixUser = unixUser
    key = principal.description.lowercased()
  }
}

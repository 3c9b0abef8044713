public import SecurityDescriptors
public import SecuritySupport

/// The domain that this host belongs to, and those it trusts: who its users are, and whether a password was theirs.
///
/// An implementation answers within a bounded time, ``DomainError/Code/timeout`` included, blocks no thread of the caller's, and gives out
/// nothing but users of domains: local accounts, the built-in ones and what stands for Unix users are unknown to it. An unknown name is
/// `nil` and not an error; an error says that nobody knows.
public protocol DomainDirectory: Sendable {
  /// The domain and this host's names in it.
  ///
  /// - Throws: ``DomainError`` with `notMember` when there is none.
  func membership() async throws(DomainError) -> DomainMembership

  /// The user of a name in any form (`user`, `DOMAIN\user`, `domain.example\user`, `user@realm`, user principal name) and any case. A
  /// name without a domain is one of this host's own domain.
  func lookup(_ name: AccountName) async throws(DomainError) -> DomainUser?

  /// The user of a Kerberos principal, as in `alice@LAB.EXAMPLE`. The realm is the one of the user's account, not a suffix: nothing is
  /// guessed.
  func lookup(principal: String) async throws(DomainError) -> DomainUser?

  /// Lets a domain controller verify an NTLM response. The user's groups are complete.
  ///
  /// - Throws: ``DomainError`` with `refused` and the controller's status, with unknown users too.
  func authenticate(_ response: DomainNTLMResponse) async throws(DomainError) -> DomainNTLMSuccess

  /// The user that a Kerberos ticket's PAC speaks of, with complete groups; `nil` for what is no PAC, or not that of a domain's user.
  ///
  /// - Warning: The caller has verified the PAC's signature: winbind also reads one that it has no key for. And it compares the user with the
  ///   ticket's principal.
  func user(pac: [UInt8]) async throws(DomainError) -> DomainUser?

  /// The group of a name in any form and case; `nil` when there is none, or it is no group. A name without a domain is one of this host's
  /// own domain.
  func group(_ name: AccountName) async throws(DomainError) -> SecurityIdentifier?

  /// All groups of a user, nested ones and those of this host's domain included.
  func groups(of user: DomainUser) async throws(DomainError) -> [SecurityIdentifier]

  /// Whether the user is in Protected Users (relative identifier 525) of its own domain. Unknown is an error, never
  /// `false`: so is a user who was looked up and did not log on, unless it is known to be one.
  func isProtectedUser(_ user: DomainUser) async throws(DomainError) -> Bool

  /// The Kerberos realm of a domain by NetBIOS or DNS name in any case, upper case; `nil` for an unknown domain.
  func realm(ofDomain domain: String) async throws(DomainError) -> String?
}

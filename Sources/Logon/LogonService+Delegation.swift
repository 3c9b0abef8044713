import Accounts
import CredSSP
import Kerberos
import Logging
import LogonInterface
import NTLM
import SecuritySupport
import Winbind

extension DelegatedCredentials {
  /// What a session says it has, in `WINRM_CREDENTIALS`.
  var kind: String {
    switch (ticket != nil, ntlm != nil) {
    case (false, false): "none"
    case (false, true): "agent"
    case (true, false): "ticket"
    case (true, true): "ticket+agent"
    }
  }
}

extension LogonService {
  /// What a session may use of the credentials that came through CredSSP: an NT hash, and a ticket where there is a realm. They must be
  /// those of the account that was proven, which the password itself proves again. The caller wipes it.
  func delegated(
    _ credentials: TSPasswordCreds, _ subject: LogonSubject, _ proof: AuthenticationContext.Proof
  ) async throws(LogonFailure) -> DelegatedCredentials {
    guard await isName(AccountName(domain: credentials.domainName, user: credentials.userName), of: subject) else {
      throw LogonFailure(.refused(.logonFailure), "the delegated name is not the account that was proven")
    }
    try await checkProtection(of: subject, proof)
    let hash = credentials.password.withUnsafeBytes { NTHash(utf16LittleEndianPassword: $0) }
    do throws(LogonFailure) {
      return try await delegated(credentials, hash, subject, proof)
    } catch {
      hash.bytes.wipe()
      throw error
    }
  }

  private func delegated(
    _ credentials: TSPasswordCreds, _ hash: NTHash, _ subject: LogonSubject, _ proof: AuthenticationContext.Proof
  ) async throws(LogonFailure) -> DelegatedCredentials {
    switch (subject.origin, proof) {
    case (.local(let account), _):
      guard hash.bytes.isEqual(to: account.ntHash.bytes) else { throw Self.wrongPassword }
      // Without a domain: the next host looks among its own accounts, as Windows hosts outside a domain do.
      return DelegatedCredentials(ntlm: NTLMCredential(name: AccountName(domain: "", user: account.name), hash: hash))
    case (.domain(let user), _):
      let ntlm = NTLMCredential(name: AccountName(domain: user.domain, user: user.name), hash: hash)
      return try await withTicket(ntlm, credentials.password, user.principal.flatMap(KerberosPrincipal.init(parsing:)), proof)
    case (.realm(let principal, _), _):
      let domain = credentials.domainName.isEmpty ? principal.realm : credentials.domainName
      let ntlm = NTLMCredential(name: AccountName(domain: domain, user: principal.userName ?? ""), hash: hash)
      return try await withTicket(ntlm, credentials.password, principal, proof)
    }
  }

  /// Adds the ticket to what an account of a realm delegated, and so checks the password once more.
  ///
  /// NTLM's proof was made with the password: comparing the two needs nobody. Kerberos's was not, so that the KDC has to take it; only when
  /// no KDC answers, the password is kept unchecked for NTLM, where it is good for its own account or for nothing.
  private func withTicket(
    _ ntlm: NTLMCredential, _ password: SecretBytes, _ principal: KerberosPrincipal?, _ proof: AuthenticationContext.Proof
  ) async throws(LogonFailure) -> DelegatedCredentials {
    var isVerified = false
    if case .ntlm(let verification) = proof {
      guard verification.isProven(with: ntlm.hash) else { throw Self.wrongPassword }
      isVerified = true
    }
    guard let principal else { return DelegatedCredentials(ntlm: ntlm, ticketError: "the domain has no Kerberos realm") }
    do throws(KerberosError) {
      let ticket = try await fetchTicket(principal, password)
      return DelegatedCredentials(ntlm: ntlm, ticket: ticket)
    } catch {
      guard isVerified || [.unreachable, .timeout, .busy].contains(error.code) else { throw LogonFailure(delegation: error) }
      logger.warning(
        "no ticket for the delegated password", metadata: ["principal": "\(principal.description.sanitizedForLog())", "reason": "\(error)"])
      return DelegatedCredentials(ntlm: ntlm, ticketError: error.message.sanitizedForLog())
    }
  }

  private func fetchTicket(_ principal: KerberosPrincipal, _ password: SecretBytes) async throws(KerberosError) -> DelegatedTicket {
    guard let text = password.utf8FromUTF16LittleEndian() else {
      throw KerberosError(.local, "the password is no text that Kerberos can be given")
    }
    defer { text.wipe() }
    do {
      let ticket = try await workers.run { try DelegatedTicket(password: text, of: principal) }
      guard ticket.principal.isSameUser(as: principal) else { throw KerberosError(.unproven, "the KDC gave a ticket of another user") }
      return ticket
    } catch let error as KerberosError {
      throw error
    } catch {
      throw KerberosError(.timeout, "the logon was given up")
    }
  }

  /// The ticket that a client of Negotiate or Kerberos sent along.
  func delegatedTicket(_ proof: AuthenticationContext.Proof?, _ subject: LogonSubject) async -> DelegatedCredentials {
    guard case .kerberos(let client) = proof, let credential = client.delegated else { return .none }
    do {
      let ticket = try await workers.run { try DelegatedTicket(credential) }
      guard ticket.principal.isSameUser(as: client.principal) else {
        throw KerberosError(.unproven, "the delegated ticket is of another user")
      }
      return DelegatedCredentials(ticket: ticket)
    } catch {
      logger.warning("the delegated ticket is not used", metadata: ["account": "\(subject.accountName)", "reason": "\(error)"])
      return DelegatedCredentials(ticketError: "the delegated ticket cannot be used")
    }
  }

  /// A member of Protected Users does not give its password away: with NTLM the domain controller sees to it, with Kerberos we do, as
  /// Windows does. Not knowing is refusing.
  private func checkProtection(of subject: LogonSubject, _ proof: AuthenticationContext.Proof) async throws(LogonFailure) {
    guard case .kerberos = proof else { return }
    switch subject.origin {
    case .local, .realm(_, isDomainAccount: false): return
    case .realm(_, isDomainAccount: true):
      throw LogonFailure(
        .refused(.accountRestriction), "whether the account is in Protected Users cannot be known without the domain (winbind)")
    case .domain(let user):
      let isProtected: Bool
      do throws(DomainError) {
        guard let domain = configuration.domain else { throw DomainError(.notMember, "there is no domain any more") }
        isProtected = try await domain.isProtectedUser(user)
      } catch {
        throw LogonFailure(.refused(.accountRestriction), "whether the account is in Protected Users cannot be found out: \(error)")
      }
      guard !isProtected else { throw LogonFailure(.refused(.accountRestriction), "a member of Protected Users delegates no password") }
    }
  }

  /// Whether a delegated name means the account that was proven, in any form and case.
  private func isName(_ name: AccountName, of subject: LogonSubject) async -> Bool {
    let (user, realm) = name.userAndRealm
    switch subject.origin {
    case .local(let account): return directory.names(name, account)
    case .domain(let proven):
      let realms = [proven.domain, proven.realm ?? proven.domain] + (membership?.netBIOSDomain == proven.domain ? ["", "."] : [""])
      if user.isSame(as: proven.name), realms.contains(where: realm.isSame) { return true }
      // A user principal name, or a domain by its other name.
      guard let domain = configuration.domain, !realm.isEmpty, !directory.isOwn(name) else { return false }
      return (try? await domain.lookup(name))?.sid == proven.sid
    case .realm(let principal, _):
      guard let proven = principal.userName, user.isSame(as: proven) else { return false }
      // The short name of a domain is, as a rule, the first label of its realm.
      let short = principal.realm.split(separator: ".").first.map(String.init) ?? principal.realm
      return ["", principal.realm, short].contains(where: realm.isSame)
    }
  }

  private static let wrongPassword = LogonFailure(.refused(.logonFailure), "the delegated password is not the account's")
}

extension LogonFailure {
  /// What the KDC's answer to a delegated password means for the logon.
  fileprivate init(delegation error: KerberosError) {
    let status: NTStatus =
      switch error.code {
      case .passwordExpired: .passwordExpired
      case .passwordMustChange: .passwordMustChange
      case .accountExpired: .accountExpired
      case .accountRevoked: error.ntStatus == .accountLockedOut ? .accountLockedOut : .accountDisabled
      case .policy: .accountRestriction
      case .clockSkew: .timeDifferenceAtDomainController
      default: .logonFailure
      }
    self.init(.refused(status), "the KDC does not take the delegated password: \(error)")
  }
}

extension AccountName {
  /// The user and what stands for the domain, however the name is written.
  var userAndRealm: (user: String, realm: String) {
    guard isUserPrincipalName, let cut = user.lastIndex(of: "@") else { return (user, domain) }
    return (String(user[..<cut]), String(user[user.index(after: cut)...]))
  }
}

extension String {
  fileprivate func isSame(as other: String) -> Bool { lowercased() == other.lowercased() }
}

extension KerberosPrincipal {
  /// Whether both are one user. A KDC of Windows takes names in any case and gives back what it was asked for.
  func isSameUser(as other: KerberosPrincipal) -> Bool {
    guard let mine = userName, let others = other.userName else { return self == other }
    return mine.isSame(as: others) && realm.isSame(as: other.realm)
  }
}

extension SecretBytes {
  /// A password in UTF-16LE as UTF-8; `nil` when it is not Unicode text.
  func utf8FromUTF16LittleEndian() -> SecretBytes? {
    withUnsafeBytes { source -> SecretBytes? in
      guard source.count.isMultiple(of: 2) else { return nil }
      let units = stride(from: 0, to: source.count, by: 2).lazy.map { UInt16(source[$0]) | UInt16(source[$0 + 1]) << 8 }
      var length = 0
      guard !transcode(units.makeIterator(), from: UTF16.self, to: UTF8.self, stoppingOnError: true, into: { _ in length += 1 }) else {
        return nil
      }
      return SecretBytes(count: length) { target in
        var position = 0
        _ = transcode(units.makeIterator(), from: UTF16.self, to: UTF8.self, stoppingOnError: true) { byte in
          target[position] = byte
          position += 1
        }
      }
    }
  }
}

import Accounts
import Kerberos
import Logging
import LogonInterface
import NTLM
import SecuritySupport
import Winbind

/// The accounts, asked on behalf of one exchange.
struct KnownAccounts: AuthenticationContext.Accounts {
  let service: LogonService
  let source: String

  func claim(_ verification: NTLMVerification) async -> AuthenticationContext.Claim { await service.claim(verification, source: source) }

  func subject(of client: KerberosClient) async throws(LogonFailure) -> LogonSubject { try await service.subject(of: client) }
}

extension LogonService {
  /// What a client's NTLM response is verified with. Unknown and disabled accounts and too many failures get a hash that nothing passes.
  ///
  /// A name without a domain is first one of the account file; this host's own names are never asked of the domain.
  func claim(_ verification: NTLMVerification, source: String) async -> AuthenticationContext.Claim {
    let name = AccountName(domain: verification.domainName, user: verification.userName)
    let directory = directory
    let found = await BlockingWork.run { () -> Result<Account?, AccountsError> in
      Result { () throws(AccountsError) in try directory.lookup(name) }
    }
    let isUnknownHere = if case .success(nil) = found { !directory.isOwn(name) } else { false }
    let key = isUnknownHere ? domainKey(of: name) : directory.key(of: name)
    // Asked before the domain is: its lockout is not for strangers to trigger.
    guard limiter.admits(source: source, account: key, now: clock.now) else {
      return refusedClaim("too many failed logons", key, isAdmitted: false)
    }
    switch found {
    case .success(let account?) where account.isEnabled:
      return AuthenticationContext.Claim(
        subject: LogonSubject(local: account, host: hostNames.netBIOS), secret: .ntHash(account.ntHash), refusal: nil, key: key)
    case .success(_?): return refusedClaim("the account is disabled", key)
    case .success(nil):
      guard let domain = configuration.domain, isUnknownHere else { return refusedClaim("the account is unknown", key) }
      return await claim(verification, key, in: domain)
    case .failure(let error):
      logger.error("accounts cannot be read; nobody can log on", metadata: ["reason": "\(error.message.sanitizedForLog(limit: 512))"])
      return refusedClaim("the accounts cannot be read", key)
    }
  }

  /// One key for the ways to write an account of this host's own domain, the one that its ``LogonSubject`` has: otherwise each would have
  /// a limit of its own, and those who log on by one would be kept out by strangers who try another.
  private func domainKey(of name: AccountName) -> String {
    guard let membership else { return directory.key(of: name) }
    let (user, domain) = name.userAndRealm
    guard ["", membership.netBIOSDomain.lowercased(), membership.dnsDomain].contains(domain.lowercased()) else {
      return directory.key(of: name)
    }
    return "\(membership.netBIOSDomain)\\\(user)".lowercased()
  }

  private func claim(
    _ verification: NTLMVerification, _ key: String, in domain: any DomainDirectory
  ) async -> AuthenticationContext.Claim {
    let response = DomainNTLMResponse(
      user: verification.userName, domain: verification.domainName, workstation: verification.workstation,
      challenge: verification.serverChallenge, ntResponse: verification.ntChallengeResponse)
    do throws(DomainError) {
      let success = try await domain.authenticate(response)
      return AuthenticationContext.Claim(
        subject: LogonSubject(domain: success.user), secret: .sessionBaseKey(success.sessionBaseKey), refusal: nil, key: key)
    } catch {
      // A bare name may be that of an account here. What is said of one that is not must not tell it from one that is.
      if LogonFailure(domain: error).code == .unavailable, verification.domainName.isEmpty, !verification.userName.contains("@") {
        return refusedClaim("the account is unknown here, and the domain cannot be asked: \(error)", key)
      }
      let refusal = LogonFailure.logon(domain: error)
      return AuthenticationContext.Claim(subject: nil, secret: .ntHash(dummyHash), refusal: refusal, key: key)
    }
  }

  private func refusedClaim(_ reason: String, _ key: String, isAdmitted: Bool = true) -> AuthenticationContext.Claim {
    AuthenticationContext.Claim(
      subject: nil, secret: .ntHash(dummyHash), refusal: LogonFailure(.refused(.logonFailure), reason), key: key, isAdmitted: isAdmitted)
  }

  /// The account of a client that Kerberos has proven: the domain's, where there is one; otherwise the Unix user that the Kerberos
  /// configuration of this host maps the principal to.
  func subject(of client: KerberosClient) async throws(LogonFailure) -> LogonSubject {
    let principal = client.principal
    if let domain = configuration.domain {
      return LogonSubject(domain: try await user(of: client, in: domain))
    }
    let user: String?
    do {
      user = try await acceptors.run { try principal.localUser() }
    } catch let error as KerberosError {
      throw LogonFailure(kerberos: error)
    } catch {
      throw LogonFailure(.cancelled, "the authentication was given up")
    }
    guard let user else { throw LogonFailure(.accessDenied, "no Unix user belongs to the principal (auth_to_local)") }
    return LogonSubject(realm: principal, isDomainAccount: client.isDomainAccount, unixUser: user)
  }

  /// The user of a ticket. Its PAC says who that is, and has the groups as the KDC knew them: winbind alone may remember those of an earlier
  /// logon.
  private func user(of client: KerberosClient, in domain: any DomainDirectory) async throws(LogonFailure) -> DomainUser {
    let principal = client.principal
    do throws(DomainError) {
      if let pac = client.pac, let user = try await domain.user(pac: pac) {
        guard let name = principal.userName, user.name.lowercased() == name.lowercased(), user.realm == principal.realm else {
          throw DomainError(.refused, "the ticket's PAC is of another user than the ticket", status: .logonFailure)
        }
        return user
      }
      guard let user = try await domain.lookup(principal: principal.description) else {
        throw DomainError(.unmapped, "the domain knows no user of this principal")
      }
      return user
    } catch { throw .logon(domain: error) }
  }

  /// Whether an account is still the one it was at the logon, and may log on.
  func isUnchanged(_ subject: LogonSubject) async throws(LogonFailure) -> Bool {
    switch subject.origin {
    case .local(let account):
      let directory = directory
      return await BlockingWork.run {
        guard let now = try? directory.lookup(AccountName(domain: "", user: account.name)) else { return false }
        return now.isEnabled && now.unixUser == account.unixUser
      }
    case .domain(let user):
      guard let domain = configuration.domain else { return false }
      do throws(DomainError) {
        let now = try await domain.lookup(AccountName(domain: user.domain, user: user.name))
        return now?.sid == user.sid && now?.unixName == user.unixName && now?.unixID == user.unixID
      } catch { throw LogonFailure(domain: error) }
    case .realm: return true
    }
  }

  /// The host's names: those that the domain knows it by, or its own.
  var hostNames: LogonConfiguration.HostNames {
    guard let membership else { return configuration.hostNames }
    var names = configuration.hostNames
    names.netBIOS = membership.netBIOSComputer
    if !names.dns.contains("."), !membership.dnsDomain.isEmpty { names.dns += "." + membership.dnsDomain }
    return names
  }

  /// Asks the domain for its names, once it has answered never again.
  func findMembership() async {
    guard membership == nil, let domain = configuration.domain else { return }
    guard membershipAsked.map({ clock.now - $0 > .seconds(10) }) ?? true else { return }
    membershipAsked = clock.now
    do throws(DomainError) {
      let found = try await domain.membership()
      membership = found
    } catch {
      logger.warning("the domain does not answer; its users cannot log on by NTLM", metadata: ["reason": "\(error)"])
    }
  }

  /// The keytab to accept Kerberos with; `nil` when it is missing, empty or unsafe. It may come and go while the service runs.
  func usableKeytab() async -> String? {
    guard let name = configuration.keytab else { return nil }
    if let seen = keytabSeen, clock.now - seen.at < .seconds(5) { return seen.isUsable ? name : nil }
    let (danger, isUsable, services) = await BlockingWork.run {
      let keytab = KerberosKeytab(name: name)
      return (keytab.danger, keytab.hasKeys, keytab.services())
    }
    if let danger, danger != keytabDanger {
      logger.error("Kerberos is not accepted: the keytab is unsafe", metadata: ["keytab": "\(name)", "reason": "\(danger)"])
    }
    keytabDanger = danger
    keytabSeen = (isUsable, services, clock.now)
    return isUsable ? name : nil
  }

  /// What a client's ticket may be for. Clients name a host as they were told to: by its full or its short name, or by an alias that the
  /// administrator has made a key for.
  var services: [KerberosServiceName] {
    if let names = configuration.servicePrincipals { return names.compactMap(KerberosServiceName.init(parsing:)) }
    let classes = KerberosServiceName.winRMServices
    let fullName = hostNames.dns
    let keyed = keytabSeen?.services.filter { service in classes.contains { $0 == service.service.uppercased() } } ?? []
    let hosts = Set(
      ([fullName, fullName.split(separator: ".").first.map(String.init) ?? fullName] + keyed.map(\.host)).map { $0.lowercased() })
    return classes.flatMap { service in hosts.compactMap { KerberosServiceName(service: service, host: $0) } }
  }
}

extension LogonFailure {
  /// What an answer of the domain means for the logon.
  init(domain error: DomainError) {
    switch error.code {
    case .refused:
      let status = error.status ?? .logonFailure
      self.init(.refused(Self.tellable.contains(status) ? status : .logonFailure), "the domain refused: \(error)")
    case .noLogonServers: self.init(.refused(.noLogonServers), "\(error)")
    case .unmapped: self.init(.accessDenied, "\(error)")
    case .notMember, .malformed, .local: self.init(.refused(.logonFailure), "\(error)")
    case .cancelled: self.init(.cancelled, "\(error)")
    default: self.init(.unavailable, "\(error)")
    }
  }

  /// What it means for somebody who logs on: a domain that cannot be asked is said by the name that Windows has for it.
  static func logon(domain error: DomainError) -> LogonFailure {
    let failure = LogonFailure(domain: error)
    return failure.code == .unavailable ? LogonFailure(.refused(.noLogonServers), failure.message) : failure
  }

  /// What a domain controller says of an account only to whoever knows its password, or to everybody anyway; Windows passes it on. An unknown
  /// user and a wrong password are not among them: they look alike.
  private static let tellable: Set<NTStatus> = [
    .accountRestriction, .invalidLogonHours, .invalidWorkstation, .passwordExpired, .accountDisabled, .accountExpired, .passwordMustChange,
    .accountLockedOut, .logonTypeNotGranted, .authenticationFirewallFailed, .noLogonServers, .timeDifferenceAtDomainController,
  ]
}

public import BlockingThreads
import CWinbind
public import SecurityDescriptors
public import SecuritySupport

/// The domain by way of winbind, through `libwbclient`.
///
/// Each question is a thread and a connection of its own, with a deadline. Verifying logons and reading PACs is for root alone; everything else
/// may be asked by anybody.
public struct WinbindDirectory: DomainDirectory {
  private let pool: BlockingPool
  private let responses: BlockingPool

  /// - Parameters:
  ///   - pool: where the questions block. Default: 16 threads of its own, 5 seconds.
  ///   - responses: where the verification of NTLM responses blocks. Anybody can ask for it, and name a domain whose controllers are silent,
  ///     so it does not take the threads of others. Default: the same again.
  public init(
    pool: BlockingPool = BlockingPool(slots: 16, deadline: .seconds(5)),
    responses: BlockingPool = BlockingPool(slots: 16, deadline: .seconds(5))
  ) {
    self.pool = pool
    self.responses = responses
  }

  public func membership() async throws(DomainError) -> DomainMembership {
    try await ask { (connection) throws(DomainError) in try connection.membership() }
  }

  public func lookup(_ name: AccountName) async throws(DomainError) -> DomainUser? {
    guard let name = DomainName(user: name) else { return nil }
    return try await ask { (connection) throws(DomainError) in
      let membership = try connection.membership()
      guard let found = try connection.principal(named: name, membership), found.kind == .user else { return nil }
      return try connection.user(found.sid, membership)
    }
  }

  public func lookup(principal: String) async throws(DomainError) -> DomainUser? {
    guard let (user, realm) = DomainName.parts(ofPrincipal: principal) else { return nil }
    return try await ask { (connection) throws(DomainError) in
      let membership = try connection.membership()
      guard let domain = try connection.domain(realm), domain.dnsName.uppercased() == realm else { return nil }
      guard let found = try connection.principal(domain: domain.netBIOSName, name: user), found.kind == .user else { return nil }
      guard let user = try connection.user(found.sid, membership), user.realm == realm else { return nil }
      return user
    }
  }

  public func authenticate(_ response: DomainNTLMResponse) async throws(DomainError) -> DomainNTLMSuccess {
    try Self.check(response)
    return try await ask(on: responses) { (connection) throws(DomainError) in
      let membership = try connection.membership()
      guard !membership.isLocal(response.domain) else { throw .refused(.noSuchUser, "the account is none of a domain") }
      let logon = try connection.authenticate(response)
      do throws(DomainError) {
        guard let user = try connection.user(logon, membership) else { throw .refused(.noSuchUser, "the account is none of a domain") }
        return DomainNTLMSuccess(user: user, sessionBaseKey: logon.sessionKey)
      } catch {
        logon.sessionKey.wipe()
        throw error
      }
    }
  }

  public func user(pac: [UInt8]) async throws(DomainError) -> DomainUser? {
    guard (1...Self.maximumPAC).contains(pac.count) else { return nil }
    return try await ask { (connection) throws(DomainError) in
      let membership = try connection.membership()
      let logon: WinbindConnection.Logon
      do throws(DomainError) { logon = try connection.authenticate(pac: pac) } catch {
        if error.code == .refused { return nil }
        throw error
      }
      logon.sessionKey.wipe()
      return try connection.user(logon, membership)
    }
  }

  public func group(_ name: AccountName) async throws(DomainError) -> SecurityIdentifier? {
    guard let name = DomainName(group: name) else { return nil }
    return try await ask { (connection) throws(DomainError) in
      let membership = try connection.membership()
      guard let found = try connection.principal(named: name, membership), found.kind == .group else { return nil }
      guard found.sid.domain != nil, let canonical = try connection.name(of: found.sid), !membership.isLocal(canonical.domain) else {
        return nil
      }
      return found.sid
    }
  }

  public func groups(of user: DomainUser) async throws(DomainError) -> [SecurityIdentifier] {
    let found = try await ask { (connection) throws(DomainError) in try connection.groups(of: user.sid) }
    // The groups of the logon are newer than those that winbind remembers, and hold nothing of this host.
    let all = user.groupSIDs + found.filter { $0 != user.sid && !user.groupSIDs.contains($0) }
    // Everybody has a primary group, which is of the account's own domain. An answer without it was given without asking the domain.
    guard all.contains(where: { $0.domain == user.sid.domain }) else {
      throw DomainError(.noLogonServers, "winbind knows no group of the user: see `wbinfo --ping-dc`")
    }
    return all
  }

  public func isProtectedUser(_ user: DomainUser) async throws(DomainError) -> Bool {
    guard let protected = user.sid.domain?.appending(Self.protectedUsers) else {
      throw DomainError(.local, "the user is none of a domain")
    }
    if user.groupsAreComplete { return user.groupSIDs.contains(protected) }
    // winbind may remember the groups of an earlier logon, when the user was not in this one yet.
    guard try await groups(of: user).contains(protected) else {
      throw DomainError(.incomplete, "the groups of this logon are not known: the ticket has no PAC that winbind reads")
    }
    return true
  }

  public func realm(ofDomain domain: String) async throws(DomainError) -> String? {
    guard WinbindText.isDomain(domain) else { return nil }
    return try await ask { (connection) throws(DomainError) in
      guard let info = try connection.domain(domain), !info.dnsName.isEmpty else { return nil }
      return info.dnsName.uppercased()
    }
  }

  /// DOMAIN_GROUP_RID_PROTECTED_USERS (MS-DTYP §2.4.2.4).
  private static let protectedUsers: UInt32 = 525
  /// The longest PAC, in bytes: tickets are not longer (MS-KILE, MaxTokenSize).
  private static let maximumPAC = 65_535

  /// What no domain controller needs to be asked.
  private static func check(_ response: DomainNTLMResponse) throws(DomainError) {
    guard response.challenge.count == 8 else { throw DomainError(.local, "an NTLM challenge has 8 bytes") }
    guard (44...65_535).contains(response.ntResponse.count) else {
      throw .refused(.logonFailure, "the response is not one of NTLMv2")
    }
    guard WinbindText.isAccount(response.user), WinbindText.isPassable(response.workstation),
      response.domain.isEmpty || WinbindText.isDomain(response.domain)
    else { throw .refused(.noSuchUser, "the name is none that a domain has") }
  }

  private func ask<R: Sendable>(
    on other: BlockingPool? = nil, _ question: @escaping @Sendable (borrowing WinbindConnection) throws(DomainError) -> R
  ) async throws(DomainError) -> R {
    do {
      return try await (other ?? pool).run { try question(try WinbindConnection()) }
    } catch let error as DomainError {
      throw error
    } catch let error as BlockingPoolError {
      switch error {
      case .full: throw DomainError(.busy, "winbind is busy: earlier questions have not been answered")
      case .noThread: throw DomainError(.busy, "the system gave no thread for a question to winbind")
      case .timeout(let deadline): throw DomainError(.timeout, "winbind gave no answer within \(deadline)")
      }
    } catch is CancellationError {
      throw DomainError(.cancelled, "the question was given up")
    } catch { throw DomainError(.library, "winbind could not be asked") }
  }
}

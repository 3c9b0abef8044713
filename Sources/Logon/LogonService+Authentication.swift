import Accounts
import CredSSP
import Kerberos
import Logging
import LogonInterface
import NTLM
import SecuritySupport
import Winbind

extension LogonService {
  func begin(_ purpose: LogonPurpose, _ peer: PeerAddress, _ bindings: ChannelBindings?) async throws(LogonFailure) -> ContextID {
    switch purpose {
    case .negotiate, .kerberos, .credSSP: break
    case .basic, .certificate: throw LogonFailure(.outOfSequence, "\(purpose.schemeName) has no exchange")
    }
    // Without the bindings of its channel, a logon that was relayed to it could not be told from one that was meant for it.
    guard purpose == .credSSP || bindings != nil || peer.transport == .http || configuration.channelBindingLevel == .none else {
      throw LogonFailure(.unavailable, "the channel bindings of the HTTPS listener are missing")
    }
    await findMembership()
    let keytab = await usableKeytab()
    guard purpose != .kerberos || keytab != nil else { throw LogonFailure(.unavailable, "there is no keytab with keys for Kerberos") }
    let now = clock.now
    contexts = contexts.filter { now - $0.value.began < configuration.limits.contextLifetime }
    guard contexts.count + contextsUnderWay < configuration.limits.contexts else {
      logger.warning("logon refused", metadata: ["source": .peer(peer), "reason": "too many authentications are under way"])
      throw LogonFailure(.quota, "too many authentications are under way")
    }
    let bindings = purpose == .credSSP ? nil : bindings
    let id = ContextID.random()
    contexts[id] = AuthenticationContext(
      purpose: purpose, peer: peer, began: now, ntlm: ntlmAcceptor(bindings), kerberos: keytab.map { kerberosAcceptor($0, bindings) },
      workers: acceptors)
    return id
  }

  private func ntlmAcceptor(_ bindings: ChannelBindings?) -> NTLMAcceptor {
    let names = hostNames
    return NTLMAcceptor(
      configuration: NTLMAcceptorConfiguration(
        netBIOSComputerName: names.netBIOS, netBIOSDomainName: membership?.netBIOSDomain ?? names.netBIOS, dnsComputerName: names.dns,
        dnsDomainName: membership?.dnsDomain ?? names.dns, isDomainMember: membership != nil, channelBindings: bindings,
        channelBindingLevel: configuration.channelBindingLevel), serverChallenge: Self.randomChallenge(), timestamp: FileTime.now())
  }

  private func kerberosAcceptor(_ keytab: String, _ bindings: ChannelBindings?) -> KerberosAcceptor {
    KerberosAcceptor(
      configuration: KerberosAcceptorConfiguration(
        keytab: keytab, services: services,
        channelBindings: bindings, channelBindingLevel: KerberosChannelBindingLevel(configuration.channelBindingLevel)))
  }

  func step(_ id: ContextID, _ token: [UInt8]) async throws(LogonFailure) -> LogonReply {
    var context = try take(id)
    defer { contextsUnderWay -= 1 }
    let step: MechanismStep
    let keys: MessageKeys?
    do throws(LogonFailure) {
      step = try await context.step(token, accounts: KnownAccounts(service: self, source: context.peer.host))
      keys = context.stage == .authenticated && context.purpose != .credSSP ? try context.messageKeys() : nil
    } catch { throw refuse(context, error) }
    guard let keys, let subject = context.subject else {
      contexts[id] = context
      return .stepped(step, grant: nil, keys: nil)
    }
    let delegated = await delegatedTicket(context.proof, subject)
    return .stepped(step, grant: try await complete(LogonAttempt(context), subject, delegated), keys: keys)
  }

  func provePublicKey(_ id: ContextID, _ proof: PublicKeyProof) throws(LogonFailure) -> [UInt8] {
    var context = try take(id)
    defer { contextsUnderWay -= 1 }
    do throws(LogonFailure) {
      let answer = try context.provePublicKey(proof)
      contexts[id] = context
      return answer
    } catch { throw refuse(context, error) }
  }

  func acceptCredentials(_ id: ContextID, _ sealed: [UInt8]) async throws(LogonFailure) -> LogonGrant {
    var context = try take(id)
    defer { contextsUnderWay -= 1 }
    let subject: LogonSubject
    let delegated: DelegatedCredentials
    do throws(LogonFailure) {
      let opened = try context.openCredentials(sealed)
      defer { opened.credentials.password.wipe() }
      subject = opened.subject
      delegated = try await self.delegated(opened.credentials, subject, opened.proof)
    } catch { throw refuse(context, error) }
    let grant = try await complete(LogonAttempt(context), subject, delegated)
    logger.info(
      "credentials delegated",
      metadata: [
        "logon": "\(grant.logonID)", "account": "\(grant.accountName)", "source": .peer(context.peer), "credentials": "\(delegated.kind)",
      ])
    return grant
  }

  /// Records a finished authentication.
  ///
  /// Whoever comes here has proven who they are: what keeps them out although nobody has decided so is no refusal.
  func complete(
    _ attempt: LogonAttempt, _ subject: LogonSubject, _ delegated: DelegatedCredentials
  ) async throws(LogonFailure) -> LogonGrant {
    guard logons.count < configuration.limits.logons else {
      delegated.wipe()
      throw refuse(attempt, LogonFailure(.quota, "too many logons"))
    }
    if attempt.provesPassword { limiter.recordSuccess(source: attempt.peer.host, account: subject.key, now: clock.now) }
    let id = LogonID.random()
    let rules = rules
    var grant = LogonGrant(
      logonID: id, accountName: subject.accountName, unixUser: subject.unixUser, mechanism: attempt.mechanism,
      purpose: attempt.purpose, hasDelegatedCredentials: !delegated.isEmpty, isAuthorized: false)
    let decision = await rules.decide(subject, in: configuration.domain)
    var obstacle: LogonFailure?
    do throws(LogonFailure) { try await configuration.accountPhase?.check(subject.unixUser, from: attempt.peer.host) } catch {
      obstacle = error
    }
    if let obstacle, case .admitted = decision {
      delegated.wipe()
      throw refuse(attempt, obstacle.code == .unavailable ? LogonFailure(.undecided, obstacle.message) : obstacle)
    }
    var metadata: Logger.Metadata = [
      "logon": "\(id)", "account": "\(grant.accountName)", "unixUser": "\(grant.unixUser)", "mechanism": "\(grant.mechanism)",
      "scheme": "\(attempt.purpose.schemeName)", "source": .peer(attempt.peer),
    ]
    switch decision {
    case .admitted(_, rule: let rule):
      grant.isAuthorized = true
      metadata["authorized"] = "yes, \(rule)"
    case .refused(let reason): metadata["authorized"] = "no: \(reason)"
    }
    // Whom the system does not let in, and the rules do not admit to shells anyway, was proven, and may do nothing.
    if let obstacle {
      metadata["memberships"] = "none: \(obstacle.message.sanitizedForLog(limit: 256))"
    } else {
      grant.memberships = await memberships(of: subject, decision)
    }
    guard !isShutDown else {
      delegated.wipe()
      throw refuse(attempt, LogonFailure(.undecided, "the authority has been shut down"))
    }
    logons[id] = CompletedLogon(grant: grant, peer: attempt.peer, subject: subject, delegated: delegated)
    logger.info("logon", metadata: metadata)
    return grant
  }

  private func refuse(_ context: AuthenticationContext, _ failure: LogonFailure) -> LogonFailure { refuse(LogonAttempt(context), failure) }

  /// Logs a refusal with its reason, counts it, and makes of it what the other side may know.
  func refuse(_ attempt: LogonAttempt, _ failure: LogonFailure) -> LogonFailure {
    // A domain that did not answer has not found anything wrong.
    if let key = attempt.key, case .refused(let status) = failure.code, status != .noLogonServers {
      limiter.recordFailure(source: attempt.peer.host, account: key, now: clock.now)
    }
    var metadata: Logger.Metadata = [
      "source": .peer(attempt.peer), "scheme": "\(attempt.purpose.schemeName)", "reason": "\(attempt.reason ?? failure.message)",
    ]
    if let name = attempt.account { metadata["account"] = "\(name.sanitizedForLog())" }
    logger.notice("logon refused", metadata: metadata)
    guard case .refused(.logonFailure) = failure.code else { return failure }
    return LogonFailure(failure.code, "the logon was refused")
  }

  /// Takes an exchange out of the table, so that it can go on in one place only. Whoever takes it decrements ``contextsUnderWay``.
  private func take(_ id: ContextID) throws(LogonFailure) -> AuthenticationContext {
    guard let context = contexts.removeValue(forKey: id) else { throw LogonFailure(.notFound, "no such authentication") }
    guard clock.now - context.began < configuration.limits.contextLifetime else {
      throw LogonFailure(.notFound, "the authentication took too long")
    }
    contextsUnderWay += 1
    return context
  }

  private static func randomChallenge() -> [UInt8] {
    var generator = SystemRandomNumberGenerator()
    return (0..<8).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
  }
}

extension Logger.MetadataValue {
  static func peer(_ peer: PeerAddress) -> Self { "\(peer.description.sanitizedForLog())" }
}

extension KerberosChannelBindingLevel {
  init(_ level: NTLMAcceptorConfiguration.ChannelBindingLevel) {
    switch level {
    case .none: self = .none
    case .relaxed: self = .relaxed
    case .strict: self = .strict
    }
  }
}

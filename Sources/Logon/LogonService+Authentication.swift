import Accounts
import CredSSP
import Logging
import LogonInterface
import NTLM
import SecuritySupport

extension LogonService {
  func begin(_ purpose: LogonPurpose, _ peer: PeerAddress, _ bindings: ChannelBindings?) throws(LogonFailure) -> ContextID {
    let now = clock.now
    contexts = contexts.filter { now - $0.value.began < configuration.limits.contextLifetime }
    guard contexts.count + contextsUnderWay < configuration.limits.contexts else {
      logger.warning("logon refused", metadata: ["source": .peer(peer), "reason": "too many authentications are under way"])
      throw LogonFailure(.quota, "too many authentications are under way")
    }
    // Without the bindings of its channel, a logon that was relayed to it could not be told from one that was meant for it.
    guard purpose == .credSSP || bindings != nil || peer.transport == .http || configuration.channelBindingLevel == .none else {
      throw LogonFailure(.unavailable, "the channel bindings of the HTTPS listener are missing")
    }
    let names = configuration.hostNames
    let acceptor = NTLMAcceptor(
      configuration: NTLMAcceptorConfiguration(
        netBIOSComputerName: names.netBIOS, netBIOSDomainName: names.netBIOS, dnsComputerName: names.dns, dnsDomainName: names.dns,
        channelBindings: purpose == .negotiate ? bindings : nil, channelBindingLevel: configuration.channelBindingLevel),
      serverChallenge: Self.randomChallenge(), timestamp: FileTime.now())
    let id = ContextID.random()
    contexts[id] = AuthenticationContext(purpose: purpose, peer: peer, began: now, acceptor: acceptor)
    return id
  }

  func step(_ id: ContextID, _ token: [UInt8]) async throws(LogonFailure) -> LogonReply {
    var context = try take(id)
    defer { contextsUnderWay -= 1 }
    let source = context.peer.host
    var subject: AuthenticationContext.Subject?
    let step: MechanismStep
    let keys: MessageKeys?
    do throws(LogonFailure) {
      step = try await context.step(token) { (name) async throws(LogonFailure) in
        let found = await self.subject(for: name, source: source)
        subject = found
        return found
      }
      keys = context.stage == .authenticated && context.purpose == .negotiate ? try context.messageKeys() : nil
    } catch { throw refuse(context, error, subject) }
    guard let keys, let account = context.account else {
      contexts[id] = context
      return .stepped(step, grant: nil, keys: nil)
    }
    return .stepped(step, grant: try await complete(context, account, credential: nil), keys: keys)
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
    let account: Account
    let credential: NTLMCredential
    do throws(LogonFailure) { (account, credential) = try delegated(&context, sealed) } catch {
      throw refuse(context, error)
    }
    let grant = try await complete(context, account, credential: credential)
    logger.info(
      "credentials delegated",
      metadata: ["logon": "\(grant.logonID)", "account": "\(grant.accountName)", "source": .peer(context.peer)])
    return grant
  }

  /// Opens the delegated credentials and keeps the NT hash alone. They must be those of the account that was proven.
  private func delegated(
    _ context: inout AuthenticationContext, _ sealed: [UInt8]
  ) throws(LogonFailure) -> (Account, NTLMCredential) {
    let (credentials, account) = try context.openCredentials(sealed)
    defer { credentials.password.wipe() }
    guard directory.names(AccountName(domain: credentials.domainName, user: credentials.userName), account) else {
      throw LogonFailure(.refused(.logonFailure), "the delegated name is not the account that was proven")
    }
    let hash = credentials.password.withUnsafeBytes { NTHash(utf16LittleEndianPassword: $0) }
    guard hash.bytes.isEqual(to: account.ntHash.bytes) else {
      hash.bytes.wipe()
      throw LogonFailure(.refused(.logonFailure), "the delegated password is not the account's")
    }
    // Without a domain: the next host looks among its own accounts, as Windows hosts outside a domain do.
    return (account, NTLMCredential(name: AccountName(domain: "", user: account.name), hash: hash))
  }

  /// What a claim is verified with. Unknown and disabled accounts and too many failures get a hash that nothing passes.
  private func subject(for name: AccountName, source: String) async -> AuthenticationContext.Subject {
    let directory = directory
    let found = await BlockingWork.run { () -> Result<Account?, AccountsError> in
      Result { () throws(AccountsError) in try directory.lookup(name) }
    }
    let isAdmitted = limiter.admits(source: source, account: directory.key(of: name), now: clock.now)
    switch found {
    case .success(let account?) where isAdmitted && account.isEnabled:
      return AuthenticationContext.Subject(account: account, hash: account.ntHash, refusal: nil)
    case .success(let account):
      let refusal =
        isAdmitted ? account.map { _ in "the account is disabled" } ?? "the account is unknown" : "too many failed logons"
      return AuthenticationContext.Subject(account: nil, hash: dummyHash, refusal: refusal, isAdmitted: isAdmitted)
    case .failure(let error):
      logger.error("accounts cannot be read; nobody can log on", metadata: ["reason": "\(error.message.sanitizedForLog(limit: 512))"])
      return AuthenticationContext.Subject(account: nil, hash: dummyHash, refusal: "the accounts cannot be read")
    }
  }

  /// Records a finished authentication.
  private func complete(
    _ context: AuthenticationContext, _ account: Account, credential: NTLMCredential?
  ) async throws(LogonFailure) -> LogonGrant {
    guard logons.count < configuration.limits.logons else {
      credential?.hash.bytes.wipe()
      throw refuse(context, LogonFailure(.quota, "too many logons"))
    }
    limiter.recordSuccess(source: context.peer.host, account: account.key, now: clock.now)
    let id = LogonID.random()
    let rules = rules
    var grant = LogonGrant(
      logonID: id, accountName: "\(configuration.hostNames.netBIOS)\\\(account.name)", unixUser: account.unixUser, mechanism: "NTLM",
      purpose: context.purpose, hasDelegatedCredentials: credential != nil, isAuthorized: false)
    let decision = await BlockingWork.run { rules.decide(account) }
    var metadata: Logger.Metadata = [
      "logon": "\(id)", "account": "\(grant.accountName)", "unixUser": "\(grant.unixUser)", "mechanism": "\(grant.mechanism)",
      "scheme": "\(context.purpose.schemeName)", "source": .peer(context.peer),
    ]
    switch decision {
    case .admitted(_, rule: let rule):
      grant.isAuthorized = true
      metadata["authorized"] = "yes, \(rule)"
    case .refused(let reason): metadata["authorized"] = "no: \(reason)"
    }
    guard !isShutDown else {
      credential?.hash.bytes.wipe()
      throw LogonFailure(.unavailable, "the authority has been shut down")
    }
    logons[id] = CompletedLogon(grant: grant, peer: context.peer, account: account.name, credential: credential)
    logger.info("logon", metadata: metadata)
    return grant
  }

  /// Logs a refusal with its reason, counts it, and makes of it what the other side may know.
  private func refuse(
    _ context: AuthenticationContext, _ failure: LogonFailure, _ subject: AuthenticationContext.Subject? = nil
  ) -> LogonFailure {
    if let name = context.claimedName, case .refused = failure.code, subject?.isAdmitted ?? true {
      limiter.recordFailure(source: context.peer.host, account: directory.key(of: name), now: clock.now)
    }
    var metadata: Logger.Metadata = [
      "source": .peer(context.peer), "scheme": "\(context.purpose.schemeName)", "reason": "\(subject?.refusal ?? failure.message)",
    ]
    if let name = context.claimedName { metadata["account"] = "\(name.description.sanitizedForLog())" }
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

import Accounts
import Logging
import LogonInterface
public import SecuritySupport

extension LogonService {
  /// HTTP Basic: checks a password against the account file. Accounts of a domain do not log on so, as on Windows.
  ///
  /// Checking takes as long as the account's verifier costs, whoever is named. Only a few checks run at once, and whoever has failed too often
  /// gets none, so that guesses cost the service little.
  func logOn(_ logon: PasswordLogon, _ peer: PeerAddress) async throws(LogonFailure) -> LogonGrant {
    var attempt = LogonAttempt(purpose: .basic, peer: peer, account: logon.userName)
    let account = try await provenAccount(logon, attempt)
    let subject = LogonSubject(local: account, host: hostNames.netBIOS)
    attempt.account = subject.accountName
    attempt.key = subject.key
    return try await complete(attempt, subject, .none)
  }

  /// Whether a password is that of an account of this machine that is enabled. Nothing is granted; failures count as those of logons do.
  ///
  /// - Parameter source: where the question comes from, for the count.
  public func verifies(_ password: SecretBytes, of userName: String, from source: String) async -> Bool {
    let peer = PeerAddress(host: source, port: 0, transport: .http)
    let attempt = LogonAttempt(purpose: .basic, peer: peer, account: userName)
    do throws(LogonFailure) {
      _ = try await provenAccount(PasswordLogon(userName: userName, password: password), attempt)
      return true
    } catch { return false }
  }

  private func provenAccount(_ logon: PasswordLogon, _ attempt: LogonAttempt) async throws(LogonFailure) -> Account {
    let peer = attempt.peer
    guard let name = AccountName(parsing: logon.userName) else {
      throw refuse(attempt, LogonFailure(.refused(.logonFailure), "the user name cannot be one"))
    }
    let key = directory.key(of: name)
    try admit(attempt, key)
    try await enterPasswordTurn(attempt)
    // Asked again: others may have failed meanwhile.
    let outcome: Result<PasswordOutcome, AccountsError>
    do {
      defer { passwordTurns.leave() }
      try admit(attempt, key)
      guard !Task.isCancelled else { throw LogonFailure(.cancelled, "the authentication was given up") }
      let directory = directory
      let password = logon.password
      outcome = await BlockingWork.run { Result { () throws(AccountsError) in try directory.check(password, of: name) } }
      // Before the turn goes on, so that those who wait see it.
      if case .success(.refused) = outcome { limiter.recordFailure(source: peer.host, account: key, now: clock.now) }
    }
    switch outcome {
    case .success(.proven(let account)): return account
    case .success(.refused(let reason)): throw refuse(attempt, LogonFailure(.refused(.logonFailure), reason))
    case .failure(let error):
      logger.error("accounts cannot be read; nobody can log on", metadata: ["reason": "\(error.message.sanitizedForLog(limit: 512))"])
      throw refuse(attempt, LogonFailure(.refused(.logonFailure), "the accounts cannot be read"))
    }
  }

  private func admit(_ attempt: LogonAttempt, _ key: String) throws(LogonFailure) {
    guard limiter.admits(source: attempt.peer.host, account: key, now: clock.now) else {
      throw refuse(attempt, LogonFailure(.refused(.logonFailure), "too many failed logons"))
    }
  }

  private func enterPasswordTurn(_ attempt: LogonAttempt) async throws(LogonFailure) {
    switch passwordTurns.enter() {
    case .go: return
    case .wait: await withCheckedContinuation { passwordTurns.wait($0) }
    case .full: throw refuse(attempt, LogonFailure(.quota, "too many passwords are being checked"))
    }
  }

  /// A client's certificate: the network side has verified it, and says which local account a mapping gives it. What no enabled mapping names
  /// is not believed, whoever asks.
  func logOn(_ logon: CertificateLogon, _ peer: PeerAddress) async throws(LogonFailure) -> LogonGrant {
    var attempt = LogonAttempt(purpose: .certificate, peer: peer, account: logon.userName)
    attempt.provesPassword = false
    guard configuration.certificateAccounts.contains(logon.userName), let name = AccountName(parsing: logon.userName) else {
      throw refuse(attempt, LogonFailure(.refused(.logonFailure), "no certificate mapping names the account"))
    }
    let directory = directory
    let found = await BlockingWork.run { Result { () throws(AccountsError) in try directory.lookup(name) } }
    switch found {
    case .success(let account?) where account.isEnabled:
      let subject = LogonSubject(local: account, host: hostNames.netBIOS)
      attempt.account = subject.accountName
      let grant = try await complete(attempt, subject, .none)
      logger.info("certificate accepted", metadata: ["logon": "\(grant.logonID)", "certificate": "\(logon.thumbprint)"])
      return grant
    case .success(_?): throw refuse(attempt, LogonFailure(.refused(.logonFailure), "the account is disabled"))
    case .success(nil):
      throw refuse(attempt, LogonFailure(.refused(.logonFailure), "the account of the certificate mapping is no local one"))
    case .failure(let error):
      logger.error("accounts cannot be read; nobody can log on", metadata: ["reason": "\(error.message.sanitizedForLog(limit: 512))"])
      throw refuse(attempt, LogonFailure(.refused(.logonFailure), "the accounts cannot be read"))
    }
  }
}

/// What the account file says to a name and a password.
enum PasswordOutcome: Sendable {
  case proven(Account)
  /// With the reason for the log.
  case refused(String)
}

extension AccountDirectory {
  /// Checks a password. The same work is done for accounts that are there, disabled, and not there.
  func check(_ password: SecretBytes, of name: AccountName) throws(AccountsError) -> PasswordOutcome {
    let account = try lookup(name)
    let isRight = verifier(of: account).verify(password)
    guard let account else { return .refused("the account is unknown here") }
    guard isRight else { return .refused("the password is wrong") }
    return account.isEnabled ? .proven(account) : .refused("the account is disabled")
  }
}
